"""`ganlab sample`: images of a generator, as one sheet or as one PNG each."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab.cli.assume import add_assume, opened
from ganlab.core.images import png, sheet
from ganlab.core.text import counted


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("model", help="a run, a checkpoint folder, or a name that `ganlab zoo` lists; see `ganlab runs`")
    parser.add_argument("-n", type=int, default=64, metavar="COUNT", help="how many (default: 64)")
    parser.add_argument("--seed", type=int, default=0, help="the seed from which z is drawn (default: 0)")
    parser.add_argument("--label", type=int, help="the class to draw, for conditional models (default: all in turn)")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("sheet.png"), help="a .png for one sheet, a folder for one PNG each"
    )
    add_assume(parser)


def run(options: argparse.Namespace) -> None:
    """Draw the images and write them."""
    if not 1 <= options.n <= 100_000:
        raise ValueError(f"-n {options.n} is out of range: 1 to 100,000.")
    pipeline = opened(options)
    images = pipeline.generate(pipeline.latents(options.n, options.seed), options.label)
    target: Path = options.output
    if target.suffix.lower() == ".png":
        columns = pipeline.spec.num_classes if pipeline.conditional and options.label is None else round(options.n**0.5) or 1
        target.write_bytes(png(sheet(images, columns)))
        print(f"Wrote {counted(options.n, 'image')} to {target}.")
        return
    target.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        (target / f"{index:05d}.png").write_bytes(png(sheet(image[None], 1, padding=0)))
    print(f"Wrote {counted(options.n, 'file')} to {target}.")
