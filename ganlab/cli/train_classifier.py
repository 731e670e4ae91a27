"""`ganlab train-classifier`: train the LeNet whose features measure generators of a data set."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ganlab.cli.arguments import SEEDS, Parser
from ganlab.cli.main import main
from ganlab.cli.output import folder_output
from ganlab.cli.progress import driven
from ganlab.core.text import duration
from ganlab.metrics.features.lenet import save, trained_here
from ganlab.metrics.features.train_lenet import train_classifier


def add(parser: Parser) -> None:
    """The verb's arguments."""
    parser.add_argument("dataset", help="mnist, fashion-mnist or another data set with labels")
    parser.add_argument("--epochs", type=int, between=(1, 1000), default=8, help="default: 8")
    parser.add_argument("--seed", type=int, between=SEEDS, default=0, help="default: 0")
    parser.add_argument("--device", default="auto", help="default: auto")
    parser.add_argument("--out", type=Path, help="folder to write to (default: the cache, where it is found automatically)")


def run(options: argparse.Namespace) -> None:
    """Train and save the classifier, and print its accuracy on the test images."""
    folder = folder_output(options.out or trained_here(options.dataset))
    steps = train_classifier(options.dataset, epochs=options.epochs, seed=options.seed, device=options.device)
    network, about = driven(steps)
    save(network, about, folder)
    print(f"Wrote {about.name} to {folder}: it classifies {about.accuracy:.2%} of {about.num_test:,} test images correctly.")
    print(f"Training took {duration(about.seconds)}.")


if __name__ == "__main__":  # `python -m ganlab.metrics.train_lenet` until 0.2
    sys.exit(main(["train-classifier", *sys.argv[1:]]))
