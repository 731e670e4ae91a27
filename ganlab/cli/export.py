"""`ganlab export`: a model's generator as ONNX for programs without PyTorch, or a run's record in a tracker."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab.cli.assume import add_assume, opened
from ganlab.cli.output import file_output, folder_output, save
from ganlab.core.text import byte_size
from ganlab.models.export_onnx import to_onnx
from ganlab.models.translating import DIRECTIONS
from ganlab.runtime.log_to import export
from ganlab.runtime.run import Run
from ganlab.runtime.run_settings import TRACKERS


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("model", help="a run; for --onnx also a checkpoint folder, or a name that `ganlab zoo` lists")
    parser.add_argument("--onnx", action="store_true", help="as ONNX: z (n, z_dim) [and label], or a photo -> image (n, C, H, W)")
    parser.add_argument("--direction", choices=DIRECTIONS, help="with --onnx: of a model that translates (default: the usual)")
    parser.add_argument("--to", choices=TRACKERS, help="give a run's curves, sheets and settings to this tracker")
    parser.add_argument(
        "-o", "--output", type=Path, help="a file for --onnx (default: generator.onnx), a folder for --to (default: its name)"
    )
    add_assume(parser)


def check(options: argparse.Namespace) -> None:
    """Raise ValueError where it is not said what to write, or where that cannot be written."""
    if bool(options.to) == options.onnx:
        raise ValueError("Write --onnx for a generator as a file, or --to tensorboard for the curves and sheets of a run.")
    if options.to == "trackio" and options.output:
        raise ValueError("trackio keeps its runs in a folder of its own, which TRACKIO_DIR names: leave out -o.")


def run(options: argparse.Namespace) -> None:
    """Write the file, or hand the record over."""
    check(options)
    if options.to:
        folder = folder_output(options.output or options.to)
        print(f"Look at it with: {export(Run.open(options.model), options.to, folder)}")
        return
    path = file_output(options.output or "generator.onnx", (".onnx",))
    data = to_onnx(opened(options), direction=options.direction)
    save(path, data)
    print(f"Wrote {byte_size(len(data))} to {path}.")
