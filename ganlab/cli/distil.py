"""`ganlab distil`: teach a translator what another one does; how horse2zebra-light was made."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from torch import nn

from ganlab.cli.arguments import SEEDS, Parser
from ganlab.cli.assume import add_assume, opened
from ganlab.cli.main import main
from ganlab.cli.output import folder_output
from ganlab.cli.progress import driven
from ganlab.core.types import Conditioning
from ganlab.data import load
from ganlab.models.pipeline import Pipeline
from ganlab.models.publish.distil import STEPS, distil, write
from ganlab.training.recipes import recipe


def add(parser: Parser) -> None:
    """The verb's arguments."""
    parser.add_argument("teacher", help="a run, a shipped model or a file of weights")
    parser.add_argument("recipe", help="a recipe of CycleGAN; the student learns on its data")
    parser.add_argument("--start", default="", metavar="MODEL:WAY", help="begin from a generator of a model, such as my-run:G_BA")
    parser.add_argument("--steps", type=int, between=(1, 10_000_000), default=STEPS, help=f"default: {STEPS}")
    parser.add_argument("--seed", type=int, between=SEEDS, default=0, help="default: 0")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write the checkpoint into")
    add_assume(parser)


def run(options: argparse.Namespace) -> None:
    """Train the student, write its checkpoint, and print how far it is from its teacher."""
    folder_output(options.output)
    chosen = recipe(options.recipe)
    teacher = opened(options, options.teacher).generator
    size = getattr(chosen.config, "test_size", 0) or chosen.config.image_size
    data = driven(load(chosen.config.dataset, image_size=size, conditioning=Conditioning.UNPAIRED))
    start = _generator(options.start) if options.start else None
    student, distance = driven(distil(teacher, data, start=start, steps=options.steps, seed=options.seed))
    folder = write(student, chosen, data, options.steps, options.output)
    print(f"Wrote {folder}; its images differ from the teacher's by {distance:.4f} on average, in a range of 2.")


def _generator(name: str) -> nn.Module:
    """The generator that MODEL:WAY names; ValueError when the model has no such way."""
    model, _, way = name.rpartition(":")
    found = Pipeline.load(model).generators
    if way not in found:
        raise ValueError(f"{model} has the generators {', '.join(found)}, not {way!r}.")
    return found[way]


if __name__ == "__main__":  # `python -m ganlab.distillation` until 0.2
    sys.exit(main(["distil", *sys.argv[1:]]))
