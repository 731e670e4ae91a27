"""`ganlab export --onnx`: a generator as a file for programs without PyTorch."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab.cli.assume import add_assume, opened
from ganlab.cli.output import file_output, save
from ganlab.core.text import byte_size
from ganlab.models.export_onnx import to_onnx


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("model", help="a run, a checkpoint folder, or a name that `ganlab zoo` lists; it must draw from z")
    parser.add_argument(
        "--onnx", action="store_true", required=True, help="as ONNX: z (n, z_dim) [and label] -> image (n, C, S, S)"
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("generator.onnx"), help="default: generator.onnx")
    add_assume(parser)


def run(options: argparse.Namespace) -> None:
    """Write the file."""
    path = file_output(options.output, (".onnx",))
    data = to_onnx(opened(options))
    save(path, data)
    print(f"Wrote {byte_size(len(data))} to {path}.")
