"""Which device trains, what it is called, how much memory this process uses on it."""

from __future__ import annotations

import platform
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import torch

from ganlab.core.text import counted
from ganlab.core.threads import asked_threads


@dataclass(frozen=True)
class Device:
    """`name` is what the `device` setting takes; `title` is what a person reads."""

    name: str
    title: str


@cache
def devices() -> tuple[Device, ...]:
    """Everything that can train here, the fastest first; the CPU is always last."""
    found = [Device(f"cuda:{index}", torch.cuda.get_device_name(index)) for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append(Device("mps", f"Apple GPU ({platform.processor() or platform.machine()})"))
    threads = torch.get_num_threads()
    with suppress(ValueError):  # admitting a run refuses it
        threads = asked_threads() or threads
    return (*found, Device("cpu", f"CPU, {counted(threads, 'thread')}"))


def resolve(name: str) -> str:
    """The device that a config's `device` means here; ValueError when this machine has none of that name."""
    names = [device.name for device in devices()]
    if name == "auto":
        return names[0]
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in names:
        raise ValueError(f"device = {name!r} is not on this machine; it has: {', '.join(names)}.")
    return wanted


def supports_bf16(device: str) -> bool:
    """Whether bf16 autocast is faster here: GPUs that have it; on CPUs it was measured to be slower."""
    return device.startswith("cuda") and torch.cuda.is_bf16_supported(including_emulation=False)


def memory_used(device: str) -> int:
    """Peak bytes of this process: on the GPU what was allocated there, else resident memory."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
