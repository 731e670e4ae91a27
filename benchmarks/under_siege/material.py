"""What attackers bring: small files that cost much, and damaged runs."""

from __future__ import annotations

import io
import itertools
import zipfile
from pathlib import Path
from random import Random

import torch
from PIL import Image

from tests.support.bad_runs import bad_run
from tests.support.fake_runs import FakeRun


def weights(wide: int, *, stored: bool) -> bytes:
    """A checkpoint of an MLP whose hidden layer has wide x wide zeros, as a small file.

    Not `stored`: each tensor shows one number again and again. `stored`: all are there, and shrink to a thousandth.
    """
    state, sizes = {}, (100, wide, wide, 784)
    for layer, (narrow, high) in enumerate(itertools.pairwise(sizes)):
        for name, shape in (("weight", (high, narrow)), ("bias", (high,))):
            state[f"model.{2 * layer}.{name}"] = torch.zeros(shape) if stored else torch.zeros(1).expand(shape)
    plain, packed = io.BytesIO(), io.BytesIO()
    torch.save(state, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for entry in source.namelist():
            archive.writestr(entry, source.read(entry))
    return packed.getvalue()


def photo(side: int = 256) -> bytes:
    """A picture that compresses like a photo's coarse half."""
    buffer = io.BytesIO()
    Image.effect_noise((side // 8, side // 8), 80).resize((side, side)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def damaged_runs(root: Path, count: int = 60) -> None:
    """Copies of a run that has ended, with one to three parts changed at random."""
    model = FakeRun(root, steps=100).start().train(100).checkpoint().finish().run.path
    for number in range(count):
        bad_run(Random(number), model, root, number)
