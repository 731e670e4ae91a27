"""`ganlab export`: a generator as ONNX for programs without PyTorch, a run's record in a tracker, its sheets as a film."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab.cli.arguments import Parser
from ganlab.cli.assume import add_assume, opened
from ganlab.cli.output import file_output, folder_output, save
from ganlab.core.film import formats
from ganlab.core.text import byte_size, counted
from ganlab.models.export_onnx import to_onnx
from ganlab.models.translating import DIRECTIONS
from ganlab.runtime.log_to import export
from ganlab.runtime.run import Run
from ganlab.runtime.run_settings import TRACKERS
from ganlab.runtime.timelapse import ENDINGS, timelapse


def add(parser: Parser) -> None:
    """The verb's arguments."""
    parser.add_argument("model", help="a run; for --onnx also a checkpoint folder, or a name that `ganlab zoo` lists")
    parser.add_argument("--onnx", action="store_true", help="as ONNX: z (n, z_dim) [and label], or a photo -> image (n, C, H, W)")
    parser.add_argument("--direction", choices=DIRECTIONS, help="with --onnx: of a model that translates (default: the usual)")
    parser.add_argument("--to", choices=TRACKERS, help="give a run's curves, sheets and settings to this tracker")
    parser.add_argument("--timelapse", action="store_true", help="as a film of a run's sheets: .mp4, .gif or .webp")
    parser.add_argument("--fps", type=float, between=(1, 60), default=10, help="sheets a second of --timelapse (default: 10)")
    places = "a file for --onnx (generator.onnx) and --timelapse (timelapse.mp4), a folder for --to (its name)"
    parser.add_argument("-o", "--output", type=Path, help=places)
    add_assume(parser)


def check(options: argparse.Namespace) -> None:
    """Raise ValueError where it is open what to write, or where that cannot be written."""
    if bool(options.to) + options.onnx + options.timelapse != 1:
        raise ValueError(
            "Write --onnx for a generator as a file, --to tensorboard for a run's curves and sheets, or --timelapse for a film."
        )
    if options.to == "trackio" and options.output:
        raise ValueError("trackio keeps its runs in a folder of its own, which TRACKIO_DIR names: leave out -o.")


def run(options: argparse.Namespace) -> None:
    """Write the file, or hand the record over."""
    check(options)
    if options.to:
        folder = folder_output(options.output or options.to)
        print(f"Look at it with: {export(Run.open(options.model), options.to, folder)}")
        return
    if options.timelapse:
        path = file_output(options.output or f"timelapse.{formats()[-1].lower()}", tuple(ENDINGS))
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"Wrote {counted(timelapse(Run.open(options.model), path, options.fps), 'sheet')} to {path}.")
        return
    path = file_output(options.output or "generator.onnx", (".onnx",))
    data = to_onnx(opened(options), direction=options.direction)
    save(path, data)
    print(f"Wrote {byte_size(len(data))} to {path}.")
