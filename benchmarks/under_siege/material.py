"""What attackers bring: small files that cost much, damaged runs, and very many runs."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from tests.support.fake_runs import FakeRun

_SIDE = 8_000  # pixels: within the bound on a picture's size
WRONG: list[dict[str, Any]] = [
    *({"config": value} for value in (None, [], "x", {}, {"family": "x"}, {"family": 1})),
    *({"created": value} for value in ("x", None, [], -1, 1e308, {})),
    *({"recipe": value} for value in ([], None, {}, 7)),
    *({"group": value} for value in ([], None, 7)),
    *({"group_size": value} for value in ("x", None, -1, [])),
    *({"parent": value} for value in (7, "x", {"run": 7}, {"run": "x", "step": "y"}, [])),
]
_WRONG_CONFIG: list[dict[str, Any]] = [
    {"steps": 0}, {"steps": "x"}, {"image_size": -1}, {"batch_size": None}, {"betas": 7}, {"seed": []}, {"dataset": {}},
    {"lr": "x"},
]  # fmt: skip


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


def slow_jpeg(size: int = 263_000) -> bytes:
    """A progressive JPEG of nothing but its last scan again and again: each is small, and visits a million blocks."""
    buffer = io.BytesIO()
    Image.new("L", (_SIDE, _SIDE), 128).save(buffer, "JPEG", progressive=True)
    head, *_, before, last = buffer.getvalue().removesuffix(b"\xff\xd9").split(b"\xff\xda")  # no scan's data have this marker
    scan = b"\xff\xda" + last
    head += before[before.index(b"\xff\xc4") :]  # the last scan's table
    return head + scan * ((size - len(head)) // len(scan)) + b"\xff\xd9"


def photo(side: int = 256) -> bytes:
    """A picture that compresses like a photo's coarse half."""
    buffer = io.BytesIO()
    Image.effect_noise((side // 8, side // 8), 80).resize((side, side)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def finished(root: Path) -> FakeRun:
    """A run that has ended, with a sheet, curves and a checkpoint."""
    return FakeRun(root, steps=100).start().train(100).checkpoint().finish()


def many_runs(root: Path, count: int = 2000) -> None:
    """So many runs that have ended."""
    model = finished(root).run.path
    for number in range(1, count):
        shutil.copytree(model, root / f"{model.name}-{number:04}")


def damaged_runs(root: Path) -> int:
    """Runs of which each has one wrong value, and three with a damaged index; how many there are."""
    model = finished(root).run.path
    settings = json.loads((model / "config.json").read_text())
    wrong = WRONG + [{"config": settings["config"] | value} for value in _WRONG_CONFIG]
    for number, value in enumerate(wrong):
        folder = shutil.copytree(model, root / f"{model.name}-wrong-{number:02}")
        (folder / "config.json").write_text(json.dumps(settings | value))
    for number, data in enumerate((b"", b"garbage" * 1000, (model / "metrics.sqlite").read_bytes()[:3000])):
        folder = shutil.copytree(model, root / f"{model.name}-index-{number}")
        (folder / "metrics.sqlite").write_bytes(data)
    return len(wrong) + 3
