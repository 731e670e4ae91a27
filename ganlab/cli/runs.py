"""`ganlab runs`: a table of the runs, or JSON lines."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from ganlab.app.views.status_wording import damage_text, silence_text
from ganlab.core.errors import DOING, explain
from ganlab.runtime.run import UNREADABLE, Run, damaged_runs
from ganlab.runtime.run import runs as all_runs


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(options: argparse.Namespace) -> None:
    """Print one line for each run, then what is wrong with the damaged ones."""
    found = all_runs()
    if not found and not options.json:
        print("No runs yet. Start one with: ganlab train shapes")
    damaged = {run.id: damage_text(run.id, damage) for run, damage in damaged_runs().items()}
    for run in found:
        try:
            print(_line(run, as_json=options.json))
        except UNREADABLE as error:
            damaged[run.id] = f"The run {run.id} cannot be read: {explain(error, DOING)}"
    for damage in damaged.values():
        print(damage, file=sys.stderr)


def _line(run: Run, *, as_json: bool) -> str:
    status = run.status()
    if as_json:
        row = {"id": run.id, "recipe": run.settings.recipe, "config": run.settings.config}
        return json.dumps(row | dataclasses.asdict(status) | {"metrics": run.last_metrics()})
    line = f"{run.id:<52} {status.state:<9} {status.step:>9,} of {status.steps:,}  {run.title}"
    return f"{line}  {silence_text(status)}".rstrip()
