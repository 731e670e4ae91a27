"""How PyTorch's CPU threads wait for each other: decided by the environment, before it is imported."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

SPINS = "1000"  # a few microseconds


def yielding_threads(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with OpenMP threads that soon sleep while they wait for each other, unless the variable is set already.

    By default they spin for milliseconds, which wastes the very cores that another program keeps them from; sleeping at once
    doubles the time of networks with many small layers (benchmarks/threads.py measures both, alone and beside a program).
    """
    if environment.keys() & {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}:
        return dict(environment)
    return {"GOMP_SPINCOUNT": SPINS, **environment}


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
