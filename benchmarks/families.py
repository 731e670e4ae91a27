"""How near each family comes to real images in equal processor time: MNIST, Fashion-MNIST and CIFAR-10, several seeds.

    OMP_NUM_THREADS=1 nice -n 15 python benchmarks/families.py FOLDER [--minutes 2] [--hours 12]
    python benchmarks/families.py FOLDER --table

Every family trains with the settings of its light recipe (`digits-FAMILY`, for CIFAR-10 `cifar-FAMILY` where there is one), but
for the falling rate, since how many steps fit is not known before. --minutes is processor time of training (loading the data
and measuring are not counted), so that a busy machine changes nothing but the wait. The distance is Fréchet's, of 5,000 fakes
of the averaged generator to the training images: digits in the features of `lenet-mnist`, the others in general features
(`pixels`). Numbers of different columns cannot be compared.

CIFAR-10 is read as `cifar10` where its files lie under GANLAB_DATA, else from the 20,000 JPEGs of cifar10-jpg-30k.zip there.

Each cell that is finished is a line of FOLDER/cells.jsonl and is skipped by the next call, so that it may be stopped at any
time; what is under way then is lost. After --hours of the clock no further cell begins. The generators are kept in
FOLDER/generators, to be measured in other features: --features NAME --table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganlab.core.config import TrainConfig
from ganlab.core.events import Checkpoint
from ganlab.core.interventions import Command
from ganlab.core.progress import finish
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, load
from ganlab.data.paths import data_root
from ganlab.metrics.distances.fid import frechet_distance
from ganlab.metrics.features.open import open_extractor
from ganlab.metrics.statistics.gaussian import Gaussian, gather
from ganlab.models.pipeline import Pipeline
from ganlab.runtime.checkpoint import Info
from ganlab.training.engine import train
from ganlab.training.recipes import RECIPES

FAMILIES = ("gan", "dcgan", "lsgan", "wgan-gp", "sngan", "r3gan", "cgan")
SEEDS, FAKES, BATCH = (0, 1, 2), 5_000, 250


@dataclass(frozen=True)
class Data:
    """A column of the table: the settings that name the images, and the features that they are measured in."""

    title: str
    settings: dict[str, Any]
    features: str


def columns() -> dict[str, Data]:
    """What there is on this machine."""
    found = {
        "mnist": Data("MNIST", {"dataset": "mnist"}, "lenet-mnist"),
        "fashion": Data("Fashion-MNIST", {"dataset": "fashion-mnist"}, "pixels"),
    }
    zipped = data_root() / "cifar10-jpg-30k.zip"
    photos: dict[str, Any] = {"image_size": 32, "flip": True}
    if DATASETS["cifar10"].available().state == "ready":
        found["cifar"] = Data("CIFAR-10", {"dataset": "cifar10"} | photos, "pixels")
    elif zipped.is_file():
        found["cifar"] = Data("CIFAR-10, 20,000 JPEGs", {"dataset": "folder", "data_path": str(zipped)} | photos, "pixels")
    return found


def settings(data: Data, family: str, seed: int, changes: dict[str, Any]) -> TrainConfig:
    """One cell's run: without an end, checkpoints and sheets."""
    named = f"cifar-{family}" if "flip" in data.settings else ""
    base = RECIPES[named if named in RECIPES else f"digits-{family}"].config
    endless = {"steps": 10_000_000, "lr_decay": 0.0, "sample_every": 1_000_000, "checkpoint_every": 1_000_000, "fid_every": 0}
    return base.replace(**data.settings | endless | {"seed": seed, "device": "cpu", "log_every": 100} | changes)


def cell(data: Data, family: str, seed: int, minutes: float, changes: dict[str, Any]) -> tuple[Pipeline, dict[str, float]]:
    """Train for so many minutes of the processor; return the generator, steps and seconds."""
    config, began = settings(data, family, seed, changes), None
    spent = 0.0

    def commands() -> list[Command]:
        """Stop when the time is up; it begins with the first step."""
        nonlocal began, spent
        began = began if began is not None else time.process_time()
        spent = time.process_time() - began
        return [Command("stop")] if spent >= 60 * minutes else []

    last = None
    for event in train(config, commands=commands, clock=time.process_time):
        last = event if isinstance(event, Checkpoint) else last
    assert last is not None
    info = Info(config.to_dict(), dict(last.spec), tuple(last.labels), last.step)
    return Pipeline.of_checkpoint(info, last.model, name=family), {"step": last.step, "seconds": round(spent, 1)}


@cache
def real(title: str, features: str) -> tuple[Any, Gaussian]:
    """What reads images for this column, and what it reads in the training images."""
    data = next(one for one in columns().values() if one.title == title)
    config = settings(data, "dcgan", 0, {})
    dataset = finish(
        load(
            config.dataset,
            image_size=config.image_size,
            channels=config.channels,
            conditioning=Conditioning.NONE,
            data_path=config.data_path,
            split="train",
        )
    )
    extractor = finish(open_extractor(features, config.dataset, "cpu"))
    return extractor, gather((extractor(part).rows for part in dataset.images.split(BATCH)), extractor.dims)


def distance(pipeline: Pipeline, data: Data, features: str) -> float:
    """Fréchet's, of fakes of seed 1; of a model with labels as many of each class."""
    extractor, truth = real(data.title, features)
    z, asked = pipeline.latents(FAKES, 1), torch.arange(FAKES) % max(pipeline.spec.num_classes, 1)

    def rows() -> Iterator[Tensor]:
        for part, labels in zip(z.split(BATCH), asked.split(BATCH), strict=True):
            yield extractor(pipeline.generate(part, labels if pipeline.conditional else None)).rows

    return frechet_distance(gather(rows(), extractor.dims), truth)


def finished(folder: Path) -> list[dict[str, Any]]:
    """The cells that are there."""
    path = folder / "cells.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def table(cells: list[dict[str, Any]]) -> str:
    """Markdown: a row for each family, mean and range over the seeds, and how many steps fitted."""
    found = {name: data for name, data in columns().items() if any(one["data"] == name for one in cells)}
    lines = [f"| family | {' | '.join(data.title for data in found.values())} |", f"|---|{'---|' * len(found)}"]
    for family in FAMILIES:
        row = []
        for name in found:
            own = [one for one in cells if (one["family"], one["data"]) == (family, name)]
            values = [one["distance"] for one in own]
            spread = f" ({min(values):.2f} to {max(values):.2f}, {len(values)} seeds)" if len(values) > 1 else " (one seed)"
            steps = f"; {statistics.mean(one['step'] for one in own):,.0f} steps" if own else ""
            row.append(f"{statistics.mean(values):.2f}{spread}{steps}" if own else "")
        lines.append(f"| {family} | {' | '.join(row)} |")
    return "\n".join(lines)


def main() -> None:
    """Train and measure what is missing, or print the table of what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=2.0, help="of the processor, for each cell")
    parser.add_argument("--hours", type=float, default=1_000.0, help="of the clock, after which no cell begins")
    parser.add_argument("--families", nargs="+", default=FAMILIES)
    parser.add_argument("--data", nargs="+", default=("mnist", "fashion", "cifar"))
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another setting, for a trial")
    parser.add_argument("--features", help="measure the kept generators in these, and print that table")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    if options.features:
        cells = finished(options.folder)
        for one in cells:
            pipeline = Pipeline.load(options.folder / "generators" / one["name"])
            one["distance"] = distance(pipeline, columns()[one["data"]], options.features)
        print(table(cells))
    elif options.table:
        print(table(finished(options.folder)))
    else:
        fill(options)


def fill(options: argparse.Namespace) -> None:
    """Finish the cells that are missing, seed by seed."""
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    ends, there = time.time() + 3600 * options.hours, {one["name"] for one in finished(options.folder)}
    wanted = [(seed, data, family) for seed in options.seeds for data in options.data for family in options.families]
    for seed, name, family in wanted:
        called = f"{name}-{family}-{seed}"
        if called in there or name not in columns():
            continue
        if time.time() > ends:
            break
        data = columns()[name]
        pipeline, spent = cell(data, family, seed, options.minutes, dict(one.split("=", 1) for one in options.set))
        pipeline.save_pretrained(options.folder / "generators" / called)
        line = {"name": called, "data": name, "family": family, "seed": seed, "minutes": options.minutes} | spent
        line["distance"] = round(distance(pipeline, data, data.features), 4)
        with (options.folder / "cells.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
