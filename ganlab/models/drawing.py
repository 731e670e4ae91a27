"""Drawing from z: pictures for seeds and labels, and directions in which they change."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ganlab.core.guesses import explained, whole
from ganlab.core.images import png, sheet, to_pil, to_uint8
from ganlab.core.other_names import perhaps
from ganlab.core.types import Conditioning
from ganlab.models.loaded import Loaded

_LARGEST = 2**40  # of a seed or a label
_BATCH = 64  # bounds memory, whatever n is
_LEGIBLE = 64  # pixels of a picture in a notebook, about
UNIFORM = {"uniform(-1,1)": (-1.0, 1.0), "uniform(0,1)": (0.0, 1.0)}  # values of the decision "z"; others are standard normal
Label = int | str | Sequence[int | str]  # a class, by its number or name; one for all pictures or one each


def square_columns(n: int) -> int:
    """Columns of a sheet of n pictures that is as square as it can be."""
    return round(n**0.5) or 1


def legible(side: int) -> int:
    """How many times a notebook enlarges pictures of this side, in pixels."""
    return max(1, _LEGIBLE // side)


class Pictures(list[Image.Image]):
    """Pictures of one size, in a list that can be saved and is shown by a notebook as one sheet."""

    def sheet(self, columns: int = 0, scale: int = 1) -> Image.Image:
        """All of them on one sheet, by default as square as it can be, enlarged `scale` times."""
        pixels = torch.stack([torch.from_numpy(np.array(image)).reshape(image.height, image.width, -1) for image in self])
        return sheet(pixels.permute(0, 3, 1, 2), columns or square_columns(len(self)), scale=scale)

    def save(self, path: str | Path) -> None:
        """Write the sheet in the format of the path's ending."""
        self.sheet().save(path)

    def _repr_png_(self) -> bytes | None:
        return png(self.sheet(scale=legible(self[0].width))) if self else None


class Drawing(Loaded):
    """What a generator does that draws from z; a translator raises ValueError."""

    @property
    def conditional(self) -> bool:
        """Whether `sample` takes a label."""
        return self.spec.conditioning is Conditioning.LABEL

    def latents(self, n: int, seed: int | Sequence[int]) -> Tensor:
        """z (n, z_dim), standard normal, or uniform where that was decided; row i depends on seed and i alone, on no device and
        no n. Of several seeds each gives one row, the first of its own. ValueError where they are not n.
        """
        n = whole("n", n, 1)
        if isinstance(seed, str) or not isinstance(seed, Sequence | np.ndarray):
            first = whole("seed", seed, -_LARGEST)
            generators = [torch.Generator().manual_seed(first * 1_000_003 + i) for i in range(n)]
        elif len(seed) == n:
            generators = [torch.Generator().manual_seed(whole("seed", one, -_LARGEST) * 1_000_003) for one in seed]
        else:
            raise ValueError(f"seed has {len(seed)} entries for {n} pictures: give one for all, or one each.")
        bounds = next((UNIFORM.get(decision.value) for decision in self.decisions if decision.setting == "z"), None)
        if bounds is None:
            return torch.stack([torch.randn(self.z_dim, generator=generator) for generator in generators])
        low, high = bounds
        return torch.stack([low + (high - low) * torch.rand(self.z_dim, generator=generator) for generator in generators])

    @explained
    def sample(
        self, n: int = 1, seed: int | Sequence[int] = 0, *, label: Label | None = None, truncation: float = 1.0
    ) -> Pictures:
        """n pictures for a seed, or for a seed each. `label`: one for all or one each, by number or name; a conditional model
        without one goes through all classes.
        """
        if not isinstance(truncation, int | float):
            raise ValueError(f"truncation = {truncation!r} is not a number, such as 0.7.")
        return Pictures(to_pil(image) for image in self.generate(truncation * self.latents(n, seed), label))

    @explained
    def grid(self, n: int = 16, seed: int = 0, *, label: Label | None = None, columns: int = 0) -> Image.Image:
        """n pictures on one sheet, by default as square as it can be, or with a column for each class that is gone through."""
        return sheet(self.generate(self.latents(n, seed), label), whole("columns", columns) or self.columns(n, label))

    def columns(self, n: int, label: Label | None) -> int:
        """Of a sheet of n pictures: one for each class that is gone through, else as many as make it square."""
        return self.spec.num_classes if self.conditional and label is None else square_columns(n)

    @torch.inference_mode()
    def generate(self, z: Tensor, label: Label | Tensor | None = None) -> Tensor:
        """z (n, z_dim) -> images (n, C, S, S) uint8 on the CPU; ValueError when z or label does not fit.

        `label` as `sample` takes it, or floats (n or 1, classes): how much of each class, to mix classes.
        """
        if self.translates:
            raise ValueError(f"{self.name} translates images: it draws none from z; use `translate`.")
        z = torch.from_numpy(z) if isinstance(z, np.ndarray) else z
        self._check_z(z)
        z = z.float()
        labels = self.condition(len(z), label)
        parts = []
        for start in range(0, len(z), _BATCH):
            part = slice(start, start + _BATCH)
            condition = None if labels is None else labels[part].to(self.device)
            parts.append(to_uint8(self.generator(z[part].to(self.device), condition)).cpu())
        return torch.cat(parts)

    def condition(self, n: int, label: Label | Tensor | None) -> Tensor | None:
        """The condition that `label` means to G and D for n pictures: (n,) int64, (n, classes) for a mixture, None for no labels.

        ValueError as for `generate`.
        """
        if not self.conditional:
            if label is not None:
                raise ValueError(f"{self.name} is not conditional: it takes no label.")
            return None
        classes = self.spec.num_classes
        if label is None:
            return torch.arange(n) % classes
        if isinstance(label, Tensor) and label.is_floating_point():
            if label.ndim != 2 or len(label) not in (1, n) or label.shape[1] != classes or not label.isfinite().all():
                raise ValueError(f"A mixture of classes for {n} pictures is ({n}, {classes}) numbers, not {tuple(label.shape)}.")
            return label.expand(n, classes)
        values = torch.as_tensor(self._numbers(label)).reshape(-1).long()
        if len(values) not in (1, n):
            raise ValueError(f"label has {len(values)} entries for {n} pictures: give one for all, or one each.")
        if values.min() < 0 or values.max() >= classes:
            raise ValueError(f"label = {label} is out of range: 0 to {classes - 1} ({', '.join(self.labels)}).")
        return values.expand(n)

    def _numbers(self, label: Label | Tensor) -> int | Sequence[int] | Tensor:
        """The class numbers of a label; ValueError for a name that is none."""
        if isinstance(label, Tensor):
            return label
        if not isinstance(label, str):
            if isinstance(label, Sequence | np.ndarray):
                return [int(self._numbers(one)) for one in label]  # type: ignore[arg-type]
            return whole("label", label, -_LARGEST)  # the range comes next
        if label in self.labels:
            return self.labels.index(label)
        if label.lstrip("-").isdecimal():
            return int(label)
        raise ValueError(f"label = {label!r} is not one of {', '.join(self.labels)}.{perhaps(label, self.labels)}")

    def mixture(self, first: int, second: int, share: float | Sequence[float]) -> Tensor:
        """A label between two classes, for `generate`: (1 or n, classes), `share` 0 to 1 of `second` and the rest of `first`.

        ValueError for a model without labels and for classes out of range.
        """
        if not self.conditional:
            raise ValueError(f"{self.name} is not conditional: it has no classes to mix.")
        ends = self.condition(2, [first, second])
        assert ends is not None
        pure = torch.nn.functional.one_hot(ends, self.spec.num_classes).float()
        shares = torch.as_tensor(share, dtype=torch.float32).reshape(-1, 1)
        return (1 - shares) * pure[0] + shares * pure[1]

    @cached_property
    def directions(self) -> Tensor:
        """Unit directions in z, the most influential first, (k, z_dim), k <= z_dim.

        The right singular vectors of the first weight that meets z: the directions that this layer stretches most (SeFa's
        closed form, Shen & Zhou 2021). That layer is linear and the numbers of z are uncorrelated, so they are what GANSpace
        (Härkönen et al. 2020) finds by a PCA of the layer's sampled outputs, before anything bends them, and a regression of
        the components on z; without the samples (tests/test_directions.py). A label beside z is held: it adds a constant. In
        a self-conditioned model z's first number also draws the cluster, a jump that no direction knows: they hold within
        one cluster. Signs are fixed so that reloading changes nothing.
        """
        first = next(layer for layer in self.generator.modules() if isinstance(layer, nn.Linear | nn.ConvTranspose2d))
        weight = first.weight.detach().float().cpu()
        matrix = weight if isinstance(first, nn.Linear) else weight.flatten(1).T  # (features, z_dim [+ classes])
        directions = torch.linalg.svd(matrix[:, : self.z_dim], full_matrices=False).Vh
        largest = directions.gather(1, directions.abs().argmax(dim=1, keepdim=True))
        return directions * largest.sign()
