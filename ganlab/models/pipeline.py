"""Pipeline: a loaded generator, ready to draw or to translate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from torch import Tensor, nn

from ganlab.core.config import TrainConfig
from ganlab.core.devices import resolve
from ganlab.core.guesses import explained, guesses
from ganlab.core.images import png
from ganlab.core.types import DataSpec
from ganlab.models import hub, pretrained
from ganlab.models.adapters import recognition
from ganlab.models.adapters.layout import Unfilled
from ganlab.models.catalogue import find
from ganlab.models.drawing import Drawing, legible
from ganlab.models.translating import Translating
from ganlab.runtime import checkpoint
from ganlab.runtime.run import Run
from ganlab.training.families import FAMILIES, load_config

if TYPE_CHECKING:
    from ganlab.models.adapters.foreign import Foreign


_OPENED = "Pipeline.load(name, path or run) opens a model"
_MEANT = {
    "images pictures draw generate_images": "sample(n, seed) draws pictures",
    "from_run from_checkpoint from_file from_path open list": _OPENED,
    "G netG model network net module": "generator is its network, generators has all of them by name",
    "D netD discriminator": "discriminators has those at hand by name, most checkpoints have none",
    "config classes class_names num_classes image_size resolution": "labels names the classes, spec has image_size and channels",
    "latent_dim nz latent_size": "z_dim is the size of z",
    "cuda cpu": "to(device) moves it",
    "eval half float requires_grad_": "its networks are ready to draw, to(device) moves them",
    "save": "save_pretrained(folder) writes the model, sample(n).save(path) its pictures",
    "push_to_hub": "save_pretrained(folder), then ganlab.push(folder, 'org/name') uploads it",
    "evaluate fid metrics": "ganlab.evaluate(pipeline) measures it",
    "interpolate mix": "generate(z) draws any z, latents(n, seed) returns some, mixture(first, second, share) mixes classes",
    "show plot display": "grid(n).show() opens a sheet, and a notebook shows the pipeline itself",
    "train fit": "ganlab.train(...) trains",
}


@guesses(_MEANT)
class Pipeline(Drawing, Translating):
    """Generators in eval mode with what is needed to use them; make one with `Pipeline.load`.

    `generators` is {"G": ...}, or {"G_AB": ..., "G_BA": ...} for two directions; `labels` names the classes, or for image to
    image the two domains. `discriminators` holds those at hand, by name; most checkpoints that travel have none; the generator
    named `kept` stayed as it was while they were trained. Of weights of other projects, `decisions` are what their file did not
    fix (see ganlab.models.adapters.foreign), and `unused` names the tensors that no network here needs; both are empty for
    checkpoints of ours, which say what they are.
    """

    def __new__(cls, *parts: Any, **more: Any) -> Self:
        """ValueError for what `load` takes."""
        if not parts and not more:
            raise ValueError(f"{_OPENED}.")
        if parts and isinstance(parts[0], str | Path | Run):
            raise ValueError(f"A pipeline is opened with Pipeline.load({getattr(parts[0], 'id', parts[0])!r}).")
        return super().__new__(cls)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """What `translate` makes of a picture where this model translates, else what `sample` draws."""
        return (self.translate if self.translates else self.sample)(*arguments, **named)

    @classmethod
    @explained
    def load(
        cls, source: str | Path | Run, device: str = "cpu", *, name: str = "", assume: Mapping[str, str] | None = None
    ) -> Self:
        """From a run (its newest checkpoint), the name of a shipped model, a checkpoint folder, or a file of foreign weights.

        Also a name in the catalogue or an address on the Hub, which is downloaded into the standard cache where it is not there
        yet. `device` is what the setting of that name takes, "auto" among it. `assume` settles what a file of weights leaves
        open, {"activation": "relu"}; see `decisions`. ValueError, one sentence, when there is none or it cannot be used; it calls
        the model `name`, or else as `source` does.
        """
        if not isinstance(source, str | Path | Run):
            raise ValueError(f"source is of type {type(source).__name__}: {_OPENED}.")
        named = name or (source.id if isinstance(source, Run) else str(source))
        return cls._of_place(find(source.path if isinstance(source, Run) else source), named, resolve(str(device)), assume or {})

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
        without_weights = {key: network for key, network in networks.items() if key.startswith("D")}
        networks = {key: network for key, network in networks.items() if key.startswith("G")}

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

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config.json and model.safetensors into `folder`, which `load` and huggingface_hub's mixin read.

        ValueError for weights of other projects, of which the file itself is to be kept, and OSError when they cannot be written.
        """
        if self._info is None:
            raise ValueError(
                f"{self.name} is of another project's weights or of networks of your own, which no settings of ours describe: "
                "keep its file, or pipeline.generator.state_dict()."
            )
        networks = nn.ModuleDict(dict(self.generators)).state_dict()
        checkpoint.write(Path(folder), self._info, {name: tensor.cpu().contiguous() for name, tensor in networks.items()})

    def __repr__(self) -> str:
        makes = f"{self.spec.image_size} px, {'grey' if self.spec.channels == 1 else 'colour'}"
        labels = f", labels {', '.join(self.labels)}" if self.labels and (self.conditional or self.translates) else ""
        return f"<Pipeline {self.name}: {self.title}, {makes}{labels}, on {self.device}>"

    def _repr_png_(self) -> bytes | None:
        """Some pictures, where a notebook shows this pipeline; none of what translates."""
        if self.translates:
            return None
        n = self.spec.num_classes * 2 if self.conditional else 16
        return png(self.sample(n).sheet(self.columns(n, None), legible(self.spec.image_size)))


def _built(info: checkpoint.Info, name: str) -> tuple[TrainConfig, DataSpec, dict[str, nn.Module]]:
    """The networks that a config.json describes, without weights; ValueError for one that describes none."""
    try:
        config, spec = load_config(info.config, info.packages), DataSpec.from_dict(info.spec)
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
