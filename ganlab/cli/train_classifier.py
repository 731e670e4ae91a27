"""`ganlab train-classifier`: train a network whose features measure generators, for one data set or for photos of any kind."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ganlab.cli.arguments import SEEDS, Parser
from ganlab.cli.main import main
from ganlab.cli.output import folder_output
from ganlab.cli.progress import driven
from ganlab.core.text import duration
from ganlab.data.sets.folder import dataset_setting
from ganlab.metrics.features.classifier import PHOTOS, save, trained_here
from ganlab.metrics.features.train_classifier import train_classifier


def add(parser: Parser) -> None:
    """The verb's arguments."""
    parser.add_argument("dataset", help="a data set with labels, such as fashion-mnist; with --photos also a folder or zip")
    parser.add_argument("--photos", action="store_true", help="the encoder of photos of any kind, in place of the data set's own")
    parser.add_argument("--epochs", type=int, between=(1, 1000), help="default: 8, with --photos 5")
    parser.add_argument("--seed", type=int, between=SEEDS, default=0, help="default: 0")
    parser.add_argument("--device", default="auto", help="default: auto")
    parser.add_argument("--out", type=Path, help="folder to write to (default: the cache, where it is found automatically)")


def run(options: argparse.Namespace) -> None:
    """Train and save the classifier, and print its accuracy on the test images."""
    if options.photos and options.out is None:
        raise ValueError("--photos needs --out: name the folder that the encoder is written to.")
    folder = folder_output(options.out or trained_here(options.dataset))
    what = {"network": PHOTOS, **dataset_setting(options.dataset)} if options.photos else {"dataset": options.dataset}
    network, about = driven(train_classifier(**what, epochs=options.epochs, seed=options.seed, device=options.device))
    save(network, about, folder)
    print(f"Wrote {about.name} to {folder}: it classifies {about.accuracy:.2%} of {about.num_test:,} test images correctly.")
    print(f"Training took {duration(about.seconds)}.")


if __name__ == "__main__":  # `python -m ganlab.metrics.train_lenet` until 0.2
    sys.exit(main(["train-classifier", *sys.argv[1:]]))
