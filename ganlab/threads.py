"""How PyTorch's CPU threads wait for each other: decided by the environment, before it is imported."""

from __future__ import annotations

from collections.abc import Mapping


def yielding_threads(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with OpenMP threads that sleep while they wait for each other, unless somebody chose otherwise.

    By default they spin, which wastes the very cores that another program keeps them from (benchmarks/threads.py measures
    both, alone and beside one).
    """
    return {"OMP_WAIT_POLICY": "passive", **environment}
