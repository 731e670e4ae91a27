"""Augmentation in front of D, of real and fake images alike: with few images D learns them by heart, and this makes them many.

The transforms of Zhao et al. 2020 (Differentiable Augmentation for Data-Efficient GAN Training): colour, translation, cutout.
They pass gradients on, so that G learns through them and has no reason to draw what they do. Karras et al. 2020 (Training
Generative Adversarial Networks with Limited Data) apply each transform with a probability p, the strength, and raise p while D
overfits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

KINDS = ("none", "diff", "adaptive")
TARGET = 0.6  # of the mean sign of D's outputs on real images (Karras et al. 2020, section 3)
EVERY = 4  # updates of D between two looks at it
IMAGES = 25_000  # in which p can go from 0 to 1; the paper's 500,000 are a fiftieth of its runs, which are much longer than ours
SHIFT, HOLE = 0.125, 0.5  # of the side: the longest way that translation moves a picture, and the side of what cutout erases


class Augmentation:
    """Maps images (B, C, S, S) in [-1, 1] to what D is to see of them; each call draws anew from `noise`.

    `kind` is one of KINDS: without any, with every transform on every image, or with a `strength` that follows from D's outputs.
    `indifferent` is D's output when it cannot tell, None where there is none such.
    """

    def __init__(self, kind: str, indifferent: float | None, noise: torch.Generator) -> None:
        self.kind, self._indifferent, self._noise = kind, indifferent, noise
        self.strength = torch.tensor(float(kind == "diff"), device=noise.device)  # p, a tensor: reading it would wait for a GPU
        self.overfitting = torch.zeros((), device=noise.device)  # Karras' r_t: the mean sign as it was last looked at
        self._signs, self._updates = torch.zeros((), device=noise.device), 0  # since then

    def __call__(self, images: Tensor) -> Tensor:
        if self.kind == "none":
            return images
        for transform in (colour, translation, cutout):
            applied = self._uniform(len(images)) < self.strength  # (B,)
            images = torch.where(applied[:, None, None, None], transform(images, self._uniform), images)
        return images

    def observe(self, real_logits: Tensor, fake_logits: Tensor) -> dict[str, Tensor]:
        """Learn of D's outputs in one update; return the strength and how far D overfits, where the strength follows from that.

        Outputs without a scale of their own are compared with the middle between those for real and for fake images.
        """
        if self.kind != "adaptive":
            return {}
        real, fake = real_logits.detach().float(), fake_logits.detach().float()
        middle = (real.mean() + fake.mean()) / 2 if self._indifferent is None else self._indifferent
        self._signs, self._updates = self._signs + (real - middle).sign().mean(), self._updates + 1
        if self._updates == EVERY:
            self.overfitting = self._signs / EVERY
            change = (self.overfitting - TARGET).sign() * (EVERY * len(real) / IMAGES)
            self.strength = (self.strength + change).clamp(0, 1)
            self._signs, self._updates = torch.zeros_like(self._signs), 0
        return {"augment/strength": self.strength, "augment/overfitting": self.overfitting}

    def state_dict(self) -> dict[str, Any]:
        """What a resume needs; empty where nothing changes."""
        if self.kind != "adaptive":
            return {}
        tensors = {"strength": self.strength, "overfitting": self.overfitting, "signs": self._signs}
        return tensors | {"updates": self._updates}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state_dict`; of another kind's state, which a fork may begin with, nothing is taken."""
        if self.kind != "adaptive" or not state:
            return
        self.strength, self.overfitting, self._signs = (
            state[name].to(self._noise.device) for name in ("strength", "overfitting", "signs")
        )
        self._updates = state["updates"]

    def _uniform(self, *shape: int) -> Tensor:
        """Random numbers in [0, 1) from the run's own stream, so that a resume draws the same."""
        return torch.rand(*shape, generator=self._noise, device=self._noise.device)


Uniform = Callable[..., Tensor]  # a shape -> random numbers in [0, 1)


def colour(images: Tensor, uniform: Uniform) -> Tensor:
    """Brightness moved by up to 0.5, saturation times 0 to 2, contrast times 0.5 to 1.5, for each image (B, C, S, S)."""
    brightness, saturation, contrast = uniform(3, len(images), 1, 1, 1)
    images = images + (brightness - 0.5)
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * (2 * saturation)  # nothing where one channel is all there is
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * (contrast + 0.5)


def translation(images: Tensor, uniform: Uniform) -> Tensor:
    """Each image (B, C, S, S) moved by whole pixels, up to an eighth of its side; grey (0) comes in."""
    side = images.shape[-1]
    most = int(side * SHIFT + 0.5)
    pixels = (uniform(len(images), 2) * (2 * most + 1)).floor() - most  # (B, 2): to the left and up
    where = torch.eye(2, 3, device=images.device).repeat(len(images), 1, 1)
    where[:, :, 2] = 2 * pixels / side  # an image's side is 2 wide
    grid = affine_grid(where, list(images.shape), align_corners=False)
    return grid_sample(images, grid.to(images.dtype), mode="nearest", padding_mode="zeros", align_corners=False)


def cutout(images: Tensor, uniform: Uniform) -> Tensor:
    """A square of half the side, anywhere and partly outside, of each image (B, C, S, S) becomes grey (0)."""
    side = images.shape[-1]
    hole = int(side * HOLE + 0.5)
    centres = (uniform(len(images), 2, 1) * (side + 1 - hole % 2)).floor()  # (B, 2, 1)
    from_edge = torch.arange(side, device=images.device) - centres + hole // 2  # (B, 2, S), along both axes
    inside = (from_edge >= 0) & (from_edge < hole)
    erased = inside[:, None, 0, :, None] & inside[:, None, 1, None, :]  # (B, 1, S, S)
    return images.masked_fill(erased, 0.0)
