"""`ganlab compare`: two to four runs side by side in the terminal."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from ganlab.comparison import AXES, Comparison, Standing, compare
from ganlab.config import Value
from ganlab.run import Run


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb and its flags."""
    parser = verbs.add_parser("compare", help="two to four runs side by side, after as many steps, seconds or images")
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--equal", choices=AXES, default="step", help="what all have had as much of (default: step)")
    parser.add_argument("--at", type=float, help="how much of it (default: as much as all have had)")
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> None:
    """Print one column for each run."""
    found = compare([Run.open(id) for id in options.runs], options.equal, options.at)
    print(json.dumps(asdict(found)) if options.json else table(found))


def table(found: Comparison) -> str:
    """Where each run stood, then the settings that differ."""
    rows = [("", found.runs), *_facts(found.standings), *_metrics(found.standings)]
    settings = [(name, [_plain(value) for value in values]) for name, values in found.settings.items()]
    width = max(len(name) for name, _ in (*rows, *settings))
    columns = [max(len(cells[i]) for _, cells in (*rows, *settings)) for i in range(len(found.runs))]

    def line(name: str, cells: Sequence[str]) -> str:
        return "  ".join([name.ljust(width), *(cell.rjust(room) for cell, room in zip(cells, columns, strict=True))])

    head = f"After {found.at:,.6g} {AXES[found.axis]}; all have come to {found.until:,.6g}."
    differing = ["", "Settings that differ" if settings else "The settings are the same."]
    return "\n".join([head, "", *(line(*row) for row in rows), *differing, *(line(*row) for row in settings)])


def _facts(standings: Sequence[Standing]) -> list[tuple[str, list[str]]]:
    return [
        ("steps", [f"{standing.step:,}" for standing in standings]),
        ("seconds of training", [f"{standing.seconds:,.1f}" for standing in standings]),
        ("real images seen", [f"{standing.images:,}" for standing in standings]),
        ("epochs", ["–" if standing.epochs is None else f"{standing.epochs:.2f}" for standing in standings]),
    ]


def _metrics(standings: Sequence[Standing]) -> list[tuple[str, list[str]]]:
    names = dict.fromkeys(name for standing in standings for name in standing.values)
    return [
        (name, [f"{standing.values[name]:.4g}" if name in standing.values else "–" for standing in standings]) for name in names
    ]


def _plain(value: Value | list[float] | None) -> str:
    if value is None or value == "":
        return "–"
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
