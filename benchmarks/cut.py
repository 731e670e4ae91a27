"""CUT against CycleGAN on horses into zebras: two runs with the same generator and discriminator, in equal processor time.

    OMP_NUM_THREADS=1 nice -n 15 python benchmarks/cut.py FOLDER [--minutes 30] [--only fastcut]
    python benchmarks/cut.py FOLDER --table

Both begin with random weights at the settings of `horse2zebra-fastcut`: light generators 16 wide, 128 pixels cut out of 256,
batches of one, no falling rate. Whoever needs less for a step takes more of them. --minutes is processor time of training.

At each look (MINUTES) the 120 horses of the test part are translated at 256 pixels by the averaged generator and measured by
the kernel distance (KID's formula, unbiased) to the 140 zebras there, in general features (layout, colours, contrast; each in
units of its spread over 500 zebras of the training part). Beside it stand what the untouched horses read, and other zebras.
FOLDER/sheet.png shows the same horses, and below each what both make of it.

Every 100 steps a run keeps its state in FOLDER; the next call goes on there bit for bit, so it may be stopped at any time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from PIL import Image
from torch import Tensor, nn

from ganlab.core.config import TrainConfig
from ganlab.core.events import Checkpoint
from ganlab.core.images import to_uint8
from ganlab.core.interventions import Command
from ganlab.core.progress import finish
from ganlab.core.types import Conditioning, DataSpec
from ganlab.data import load
from ganlab.metrics.distances.kid import squared_mmd
from ganlab.metrics.features.open import open_extractor
from ganlab.training.engine import train
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import RECIPES

MINUTES = (2, 5, 10, 15, 20, 30, 45, 60)
METHODS = ("fastcut", "cyclegan")
_SHARED = ("dataset", "architecture", "image_size", "jitter", "test_size", "width", "d_width", "ema_decay", "batch_size", "flip")
_RUN: dict[str, Any] = {"steps": 1_000_000, "lr_decay": 0.0, "sample_every": 1_000_000, "checkpoint_every": 100, "device": "cpu"}


def settings(method: str) -> TrainConfig:
    """The recipe's, without an end; CycleGAN takes from it what the two share."""
    fast = RECIPES["horse2zebra-fastcut"].config
    if method == "fastcut":
        return fast.replace(**_RUN)
    shared = {name: getattr(fast, name) for name in _SHARED}
    return TrainConfig.of("cyclegan", **shared | _RUN)


def photos(split: Literal["train", "test"]) -> tuple[Tensor, Tensor]:
    """Horses and zebras, (N, 3, 256, 256) uint8."""
    found = finish(load("horse2zebra", image_size=256, conditioning=Conditioning.UNPAIRED, split=split))
    assert found.sources is not None
    return found.sources, found.images


class Eye:
    """Reads photos in features, each in units of its spread over real zebras."""

    def __init__(self, features: str) -> None:
        self._extractor = finish(open_extractor(features, "horse2zebra", "cpu"))
        self.horses, zebras = photos("test")
        others = photos("train")[1][:500]
        known = self._rows(others)
        self._mean, self._spread = known.mean(0), known.std(0) + 1e-6
        self._real = self._standard(self._rows(zebras))
        self.untouched, self.floor = self.distance(self.horses), self.distance(others[: len(zebras)])

    def distance(self, images: Tensor) -> float:
        """The squared MMD to the zebras of the test part."""
        return squared_mmd(self._standard(self._rows(images)), self._real)

    def _rows(self, images: Tensor) -> Tensor:
        return torch.cat([self._extractor(part).rows for part in images.split(50)])

    def _standard(self, rows: Tensor) -> Tensor:
        return (rows - self._mean) / self._spread


@torch.no_grad()
def translated(config: TrainConfig, model: Mapping[str, Tensor], horses: Tensor) -> Tensor:
    """Zebras of those horses, uint8 of the same shape."""
    spec = DataSpec(config.image_size, 3, Conditioning.UNPAIRED)
    name = "G" if config.family == "cut" else "G_AB"
    networks = nn.ModuleDict({name: FAMILIES[config.family].build_networks(config, spec)[name]})
    networks.load_state_dict({key: tensor for key, tensor in model.items() if key.startswith(f"{name}.")})
    G = networks[name].eval()
    return torch.cat([to_uint8(G(part.float() / 127.5 - 1)) for part in horses.split(1)])


def go_on(method: str, folder: Path, minutes: float, eye: Eye) -> None:
    """Train until so many minutes are spent, from where the last call ended; then a line of FOLDER/looks.jsonl."""
    config, path = settings(method), folder / f"{method}.pt"
    before = torch.load(path, weights_only=True)["state"] if path.is_file() else None
    spent = before["seconds"] if before else 0.0
    if spent >= 60 * minutes:
        return
    began: float | None = None

    def commands() -> list[Command]:
        """Stop when the time is up; it begins with the first step of this call."""
        nonlocal began
        began = began if began is not None else time.process_time() - spent
        return [Command("stop")] if time.process_time() - began >= 60 * minutes else []

    for event in train(config, resume=before, commands=commands, clock=time.process_time):
        if isinstance(event, Checkpoint):
            torch.save({"state": event.state, "model": dict(event.model)}, path.with_suffix(".partial"))
            path.with_suffix(".partial").replace(path)
    kept = torch.load(path, weights_only=True)
    line = {"method": method, "minutes": round(kept["state"]["seconds"] / 60, 2), "step": kept["state"]["step"]}
    line["distance"] = round(eye.distance(translated(config, kept["model"], eye.horses)), 4)
    with (folder / "looks.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


def sheet(folder: Path, horses: Tensor, count: int = 8) -> None:
    """The same horses, and what each method makes of them at its newest state."""
    rows = [horses[:: len(horses) // count][:count]]
    for method in METHODS:
        path = folder / f"{method}.pt"
        if path.is_file():
            rows.append(translated(settings(method), torch.load(path, weights_only=True)["model"], rows[0]))
    whole = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)  # (3, rows * 256, count * 256)
    Image.fromarray(whole.permute(1, 2, 0).numpy()).resize((count * 160, len(rows) * 160)).save(folder / "sheet.png")


def table(folder: Path) -> str:
    """Markdown: a row for each look."""
    path = folder / "looks.jsonl"
    looks = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    lines = ["| method | minutes of one core | steps | kernel distance to zebras |", "|---|---|---|---|"]
    lines += [f"| {one['method']} | {one['minutes']:.1f} | {one['step']:,} | {one['distance']:.3f} |" for one in looks]
    return "\n".join(lines)


def main() -> None:
    """Train both for as long, in turns, or print what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=30.0, help="of the processor, for each method")
    parser.add_argument("--only", choices=METHODS)
    parser.add_argument("--features", default="pixels", help="what photos are read in")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if options.table:
        print(table(options.folder))
        return
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    eye = Eye(options.features)
    print(f"untouched horses read {eye.untouched:.3f}, other zebras {eye.floor:.3f}", flush=True)
    for until in sorted({one for one in (*MINUTES, options.minutes) if one <= options.minutes}):
        for method in METHODS:  # in turns, so that both are there at every look
            if options.only in (None, method):
                go_on(method, options.folder, until, eye)
        sheet(options.folder, eye.horses)


if __name__ == "__main__":
    main()
