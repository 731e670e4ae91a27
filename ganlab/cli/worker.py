"""`ganlab worker`: the process that trains a run directory; the app and the queue start it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.runtime.run import Run
from ganlab.runtime.worker import work

if TYPE_CHECKING:
    from torch import nn


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("folder", type=Path, help="the run directory")


def run(options: argparse.Namespace) -> None:
    """Train the run; its outcome is recorded in its directory."""
    if not (options.folder / "config.json").is_file():
        raise ValueError(f"{options.folder} is no run directory: it has no config.json.")
    work(Run(options.folder), load_networks=load_networks)


def load_networks(name: str) -> Mapping[str, nn.Module]:
    """The networks of a run, a shipped model or a file of weights, for a run that starts from it."""
    from ganlab.models.pipeline import Pipeline  # noqa: PLC0415  (brings PyTorch: the worker first reports that it loads it)

    return Pipeline.load(name).networks
