"""`ganlab worker`: the process that trains a run directory; the app and the queue start it."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab.runtime.run import Run
from ganlab.runtime.worker import work


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("folder", type=Path, help="the run directory")


def run(options: argparse.Namespace) -> None:
    """Train the run; its outcome is recorded in its directory."""
    work(Run(options.folder))
