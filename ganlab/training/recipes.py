"""Recipes: named configs with their source and the published result they answer to.

The historic ones sample the raw generator (`ema_decay` 0) as their sources did; ours average it. Where a source has
"D loss (fake + real)/2" the recipe has `d_loss` mean; where G learns first and D sees the same fakes, `g-then-d`; where
each network has fakes of its own, `fresh_fakes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganlab.core import plugins
from ganlab.core.config import TrainConfig
from ganlab.data import DATASETS
from ganlab.training.families import FAMILIES, load_config

Losses = tuple[float, float]  # of G and D


@dataclass(frozen=True)
class Recipe:
    """A config with a name. `published`: what its source reports; `note`: what to know before starting it.

    Its numbers that `ganlab reproduce` compares with: `fid` after the source's first and last epoch, under its own protocol;
    `losses` after 1,000 steps and after its last.
    """

    name: str
    title: str
    group: str
    source: str
    config: TrainConfig
    published: str = ""
    note: str = ""
    fid: tuple[float, float] | None = None
    losses: tuple[Losses, Losses] | None = None

    def __repr__(self) -> str:
        return f"<Recipe {self.name}: {self.title}; {self.config.family} on {self.config.dataset}>"


RECIPES = plugins.Registry(plugins.RECIPES, Recipe)

# Recipes that are one experiment: started together they see the same batches and the same noise.
TOGETHER: dict[str, tuple[str, ...]] = {"duel": ("duel-bce", "duel-mse")}


def _epochs(count: int, batch_size: int, images: int = 60_000) -> dict[str, Any]:
    """Steps of `count` epochs, with a sheet after each and a checkpoint after every tenth."""
    epoch = -(-images // batch_size)
    return {"steps": count * epoch, "batch_size": batch_size, "sample_every": epoch, "checkpoint_every": 10 * epoch}


def _add(
    source: tuple[str, str],
    name: str,
    title: str,
    family: str,
    *,
    published: str = "",
    note: str = "",
    fid: tuple[float, float] | None = None,
    losses: tuple[Losses, Losses] | None = None,
    **settings: Any,
) -> None:
    """Register a recipe; its `fid` or `losses` begin the sentence on what was published."""
    group, citation = source
    if fid:
        published = f"FID {fid[0]:.2f} → {fid[1]:.2f}{published}"
    if losses:
        (g, d), (g_last, d_last) = losses
        published = f"step 1000: G {g:.3f}, D {d:.3f}; step 23,000: {g_last:.3f}, {d_last:.3f}{published}"
    config = load_config({"family": family, **settings})
    RECIPES[name] = Recipe(name, title, group, citation, config, published, note, fid, losses)


# -- ours -----------------------------------------------------------------------------------------------------------------

_OURS = ("GANLab", "GANLab's own, tuned to look good soon")
# A higher rate than the papers', falling to zero over the second half, and a quickly averaged generator.
_QUICK: dict[str, Any] = {"width": 32, "z_dim": 16, "lr": 2e-3, "betas": (0.5, 0.99), "lr_decay": 0.5, "ema_decay": 0.99}
_QUICK_RUN: dict[str, Any] = {"batch_size": 64, "log_every": 5, "sample_every": 25, "checkpoint_every": 250, "fid_every": 125}
_BEST: dict[str, Any] = {"width": 64, "z_dim": 64, "lr": 5e-4, "betas": (0.5, 0.99), "lr_decay": 0.5, "ema_decay": 0.999}
_BEST_RUN: dict[str, Any] = {"batch_size": 128, "sample_every": 250, "checkpoint_every": 2_000}

_add(
    _OURS,
    "shapes-quick",
    "Ten shapes, by name",
    "cgan",
    **_QUICK | _QUICK_RUN | {"fid_every": 0},
    dataset="shapes",
    channels=1,
    steps=600,
    note="Needs no download: the shapes are drawn on this machine.",
)
_add(_OURS, "digits-quick", "Quick digits", "self-conditioned", **_QUICK | _QUICK_RUN, dataset="mnist", steps=750)
_add(
    _OURS,
    "digits-quick-conditional",
    "Quick digits on demand",
    "cgan",
    **_QUICK | _QUICK_RUN,
    dataset="mnist",
    steps=750,
)
for _family, _suffix, _title in (
    ("dcgan", "", "{}, as good as it gets"),
    ("cgan", "-conditional", "{} on demand, as good as it gets"),
):
    _add(_OURS, f"digits-best{_suffix}", _title.format("Digits"), _family, **_BEST | _BEST_RUN, dataset="mnist", steps=20_000)
    _add(
        _OURS,
        f"fashion-best{_suffix}",
        _title.format("Clothes"),
        _family,
        **_BEST | _BEST_RUN,
        dataset="fashion-mnist",
        steps=30_000,
    )
    _add(
        _OURS,
        f"cifar-best{_suffix}",
        _title.format("Small photos"),
        _family,
        **_BEST | _BEST_RUN | {"width": 128, "z_dim": 128, "lr": 2e-4},
        dataset="cifar10",
        image_size=32,
        flip=True,
        steps=60_000,
        note="Meant for a GPU.",
    )

# One of each family, light enough to be shipped and to be trained on a laptop's CPU in minutes.
_LIGHT: dict[str, Any] = {"width": 32, "z_dim": 32, "lr": 1e-3, "betas": (0.5, 0.99), "lr_decay": 0.5, "ema_decay": 0.998}
# R3GAN's residual networks cost several times as much a step: narrower, and half the batch.
_R3GAN: dict[str, Any] = {"width": 8, "lr": 2e-3, "betas": (0.0, 0.99), "batch_size": 32}
_LIGHT_RUN: dict[str, Any] = {"dataset": "mnist", "steps": 12_000, "batch_size": 64, "sample_every": 500, "checkpoint_every": 938}
for _name, _title, _settings in (
    ("dcgan", "Digits by a DCGAN", _LIGHT),
    ("lsgan", "Digits by an LSGAN", _LIGHT),
    ("cgan", "Digits on demand by a CGAN", _LIGHT),
    ("wgan-gp", "Digits by a WGAN-GP", _LIGHT | {"lr": 5e-4, "betas": (0.0, 0.9), "steps": 3_000}),
    ("sngan", "Digits by an SNGAN", _LIGHT),
    ("r3gan", "Digits by an R3GAN", _LIGHT | _R3GAN | {"steps": 6_000}),
    (
        "gan",
        "Digits by the first GAN, fully connected",
        {"z_dim": 64, "lr_decay": 0.5, "steps": 15_000, "batch_size": 100, "sample_every": 600, "checkpoint_every": 600},
    ),
):
    _add(_OURS, f"digits-{_name}", _title, _name, **_LIGHT_RUN | _settings)

for _family, _title, _settings in (("sngan", "Clothes by an SNGAN", {}), ("r3gan", "Clothes by an R3GAN", _R3GAN)):
    _add(
        _OURS,
        f"fashion-{_family}",
        _title,
        _family,
        **_LIGHT_RUN | _LIGHT | {"dataset": "fashion-mnist", "steps": 6_000} | _settings,
    )

for _family, _title, _settings in (
    ("dcgan", "Small photos by a DCGAN", {}),
    ("cgan", "Small photos on demand by a CGAN", {}),
    ("sngan", "Small photos by an SNGAN", {}),
    ("r3gan", "Small photos by an R3GAN", _R3GAN | {"width": 16, "lr": 1e-3, "penalty_weight": 0.05}),
):
    _add(
        _OURS,
        f"cifar-{_family}",
        _title,
        _family,
        **_LIGHT
        | {"z_dim": 64, "lr": 5e-4, "ema_decay": 0.999}
        | _LIGHT_RUN
        | {"dataset": "cifar10", "steps": 4_000, "checkpoint_every": 1_000}
        | _settings,
        image_size=32,
        flip=True,
    )

# A folder or zip of one's own: name it as data_path (`ganlab train --recipe photos-sngan --data-path FOLDER`).
_PHOTOS: dict[str, Any] = {"dataset": "folder", "image_size": 64, "channels": 3, "flip": True, "z_dim": 64, "width": 32}
_PHOTOS_RUN: dict[str, Any] = {"steps": 4_000, "batch_size": 32, "sample_every": 100, "checkpoint_every": 500, "lr_decay": 0.5}
for _family, _title, _settings in (
    ("sngan", "Your photos by an SNGAN", {"lr": 5e-4}),
    ("r3gan", "Your photos by an R3GAN", {"width": 8, "batch_size": 16, "penalty_weight": 2.0}),
):
    _add(
        _OURS,
        f"photos-{_family}",
        _title,
        _family,
        **_PHOTOS | _PHOTOS_RUN | _settings,
        note="Give the folder or zip as data_path.",
    )

# Small enough for an evening on a laptop's CPU: narrow networks, 128 pixels. The zebras' 128 pixels are cut out of pictures
# of 256, so that the stripes are learned at the scale they will be drawn at.
_add(
    _OURS,
    "facades-light",
    "House fronts from their plans, on a CPU",
    "pix2pix",
    direction="BtoA",
    image_size=128,
    width=32,
    norm="instance",
    batch_size=2,
    ema_decay=0.995,
    steps=10_000,
    sample_every=250,
    checkpoint_every=1_000,
)
_add(
    _OURS,
    "horse2zebra-light",
    "Horses into zebras, on a CPU",
    "cyclegan",
    architecture="light",
    start_from="horse2zebra-light",
    keep="G_AB",
    image_size=128,
    jitter=1.0,
    test_size=256,
    width=16,
    d_width=32,
    ema_decay=0.995,
    steps=3_500,
    sample_every=100,
    checkpoint_every=250,
    note="Goes on from the shipped model: its G_AB stays as it is, the way back is learned further.",
)
# One direction with the same generator, from random weights.
_FASTCUT: dict[str, Any] = {
    "architecture": "light",
    "image_size": 128,
    "jitter": 1.0,
    "test_size": 256,
    "width": 16,
    "d_width": 32,
    "ema_decay": 0.995,
    "nce_weight": 10.0,
    "nce_identity": False,
    "flip_equivariance": True,
    "nce_width": 64,
    "patches": 128,
    "steps": 10_000,
    "lr_decay": 0.25,
    "sample_every": 250,
    "checkpoint_every": 500,
}
_add(_OURS, "horse2zebra-fastcut", "Horses into zebras, one way, on a CPU", "cut", **_FASTCUT)
_add(
    _OURS,
    "photos-fastcut",
    "Your photos of one kind into another, one way",
    "cut",
    **_FASTCUT,
    dataset="folder",
    note="Give a folder with trainA and trainB as data_path.",
)

# -- "[칼럼] GAN": 200 epochs on MNIST, batch 100, FID after every epoch -----------------------------------------------------

_COLUMN = ("Column", "“[칼럼] GAN”, a column on GAN, DCGAN, LSGAN and CGAN on MNIST")
_COLUMN_RUN: dict[str, Any] = {
    "dataset": "mnist",
    **_epochs(200, 100),
    "fid_every": 600,
    "ema_decay": 0,
    "lr": 2e-4,
    "betas": (0.9, 0.999),
}
_COLUMN_MLP: dict[str, Any] = {**_COLUMN_RUN, "architecture": "mlp", "update_order": "g-then-d", "d_loss": "mean"}

_add(
    _COLUMN,
    "column-gan",
    "GAN, fully connected",
    "gan",
    **_COLUMN_MLP,
    fid=(540.90, 103.69),
    published=" (epoch 100: 169.60), D(x) = 0.71, D(G(z)) = 0.32",
)
_add(
    _COLUMN,
    "column-dcgan-28",
    "DCGAN, 28 px, the Keras tutorial's networks",
    "dcgan",
    **_COLUMN_RUN | {"architecture": "transposed", "lr": 1e-4, "samples": 16},
    published="pictures only",
    note="The source keeps a checkpoint every 150 epochs; this one every 10.",
)
_add(
    _COLUMN,
    "column-dcgan",
    "DCGAN, 32 px",
    "dcgan",
    **_COLUMN_RUN | {"image_size": 32, "width": 256, "betas": (0.5, 0.999)},
    fid=(314.34, 44.99),
    published=" (epoch 100: 52.47)",
    note="The source does not print Adam's betas; these are the DCGAN paper's.",
)
_add(
    _COLUMN,
    "column-lsgan",
    "LSGAN, 32 px, upsampling",
    "lsgan",
    **_COLUMN_RUN
    | {
        "architecture": "upsample",
        "image_size": 32,
        "lr": 1e-4,
        "betas": (0.5, 0.995),
        "update_order": "g-then-d",
        "d_loss": "mean",
    },
    published="pictures; its FID column belongs to column-lsgan-mlp",
)
_add(
    _COLUMN,
    "column-lsgan-mlp",
    "LSGAN, fully connected",
    "lsgan",
    **_COLUMN_MLP,
    fid=(532.52, 94.01),
    published=" (epoch 100: 115.76)",
)
_add(
    _COLUMN,
    "column-cgan",
    "CGAN, fully connected on one-hot labels",
    "cgan",
    **_COLUMN_MLP | {"samples": 100},
    published="pictures: a 10 × 10 sheet, one column per digit",
    note="The 2014 paper's body: label one-hot beside z and beside the pixels.",
)
_add(
    _COLUMN,
    "column-cgan-fid",
    "CGAN, fully connected, two hidden layers",
    "cgan",
    **_COLUMN_MLP | {"architecture": "mlp-small", "samples": 100},
    fid=(605.47, 79.92),
    published=" (epoch 100: 124.62)",
)

# -- "Chapter 13: generative models" ----------------------------------------------------------------------------------------

_BOOK = ("Book", "“Chapter 13: generative models”, a book chapter")

_add(
    _BOOK,
    "book-gan",
    "GAN in code",
    "gan",
    **_epochs(200, 512),
    dataset="mnist",
    architecture="mlp-dropout",
    z_dim=128,
    lr=2e-4,
    betas=(0.9, 0.999),
    ema_decay=0,
    fresh_fakes=True,
    published="pictures: an 8 × 8 sheet each epoch",
)
_add(
    _BOOK,
    "book-dcgan-64",
    "DCGAN, 64 px",
    "dcgan",
    **_epochs(25, 128),
    dataset="mnist",
    image_size=64,
    width=128,
    ema_decay=0,
    published="architecture only",
    note="Heavy: about 12 million parameters. Meant for a GPU.",
)
_add(
    _BOOK,
    "book-cgan",
    "CGAN, DCGAN body",
    "cgan",
    **_epochs(25, 128),
    dataset="mnist",
    ema_decay=0,
    samples=100,
    published="architecture only",
    note="The DCGAN body: label one-hot beside z, projection head in D.",
)

_add(
    _BOOK,
    "book-pix2pix",
    "Pix2Pix: facades from their plans",
    "pix2pix",
    direction="BtoA",
    sample_every=400,
    checkpoint_every=8_000,
    ema_decay=0,
    published="a 30 × 30 map out of D; adversarial + 100 L1",
    note="Meant for a GPU.",
)
_add(
    _BOOK,
    "book-cyclegan",
    "CycleGAN: horses and zebras",
    "cyclegan",
    sample_every=1_334,
    checkpoint_every=13_340,
    ema_decay=0,
    published="four networks; pictures",
    note="Meant for a GPU.",
)

# -- "visual computing", final report: two losses side by side ----------------------------------------------------------------

_DUEL = ("Duel", "“visual computing” final report: DCGAN with two losses, same batches, same noise")
_DUEL_RUN: dict[str, Any] = {
    "dataset": "fashion-mnist",
    **_epochs(50, 128),
    "architecture": "unpadded",
    "z_dim": 10,
    "d_loss": "mean",
    "ema_decay": 0,
    "lr": 2e-4,
    "betas": (0.5, 0.999),
}

_add(
    _DUEL,
    "duel-bce",
    "Duel: cross-entropy",
    "dcgan",
    **_DUEL_RUN,
    losses=((1.372, 0.434), (0.695, 0.694)),
    published=" (the equilibrium is ln 2)",
    note="Start both with the recipe 'duel'. Also for mnist and cifar10.",
)
_add(
    _DUEL,
    "duel-mse",
    "Duel: squared error",
    "lsgan",
    **_DUEL_RUN,
    losses=((0.535, 0.160), (0.251, 0.250)),
    published=" (the equilibrium is 1/4)",
    note="Start both with the recipe 'duel'. Also for mnist and cifar10.",
)

# -- "Generative Adversarial Network": Fashion-MNIST --------------------------------------------------------------------------

_add(
    ("Fashion", "“Generative Adversarial Network”, a GAN on Fashion-MNIST"),
    "fashion-gan",
    "GAN on clothes",
    "gan",
    **_epochs(200, 100),
    dataset="fashion-mnist",
    architecture="mlp-leaky",
    lr=1e-4,
    betas=(0.9, 0.999),
    ema_decay=0,
    published="pictures; a rate of 0.01 fails even after 100 epochs",
    note="Set lr to 0.01 to see the published failure.",
)

# -- "DCGAN", lecture slides --------------------------------------------------------------------------------------------------

_SLIDES = ("Slides", "“DCGAN”, lecture slides")
_SLIDES_RUN: dict[str, Any] = {
    "architecture": "dense-upsample",
    "batch_size": 32,
    "lr": 1e-3,
    "betas": (0.9, 0.999),
    "d_loss": "mean",
    "ema_decay": 0,
    "samples": 25,
    "sample_every": 200,
}

_add(
    _SLIDES,
    "slides-dcgan",
    "DCGAN, 28 px",
    "dcgan",
    **_SLIDES_RUN,
    dataset="mnist",
    steps=40_001,
    published="865,281 parameters in G (Keras counts the running statistics), 212,865 in D",
)
for _name, _title, _channels in (
    ("slides-faces", "DCGAN on faces, grey", 1),
    ("slides-faces-colour", "DCGAN on faces, colour", 3),
):
    _add(
        _SLIDES,
        _name,
        _title,
        "dcgan",
        **_SLIDES_RUN,
        dataset="celeba",
        channels=_channels,
        steps=4_001,
        published="pictures; a folder of 100 photos is enough",
        note="For your own photos choose the data set 'folder'.",
    )


def _admit(recipe: Recipe) -> None:
    """Raise ValueError where a package's recipe names what is not there."""
    if recipe.config.family not in FAMILIES or recipe.config.dataset not in DATASETS:
        raise ValueError(f"there is no family {recipe.config.family!r} or no data set {recipe.config.dataset!r}")
    if recipe.name in TOGETHER:
        raise ValueError("GANLab starts several recipes by that name")


RECIPES.open(_admit)


def recipe(name: str) -> Recipe:
    """The recipe of that name; ValueError listing what there is."""
    if name not in RECIPES:
        raise ValueError(plugins.unknown("recipe", name, plugins.RECIPES, [*RECIPES, *TOGETHER]))
    return RECIPES[name]


def configs_of(name: str, overrides: Mapping[str, Any] | None = None) -> dict[str, TrainConfig]:
    """{recipe name: config} of one recipe, or of all that are started together under `name`."""
    return {member: recipe(member).config.replace(**overrides or {}) for member in TOGETHER.get(name, (name,))}
