"""Runs that no threshold was set on: other data, seeds, lengths, families and sizes than the tuned cases have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.doctor_runs.case import Case, seed_of, tiny
from benchmarks.doctor_runs.faults import all_alike, asking, broken_weight, changing, slow_disk
from benchmarks.doctor_runs.pictures import cifar, half, marked, of_one_folder, photos, shuffled, some
from ganlab.core.config import TrainConfig

FIRST_SEED = 11
FASHION, CIFAR, HORSES, FACES = "fashion-mnist", "cifar10-jpg-30k.zip", "horse2zebra", "celeba-sample"
RATE = "rate divergence collapse dead d-wins oscillation"
UNTUNED: list[Case] = []


def add(name: str, expected: str, needs: str, config: Callable[[Path], TrainConfig], **more: Any) -> None:
    """A case on the data set `needs`; `expected` kinds with spaces between."""
    UNTUNED.append(Case(name, frozenset(expected.split()), config, needs=(needs,), **more))


def clothes(home: Path, family: str, **changes: Any) -> TrainConfig:
    """Fashion-MNIST."""
    return tiny(family, FASHION, **changes)


def objects(home: Path, family: str, **changes: Any) -> TrainConfig:
    """2,000 CIFAR-10 JPEGs in class folders, in colour."""
    return tiny(family, "folder", data_path=cifar(home.parent.parent), channels=3, **changes)


def animals(home: Path, family: str, side: str = "trainA", **changes: Any) -> TrainConfig:
    """800 photos of horses or zebras, in colour."""
    return tiny(family, "folder", data_path=photos(f"horse2zebra/{side}", 800, home.parent.parent), channels=3, **changes)


def faces(home: Path, count: int, **changes: Any) -> TrainConfig:
    """The first faces of the CelebA sample, in colour."""
    images, _ = some(count, 0, "folder", photos("celeba-sample", 32, home.parent.parent), 3)
    return tiny("dcgan", **of_one_folder(home, images), channels=3, **changes)


def one_horse(home: Path) -> TrainConfig:
    """Forty-eight copies of a photo."""
    images, _ = some(1, seed_of(home), "folder", photos("horse2zebra/trainA", 800, home.parent.parent), 3)
    return tiny("lsgan", **of_one_folder(home, images.repeat(48, 1, 1, 1)), channels=3, steps=250)


def few_clothes(home: Path) -> TrainConfig:
    """A hundred pictures of clothes."""
    return tiny("dcgan", **of_one_folder(home, some(100, seed_of(home), FASHION)[0]), steps=700, lr=5e-4, sample_every=50)


def run(what: Callable[..., TrainConfig], *args: Any, **changes: Any) -> Callable[[Path], TrainConfig]:
    """A configuration that is made where its folder is known."""
    return partial(_made, what, args, changes)


def _made(what: Callable[..., TrainConfig], args: tuple[Any, ...], changes: dict[str, Any], home: Path) -> TrainConfig:
    return what(home, *args, **changes)


# -- healthy --------------------------------------------------------------------------------------------------------------

add("healthy dcgan, clothes, 24 px, 450", "", FASHION, run(clothes, "dcgan", image_size=24, steps=450, lr=7e-4, batch_size=24))
add("healthy lsgan, clothes, 500", "", FASHION, run(clothes, "lsgan", steps=500, width=12))
add("healthy cgan, clothes, 350", "", FASHION, run(clothes, "cgan", steps=350, samples=50))
add("healthy wgan-gp, clothes, 250", "", FASHION, run(clothes, "wgan-gp", steps=250, d_steps=2, betas=(0.0, 0.9)))
add("healthy gan, clothes, 700", "", FASHION, run(clothes, "gan", steps=700, lr=2e-4, betas=(0.5, 0.999), batch_size=32))
add("healthy dcgan, objects, 500", "", CIFAR, run(objects, "dcgan", steps=500))
add("healthy cgan, objects, 400", "", CIFAR, run(objects, "cgan", steps=400, z_dim=32))
add("healthy self-conditioned, objects, 350", "", CIFAR, run(objects, "self-conditioned", steps=350, clusters=6))
add("healthy lsgan, horses, 450", "", HORSES, run(animals, "lsgan", steps=450))
add("healthy dcgan, zebras, 24 px, 350", "", HORSES, run(animals, "dcgan", "trainB", image_size=24, steps=350, width=12))
add("healthy wgan-gp, horses, 220", "", HORSES, run(animals, "wgan-gp", steps=220, d_steps=2, betas=(0.0, 0.9)))
add("healthy gan, digits, 900", "", "mnist", lambda _: tiny("gan", steps=900, lr=2e-4, betas=(0.5, 0.999), z_dim=64))
add("healthy dcgan, shapes, 20 px, 600", "", "shapes", lambda _: tiny("dcgan", "shapes", image_size=20, steps=600, width=12))
add("healthy dcgan, clothes, batches of 4, 1,200", "", FASHION, run(clothes, "dcgan", steps=1200, batch_size=4, lr=5e-4))
add(
    "healthy lsgan, digits, rate lowered at 170", "", "mnist", lambda _: tiny("lsgan", steps=340),
    prepare=changing((170, "lr", 2e-4)),
)  # fmt: skip

# -- injected failures ----------------------------------------------------------------------------------------------------

add("d_steps 25 on dcgan, clothes", "d-wins", FASHION, run(clothes, "dcgan", d_steps=25, steps=160, batch_size=8))
add("frozen G on lsgan, objects", "d-wins dead", CIFAR, run(objects, "lsgan", lr=1e-5, d_lr_ratio=100.0, steps=260))
add("nearly frozen D on dcgan, objects", "g-wins dead collapse", CIFAR, run(objects, "dcgan", d_lr_ratio=0.01, steps=350))
add("momentum 0.95 on gan, clothes", "collapse d-wins", FASHION, run(clothes, "gan", betas=(0.95, 0.95), lr=3e-3, steps=500))
add("lr 0.3 on lsgan, clothes", RATE, FASHION, run(clothes, "lsgan", lr=0.3, steps=250))
add("lr 0.2 on dcgan, horses", RATE, HORSES, run(animals, "dcgan", lr=0.2, steps=250))
add("rate raised to 0.2 at 140, clothes", RATE, FASHION, run(clothes, "dcgan", steps=280), prepare=changing((140, "lr", 0.2)))
add("explosion: wgan-gp, no penalty, clothes", "divergence", FASHION,
    run(clothes, "wgan-gp", gp_weight=0.0, lr=0.01, d_steps=2, steps=220))  # fmt: skip
add("a weight becomes NaN, objects", "divergence", CIFAR, run(objects, "lsgan", steps=220), broken=broken_weight)
add("one horse repeated", "repeated-data", HORSES, one_horse)
add("six faces", "memorisation few-images", FACES,
    run(faces, 6, steps=1300, batch_size=6, lr=2e-3, ema_decay=0.99, sample_every=50))  # fmt: skip
add("32 faces", "few-images memorisation", FACES, run(faces, 32, steps=500, lr=2e-4))
add("100 pictures of clothes", "few-images memorisation", FASHION, few_clothes)
add("labels shuffled, objects", "labels-ignored", CIFAR,
    lambda home: shuffled(home, "folder", cifar(home.parent.parent), 3))  # fmt: skip
add("labels written into clothes", "labels-in-pictures", FASHION, lambda home: marked(home, FASHION))
add("half the clothes, all asked for", "label-leak", FASHION, lambda home: half(home, FASHION), broken=lambda: asking(all_alike))
add("slow disk, lsgan", "stalled-input", "mnist", lambda _: tiny("lsgan", steps=260), broken=slow_disk)
add("D's rate up and down, lsgan, clothes", "oscillation", FASHION, run(clothes, "lsgan", steps=360),
    prepare=changing(*((step, "d_lr_ratio", 6.0 if step % 60 else 0.01) for step in range(30, 360, 30))))  # fmt: skip
add("every picture alike: gan, momentum 0.9", "collapse d-wins", "mnist",
    lambda _: tiny("gan", betas=(0.9, 0.99), lr=2e-3, steps=450, batch_size=24))  # fmt: skip
