"""`ganlab sample`: images of a generator, as one sheet or as one PNG each."""

from __future__ import annotations

import argparse

from ganlab.cli.arguments import SEEDS, Parser
from ganlab.cli.assume import add_assume, opened
from ganlab.cli.output import IMAGES, ImageOutput
from ganlab.core.images import sheet
from ganlab.core.text import counted

MOST_PIXELS = 2**28  # of a sheet


def add(parser: Parser) -> None:
    """The verb's arguments."""
    parser.add_argument("model", help="a run, a checkpoint folder, or a name that `ganlab zoo` lists; see `ganlab runs`")
    parser.add_argument("-n", type=int, between=(1, 100_000), default=64, metavar="COUNT", help="how many (default: 64)")
    parser.add_argument("--seed", type=int, between=SEEDS, default=0, help="the seed from which z is drawn (default: 0)")
    parser.add_argument("--label", help="the class to draw, its number or name, for conditional models (default: all in turn)")
    parser.add_argument(
        "-o",
        "--output",
        default="sheet.png",
        help=f"one sheet ({', '.join(IMAGES)}), or a folder for one PNG each (default: sheet.png)",
    )
    add_assume(parser)


def run(options: argparse.Namespace) -> None:
    """Draw the images and write them."""
    output = ImageOutput.of(options.output)
    pipeline = opened(options)
    if output.single and options.n * pipeline.spec.image_size**2 > MOST_PIXELS:
        size = pipeline.spec.image_size
        raise ValueError(f"{options.n:,} images of {size} pixels make no sheet: draw fewer, or name a folder with -o.")
    images = pipeline.generate(pipeline.latents(options.n, options.seed), options.label)
    if output.single:
        output.save(sheet(images, pipeline.columns(options.n, options.label)), "sheet")
        print(f"Wrote {counted(options.n, 'image')} to {output.path}.")
        return
    for index, image in enumerate(images):
        output.save(sheet(image[None], 1, padding=0), f"{index:05d}")
    print(f"Wrote {counted(options.n, 'file')} to {output.path}.")
