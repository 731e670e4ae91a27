"""`ganlab zoo`: every model that can be chosen, and where it is now; `ganlab zoo train`: shipped models, trained anew."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from ganlab.cli.output import add_json, print_json
from ganlab.cli.progress import driven
from ganlab.core.text import byte_size
from ganlab.models.catalogue import NAMES, catalogue


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("action", nargs="?", choices=("list", "train"), default="list", help="train: train shipped models again")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to train (default: all, which takes hours)")
    parser.add_argument(
        "--to", type=Path, help="where to write them (default: checkpoints/ of the checkout; without one, of this folder)"
    )
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Print two lines for each model, or train those that are named."""
    if options.action == "train":
        _train(options)
        return
    if options.names:
        raise ValueError(f"`ganlab zoo` lists all models: leave out {' '.join(options.names)}, or write `ganlab zoo train`.")
    for entry in catalogue():
        if options.json:
            print_json(asdict(entry) | {"state": entry.state, "size": entry.size})
            continue
        size = byte_size(entry.size) if entry.size else "?"
        print(f"{entry.name:<34} {entry.state:<12} {size:>9}  {entry.licence:<11}  {entry.title}")
        address = f" [{entry.address}]" if entry.address else ""
        print(f"    {entry.summary}{address}")


def _train(options: argparse.Namespace) -> None:
    from ganlab.models.publish.ship import TARGET, train_and_ship  # noqa: PLC0415  (imports PyTorch, which the list does not need)

    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        raise ValueError(f"Not a shipped model: {', '.join(unknown)}. The shipped ones are: {', '.join(NAMES)}.")
    for name in options.names or NAMES:
        print(driven(train_and_ship(name, options.to or TARGET)), flush=True)
