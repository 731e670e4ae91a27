"""Every model that can be chosen: what the runs have trained so far, the shipped checkpoints, and the table of the Hub.

Listing imports neither torch nor the Hub's client.
"""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from ganlab.core.kept import Lately
from ganlab.core.names import decoded, is_there, located
from ganlab.core.shipped import shipped
from ganlab.data import DATASETS
from ganlab.models import hub, pretrained
from ganlab.models.cards import read as cards
from ganlab.models.entry import NOT_STATED, ModelEntry, Origin
from ganlab.runtime import checkpoint
from ganlab.runtime.run import UNREADABLE, runs, runs_root

SHIPPED = shipped("checkpoints")

# What lies there, by the names of the recipes that made it; menus list it in this order and begin with the first.
NAMES = (
    *("digits-cgan", "digits-quick", "digits-quick-conditional", "digits-dcgan", "digits-lsgan", "digits-wgan-gp", "digits-gan"),
    *("cifar-cgan", "cifar-dcgan", "shapes-quick", "horse2zebra-light", "facades-light"),
)


def catalogue() -> list[ModelEntry]:
    """Every model that can be chosen: runs (newest first), shipped ones, and those on the Hub. Asks no network."""
    return [entry for entry in models() if entry.family] + list(pretrained.HUB)


def models() -> list[ModelEntry]:
    """Every model here: runs with a checkpoint (newest first), then the shipped ones; damaged ones without their facts."""
    names = decoded(path.name for path in SHIPPED.glob("*") if (path / checkpoint.INFO).is_file())
    ours = [_entry(name, name, "shipped", SHIPPED / str(raw)) for raw, name in names.items()]
    return [*_trained(runs_root()), *sorted(ours, key=_place)]


def _look(root: Path) -> list[ModelEntry]:
    found = []
    for run in runs(root):
        with suppress(*UNREADABLE):  # deleted since it was listed, or damaged: the list of runs says so
            if kept := run.checkpoints():
                found.append(_entry(run.id, run.title, "run", kept[-1]))
    return found


_trained = Lately(_look)


def _entry(name: str, title: str, origin: Origin, folder: Path) -> ModelEntry:
    try:
        info = checkpoint.read_info(folder)
        family, data, conditioning = str(info.config["family"]), str(info.config["dataset"]), info.conditioning
        card = cards.read(folder / "README.md")
    except (ValueError, KeyError):
        return ModelEntry(name, title, origin, folder)
    return ModelEntry(
        name,
        card.title or title,
        origin,
        folder,
        family,
        data,
        str(info.config.get("data_path") or ""),
        conditioning,
        tuple(info.labels) if conditioning.between_images else (),
        card.licence or ("your own" if origin == "run" else NOT_STATED),
        checkpoint.FORMAT,
        card.summary
        or _reading(card.distance, data)
        or card.measured
        or f"Trained for {info.step:,} steps; look at its samples.",
    )


def _reading(distance: float | None, data: str) -> str:
    """A card's distance for those who do not know its metric's name; "" where it has none."""
    noun = DATASETS[data].noun if data in DATASETS else "images"
    return "" if distance is None else f"Distance to real {noun} {distance:.4g}, lower is better."


def _place(model: ModelEntry) -> tuple[int, str]:
    return (NAMES.index(model.name) if model.name in NAMES else len(NAMES), model.name)


def find(source: str | Path) -> Path:
    """The checkpoint folder or file of foreign weights that a run id, a shipped name or a path means; ValueError for none.

    What is none of these but a name in the catalogue, or an address on the Hub, is pulled from there, if it is not cached.
    """
    if (here := find_here(source)) is not None:
        return here
    there = pretrained.on_hub(str(source))
    if there is None or there.address is None:
        if source and Path(source).is_dir():
            needed = f"{checkpoint.INFO} and {checkpoint.MODEL}"
            raise ValueError(f"There is no model {str(source)!r}: this folder is neither a run nor a checkpoint ({needed}).")
        near = get_close_matches(str(source), [entry.name for entry in catalogue()], 1)
        meant = f" Perhaps {near[0]} is meant." if near else ""
        raise ValueError(
            f"There is no model {str(source)!r}: it is no run with a checkpoint, no shipped model, no checkpoint, not in the "
            f"catalogue (`ganlab zoo`) and no address on the Hub (org/name).{meant}"
        )
    return hub.pull(there.address, sha256=there.sha256)


def find_here(source: str | Path) -> Path | None:
    """The same without the Hub; None where it is not on this machine."""
    for model in models():
        if model.name == str(source):
            return model.folder
    if not is_there(source):
        return None
    path = located(source)
    path = path.parent if _is_part_of_checkpoint(path) else path
    if path.is_file() or ((path / checkpoint.INFO).is_file() and (path / checkpoint.MODEL).is_file()):
        return path
    inside = checkpoint.checkpoints(path / "checkpoints")
    return inside[-1] if inside else None


def _is_part_of_checkpoint(path: Path) -> bool:
    """Whether a file is one of a checkpoint of ours: alone it does not say what networks it is for."""
    if path.name not in (checkpoint.MODEL, checkpoint.STATE, checkpoint.DISCRIMINATORS) or not path.is_file():
        return False
    try:
        checkpoint.read_info(path.parent)
    except (ValueError, OSError):  # a config.json of another project, or none
        return False
    return True
