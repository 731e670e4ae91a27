"""`ganlab reproduce`: a published table beside ours."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from dataclasses import asdict

from ganlab.analysis.reproduce.reproduce import Reproducing, reproduce, seconds
from ganlab.analysis.reproduce.table import Reproduction, Row
from ganlab.cli.arguments import Parser
from ganlab.cli.output import add_json, print_json
from ganlab.cli.progress import driven
from ganlab.core.events import Loading
from ganlab.core.progress import Work


def add(parser: Parser) -> None:
    """The verb's arguments."""
    parser.add_argument("table", help="column (GAN, DCGAN, LSGAN and CGAN on MNIST) or duel (two losses on the same batches)")
    parser.add_argument("--budget", default="", help="training time in all, shared equally, such as 10m (default: no limit)")
    parser.add_argument(
        "-n", "--n", type=int, between=(20, 1_000_000), default=10_000, metavar="COUNT", help="images to measure (default: 10000)"
    )
    parser.add_argument("--dataset", default="", help="train on another data set than the source did")
    parser.add_argument("--device", default="auto", help="default: auto")
    add_json(parser, "the rows, what real images read and what could not be done, as JSON")


def run(options: argparse.Namespace) -> None:
    """Train the table's systems, measure them, and print both tables as one; when cut short, the rows that are done by then."""
    budget = seconds(options.budget) if options.budget else None
    work = reproduce(options.table, budget, n=options.n, dataset=options.dataset, device=options.device)
    table = driven(_reported(options.table, work))
    if options.json:
        print_json(asdict(table))
    else:
        print(table)


def _reported(name: str, steps: Reproducing) -> Generator[Loading, None, Reproduction]:
    """The progress of a reproduction alone; the rows so far are printed where it is cut short."""
    rows: list[Row] = []
    work = Work(steps)
    done = False
    try:
        for event in work:
            if isinstance(event, Row):
                rows.append(event)
            elif isinstance(event, Loading):
                yield event
        done = True
        return work.result
    finally:
        if rows and not done:
            print(Reproduction(name, tuple(rows)))
