"""Running out of memory: what to try, and whether the operating system killed something for want of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

LESS = "a smaller batch_size, width or image_size needs less"


def smaller(config: Mapping[str, Any]) -> str:
    """What to try where the memory did not suffice."""
    for name, least in (("batch_size", 2), ("width", 8), ("image_size", 16)):
        if config.get(name, 0) >= 2 * least:
            return f"try {name} = {config[name] // 2} (it was {config[name]}); a smaller width or image_size needs less too"
    return LESS


def kernel_kills() -> int | None:
    """How many processes Linux has killed for want of memory since the machine started; None where nobody counts them."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)
