"""Loaded networks with what is needed to use them: what drawing and translating share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor, nn

from ganlab.core.devices import resolve
from ganlab.core.names import shown
from ganlab.core.types import Conditioning, DataSpec
from ganlab.runtime import checkpoint
from ganlab.training.state import laid_out, memory_layout

if TYPE_CHECKING:
    from ganlab.models.adapters.foreign import Decision


class Loaded:
    """Generators in eval mode, and the discriminators at hand; `ganlab.models.pipeline.Pipeline` explains the arguments."""

    def __init__(
        self,
        generators: Mapping[str, nn.Module],
        spec: DataSpec,
        *,
        z_dim: int = 0,
        labels: Sequence[str] = (),
        name: str = "",
        title: str = "",
        step: int = 0,
        size: int = 0,
        direction: str = "AtoB",
        kept: str = "",
        discriminators: Callable[[], Mapping[str, nn.Module]] = dict,
        score: Callable[[Tensor], Tensor] | None = None,
        decisions: Sequence[Decision] = (),
        unused: Sequence[str] = (),
        info: checkpoint.Info | None = None,
        device: str = "cpu",
    ) -> None:
        self.spec, self.z_dim, self.labels, self.device = spec, z_dim, tuple(map(shown, labels)), device
        self.name, self.title, self.step = name, title, step
        self.size = size or spec.image_size  # that `translate` is best at, in pixels
        self.decisions, self.unused = tuple(decisions), tuple(unused)
        self._direction, self._kept, self._info = direction, kept, info
        self.generators = {key: self._ready(network) for key, network in generators.items()}
        if not self.translates:  # called directly, a network explains less
            for network in self.generators.values():
                network.register_forward_pre_hook(
                    lambda _, given, named: self._check_call(*given, *named.values()), with_kwargs=True
                )
        self._discriminators = discriminators
        self.pace: dict[str, float] = {}  # seconds for each pixel of a translation, as ganlab.models.translation has measured
        self.score = score  # a discriminator's logits -> what people read

    @cached_property
    def discriminators(self) -> dict[str, nn.Module]:
        """Those at hand, by name, read when first asked for; {} for most checkpoints that travel."""
        return {key: self._ready(network) for key, network in self._discriminators().items()}

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The generators and the discriminators at hand, by name: what a run starts from."""
        return self.generators | self.discriminators

    @property
    def memory(self) -> int:
        """Bytes of the generators' numbers."""
        tensors = [tensor for network in self.generators.values() for tensor in network.state_dict().values()]
        return sum(tensor.nbytes for tensor in tensors)

    def _ready(self, network: nn.Module) -> nn.Module:
        layout = memory_layout(self.spec, self.device)
        return laid_out(network.to(self.device), layout).eval().requires_grad_(False)

    def to(self, device: str | torch.device) -> Self:
        """Move the networks to a device, "auto" for the fastest; return this pipeline. ValueError where there is no such."""
        self.device = resolve(str(device))
        self.generators = {key: self._ready(network) for key, network in self.generators.items()}
        if "discriminators" in self.__dict__:
            self.discriminators = {key: self._ready(network) for key, network in self.discriminators.items()}
        return self

    @property
    def generator(self) -> nn.Module:
        """The only one, or the one from A to B."""
        return next(iter(self.generators.values()))

    @property
    def translates(self) -> bool:
        """Whether this is for `translate`, not for `sample`."""
        return self.spec.conditioning.between_images

    def _check_call(self, z: Any = None, condition: Tensor | None = None) -> None:
        """ValueError, one sentence, where a call of the generator lacks labels, or its z does not fit."""
        self._check_z(z)
        if self.spec.conditioning is Conditioning.LABEL and condition is None:
            raise ValueError(f"{self.name} draws the classes that are asked for: give labels ({len(z)},) beside z.")

    def _check_z(self, z: Tensor) -> None:
        if not isinstance(z, Tensor):
            raise ValueError(f"z is of type {type(z).__name__}: give a tensor (n, {self.z_dim}), as latents(n, seed) returns it.")
        if z.ndim != 2 or not len(z) or z.shape[1] != self.z_dim:
            raise ValueError(f"z has shape {tuple(z.shape)}, but {self.name} wants (n, {self.z_dim}).")
