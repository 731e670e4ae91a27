"""PyTorch's CPU threads: how many a run trains with, and how they wait for each other.

With another number sums are added in another order, so that a run goes on bit for bit only with as many as before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeGuard

SPINS = "1000"  # a few microseconds
THREADS = "GANLAB_THREADS"
_MOST = 1024


def yielding_threads(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with OpenMP threads that soon sleep while they wait for each other, unless the variable is set already.

    By default they spin for milliseconds, which wastes the very cores that another program keeps them from; sleeping at once
    doubles the time of networks with many small layers (benchmarks/threads.py measures both, alone and beside a program).
    """
    if environment.keys() & {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}:
        return dict(environment)
    return {"GOMP_SPINCOUNT": SPINS, **environment}


def asked_threads() -> int | None:
    """How many threads each run shall train with: GANLAB_THREADS; None where it is not set, ValueError where it is no number."""
    text = os.environ.get(THREADS, "").strip()
    if not text:
        return None
    if not text.isdecimal() or not is_count(int(text)):
        raise ValueError(f"{THREADS} = {text!r} is not a whole number from 1 to {_MOST:,}.")
    return int(text)


def threads_for(recorded: object, default: int) -> tuple[int, str]:
    """How many threads a run trains with that had `recorded` before, and why.

    As many as are asked for ("asked"); else those on record ("recorded") or, of these, one for each core ("cores"); else
    `default` ("default").
    """
    if asked := asked_threads():
        return asked, "asked"
    if not is_count(recorded):
        return default, "default"
    return (recorded, "recorded") if recorded <= cores() else (cores(), "cores")


def is_count(value: object) -> TypeGuard[int]:
    """Whether this can be a number of threads."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def every_core() -> Iterator[None]:
    """In a server that draws small pictures with one thread each: all cores for this thread's network, then one again."""
    import torch  # noqa: PLC0415  (slow to import)

    before = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
