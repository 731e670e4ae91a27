"""`ganlab runs`: a table of the runs, or JSON lines."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from ganlab.runtime.run import damaged_runs
from ganlab.runtime.run import runs as all_runs


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(options: argparse.Namespace) -> None:
    """Print one line for each run, then what is wrong with the damaged ones."""
    found = all_runs()
    if not found and not options.json:
        print("No runs yet. Start one with: ganlab train shapes")
    for run in found:
        status = run.status()
        if options.json:
            row = {"id": run.id, "recipe": run.settings["recipe"], "config": run.settings["config"]}
            print(json.dumps(row | dataclasses.asdict(status) | {"metrics": run.last_metrics()}))
        else:
            print(f"{run.id:<52} {status.state:<9} {status.step:>9,} of {status.steps:,}  {run.title}")
    for damage in damaged_runs().values():
        print(damage, file=sys.stderr)
