"""`ganlab compare`: two to four runs side by side in the terminal."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from ganlab.core.config import Value
from ganlab.runtime.compare import AXES, Comparison, Standing, compare
from ganlab.runtime.readings import Reading, readings
from ganlab.runtime.run import Run


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--equal", choices=AXES, default="step", help="what is equal for all runs (default: step)")
    parser.add_argument("--at", type=float, help="how much of it (default: the most that all runs have reached)")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(options: argparse.Namespace) -> None:
    """Print one column for each run."""
    runs = [Run.open(id) for id in options.runs]
    found = compare(runs, options.equal, options.at)
    read = readings(runs, found)
    print(json.dumps(asdict(found) | {"readings": [asdict(one) for one in read]}) if options.json else table(found, read))


def table(found: Comparison, read: Sequence[Reading]) -> str:
    """Where each run stood, how that was measured, then the settings that differ; other protocols are other rows."""
    protocols = list(dict.fromkeys(reading.protocol for reading in read if reading.protocol))
    measured = [_measured(reading, protocols.index(reading.protocol) + 1 if reading.protocol else 0) for reading in read]
    rows = [("", found.runs), *_facts(found.standings), *measured]
    settings = [(name, [_plain(value) for value in values]) for name, values in found.settings.items()]
    width = max(len(name) for name, _ in (*rows, *settings))
    columns = [max(len(cells[i]) for _, cells in (*rows, *settings)) for i in range(len(found.runs))]

    def line(name: str, cells: Sequence[str]) -> str:
        return "  ".join([name.ljust(width), *(cell.rjust(room) for cell, room in zip(cells, columns, strict=True))])

    head = f"After {found.at:,.6g} {AXES[found.axis]}; all have come to {found.until:,.6g}."
    differing = ["", "Settings that differ" if settings else "The settings are the same."]
    notes = [f"[{number}] {protocol}" for number, protocol in enumerate(protocols, 1)]
    measured_as = ["", *notes] if notes else []
    return "\n".join([head, "", *(line(*row) for row in rows), *measured_as, *differing, *(line(*row) for row in settings)])


def _facts(standings: Sequence[Standing]) -> list[tuple[str, list[str]]]:
    return [
        ("steps", [f"{standing.step:,}" for standing in standings]),
        ("seconds of training", [f"{standing.seconds:,.1f}" for standing in standings]),
        ("real images seen", [f"{standing.images:,}" for standing in standings]),
        ("epochs", ["–" if standing.epochs is None else f"{standing.epochs:.2f}" for standing in standings]),
    ]


def _measured(reading: Reading, number: int) -> tuple[str, list[str]]:
    """A row; the number refers to the protocol below the table."""
    name = f"{reading.name} [{number}]" if reading.protocol else reading.name
    return name, ["–" if value is None else f"{value:.4g}" for value in reading.values]


def _plain(value: Value | list[float] | None) -> str:
    if value is None or value == "":
        return "–"
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
