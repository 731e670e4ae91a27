"""CycleGAN's history buffer: D also sees fakes of some steps ago, so that it and G do not chase each other in circles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


class ImagePool:
    """Keeps `size` earlier fakes (Shrivastava et al. 2017; Zhu et al. 2017 use 50); size 0 keeps none.

    Its choices come from a stream of its own, so that a resumed run makes the same ones.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self._images: list[Tensor] = []
        self._chance = torch.Generator().manual_seed(seed)

    def exchange(self, fakes: Tensor) -> Tensor:
        """fakes (B, C, H, W) -> as many: each one itself, or with probability 1/2 an earlier one, whose place it takes."""
        if not self.size:
            return fakes
        # Detached: D learns from them, and an earlier fake's graph is gone anyway.
        return torch.stack([self._exchange_one(fake) for fake in fakes.detach()])

    def _exchange_one(self, fake: Tensor) -> Tensor:
        if len(self._images) < self.size:  # still filling: D sees each fake as it is
            self._images.append(fake.clone())
            return fake
        if torch.rand((), generator=self._chance) < 0.5:
            return fake
        # In the other half of the cases D sees an earlier fake, and this one is kept in its place.
        place = int(torch.randint(self.size, (), generator=self._chance))
        earlier, self._images[place] = self._images[place], fake.clone()
        return earlier

    def state_dict(self) -> dict[str, Any]:
        """The images and where the stream stands."""
        images = torch.stack(self._images) if self._images else None
        return {"images": images, "chance": self._chance.get_state()}

    def load_state_dict(self, state: Mapping[str, Any], device: str) -> None:
        """The inverse of `state_dict`."""
        images = state["images"]
        self._images = [] if images is None else list(images.to(device).unbind())
        self._chance.set_state(state["chance"])
