"""`ganlab train-classifier`: train the LeNet whose features measure generators of a data set."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ganlab.cli.main import main
from ganlab.core.events import Loading
from ganlab.core.progress import finish
from ganlab.metrics.features.lenet import save, trained_here
from ganlab.metrics.features.train_lenet import train_classifier


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("dataset", help="mnist, fashion-mnist or another data set with labels")
    parser.add_argument("--epochs", type=int, default=8, help="default: 8")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--device", default="auto", help="default: auto")
    parser.add_argument("--out", type=Path, help="folder to write to (default: the cache, where it is found by itself)")


def run(options: argparse.Namespace) -> None:
    """Train and keep it, and print its accuracy on the test part."""
    steps = train_classifier(options.dataset, epochs=options.epochs, seed=options.seed, device=options.device)
    network, about = finish(steps, _show)
    folder = options.out or trained_here(options.dataset)
    save(network, about, folder)
    print(f"\n{about.name}: {about.accuracy:.2%} of {about.num_test:,} test images, {about.seconds:.0f} s, kept in {folder}")


def _show(event: Loading) -> None:
    """One line of progress."""
    print(f"\r{event.what}: {event.done:,} of {event.total:,} {event.unit}   ", end="", flush=True)


if __name__ == "__main__":  # `python -m ganlab.metrics.train_lenet` until 0.2
    sys.exit(main(["train-classifier", *sys.argv[1:]]))
