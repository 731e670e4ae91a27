"""`ganlab reproduce`: a published table beside ours."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganlab.analysis.reproduce.reproduce import Reproducing
    from ganlab.analysis.reproduce.table import Failure, Reproduction
    from ganlab.core.events import Loading


def reproduce(options: argparse.Namespace) -> None:
    """Train the table's systems, measure them, print both tables as one; what is known by then also when it is cut short."""
    from ganlab.analysis.reproduce.reproduce import reproduce, seconds
    from ganlab.cli.progress import driven

    budget = seconds(options.budget) if options.budget else None
    work = reproduce(options.table, budget, n=options.n, dataset=options.dataset, device=options.device)
    print(driven(_told(options.table, work)))


def _told(name: str, work: Reproducing) -> Generator[Loading, None, Reproduction]:
    """Only how far it is; the rows so far are printed where it does not come to its end."""
    from ganlab.analysis.reproduce.reproduce import told
    from ganlab.analysis.reproduce.table import Reproduction, Row

    rows: list[Row] = []

    def note(known: Row | Failure) -> tuple[()]:
        if isinstance(known, Row):
            rows.append(known)
        return ()

    done = False
    try:
        found = yield from told(work, note)
        done = True
        return found
    finally:
        if rows and not done:
            print(Reproduction(name, tuple(rows)))
