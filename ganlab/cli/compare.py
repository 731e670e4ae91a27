"""`ganlab compare`: two to four runs side by side in the terminal."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from ganlab.cli.output import add_json, print_json
from ganlab.core.config import Value
from ganlab.runtime.compare import AXES, Comparison, MetricRow, RunAt, compare
from ganlab.runtime.run import Run

_PLACES = {"step": "steps", "time": "seconds of training", "images": "real images seen", "epoch": "epochs"}


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--equal", choices=AXES, default="step", help="what is equal for all runs (default: step)")
    parser.add_argument("--at", type=float, help="compare at this number of them (default: the most that all runs have reached)")
    add_json(parser, "the same as JSON")


def run(options: argparse.Namespace) -> None:
    """Print one column for each run."""
    found = compare([Run.open(id) for id in options.runs], options.equal, options.at)
    if options.json:
        print_json(asdict(found))
    else:
        print(table(found))


def table(found: Comparison) -> str:
    """The values of each run, their protocols, then the settings that differ; each protocol has rows of its own."""
    protocols = list(dict.fromkeys(row.protocol for row in found.metrics if row.protocol != ""))
    measured = [_cells(row, protocols.index(row.protocol) + 1 if row.protocol != "" else 0) for row in found.metrics]
    rows = [("", found.runs), *_facts(found.runs_at), *measured]
    settings = [(name, [_plain(value) for value in values]) for name, values in found.settings.items()]
    width = max(len(name) for name, _ in (*rows, *settings))
    columns = [max(len(cells[i]) for _, cells in (*rows, *settings)) for i in range(len(found.runs))]

    def line(name: str, cells: Sequence[str]) -> str:
        return "  ".join([name.ljust(width), *(cell.rjust(room) for cell, room in zip(cells, columns, strict=True))])

    head = f"After {found.at:,.6g} {_PLACES[found.axis]}; all runs have reached {found.until:,.6g}."
    differing = ["", "Settings that differ" if settings else "The settings are the same."]
    notes = [f"[{number}] {protocol or 'how it was read is not on record'}" for number, protocol in enumerate(protocols, 1)]
    measured_as = ["", *notes] if notes else []
    return "\n".join([head, "", *(line(*row) for row in rows), *measured_as, *differing, *(line(*row) for row in settings)])


def _facts(runs_at: Sequence[RunAt]) -> list[tuple[str, list[str]]]:
    return [
        ("steps", [f"{run_at.step:,}" for run_at in runs_at]),
        ("seconds of training", [f"{run_at.seconds:,.1f}" for run_at in runs_at]),
        ("real images seen", [f"{run_at.images:,}" for run_at in runs_at]),
        ("epochs", ["–" if run_at.epochs is None else f"{run_at.epochs:.2f}" for run_at in runs_at]),
    ]


def _cells(row: MetricRow, number: int) -> tuple[str, list[str]]:
    """A row; `number` refers to the protocol below the table."""
    name = f"{row.name} [{number}]" if number else row.name
    return name, ["–" if value is None else f"{value:.4g}" for value in row.values]


def _plain(value: Value | list[float] | None) -> str:
    if value is None or value == "":
        return "–"
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
