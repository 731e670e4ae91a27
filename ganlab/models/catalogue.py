"""Where models are: one catalogue of the shipped checkpoints and of what the runs have trained so far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ganlab.core.shipped import shipped
from ganlab.core.types import Conditioning
from ganlab.runtime import checkpoint
from ganlab.runtime.run import Gone, Run, runs

SHIPPED = shipped("checkpoints")

# What lies there, by the names of the recipes that made it; menus list it in this order and begin with the first.
NAMES = (
    *("digits-cgan", "digits-quick", "digits-quick-conditional", "digits-dcgan", "digits-lsgan", "digits-wgan-gp", "digits-gan"),
    *("cifar-cgan", "cifar-dcgan", "shapes-quick", "horse2zebra-light", "facades-light"),
)


@dataclass(frozen=True)
class Model:
    """Something to play with. `name` is what `Pipeline.load` takes; `origin` is 'shipped' or 'run'; `folder` its checkpoint."""

    name: str
    title: str
    origin: str
    folder: Path

    @property
    def translates(self) -> bool:
        """Whether it turns images into images rather than z; False where its config.json is damaged."""
        try:
            return checkpoint.read_info(self.folder).spec.get("conditioning") in (Conditioning.PAIRED, Conditioning.UNPAIRED)
        except ValueError:
            return False

    @property
    def picture(self) -> Path | None:
        """A sample sheet to show on a card, if it has one."""
        if self.origin == "shipped":
            path = self.folder / "samples.png"
            return path if path.is_file() else None
        run = Run.open(self.name)
        steps = run.samples()
        return run.sample_path(steps[-1]) if steps else None


def models() -> list[Model]:
    """Every model here: runs with a checkpoint (newest first), then the shipped ones."""
    shipped = [Model(path.name, path.name, "shipped", path) for path in SHIPPED.glob("*") if (path / checkpoint.INFO).is_file()]
    return [*_trained(), *sorted(shipped, key=_place)]


def _trained() -> Iterator[Model]:
    for run in runs():
        with suppress(Gone):  # deleted since it was listed
            if found := run.checkpoints():
                yield Model(run.id, run.title, "run", found[-1])


def _place(model: Model) -> tuple[int, str]:
    return (NAMES.index(model.name) if model.name in NAMES else len(NAMES), model.name)


def find(source: str | Path) -> Path:
    """The checkpoint folder or file of foreign weights that a run id, a shipped name or a path means; ValueError for none.

    What is none of these but a name in the catalogue, or an address on the Hub, is pulled from there, if it is not cached.
    """
    return find_here(source) or _from_the_hub(str(source))


def find_here(source: str | Path) -> Path | None:
    """The same without the Hub; None where it is not on this machine."""
    for model in models():
        if model.name == str(source):
            return model.folder
    path = Path(source)
    if path.is_file() or ((path / checkpoint.INFO).is_file() and (path / checkpoint.MODEL).is_file()):
        return path
    inside = checkpoint.checkpoints(path / "checkpoints")
    return inside[-1] if inside else None


def _from_the_hub(source: str) -> Path:
    from ganlab.models import hub
    from ganlab.models import pretrained as zoo

    if (there := zoo.on_hub(source)) is None:
        raise ValueError(
            f"There is no model {source!r}: it is no run with a checkpoint, no shipped model, no checkpoint, not in the "
            "catalogue (`ganlab zoo`) and no address on the Hub (org/name)."
        )
    return hub.pull(there.address, sha256=there.sha256)
