"""The sliders' directions are those of GANSpace: SeFa's closed form agrees with a PCA of what the first layer puts out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from ganlab.models.catalogue import models
from ganlab.models.pipeline import Pipeline
from ganlab.training.networks.clusters import ClusteredGenerator

SHIPPED = [model.name for model in models() if model.origin == "shipped" and not model.translates]
FOREIGN = ("mnist-dcgan/generator.pth", "mnist-conditional-wgan-gp/generator.pth", "mnist-gan-mlp/G--300.ckpt")
MOST = 10  # there are as many sliders


class Enough(Exception):
    """The first layer has run."""


@torch.inference_mode()
def first_outputs(pipeline: Pipeline, z: Tensor, label: int | None) -> Tensor:
    """What the layer that runs first puts out, before anything bends it: z (n, z_dim) -> (n, features), centred."""
    seen: list[Tensor] = []

    def take(layer: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        seen.append(made.flatten(1))
        raise Enough

    layers = [layer for layer in pipeline.generator.modules() if isinstance(layer, nn.Linear | nn.ConvTranspose2d | nn.Conv2d)]
    hooks = [layer.register_forward_hook(take) for layer in layers]
    with pytest.raises(Enough):
        pipeline.generator(z, None if label is None else torch.full((len(z),), label))
    for hook in hooks:
        hook.remove()
    outputs = seen[0].double()
    return outputs - outputs.mean(dim=0)


def principal(outputs: Tensor, z: Tensor) -> Tensor:
    """PCA of outputs (n, F); what z has to do for each component, the strongest first, as unit rows (k, z_dim)."""
    _, scores = torch.linalg.eigh(outputs @ outputs.T)  # those of the covariance, from the other side: n is less than F
    scores = scores.flip(1)[:, :MOST]
    return nn.functional.normalize(torch.linalg.lstsq(z, scores).solution.T, dim=1)


def exact(n: int, z_dim: int) -> Tensor:
    """z (n, z_dim) whose sample covariance is the identity, as that of infinitely many would be."""
    z = torch.randn(n, z_dim, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return torch.linalg.svd(z - z.mean(dim=0), full_matrices=False).U * n**0.5


def agreement(pipeline: Pipeline, label: int | None) -> Tensor:
    """|cos| between each of the first directions and the PCA's, at the true covariance of z."""
    z = exact(2 * pipeline.z_dim, pipeline.z_dim)
    found = principal(first_outputs(pipeline, z.float(), label), z)
    return (found * pipeline.directions[: len(found)].double()).sum(dim=1).abs()


@pytest.mark.parametrize("name", SHIPPED)
def test_of_every_shipped_model_they_are_the_principal_components(name: str) -> None:
    pipeline = Pipeline.load(name)
    clustered = isinstance(pipeline.generator, ClusteredGenerator)  # its first number of z is a label in disguise
    labels = (0, pipeline.spec.num_classes - 1) if pipeline.conditional else (0,) if clustered else (None,)
    for label in labels:  # held, a label adds a constant and no spread
        assert agreement(pipeline, label).min() > 0.9999
    if clustered:
        assert agreement(pipeline, None).max() < 0.99


@pytest.mark.parametrize("file", FOREIGN)
def test_of_weights_of_others_too(file: str, foreign_weights: Path) -> None:
    pipeline = Pipeline.load(foreign_weights / file)
    assert agreement(pipeline, 3 if pipeline.conditional else None).min() > 0.999


@pytest.mark.parametrize("uniform", [False, True])
def test_twenty_thousand_sampled_z_find_them_as_well(uniform: bool) -> None:
    """Where the eigenvalues are apart; any z of uncorrelated numbers of one variance will do, uniform ones as well."""
    pipeline, n = Pipeline.load("digits-gan"), 20_000
    z = torch.randn(n, pipeline.z_dim, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    if uniform:
        z = 2 * torch.special.ndtr(z) - 1
    outputs = first_outputs(pipeline, z.float(), None)
    variances, components = torch.linalg.eigh(outputs.T @ outputs)
    variances, components = variances.flip(0), components.flip(1)
    found = nn.functional.normalize(torch.linalg.lstsq(z, outputs @ components[:, :MOST]).solution.T, dim=1)
    cosines = (found * pipeline.directions[:MOST].double()).sum(dim=1).abs()
    ratios = variances[:MOST] / variances[1 : MOST + 1]
    apart = (ratios > 1.15) & torch.cat([torch.ones(1, dtype=torch.bool), ratios[:-1] > 1.15])
    assert apart.sum() >= 4 and cosines[apart].min() > 0.99
