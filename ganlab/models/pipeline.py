"""Pipeline: a loaded generator, ready to draw or to translate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ganlab.core.config import TrainConfig
from ganlab.core.devices import resolve
from ganlab.core.images import png, read, sheet, to_pil, to_uint8
from ganlab.core.names import located, shown
from ganlab.core.other_names import nearest
from ganlab.core.types import Conditioning, DataSpec
from ganlab.models import full_size, hub, pretrained
from ganlab.models.adapters import recognition
from ganlab.models.adapters.layout import Unfilled
from ganlab.models.catalogue import find
from ganlab.runtime import checkpoint
from ganlab.runtime.run import Run
from ganlab.training.families import FAMILIES, load_config
from ganlab.training.state import laid_out, memory_layout

if TYPE_CHECKING:
    from ganlab.models.adapters.foreign import Decision, Foreign

_BATCH = 64  # bounds memory, whatever n is
DIRECTIONS = ("AtoB", "BtoA")
Label = int | str | Sequence[int | str]  # a class, by its number or name; one for all pictures or one each
UNIFORM = {"uniform(-1,1)": (-1.0, 1.0), "uniform(0,1)": (0.0, 1.0)}  # values of the decision "z"; others are standard normal


class Pictures(list[Image.Image]):
    """Pictures of one size, in a list that can be saved and is shown by a notebook as one sheet."""

    def sheet(self, columns: int = 0) -> Image.Image:
        """All of them on one sheet, by default as square as it can be."""
        pixels = torch.stack([torch.from_numpy(np.array(image)).reshape(image.height, image.width, -1) for image in self])
        return sheet(pixels.permute(0, 3, 1, 2), columns or round(len(self) ** 0.5) or 1)

    def save(self, path: str | Path) -> None:
        """Write the sheet in the format of the path's ending."""
        self.sheet().save(path)

    def _repr_png_(self) -> bytes | None:
        return png(self.sheet()) if self else None


class Pipeline:
    """Generators in eval mode with what is needed to use them; make one with `Pipeline.load`.

    `generators` is {"G": ...}, or {"G_AB": ..., "G_BA": ...} for two directions; `labels` names the classes, or for image to
    image the two domains. `discriminators` holds those at hand, by name; most checkpoints that travel have none; the generator
    named `kept` stayed as it was while they were trained. Of weights of other projects, `decisions` are what their file did not
    fix (see ganlab.models.adapters.foreign), and `unused` names the tensors that no network here needs; both are empty for
    checkpoints of ours, which say what they are.
    """

    def __new__(cls, *parts: Any, **more: Any) -> Self:
        """ValueError for what `load` takes."""
        if parts and isinstance(parts[0], str | Path | Run):
            raise ValueError(f"A pipeline is opened with Pipeline.load({getattr(parts[0], 'id', parts[0])!r}).")
        return super().__new__(cls)

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
                network.register_forward_pre_hook(lambda _, given: self._check_z(given[0]))
        self._discriminators = discriminators
        self.pace: dict[str, float] = {}  # seconds for each pixel of a translation, as ganlab.models.translation has measured
        self.score = score  # a discriminator's logits -> what people read

    @cached_property
    def discriminators(self) -> dict[str, nn.Module]:
        """Those at hand, by name, read when first asked for; {} for most checkpoints that travel."""
        return {key: self._ready(network) for key, network in self._discriminators().items()}

    @property
    def memory(self) -> int:
        """Bytes of the generators' numbers."""
        tensors = [tensor for network in self.generators.values() for tensor in network.state_dict().values()]
        return sum(tensor.nbytes for tensor in tensors)

    def _ready(self, network: nn.Module) -> nn.Module:
        layout = memory_layout(self.spec, self.device)
        return laid_out(network.to(self.device), layout).eval().requires_grad_(False)

    @classmethod
    def load(
        cls, source: str | Path | Run, device: str = "cpu", *, name: str = "", assume: Mapping[str, str] | None = None
    ) -> Self:
        """From a run (its newest checkpoint), the name of a shipped model, a checkpoint folder, or a file of foreign weights.

        Also a name in the catalogue or an address on the Hub, which is downloaded into the standard cache where it is not there
        yet. `device` is what the setting of that name takes, "auto" among it. `assume` settles what a file of weights leaves
        open, {"activation": "relu"}; see `decisions`. ValueError, one sentence, when there is none or it cannot be used; it calls
        the model `name`, or else as `source` does.
        """
        named = name or (source.id if isinstance(source, Run) else str(source))
        return cls._of_place(find(source.path if isinstance(source, Run) else source), named, resolve(device), assume or {})

    @classmethod
    def from_pretrained(cls, id_or_path: str | Path, revision: str | None = None, device: str = "cpu") -> Self:
        """What `load` takes; `revision` pins an address on the Hub ("org/name") to a branch, a tag or a commit.

        Repositories of ours are checkpoint folders: config.json and model.safetensors, which huggingface_hub's
        PyTorchModelHubMixin reads as well (see ganlab.models.hub.mixin). HF_HOME, HF_TOKEN and HF_HUB_OFFLINE mean what they
        always mean.
        """
        if not revision:
            return cls.load(id_or_path, device)
        return cls._of_place(hub.pull(str(id_or_path), revision=revision), f"{id_or_path}@{revision}", resolve(device), {})

    @classmethod
    def _of_place(cls, place: Path, name: str, device: str, assume: Mapping[str, str]) -> Self:
        """From a checkpoint folder or a file of foreign weights."""
        if place.is_file():
            pipeline = cls.of_foreign(recognition.load(place, assume), name=name, device=device)
            entry = pretrained.named(name)
            if entry and pipeline.translates:
                pipeline.labels = entry.domains
            return pipeline
        if assume:
            raise ValueError(
                f"{name} is a checkpoint of GANLab, which leaves nothing open: {', '.join(assume)} cannot be assumed."
            )
        info, model = checkpoint.read_info(place), checkpoint.read_model(place)
        return cls.of_checkpoint(info, model, lambda: checkpoint.read_discriminators(place), name=name, device=device)

    @classmethod
    def of_checkpoint(
        cls,
        info: checkpoint.Info,
        model: Mapping[str, Tensor],
        discriminators: Callable[[], Mapping[str, Tensor]] = dict,
        *,
        name: str = "",
        device: str = "cpu",
    ) -> Self:
        """From what a checkpoint holds: its config.json, and tensors named `G.<name>`, `D.<name>`; ValueError if unfit."""
        config, spec, networks = _built(info, name)
        without_weights = {key: networks.pop(key) for key in list(networks) if not key.startswith("G")}

        def load_discriminators() -> Mapping[str, nn.Module]:
            return _filled(without_weights, tensors, name) if (tensors := discriminators()) else {}

        return cls(
            _filled(networks, model, name),
            spec,
            z_dim=config.z_dim,
            labels=info.labels,
            name=name,
            title=FAMILIES[config.family].title,
            score=FAMILIES[config.family].objective.score,
            step=info.step,
            size=getattr(config, "test_size", 0),
            direction=getattr(config, "direction", "AtoB"),
            kept=getattr(config, "keep", ""),
            discriminators=load_discriminators,
            info=info,
            device=device,
        )

    @classmethod
    def of_foreign(cls, foreign: Foreign, *, name: str = "", device: str = "cpu") -> Self:
        """From a foreign checkpoint that an adapter has recognised."""
        return cls(
            foreign.generators,
            foreign.spec,
            z_dim=foreign.z_dim,
            labels=foreign.labels,
            name=name,
            title=foreign.layout,
            decisions=foreign.decisions,
            unused=foreign.unused,
            device=device,
        )

    @property
    def generator(self) -> nn.Module:
        """The only one, or the one from A to B."""
        return next(iter(self.generators.values()))

    @property
    def translates(self) -> bool:
        """Whether this is for `translate`, not for `sample`."""
        return self.spec.conditioning.between_images

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

    def translate(
        self,
        image: Image.Image | str | Path,
        direction: str | None = None,
        *,
        size: int | None = None,
        original_size: bool = True,
    ) -> Image.Image:
        """A picture of the other domain, as large as `image`, whose own details stay where nothing was drawn anew.

        The network works on about the area of `size` x `size` pixels. `direction` "AtoB" or "BtoA" and `size` are by default the
        model's own; without `original_size` the picture is what the network drew, as small as that is. Photos of more than 24
        megapixels are made smaller first; `image` may be the path of one. ValueError when this model does not translate that way.
        """
        image = read(located(image)) if isinstance(image, str | Path) else image
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
            raise ValueError(f"direction = {direction!r} is not one of {', '.join(routes)}, which {self.name} has.")
        return routes[direction]

    @property
    def conditional(self) -> bool:
        """Whether `sample` takes a label."""
        return self.spec.conditioning is Conditioning.LABEL

    def latents(self, n: int, seed: int | Sequence[int]) -> Tensor:
        """z (n, z_dim), standard normal, or uniform where that was decided; row i depends on seed and i alone, on no device and
        no n. Of several seeds each gives one row, the first of its own. ValueError where they are not n.
        """
        if isinstance(seed, int):
            generators = [torch.Generator().manual_seed(seed * 1_000_003 + i) for i in range(n)]
        elif len(seed) == n:
            generators = [torch.Generator().manual_seed(one * 1_000_003) for one in seed]
        else:
            raise ValueError(f"seed has {len(seed)} entries for {n} pictures: give one for all, or one each.")
        bounds = next((UNIFORM.get(decision.value) for decision in self.decisions if decision.setting == "z"), None)
        if bounds is None:
            return torch.stack([torch.randn(self.z_dim, generator=generator) for generator in generators])
        low, high = bounds
        return torch.stack([low + (high - low) * torch.rand(self.z_dim, generator=generator) for generator in generators])

    def sample(
        self, n: int = 1, seed: int | Sequence[int] = 0, *, label: Label | None = None, truncation: float = 1.0
    ) -> Pictures:
        """n pictures for a seed, or for a seed each. `label`: one for all or one each, by number or name; a conditional model
        without one goes through all classes.
        """
        return Pictures(to_pil(image) for image in self.generate(truncation * self.latents(n, seed), label))

    __call__ = sample

    def grid(self, n: int = 16, seed: int = 0, *, label: Label | None = None, columns: int = 0) -> Image.Image:
        """n pictures on one sheet, by default as square as it can be, or with a column for each class that is gone through."""
        by_class = self.conditional and label is None
        columns = columns or (self.spec.num_classes if by_class else round(n**0.5) or 1)
        return sheet(self.generate(self.latents(n, seed), label), columns)

    def to(self, device: str) -> Self:
        """Move the networks to a device, "auto" for the fastest; return this pipeline. ValueError where there is no such."""
        self.device = resolve(device)
        self.generators = {key: self._ready(network) for key, network in self.generators.items()}
        if "discriminators" in self.__dict__:
            self.discriminators = {key: self._ready(network) for key, network in self.discriminators.items()}
        return self

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config.json and model.safetensors into `folder`, which `load` and huggingface_hub's mixin read.

        ValueError for weights of other projects, of which the file itself is to be kept, and OSError when they cannot be written.
        """
        if self._info is None:
            raise ValueError(f"{self.name} is a file of another project's weights: keep that file, Pipeline.load reads it.")
        networks = nn.ModuleDict(dict(self.generators)).state_dict()
        checkpoint.write(Path(folder), self._info, {name: tensor.cpu().contiguous() for name, tensor in networks.items()})

    def __repr__(self) -> str:
        makes = f"{self.spec.image_size} px, {'grey' if self.spec.channels == 1 else 'colour'}"
        labels = f", labels {', '.join(self.labels)}" if self.labels else ""
        return f"<Pipeline {self.name}: {self.title}, {makes}{labels}, on {self.device}>"

    def _repr_png_(self) -> bytes | None:
        """Some pictures, where a notebook shows this pipeline; none of what translates."""
        return None if self.translates else png(self.grid(self.spec.num_classes * 2 if self.conditional else 16))

    @torch.inference_mode()
    def generate(self, z: Tensor, label: Label | Tensor | None = None) -> Tensor:
        """z (n, z_dim) -> images (n, C, S, S) uint8 on the CPU; ValueError when z or label does not fit.

        `label` as `sample` takes it, or floats (n or 1, classes): how much of each class, to mix classes.
        """
        if self.translates:
            raise ValueError(f"{self.name} translates images: it draws none from z; use `translate`.")
        self._check_z(z)
        labels = self.condition(len(z), label)
        parts = []
        for start in range(0, len(z), _BATCH):
            part = slice(start, start + _BATCH)
            condition = None if labels is None else labels[part].to(self.device)
            parts.append(to_uint8(self.generator(z[part].to(self.device), condition)).cpu())
        return torch.cat(parts)

    def _check_z(self, z: Tensor) -> None:
        if z.ndim != 2 or z.shape[1] != self.z_dim:
            raise ValueError(f"z has shape {tuple(z.shape)}, but {self.name} wants (n, {self.z_dim}).")

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
        if isinstance(label, int | Tensor):
            return label
        if not isinstance(label, str):
            return [int(self._numbers(one)) for one in label]  # type: ignore[arg-type]
        if label in self.labels:
            return self.labels.index(label)
        if label.lstrip("-").isdecimal():
            return int(label)
        near = nearest(label, self.labels)
        meant = f" Perhaps {near!r} is meant." if near else ""
        raise ValueError(f"label = {label!r} is not one of {', '.join(self.labels)}.{meant}")

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


def _built(info: checkpoint.Info, name: str) -> tuple[TrainConfig, DataSpec, dict[str, nn.Module]]:
    """The networks that a config.json describes, without weights; ValueError for one that describes none."""
    try:
        config, spec = load_config(info.config), DataSpec.from_dict(info.spec)
        if spec.conditioning is not FAMILIES[config.family].conditioning:
            raise ValueError(
                f"conditioning = {spec.conditioning.value!r} in {checkpoint.INFO} of {name} is not that of {config.family}."
            )
        with Unfilled():  # they are filled next, and what is not touched takes no memory
            return config, spec, FAMILIES[config.family].build_networks(config, spec)
    except ValueError:
        raise
    except (TypeError, AttributeError, KeyError, ArithmeticError, MemoryError, RuntimeError) as error:
        reason = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        raise ValueError(f"{checkpoint.INFO} of {name or 'the model'} describes no networks: {reason}.") from None


def _filled(networks: dict[str, nn.Module], tensors: Mapping[str, Tensor], name: str) -> dict[str, nn.Module]:
    """The networks with their weights; ValueError when these are those of others."""
    try:
        nn.ModuleDict(networks).load_state_dict(tensors)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ValueError(f"The tensors of {name or 'the model'} do not fit its config.json: {reason}") from None
    return networks
