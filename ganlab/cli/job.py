"""`ganlab job`: the process that measures what the app asked for; the app starts it."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab.analysis.jobs import Job, work


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("folder", type=Path, help="the folder of the job")


def run(options: argparse.Namespace) -> None:
    """Do the job; its values and its outcome are recorded in its folder."""
    if not (options.folder / "job.json").is_file():
        raise ValueError(f"{options.folder} is no folder of a job: it has no job.json.")
    work(Job(options.folder))
