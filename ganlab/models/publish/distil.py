"""Distillation of a translator: a student learns to do what a teacher does.

For weights that may be used but are not to be handed on as they are, and for when there is no time to train against a
discriminator: a student of the same shape sees photos and what the teacher makes of them (Hinton et al. 2015), layer by layer and
as a whole, as in Li et al. 2020 (GAN Compression). It begins from random weights, or from another generator of that shape.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from ganlab.core.events import Checkpoint, Loading
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS
from ganlab.data.dataset import Dataset
from ganlab.runtime import checkpoint
from ganlab.training.adam import Adam
from ganlab.training.ema import ema_update
from ganlab.training.families import FAMILIES
from ganlab.training.networks.layers import dcgan_init
from ganlab.training.networks.resnet import ResNetGenerator
from ganlab.training.recipes import Recipe

STEPS = 5500
_LOCAL = 0.7  # of the steps from random weights: each layer by itself, on the output of the teacher's layer before it
_BATCH, _CROP = 2, 128
_SOURCES = 0.8  # of the images are of the domain that is to be translated
_LOCAL_RATE, _RATE = 2e-3, 6e-4
_CLIP, _EMA = 5.0, 0.995
_FEATURES, _PICTURE = 0.2, 20.0  # weights of the squared distances to the teacher's features (by their variance) and picture


def distil(
    teacher: nn.Module, data: Dataset, *, start: nn.Module | None = None, steps: int = STEPS, seed: int = 0, device: str = "cpu"
) -> Generator[Loading, None, tuple[nn.Module, float]]:
    """Train a student of `teacher` on crops of both domains of `data`; yield progress, return the averaged student in
    evaluation mode and the mean absolute difference (of a range of 2) of its pictures from the teacher's on 16 other crops.

    The student begins as a copy of `start`, else from random weights. ValueError unless both are residual and of one shape.
    """
    if not isinstance(teacher, ResNetGenerator):
        raise ValueError("Only residual generators, CycleGAN's kind, can be distilled: this is another network.")
    teacher = teacher.to(device).eval().requires_grad_(False)
    student = _fresh(teacher, seed) if start is None else _copy(start, teacher)
    averaged = deepcopy(student).requires_grad_(False)
    adam = Adam(student.parameters(), betas=(0.9, 0.99))
    crops = _crops(data, torch.Generator().manual_seed(seed), device)
    local = round(_LOCAL * steps) if start is None else 0
    for step in range(steps):
        if step % 10 == 0:
            yield Loading("distilling", done=step, total=steps, unit="steps")
        adam.param_groups[0]["lr"] = _rate(step, local, steps)
        images = next(crops)
        with torch.no_grad():
            taught = _features(_stages(teacher), images)
        loss = _by_layer(student, images, taught) if step < local else _as_a_whole(student, images, taught)
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(student.parameters(), _CLIP)
        adam.step()
        ema_update(averaged, student, _EMA, step)
    return averaged.eval(), _distance(averaged, teacher, _crops(data, torch.Generator().manual_seed(seed + 1), device))


def _copy(start: nn.Module, teacher: nn.Module) -> nn.Module:
    student = deepcopy(teacher).requires_grad_(True).train()
    try:
        student.load_state_dict(start.state_dict())
    except RuntimeError:
        raise ValueError("The student would begin from a network of another shape than the teacher's.") from None
    return student


def _fresh(teacher: nn.Module, seed: int) -> nn.Module:
    """The same shape, nothing of its weights. N(0, 0.02) alone would begin too small for layers that learn apart."""
    student = deepcopy(teacher).requires_grad_(True).train()
    torch.manual_seed(seed)
    dcgan_init(student)
    for layer in student.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return student


def _stages(network: nn.Module) -> list[nn.Module]:
    """A convolution with its norm and activation, or a residual block, each."""
    assert isinstance(network, ResNetGenerator)
    encode, decode = network.encode, network.decode
    return [encode[:4], encode[4:7], encode[7:10], *network.blocks, decode[:3], decode[3:6], decode[6:]]


def _features(stages: Sequence[nn.Module], images: Tensor) -> list[Tensor]:
    features: list[Tensor] = []
    for stage in stages:
        features.append(stage(features[-1] if features else images))
    return features


def _by_layer(student: nn.Module, images: Tensor, taught: Sequence[Tensor]) -> Tensor:
    """Each stage is given what the teacher's gave before it; a block's error counts by what the block adds."""
    total = images.new_zeros(())
    for stage, given, wanted in zip(_stages(student), [images, *taught], taught, strict=False):
        added = wanted - given if wanted.shape == given.shape else wanted
        total = total + mse_loss(stage(given), wanted) / added.var()
    return total


def _as_a_whole(student: nn.Module, images: Tensor, taught: Sequence[Tensor]) -> Tensor:
    made = _features(_stages(student), images)
    features = sum((mse_loss(a, b) / b.var() for a, b in zip(made, taught, strict=True)), images.new_zeros(()))
    return _FEATURES * features + _PICTURE * mse_loss(made[-1], taught[-1])


def _rate(step: int, local: int, steps: int) -> float:
    """Two falling cosines; the first ends before it is nothing."""
    if step < local:
        return _LOCAL_RATE * 0.5 * (1 + math.cos(math.pi * 0.9 * step / local))
    return _RATE * 0.5 * (1 + math.cos(math.pi * (step - local) / (steps - local)))


def _crops(data: Dataset, random: torch.Generator, device: str) -> Iterator[Tensor]:
    """(B, C, 128, 128) in [-1, 1], mirrored half of the time."""
    assert data.sources is not None
    images = torch.cat([data.sources, data.images])
    border, side = len(data.sources), min(_CROP, images.shape[-1])
    while True:
        which = torch.where(
            torch.rand(_BATCH, generator=random) < _SOURCES,
            torch.randint(0, border, (_BATCH,), generator=random),
            torch.randint(border, len(images), (_BATCH,), generator=random),
        )
        crops = []
        for index in which:
            top, left = torch.randint(0, images.shape[-1] + 1 - side, (2,), generator=random).tolist()
            crop = images[index, :, top : top + side, left : left + side]
            crops.append(crop.flip(-1) if torch.rand((), generator=random) < 0.5 else crop)
        yield torch.stack(crops).to(device).float().div(127.5).sub(1)


@torch.no_grad()
def _distance(student: nn.Module, teacher: nn.Module, crops: Iterator[Tensor]) -> float:
    images = torch.cat([next(crops) for _ in range(8)])
    return l1_loss(student(images), teacher(images)).item()


def write(student: nn.Module, recipe: Recipe, data: Dataset, steps: int, folder: Path) -> Path:
    """A checkpoint under `folder` that `train --recipe ... --start-from` takes; both ways begin as the student, in the
    precision that models are shipped in. ValueError when the recipe trains networks of another shape."""
    config = recipe.config.replace(start_from="", keep="")
    spec = replace(data.spec(Conditioning.UNPAIRED), image_size=config.image_size)
    networks = FAMILIES[config.family].build_networks(config, spec)
    try:
        networks["G_AB"].load_state_dict(student.state_dict())
    except (KeyError, RuntimeError):
        raise ValueError(f"The teacher has another shape than the generators of {recipe.name}.") from None
    model = {f"{way}.{name}": tensor.half() for way in ("G_AB", "G_BA") for name, tensor in student.state_dict().items()}
    made = Checkpoint(steps, model, {}, asdict(spec), DATASETS[config.dataset].domains[Conditioning.UNPAIRED])
    return checkpoint.save(folder, made, config.to_dict(), recipe.name)
