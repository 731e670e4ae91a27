"""`ganlab runs`: a table of the runs, or JSON lines; and the name, notes and tags of one."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from ganlab.app.views.status_wording import damage_text, packages_text, silence_text
from ganlab.cli.output import add_json
from ganlab.core.errors import DOING, explain
from ganlab.runtime.labels import Labels, keep_labels, matching, words
from ganlab.runtime.run import UNREADABLE, Run, damaged_runs
from ganlab.runtime.run import runs as all_runs


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("run", nargs="?", metavar="RUN", help="this run alone, with its notes")
    parser.add_argument("--search", metavar="WORDS", help="those with all these words in labels or settings (lr=0.002)")
    parser.add_argument("--name", help="call RUN by this name; an empty one takes it away")
    parser.add_argument("--notes", help="keep these notes on RUN")
    parser.add_argument("--tags", metavar="TAG,TAG", help="give RUN these tags")
    add_json(parser)


def check(options: argparse.Namespace) -> None:
    """Raise ValueError where there is no run to change."""
    if options.run is None and any(value is not None for value in _given(options).values()):
        raise ValueError("--name, --notes and --tags are those of one run: write its id before them, as in `ganlab runs RUN`.")
    if options.run is not None:
        Run.open(options.run)


def run(options: argparse.Namespace) -> None:
    """Print one line for each run, then what is wrong with the damaged ones."""
    check(options)
    if options.run is not None:
        _one(Run.open(options.run), options)
        return
    known = all_runs()
    found = [run for run in known if matching(options.search or "", lambda run=run: _words(run))]  # type: ignore[misc]
    if not known and not options.json:
        print("No runs yet. Start one with: ganlab train shapes")
    damaged = {run.id: damage_text(run.id, damage) for run, damage in damaged_runs().items()}
    for run in found:
        try:
            print(_line(run, as_json=options.json))
        except UNREADABLE as error:
            damaged[run.id] = f"The run {run.id} cannot be read: {explain(error, DOING)}"
    for damage in damaged.values():
        print(damage, file=sys.stderr)


def _given(options: argparse.Namespace) -> dict[str, str | None]:
    return {name: getattr(options, name) for name in ("name", "notes", "tags")}


def _one(run: Run, options: argparse.Namespace) -> None:
    """Change what was asked to be, and print the run with its notes."""
    given = {name: value for name, value in _given(options).items() if value is not None}
    if given:
        values = run.labels.to_dict() | given
        tags = [values["tags"]] if isinstance(values["tags"], str) else values["tags"]
        keep_labels(run.path, Labels.of(values["name"], values["notes"], tags))
    print(_line(run, as_json=options.json))
    if run.labels.notes and not options.json:
        print(run.labels.notes)


def _words(run: Run) -> str:
    try:
        return words(run.labels, run.settings.config, run.id, run.title)
    except UNREADABLE:
        return run.id


def _line(run: Run, *, as_json: bool) -> str:
    status, labels = run.status(), run.labels
    if as_json:
        row = {"id": run.id, "recipe": run.settings.recipe, "config": run.settings.config, "labels": labels.to_dict()}
        return json.dumps(row | dataclasses.asdict(status) | {"metrics": run.last_metrics()})
    title = f"{labels.name} ({run.title})" if labels.name else run.title
    line = f"{run.id:<52} {status.state:<9} {status.step:>9,} of {status.steps:,}  {title}"
    tags = "".join(f"  #{tag}" for tag in labels.tags)
    return f"{line}{tags}  {silence_text(status)}  {packages_text(run.settings.packages)}".rstrip()
