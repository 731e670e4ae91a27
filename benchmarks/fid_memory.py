"""Peak memory of measuring 50,000 images against 50,000 with 2048 features each, above what was there before.

    python benchmarks/fid_memory.py [--count 50000]

The network is replaced by one random matrix, whose features cost little to compute: what is measured is everything else.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Generator, Iterator
from unittest import mock

import torch
from torch import Tensor

from ganlab.core.devices import memory_used
from ganlab.core.events import Loading
from ganlab.core.progress import finish
from ganlab.metrics.features.extractor import Features
from ganlab.metrics.measure import measure
from ganlab.metrics.reference import Reference

METRICS = ("fid", "kid", "precision", "coverage", "inception-score")


class RandomFeatures:
    """Images (B, 3, 32, 32) -> 2048 features, correlated and not negative, and 1008 logits."""

    name, sha, resize, dims, batch_size, device = "random", "none", "none", 2048, 32, "cpu"

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(0)
        self._matrix = torch.randn(3072, 2048, generator=generator) / 3072**0.5
        self._classes = torch.randn(2048, 1008, generator=generator) / 2048**0.5

    def __call__(self, images: Tensor) -> Features:
        rows = (images.flatten(1).float() / 64 @ self._matrix).relu_()
        return Features(rows, rows @ self._classes)


def images(count: int, seed: int) -> Iterator[Tensor]:
    """Random ones, made as they are asked for."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(0, count, 100):
        yield torch.randint(0, 256, (100, 3, 32, 32), dtype=torch.uint8, generator=generator)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=50_000)
    count = parser.parse_args().count
    extractor = RandomFeatures()
    torch.linalg.eigvalsh(torch.eye(64, dtype=torch.float64))  # libraries load before counting starts
    before = memory_used("cpu")

    def opened(*_: object) -> Generator[Loading, None, RandomFeatures]:
        yield Loading()
        return extractor

    reference = Reference("random images", "random", count, f"random {count}", lambda: images(count, 1))
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, mock.patch("ganlab.metrics.measure.open_extractor", opened):
        os.environ["GANLAB_DATA"] = folder
        for run in ("reference read", "reference kept"):
            values = finish(measure(images(count, 2), reference, METRICS, n=count, device="cpu"))
            peak = (memory_used("cpu") - before) / 2**20
            print(f"{run}: {count:,} images, {peak:,.0f} MB above, {time.perf_counter() - begin:.0f} s", flush=True)
    for value in values:
        print(f"    {value}")


if __name__ == "__main__":
    main()
