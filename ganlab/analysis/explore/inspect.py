"""The networks of a pipeline, and the activations of their layers for a z or a picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from ganlab.analysis.explore.activations import MOST, SIDE, Activations, capture
from ganlab.analysis.explore.drawing import as_picture
from ganlab.analysis.explore.scores import condition_of
from ganlab.core.images import to_pil, to_uint8
from ganlab.core.types import Conditioning
from ganlab.models.framing import Frame
from ganlab.models.pipeline import Pipeline

LARGEST = 256  # pixels, the side of the square whose area a translator is shown


@dataclass(frozen=True)
class Inspection:
    """What was seen of a network: its layers, and the picture that went in; None for a generator that draws from z."""

    activations: Activations
    picture: Image.Image | None


def networks(pipeline: Pipeline) -> dict[str, str]:
    """The networks at hand by name, generators first, and what to call them."""
    there = {f"G_{way[0]}{way[-1]}": f", {pipeline.route_title(way)}" for way in pipeline.routes} if pipeline.translates else {}
    titles = {name: f"Generator {name}{there.get(name, '')}" for name in pipeline.generators}
    return titles | {name: f"Discriminator {name}" for name in pipeline.discriminators}


@torch.inference_mode()
def inspect(
    pipeline: Pipeline,
    network: str = "G",
    *,
    seed: int = 0,
    label: int | None = None,
    picture: Image.Image | None = None,
    most: int = MOST,
    side: int = SIDE,
) -> Inspection:
    """What the layers of `network` answer.

    A generator that draws is given the z of `seed`; its discriminator `picture`, or what the generator draws. A translator is
    given `picture`; its discriminator what the generator that leads to its domain makes of it. ValueError for a network that is
    not there, a translator without a picture, a label that does not fit.
    """
    found = pipeline.generators.get(network) or pipeline.discriminators.get(network)
    if found is None:
        raise ValueError(f"{pipeline.name} has no network {network!r}; it has {', '.join(networks(pipeline))}.")
    inputs: tuple[Tensor | None, ...]
    if pipeline.translates:
        inputs, seen = _between_images(pipeline, network, picture)
    elif network in pipeline.generators:
        inputs, seen = (pipeline.latents(1, seed).to(pipeline.device), _condition(pipeline, label)), None
    else:
        inputs, seen = _of_discriminator(pipeline, seed, label, picture)
    return Inspection(capture(found, *inputs, most=most, side=side), seen)


def _condition(pipeline: Pipeline, label: int | None) -> Tensor | None:
    condition = pipeline.condition(1, label)
    return None if condition is None else condition.to(pipeline.device)


def _of_discriminator(
    pipeline: Pipeline, seed: int, label: int | None, picture: Image.Image | None
) -> tuple[tuple[Tensor | None, ...], Image.Image]:
    """The inputs of the D of a generator that draws, and its picture."""
    spec = pipeline.spec
    if picture is None:
        picture = to_pil(pipeline.generate(pipeline.latents(1, seed), label)[0])
    picture = as_picture(picture, spec.image_size, spec.channels)
    image = Frame(picture.size, picture.size, picture.size).enter(picture, spec.channels).to(pipeline.device)
    return (image, condition_of(pipeline, image, label)), picture


def _between_images(pipeline: Pipeline, network: str, picture: Image.Image | None) -> tuple[tuple[Tensor, ...], Image.Image]:
    """The inputs of a translator or of its discriminator, and the picture that is scored or translated."""
    if picture is None:
        raise ValueError(f"{pipeline.name} translates pictures: give it one.")
    frame = Frame.around(picture.size, min(pipeline.size, LARGEST), pipeline.route().multiple)  # type: ignore[arg-type]
    source = frame.enter(picture, pipeline.spec.channels).to(pipeline.device)
    if network in pipeline.generators:
        return (source,), frame.leave(source)
    if pipeline.spec.conditioning is Conditioning.PAIRED:
        made = pipeline.generator(source)
        return (made, source), to_pil(to_uint8(made)[0])
    leading = next((generator for name, generator in pipeline.generators.items() if name[-1] == network[-1]), None)
    made = source if leading is None else leading(source)
    return (made,), to_pil(to_uint8(made)[0])
