"""Pipeline: a loaded generator, ready to draw."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import torch
from PIL import Image
from torch import Tensor, nn

from ganlab import checkpoint
from ganlab.core import Conditioning, DataSpec
from ganlab.family import FAMILIES, load_config
from ganlab.images import to_pil, to_uint8
from ganlab.models import find
from ganlab.training_state import channels_last

_BATCH = 64  # bounds memory, whatever n is


class Pipeline:
    """A generator in eval mode with what is needed to use it; make one with `Pipeline.load`."""

    def __init__(self, generator: nn.Module, info: checkpoint.Info, name: str, device: str = "cpu") -> None:
        self.config = load_config(info.config)
        self.spec = DataSpec.from_dict(info.spec)
        self.labels, self.step, self.name, self.device = info.labels, info.step, name, device
        self.family = FAMILIES[self.config.family]
        self.generator = channels_last(generator.to(device)).eval().requires_grad_(False)

    @classmethod
    def load(cls, source: str | Path, device: str = "cpu") -> Self:
        """From a checkpoint folder, a run (its newest checkpoint) or the name of a shipped one; ValueError otherwise."""
        folder = find(source)
        info = checkpoint.read_info(folder)
        config = load_config(info.config)
        spec = DataSpec.from_dict(info.spec)
        generator = FAMILIES[config.family].build_networks(config, spec)["G"]
        tensors = {name.removeprefix("G."): tensor for name, tensor in checkpoint.read_model(folder).items()}
        try:
            generator.load_state_dict(tensors)
        except RuntimeError as error:
            raise ValueError(
                f"The tensors in {folder.name} do not fit its config.json: {str(error).splitlines()[-1].strip()}"
            ) from None
        return cls(generator, info, str(source), device)

    @property
    def z_dim(self) -> int:
        """Size of the latent z."""
        return self.config.z_dim

    @property
    def conditional(self) -> bool:
        """Whether `sample` takes a label."""
        return self.spec.conditioning is Conditioning.LABEL

    def latents(self, n: int, seed: int) -> Tensor:
        """z (n, z_dim), standard normal; row i depends on seed and i alone, on no device and no n."""
        return torch.stack(
            [torch.randn(self.z_dim, generator=torch.Generator().manual_seed(seed * 1_000_003 + i)) for i in range(n)]
        )

    def sample(
        self, n: int = 1, seed: int = 0, *, label: int | Sequence[int] | None = None, truncation: float = 1.0
    ) -> list[Image.Image]:
        """n pictures for a seed. `label`: one for all or one each; a conditional model without one goes through all classes."""
        return [to_pil(image) for image in self.generate(truncation * self.latents(n, seed), label)]

    @torch.inference_mode()
    def generate(self, z: Tensor, label: int | Sequence[int] | None = None) -> Tensor:
        """z (n, z_dim) -> images (n, C, S, S) uint8 on the CPU; ValueError when z or label does not fit."""
        if z.ndim != 2 or z.shape[1] != self.z_dim:
            raise ValueError(f"z has shape {tuple(z.shape)}, but {self.name} wants (n, {self.z_dim}).")
        labels = self._labels(len(z), label)
        parts = []
        for start in range(0, len(z), _BATCH):
            part = slice(start, start + _BATCH)
            condition = None if labels is None else labels[part].to(self.device)
            parts.append(to_uint8(self.generator(z[part].to(self.device), condition)).cpu())
        return torch.cat(parts)

    def _labels(self, n: int, label: int | Sequence[int] | None) -> Tensor | None:
        if not self.conditional:
            if label is not None:
                raise ValueError(f"{self.name} is not conditional: it takes no label.")
            return None
        classes = self.spec.num_classes
        if label is None:
            return torch.arange(n) % classes
        values = torch.as_tensor(label).reshape(-1).long()
        if len(values) not in (1, n):
            raise ValueError(f"label has {len(values)} entries for {n} pictures: give one for all, or one each.")
        if values.min() < 0 or values.max() >= classes:
            raise ValueError(f"label = {label} is out of range: 0 to {classes - 1} ({', '.join(self.labels)}).")
        return values.expand(n)

    @cached_property
    def directions(self) -> Tensor:
        """Unit directions in z, the most influential first, (k, z_dim), k <= z_dim.

        The right singular vectors of the first weight that meets z: the directions that this layer stretches most
        (Shen & Zhou 2021, closed-form factorization). Signs are fixed so that reloading changes nothing.
        """
        first = next(layer for layer in self.generator.modules() if isinstance(layer, nn.Linear | nn.ConvTranspose2d))
        weight = first.weight.detach().float().cpu()
        matrix = weight if isinstance(first, nn.Linear) else weight.flatten(1).T  # (features, z_dim [+ classes])
        directions = torch.linalg.svd(matrix[:, : self.z_dim], full_matrices=False).Vh
        largest = directions.gather(1, directions.abs().argmax(dim=1, keepdim=True))
        return directions * largest.sign()
