"""`ganlab translate`: photos, one or a folder of them, translated by a Pix2Pix, CycleGAN or CUT model."""

from __future__ import annotations

import argparse
import glob
import sys
from itertools import chain, count
from pathlib import Path

from tqdm import tqdm

from ganlab.cli.arguments import Parser
from ganlab.cli.assume import add_assume, opened
from ganlab.cli.output import IMAGES, ImageOutput
from ganlab.core.images import ImageError, read
from ganlab.core.names import shown
from ganlab.core.text import counted, duration
from ganlab.models.translation import forecast, translate

_LONG = 2.0  # seconds for a photo from which on they are stated before


def add(parser: Parser) -> None:
    """The verb's arguments."""
    parser.add_argument("images", nargs="+", help="image files, folders of them, or patterns like 'photos/*.jpg'")
    parser.add_argument("--model", required=True, help="a run, a shipped model, a checkpoint folder or a file of weights")
    parser.add_argument("--direction", choices=("AtoB", "BtoA"), help="default: the model's own")
    parser.add_argument(
        "--size",
        type=int,
        between=(32, 1024),
        help="work on the area of a square of this side, 32 to 1024 pixels (default: the model's own)",
    )
    parser.add_argument(
        "--original-size",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="at the photo's own size with its details, up to 24 megapixels, or what the network drew (default: the photo's)",
    )
    files = f"a file for one photo ({', '.join(IMAGES)}), else a folder (default: translated)"
    parser.add_argument("-o", "--output", default="translated", help=files)
    add_assume(parser)


def run(options: argparse.Namespace) -> int:
    """Translate the photos. Files that are no usable image are named and skipped; 1 when there were any, else 0."""
    files, output = image_files(options.images), ImageOutput.of(options.output)
    if output.single and len(files) > 1:
        raise ValueError(f"{options.output} is one file, but there are {len(files)} photos: name a folder with -o.")
    pipeline = opened(options)
    pipeline.route(options.direction)  # ValueError where it leads nowhere
    output.make()
    skipped, names = [], Names()
    how = {"size": options.size, "original_size": options.original_size}
    for number, file in enumerate(bar := tqdm(files, unit="image", disable=None)):  # silent on a pipe
        try:
            image = read(file)
        except ImageError as error:
            skipped.append(f"{shown(str(file))}: {error}")
            continue
        if number == len(skipped):  # the first
            seconds = forecast(pipeline, image.size, options.direction, **how).seconds
            if seconds > _LONG:
                bar.write(
                    f"About {duration(seconds)} for {'this photo' if len(files) == 1 else 'each photo of this size'}.", sys.stderr
                )
        made = translate(pipeline, image, options.direction, **how)
        output.save(made.picture, names.unused(file.stem))
    print(f"Wrote {len(files) - len(skipped)} of {counted(len(files), 'image')} to {output.path}.")
    for line in skipped:
        print(f"Skipped {line}", file=sys.stderr)
    return 1 if skipped else 0


def image_files(arguments: list[str]) -> list[Path]:
    """The files that `arguments` name, those in a folder and those that a pattern matches; ValueError for none."""
    files: list[Path] = []
    for argument in arguments:
        path = Path(argument or "no name")  # an empty one would be the current folder
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
        else:
            found = [path] if path.is_file() else [Path(name) for name in sorted(glob.glob(argument))]  # noqa: PTH207 (Path.glob takes no absolute pattern)
        if not found:
            raise ValueError(
                f"There is no image {argument!r}: it is neither a file, nor a folder with files, nor a pattern that matches one."
            )
        files += found
    return files


class Names:
    """Unique file names for images whose sources may have equal names in different folders."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def unused(self, stem: str) -> str:
        """`stem`, or `stem`-2 and so on where that is taken."""
        names = chain([stem], (f"{stem}-{number}" for number in count(2)))
        name = next(name for name in names if name not in self._used)
        self._used.add(name)
        return name
