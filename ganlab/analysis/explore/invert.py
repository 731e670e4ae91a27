"""G's closest picture to a given one: z found by descent (Zhu et al. 2016, "Generative visual manipulation")."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganlab.core.images import square, to_uint8
from ganlab.models.pipeline import Pipeline
from ganlab.training.adam import Adam
from ganlab.training.networks.clusters import ClusteredGenerator

STEPS, SEEDS, SECONDS = 120, 48, 30.0
RATE = 0.1  # of Adam, for z of standard deviation 1; falls to a tenth along half a cosine
PRIOR = 1e-3  # weight of the mean square of z: it settles what the picture leaves open, and keeps z where G was trained
_CANDIDATES = 512  # z that are drawn and looked at before the best of them start
_LEAST = 4  # starts that are followed to the end; the worse half is given up at every eighth of the steps


@dataclass(frozen=True)
class Inversion:
    """How far the search is, and the best it has found so far.

    `picture` uint8 (C, S, S) is what G draws from `z` (z_dim,) and `label`; `residual` (S, S) in [0, 1] how far each pixel of it
    is from the given picture, 1 being from black to white. `curve` is the best loss after each step so far: it never rises.
    """

    step: int
    steps: int
    picture: Tensor
    residual: np.ndarray
    curve: tuple[float, ...]
    z: Tensor
    label: int | None

    @property
    def finished(self) -> bool:
        """Whether nothing better will come."""
        return self.step == self.steps

    @property
    def error(self) -> float:
        """The mean of the residual."""
        return float(self.residual.mean())


def invert(
    pipeline: Pipeline,
    image: Image.Image,
    *,
    steps: int = STEPS,
    seeds: int = SEEDS,
    label: int | None = None,
    seed: int = 0,
    every: int = 10,
    seconds: float | Callable[[], float] = SECONDS,
) -> Iterator[Inversion]:
    """Search for the z from which G draws the picture nearest to `image`; yields every so many steps, the last time at the end.

    `seeds` starts are followed at once, the best of many z drawn from `seed`, and the worse half given up now and then; a
    conditional model without a `label` is asked for all its classes. The step at hand after `seconds`, which may be asked for
    again at each step, is the last, and called `steps`. Stop it by asking for no more. Only z is given a gradient. ValueError,
    before the first step, when nothing fits.
    """
    if steps < 1 or seeds < 1 or every < 1:
        raise ValueError(f"steps = {steps}, seeds = {seeds}, every = {every}: each must be at least 1.")
    if pipeline.translates:
        raise ValueError(f"{pipeline.name} translates images: it has no z to look for.")
    return _search(pipeline, target_of(image, pipeline), steps, every, seconds, *_starts(pipeline, image, seeds, label, seed))


def target_of(image: Image.Image, pipeline: Pipeline) -> Tensor:
    """The centre square of `image` as G would have drawn it: (1, C, S, S) in [-1, 1] on the pipeline's device."""
    return _pixels(image, pipeline).float().div(127.5).sub(1).to(pipeline.device)


def _pixels(image: Image.Image, pipeline: Pipeline) -> Tensor:
    """The same as uint8 on the CPU."""
    spec = pipeline.spec
    scaled = square(image.convert("L" if spec.channels == 1 else "RGB"), spec.image_size)
    return torch.from_numpy(np.array(scaled)).reshape(1, spec.image_size, spec.image_size, spec.channels).permute(0, 3, 1, 2)


def _starts(pipeline: Pipeline, image: Image.Image, seeds: int, label: int | None, seed: int) -> tuple[Tensor, Tensor | None]:
    """z (n, z_dim) and labels (n,): of many z those whose pictures are nearest already, of every class that may be asked for."""
    if not pipeline.conditional and label is not None:
        raise ValueError(f"{pipeline.name} is not conditional: it takes no label.")
    classes = [label] if label is not None else list(range(pipeline.spec.num_classes)) if pipeline.conditional else [None]
    each = max(1, seeds // len(classes))
    candidates = pipeline.latents(max(each, _CANDIDATES // len(classes)), seed)
    target = _pixels(image, pipeline).float()
    chosen: list[Tensor] = []
    for kind in classes:
        errors = (pipeline.generate(candidates, kind).float() - target).square().flatten(1).mean(dim=1)
        chosen.append(candidates[errors.argsort(stable=True)[:each]])
    labels = None if classes == [None] else torch.tensor(classes).repeat_interleave(each)
    return torch.cat(chosen), labels


def _search(
    pipeline: Pipeline,
    target: Tensor,
    steps: int,
    every: int,
    seconds: float | Callable[[], float],
    starts: Tensor,
    labels: Tensor | None,
) -> Iterator[Inversion]:
    # No context is held across a yield: a server may ask for the next value from another thread.
    started = time.monotonic()
    labels = None if labels is None else labels.to(pipeline.device)
    z, adam = _follow(starts.to(pipeline.device))
    moves = _moves(pipeline)
    best, curve = _Best(math.inf), []
    for step in range(steps + 1):
        with torch.enable_grad():
            made = pipeline.generator(z, labels)
            losses = (made - target).square().flatten(1).mean(dim=1) + PRIOR * z.square().mean(dim=1)
        best = best.or_better(losses.detach(), z.detach(), made.detach(), labels)
        curve.append(best.loss)
        late = time.monotonic() - started > (seconds() if callable(seconds) else seconds)
        if step == steps or late or step % every == 0:
            yield _progress(best, steps if late else step, steps, target, tuple(curve))
        if step == steps or late:
            return
        adam.param_groups[0]["lr"] = RATE * (0.55 + 0.45 * math.cos(math.pi * step / steps))
        z.grad = moves * torch.autograd.grad(losses.nan_to_num().sum(), z)[0]
        adam.step()
        if len(z) > _LEAST and (step + 1) % max(1, steps // 8) == 0:
            kept = losses.detach().nan_to_num(nan=math.inf).argsort(stable=True)[: max(_LEAST, len(z) // 2)]
            labels = None if labels is None else labels[kept]
            z, adam = _follow(z.detach()[kept])


def _moves(pipeline: Pipeline) -> Tensor:
    """1 for each number of z that can be descended along, (z_dim,). One that draws a cluster jumps: its starts must do."""
    moves = torch.ones(pipeline.z_dim, device=pipeline.device)
    if isinstance(pipeline.generator, ClusteredGenerator):
        moves[0] = 0
    return moves


def _follow(z: Tensor) -> tuple[Tensor, Adam]:
    """z as a leaf of its own, and its optimizer."""
    leaf = z.clone().requires_grad_()
    return leaf, Adam([leaf], lr=RATE)


@dataclass(frozen=True)
class _Best:
    """The best z (z_dim,) of all starts and steps so far, with its label and its picture (C, S, S)."""

    loss: float
    z: Tensor | None = None
    made: Tensor | None = None
    label: int | None = None

    def or_better(self, losses: Tensor, z: Tensor, made: Tensor, labels: Tensor | None) -> _Best:
        """This, or the best of these where that is better."""
        index = int(losses.nan_to_num(nan=math.inf).argmin())
        loss = float(losses[index])
        if not loss < self.loss:
            return self
        return _Best(loss, z[index].clone(), made[index].clone(), None if labels is None else int(labels[index]))


def _progress(best: _Best, step: int, steps: int, target: Tensor, curve: tuple[float, ...]) -> Inversion:
    if best.z is None or best.made is None:
        raise ValueError("The generator draws no finite picture: its training has diverged; choose another model.")
    residual = (best.made - target[0]).abs().mean(dim=0) / 2  # colours reach from -1 to 1
    pixels = residual.clamp(0, 1).float().cpu().numpy()
    return Inversion(step, steps, to_uint8(best.made).cpu(), pixels, curve, best.z.cpu(), best.label)
