"""PyTorch's CPU threads: how many a run trains with, and how they wait for each other.

With another number sums are added in another order, so that a run goes on bit for bit only with as many as before.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from typing import Any, TypeGuard, TypeVar

SPINS = "1000"  # a few microseconds
THREADS = "GANLAB_THREADS"
BACKGROUND = 5  # how much nicer than the rest of the server: a third of the weight
_MOST = 1024
Result = TypeVar("Result")
_LOCK = threading.Lock()
_inside: list[int] = []  # of `every_core`: the threads that each had before


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


def in_background(work: Callable[..., Result], *arguments: Any, on_every_core: bool = False) -> Result:
    """What `work` returns, done by a thread of its own that every other thread of the server goes before.

    A thread cannot take back that it let others go before: none that answers other requests too may do the work.
    """

    def do() -> Result:
        with every_core() if on_every_core else nullcontext():
            return work(*arguments)

    with ThreadPoolExecutor(1, initializer=_step_back) as own:
        return own.submit(copy_context().run, do).result()


def _step_back() -> None:
    """Let the system run this thread, and those that PyTorch starts from it, where no other wants a core."""
    if sys.platform == "linux":  # elsewhere a priority belongs to the process
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + BACKGROUND)


@contextmanager
def every_core() -> Iterator[None]:
    """In a server that draws small pictures with one thread each: all cores for this thread's network, then one again.

    What this thread had before is no guide where others are inside: PyTorch gives a new thread what the last one set.
    """
    import torch  # noqa: PLC0415  (slow to import)

    with _LOCK:
        before = _inside[0] if _inside else torch.get_num_threads()
        _inside.append(before)
    torch.set_num_threads(os.cpu_count() or 1)
    try:
        yield
    finally:
        with _LOCK:
            _inside.remove(before)
            torch.set_num_threads(before)
