"""What reading a stranger's file costs: a photo of 12 megapixels, a checkpoint of 10 MB, and every hostile file of the tests.

    python benchmarks/decoding.py

Milliseconds of this process's processor time, the least of nine for the usual files.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ganlab.core import decoding_cost, images, isolated
from ganlab.core.untrusted_tensors import read
from tests.support import hostile_pictures, hostile_weights


def cost(work: Callable[[], object], times: int = 1) -> float:
    """The least of several."""
    found = []
    for _ in range(times):
        began = time.process_time()
        with suppress(ValueError):
            work()
        found.append(1000 * (time.process_time() - began))
    return min(found)


def main() -> None:
    """Print a line for each file."""
    with tempfile.TemporaryDirectory() as folder:
        photo, checkpoint, hostile = (Path(folder) / name for name in ("photo.jpg", "checkpoint.pth", "hostile"))
        noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((4000, 3000)).save(photo, quality=92)
        torch.save({f"{number}.weight": torch.randn(256, 256) for number in range(40)}, checkpoint)
        data = photo.read_bytes()
        print(f"photo of 12 megapixels: {cost(lambda: isolated.read(photo), 9):.1f} ms")
        print(f"  of which the look at its cost: {cost(lambda: decoding_cost.check(data), 9):.1f} ms")
        print(f"checkpoint of 10 MB: {cost(lambda: read(checkpoint), 9):.1f} ms")
        for name, picture in hostile_pictures.HOSTILE.items():
            hostile.write_bytes(picture())
            print(f"{name}, {hostile.stat().st_size // 1000:,} kB: {cost(lambda: images.read(hostile)):.0f} ms")
        for name, weights in hostile_weights.HOSTILE.items():
            hostile.write_bytes(weights())
            print(f"{name}, {hostile.stat().st_size // 1000:,} kB: {cost(lambda: read(hostile)):.0f} ms")


if __name__ == "__main__":
    main()
