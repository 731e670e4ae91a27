"""The cases that the doctor's thresholds were set on: injected failures and healthy runs, tiny ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.doctor_runs.case import TINY, Case, seed_of, tiny
from benchmarks.doctor_runs.faults import (
    all_alike,
    asking,
    broken_weight,
    changing,
    foreign_collapsed,
    other_half,
    slow_disk,
    swinging_rate,
)
from benchmarks.doctor_runs.pictures import half, marked, of_folders, of_one_folder, shuffled, some
from ganlab.core.config import TrainConfig
from ganlab.core.progress import finish
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, load
from ganlab.data.paths import data_root
from ganlab.training.recipes import recipe

TUNED: list[Case] = []


def add(name: str, expected: str, config: Callable[[Path], TrainConfig], **more: Any) -> None:
    """A case; `expected` kinds with spaces between. It needs the data sets that its name tells of, else MNIST."""
    needs = tuple(word for word in name.split() if word in DATASETS) or ("mnist",)
    TUNED.append(Case(name, frozenset(expected.split()), config, needs=needs, **more))


# -- healthy --------------------------------------------------------------------------------------------------------------

for _dataset in ("shapes", "mnist"):
    for _family, _changes in (
        ("gan", {"lr": 2e-4, "betas": (0.5, 0.999)}),
        ("dcgan", {}),
        ("lsgan", {}),
        ("cgan", {}),
        ("wgan-gp", {"steps": 200, "d_steps": 2, "betas": (0.0, 0.9)}),
    ):
        add(f"healthy {_family} on {_dataset}", "", lambda _, f=_family, d=_dataset, c=_changes: tiny(f, d, **c))


AHEAD: dict[str, Any] = {"image_size": 28, "batch_size": 8, "z_dim": 100, "lr": 2e-4, "betas": (0.5, 0.999), "steps": 450}
add("healthy dcgan, D ahead at first", "", lambda _: tiny("dcgan", "shapes", **AHEAD))

TRANSLATING: dict[str, Any] = {"image_size": 32, "channels": 3, "batch_size": 2, "samples": 24, "lr": 2e-4, "betas": (0.5, 0.999)}

for _dataset in ("shapes", "mnist"):
    add(f"healthy self-conditioned on {_dataset}", "", lambda _, d=_dataset: tiny("self-conditioned", d, clusters=10))
for _family, _datasets in (("pix2pix", ("shapes", "facades")), ("cyclegan", ("shapes", "horse2zebra"))):
    for _dataset in _datasets:
        add(f"healthy {_family} on {_dataset}", "", lambda _, f=_family, d=_dataset: tiny(f, d, **TRANSLATING))


add("healthy dcgan, rate lowered at 131", "", lambda _: tiny("dcgan"), prepare=changing((131, "lr", 5e-4)))


def thousand(home: Path) -> TrainConfig:
    """A thousand digits, each with its own label."""
    return of_folders(home, *some(1000, seed_of(home)))


def one_picture(home: Path) -> TrainConfig:
    """Sixty-four copies of one digit."""
    images, _ = some(1, seed_of(home))
    return tiny("dcgan", **of_one_folder(home, images.repeat(64, 1, 1, 1)), steps=300)


def few_pictures(home: Path) -> TrainConfig:
    """Eight digits, learned by heart."""
    data = of_one_folder(home, some(8, seed_of(home))[0])
    return tiny("dcgan", **data, steps=1200, batch_size=8, lr=2e-3, ema_decay=0.99, sample_every=50)


def sixty_four(home: Path) -> TrainConfig:
    """Sixty-four digits, at the family's own rate."""
    return tiny("dcgan", **of_one_folder(home, some(64, seed_of(home))[0]), steps=600, lr=2e-4, sample_every=50)


def photos(home: Path, **changes: Any) -> TrainConfig:
    """Eighty photos of horses, of which 16 are held out."""
    found = finish(load("horse2zebra", image_size=32, channels=3, conditioning=Conditioning.UNPAIRED)).sources
    assert found is not None
    chosen = torch.randperm(len(found), generator=torch.Generator().manual_seed(seed_of(home)))[:80]
    small = {"image_size": 32, "width": 16, "batch_size": 16, "lr": 2e-4, "steps": 1000, "sample_every": 100, "flip": True}
    return tiny("dcgan", **of_one_folder(home, found[chosen]) | small | {"channels": 3, "held_out": 16} | changes)


def fashion(home: Path) -> TrainConfig:
    """The recipe fashion-gan with the rate that its source reports as failing, on what clothes there are here."""
    clothes = data_root() / "fashion-900.zip"
    data = {"dataset": "folder", "data_path": str(clothes)} if clothes.is_file() else {"dataset": "mnist"}
    small = {
        name: TINY[name]
        for name in ("channels", "image_size", "samples", "log_every", "sample_every", "checkpoint_every", "device")
    }
    return recipe("fashion-gan").config.replace(**small | data | {"lr": 0.01, "steps": 200, "batch_size": 16})


# -- the settings are wrong -----------------------------------------------------------------------------------------------

RATE = "rate divergence collapse dead d-wins oscillation"
add("lr 0.01 on fashion-gan", RATE, fashion)
add("lr 0.5 on dcgan", RATE, lambda _: tiny("dcgan", lr=0.5))
add("d_steps 20 on dcgan", "d-wins", lambda _: tiny("dcgan", d_steps=20, steps=150, batch_size=8))
add("frozen G on dcgan", "d-wins dead", lambda _: tiny("dcgan", lr=1e-5, d_lr_ratio=100.0))
add("nearly frozen D on dcgan", "g-wins dead collapse", lambda _: tiny("dcgan", d_lr_ratio=0.01))
add("explosion: wgan-gp, no penalty", "divergence", lambda _: tiny("wgan-gp", gp_weight=0.0, lr=0.01, d_steps=2, steps=200))
add("momentum 0.95 on gan", "collapse d-wins", lambda _: tiny("gan", betas=(0.95, 0.95), lr=2e-3, steps=400))
add("D's rate up and down", "oscillation", lambda _: tiny("dcgan"), prepare=swinging_rate)
add("a weight becomes NaN", "divergence", lambda _: tiny("dcgan"), broken=broken_weight)
add("one picture repeated", "repeated-data", one_picture)
add("eight pictures, by heart", "memorisation", few_pictures)
add("labels shuffled", "labels-ignored", shuffled)
add("half the classes, all asked for", "label-leak", half, broken=lambda: asking(all_alike))
add("labels under other numbers", "label-leak", half, broken=lambda: asking(other_half))
add("labels written into the pictures", "labels-in-pictures", marked)
add("healthy cgan, labels drawn for G on mnist", "", lambda _: tiny("cgan"), broken=lambda: asking(all_alike))
add("healthy cgan, half the classes", "", half)
add("healthy cgan, a thousand digits", "", thousand)
add("rate raised to 0.3 at 131", RATE, lambda _: tiny("dcgan"), prepare=changing((131, "lr", 0.3)))
add("momentum 0.9 on gan, to 600", "collapse", lambda _: tiny("gan", betas=(0.9, 0.99), steps=600, batch_size=32))
add("64 pictures", "few-images memorisation", sixty_four)
add("80 photos of horse2zebra, by heart", "overfitting memorisation", photos)
add("healthy dcgan, 80 photos of horse2zebra, augmented", "", lambda home: photos(home, augment="diff"))
add("slow disk", "stalled-input", lambda _: tiny("dcgan", "shapes"), broken=slow_disk)
add("collapsed foreign CGAN", "collapse", lambda _: tiny("cgan", image_size=28, samples=100), draw=foreign_collapsed)
