"""`ganlab reproduce`: a published table beside ours."""

from __future__ import annotations

import argparse


def reproduce(options: argparse.Namespace) -> None:
    """Train the table's systems, measure them, print both tables as one."""
    from ganlab.reproduction import reproduce, seconds
    from ganlab.terminal import driven

    budget = seconds(options.budget) if options.budget else None
    print(driven(reproduce(options.table, budget, n=options.n, dataset=options.dataset, device=options.device)))
