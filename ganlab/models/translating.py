"""Translating pictures: the routes that a model knows, at the picture's own size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from ganlab.core.guesses import explained, whole
from ganlab.core.images import read
from ganlab.core.names import located
from ganlab.models import full_size
from ganlab.models.loaded import Loaded

DIRECTIONS = ("AtoB", "BtoA")


class Translating(Loaded):
    """What a model does that turns pictures into pictures; one that draws from z raises ValueError."""

    @property
    def routes(self) -> dict[str, nn.Module]:
        """The generators by the direction they lead in, the usual direction first; empty for those that draw from z."""
        if not self.translates:
            return {}
        if "G" in self.generators:
            return {self._direction: self.generators["G"]}
        return {direction: self.generators[f"G_{direction[0]}{direction[-1]}"] for direction in DIRECTIONS}

    def route_title(self, direction: str) -> str:
        """'horse to zebra', or 'A to B' where the domains have no names."""
        domains = self.labels if len(self.labels) == 2 else ("A", "B")
        there, back = domains if direction == "AtoB" else domains[::-1]
        return f"{there} to {back}"

    @explained
    def translate(
        self,
        image: Image.Image | str | Path | np.ndarray,
        direction: str | None = None,
        *,
        size: int | None = None,
        original_size: bool = True,
    ) -> Image.Image:
        """A picture of the other domain, as large as `image`, whose own details stay where nothing was drawn anew.

        The network works on about the area of `size` x `size` pixels. `direction` "AtoB" or "BtoA" and `size` are by default the
        model's own; without `original_size` the picture is what the network drew, as small as that is. Photos of more than 24
        megapixels are made smaller first; `image` may be the path of one, or bytes (H, W, 3).
        ValueError when this model does not translate that way.
        """
        if isinstance(image, str | Path):
            image = read(located(image))
        elif isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3:
            image = Image.fromarray(image)
        if not isinstance(image, Image.Image):
            raise ValueError(f"image is of type {type(image).__name__}: give one picture of PIL, a path, or bytes (H, W, 3).")
        size = None if size is None else whole("size", size, 1)
        return self.draw_over(image, direction, size=size, original_size=original_size).picture

    @torch.inference_mode()
    def draw_over(
        self,
        image: Image.Image,
        direction: str | None = None,
        *,
        size: int | None = None,
        original_size: bool = True,
        on_progress: full_size.Progress = full_size.ignored,
    ) -> full_size.Drawn:
        """What `translate` makes, with what it is made of; see `ganlab.models.translation` for a close look at it."""
        network, area, channels = self.route(direction), size or self.size, self.spec.channels
        return full_size.draw(network, image, area, channels, self.device, own_size=original_size, on_progress=on_progress)

    def rival(self, direction: str) -> nn.Module | None:
        """The discriminator that was trained against the generator of `direction`; None where that one stayed as it was.

        Only such a pair has adapted to each other: what any other discriminator says of these pictures means nothing.
        """
        names = [("G", "D"), (f"G_{direction[0]}{direction[-1]}", f"D_{direction[-1]}")]
        found = [self.discriminators.get(d) for g, d in names if g in self.generators and g != self._kept]
        return next(iter(found), None)

    def route(self, direction: str | None = None) -> nn.Module:
        """The generator that leads in `direction`; ValueError when there is none."""
        routes = self.routes
        if not routes:
            raise ValueError(f"{self.name} draws pictures from z: it translates none; use `sample`.")
        if direction is None:
            return next(iter(routes.values()))
        if direction not in routes:
            one = f": a {self.title} learns one direction, {self.route_title(next(iter(routes)))}" if len(routes) == 1 else ""
            raise ValueError(f"direction = {direction!r} is not one of {', '.join(routes)}, which {self.name} has{one}.")
        return routes[direction]
