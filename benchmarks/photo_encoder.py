"""How far the shipped encoder of photos places what is wrong with photos: the worse, the farther?

    python benchmarks/photo_encoder.py DATA [OUT.json]

DATA holds horse2zebra and, if it can, celeba-sample. 400 photos of horses at 64 pixels are divided into halves at random, three
times; one half is distorted and held against the other. The first column is what real photos read against real ones.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from ganlab.core.progress import finish
from ganlab.core.types import Conditioning
from ganlab.data import load
from ganlab.metrics.distances.fid import frechet_distance
from ganlab.metrics.features.classifier import ClassifierExtractor
from ganlab.metrics.statistics.gaussian import Gaussian, gather

SIZE, SEEDS, PHOTOS = 64, (0, 1, 2), 400  # of each kind


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Convolved with a Gaussian of `sigma` pixels, the edges continued."""
    reach = int(3 * sigma + 1)
    kernel = torch.exp(-(torch.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1).expand(3, 1, 1, -1)
    padded = functional.pad(images.float(), [reach] * 4, mode="replicate")
    return functional.conv2d(functional.conv2d(padded, kernel, groups=3), kernel.mT, groups=3).round().byte()


def noisy(images: Tensor, deviation: float) -> Tensor:
    """With white noise in levels of 255."""
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return (images.float() + deviation * noise).round().clamp(0, 255).byte()


def as_jpeg(images: Tensor, quality: int) -> Tensor:
    """Written as JPEG and read again."""
    made = []
    for image in images:
        buffer = io.BytesIO()
        Image.fromarray(image.permute(1, 2, 0).contiguous().numpy()).save(buffer, "JPEG", quality=quality)
        made.append(torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1))
    return torch.stack(made)


def paler(images: Tensor, share: float) -> Tensor:
    """Colours drawn to grey by `share`."""
    grey = images.float().mean(1, keepdim=True)
    return (images.float() + share * (grey - images.float())).round().byte()


LADDERS: dict[str, tuple[Callable[[Tensor, float], Tensor], tuple[float, ...]]] = {
    "blur, sigma in pixels": (blurred, (0.5, 1, 2)),
    "noise, levels of 255": (noisy, (5, 10, 25)),
    "JPEG, quality": (as_jpeg, (75, 40, 15)),  # type: ignore[dict-item]
    "less colour, share": (paler, (0.25, 0.5, 1)),
}


def rows_of(extractor: ClassifierExtractor, images: Tensor) -> Tensor:
    """-> features (n, 112)."""
    return torch.cat([extractor(part).rows for part in images.split(100)])


def distance(fake: Tensor, real: Gaussian) -> float:
    """Of rows to a Gaussian."""
    return frechet_distance(gather([fake], fake.shape[1]), real)


def main(data: str, out: str = "") -> None:
    """Print a table of distances, mean and range over the seeds."""
    import os

    os.environ["GANLAB_DATA"] = data
    extractor = ClassifierExtractor.of_photos()
    wanted = {"image_size": SIZE, "channels": 3}
    both = finish(load("horse2zebra", conditioning=Conditioning.UNPAIRED, **wanted))  # type: ignore[arg-type]
    horses, zebras = (some.unique(dim=0)[:PHOTOS] for some in (both.sources, both.images))  # the set holds some photos twice
    plain, striped = rows_of(extractor, horses), rows_of(extractor, zebras)
    wrong = {
        name: {level: rows_of(extractor, make(horses, level)) for level in levels} for name, (make, levels) in LADDERS.items()
    }
    table: dict[str, dict[str, list[float]]] = {"real photos": {"": []}}
    for seed in SEEDS:
        order = torch.randperm(len(horses), generator=torch.Generator().manual_seed(seed))
        one, other = order.tensor_split(2)
        real = gather([plain[other]], plain.shape[1])

        def note(name: str, level: object, rows: Tensor, real: Gaussian = real) -> None:
            table.setdefault(name, {}).setdefault(str(level), []).append(distance(rows, real))

        note("real photos", "", plain[one])
        for name, levels in wrong.items():
            for level, rows in levels.items():
                note(name, level, rows[one])
        for share in (0.1, 0.3, 1.0):
            count = round(share * len(one))
            note("zebras among them, share", share, torch.cat([plain[one[count:]], striped[:count]]))
        for kept in (100, 30, 10):
            note("only so many different photos", kept, plain[one[torch.arange(len(one)) % kept]])
    for name, levels in table.items():
        cells = [f"{level} {np.mean(values):.2f} ({min(values):.2f} to {max(values):.2f})" for level, values in levels.items()]
        print(f"| {name} | {' | '.join(cells)} |")
    faces = Path(data) / "celeba-sample"
    if faces.is_dir():
        rows = rows_of(extractor, finish(load("celeba", **wanted)).images)  # type: ignore[arg-type]
        half = gather([rows[::2]], rows.shape[1])
        others, animals = distance(rows[1::2], half), distance(plain[: len(rows) // 2], half)
        print(f"{len(rows) // 2} faces to as many other faces: {others:.1f}; to as many horses: {animals:.1f}")
    if out:
        Path(out).write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
