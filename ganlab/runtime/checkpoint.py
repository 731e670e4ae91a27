"""A checkpoint is a folder: config.json and model.safetensors to use it, training_state.pt to resume from it.

The first two are the layout of a Hub repository. A folder under its final name is complete: it is written beside, synced
and renamed.
"""

from __future__ import annotations

import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ganlab.core import plugins
from ganlab.core import tensors as weights
from ganlab.core.config import misfit
from ganlab.core.events import Checkpoint
from ganlab.core.files import is_file, read_bounded
from ganlab.core.kept import Kept
from ganlab.core.names import from_json, to_json
from ganlab.core.types import Conditioning
from ganlab.runtime.pictures import where_now

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "ganlab-1"
MOST_BYTES = 2**24  # of a config.json, which names every label
_NAME = re.compile(r"step-[0-9]{1,18}")
STATES_BUDGET = 500 * 2**20  # bytes of one run, so that small ones can be forked at any checkpoint
MODEL, DISCRIMINATORS, STATE, INFO = "model.safetensors", "discriminators.safetensors", "training_state.pt", "config.json"
_UNREADABLE = (UnpicklingError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError)
_KINDS = {"config": dict, "spec": dict, "labels": list, "step": int, "recipe": str}


@dataclass(frozen=True)
class Info:
    """config.json of a checkpoint: how to build the generator and what its labels mean."""

    config: dict[str, Any]
    spec: dict[str, Any]
    labels: tuple[str, ...]
    step: int
    recipe: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)  # that it needs, see plugins.origins

    @property
    def conditioning(self) -> Conditioning:
        """What the generators are conditioned on; ValueError where `spec` is damaged."""
        return Conditioning(self.spec.get("conditioning", Conditioning.NONE))


def folder_name(step: int) -> str:
    """The name of the checkpoint after `step`."""
    return f"step-{step:06d}"


def save(parent: Path, event: Checkpoint, config: Mapping[str, Any], recipe: str = "") -> Path:
    """Write the checkpoint under `parent` and return its folder; an interrupted write leaves only a .partial behind.

    OSError when it cannot be written; then it takes no room.
    """
    target = parent / folder_name(event.step)
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        facts = dict(config), dict(event.spec), tuple(event.labels), event.step, recipe
        write(partial, Info(*facts, plugins.origins(config)), event.model, event.state)
        for file in partial.iterdir():
            _sync(file)
        _sync(partial)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    aside = target.with_name(f".deleted-{target.name}")
    if target.exists():  # resumed past an older copy of the same step
        shutil.rmtree(aside, ignore_errors=True)
        target.rename(aside)  # renamed first: whole or gone, whenever this is killed
    partial.rename(target)
    _sync(parent)
    shutil.rmtree(aside, ignore_errors=True)
    return target


def write(folder: Path, info: Info, model: Mapping[str, Tensor], state: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Write what a checkpoint holds into `folder`, made where it is missing; OSError when it cannot be written."""
    import torch  # noqa: PLC0415  (slow to import)
    from safetensors import SafetensorError  # noqa: PLC0415  (brings PyTorch)

    folder.mkdir(parents=True, exist_ok=True)
    facts = {"format": FORMAT, "config": info.config, "spec": info.spec, "labels": list(info.labels)}
    facts |= {"packages": dict(info.packages)} if info.packages else {}
    (folder / INFO).write_text(to_json(facts | {"step": info.step, "recipe": info.recipe}, indent=2) + "\n")
    try:
        weights.write(model, folder / MODEL)
        if state:
            with (folder / STATE).open("wb") as file:
                torch.save(dict(state), file)
    except (SafetensorError, RuntimeError) as error:  # both hide the operating system's error
        number = re.search(r"os error (\d+)", str(error))
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        if number:
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from None
        raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checkpoints(parent: Path) -> list[Path]:
    """The complete checkpoints under `parent`, oldest first."""
    try:
        paths = list(parent.iterdir())
    except OSError:  # none yet, or it may not be looked at
        return []
    found = [path for path in paths if _NAME.fullmatch(path.name) and is_file(path / INFO)]
    return sorted(found, key=step_of)


def drop_old_states(parent: Path, keep: int = 2, budget: int = STATES_BUDGET) -> None:
    """Delete training_state.pt (three quarters of a checkpoint) from the oldest until they take no more than `budget` bytes;
    never from the newest `keep`. The models stay."""
    sizes = {path: (path / STATE).stat().st_size for path in resumable(parent)}
    for path in list(sizes)[:-keep]:
        if sum(sizes.values()) <= budget:
            return
        (path / STATE).unlink(missing_ok=True)
        del sizes[path]


def resumable(parent: Path) -> list[Path]:
    """The checkpoints that a run can go on from, oldest first."""
    return [path for path in checkpoints(parent) if (path / STATE).is_file()]


def thin_out(parent: Path, limit: int, best: int | None = None, regular: int | None = None) -> None:
    """Delete checkpoints until `limit` are left: never the first, the last two, the `best` step's or the first `regular` one's (a
    run that was stopped earlier has an older one); of the others always the one whose neighbours are nearest to each other, so
    that those left are evenly spaced."""
    found = {step_of(path): path for path in checkpoints(parent)}
    while len(found) > limit:
        steps = list(found)
        kept = {best, regular, *(step_of(path) for path in resumable(parent)[-2:])}
        free = [i for i in range(1, len(steps) - 1) if steps[i] not in kept]
        if not free:
            return
        path = found.pop(steps[min(free, key=lambda i: steps[i + 1] - steps[i - 1])])
        shutil.rmtree(path.rename(path.with_suffix(".partial")))  # renamed first: whole or gone, whenever this is killed


def step_of(folder: Path) -> int:
    """The step that a checkpoint folder is named after."""
    return int(folder.name.removeprefix("step-"))


def read_info(folder: Path) -> Info:
    """config.json of a checkpoint folder, read once until it changes; ValueError when it is not one of ours."""
    return _INFOS(folder)


def _read_info(folder: Path) -> Info:
    try:
        values = from_json(read_bounded(folder / INFO, MOST_BYTES), names="labels")
    except FileNotFoundError:
        raise ValueError(f"{folder.name} is not a checkpoint: it has no {INFO}.") from None
    except ValueError:
        raise ValueError(f"{INFO} in {folder.name} is damaged: it is not JSON.") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ValueError(f"{INFO} in {folder.name} is not in the format {FORMAT}.")
    for name, kind in _KINDS.items():  # it may come from a stranger
        if name not in values and name != "recipe":
            raise ValueError(f"{INFO} in {folder.name} lacks {name!r}.")
        if not isinstance(values.get(name, ""), kind) or (name == "labels" and not all(isinstance(x, str) for x in values[name])):
            raise ValueError(f"{INFO} in {folder.name} is damaged: {name!r} is not what it should be.")
    if misfit(values["config"]) is not None or not _is_spec(values["spec"]):
        raise ValueError(f"{INFO} in {folder.name} is damaged: its 'config' or 'spec' is not what it should be.")
    packages = values["packages"] if plugins.are_origins(values.get("packages")) else {}
    if path := values["config"].get("data_path"):
        values["config"]["data_path"] = where_now(path, folder.parent.parent)  # of the run that has this checkpoint
    return Info(values["config"], values["spec"], tuple(values["labels"]), values["step"], values.get("recipe", ""), packages)


_INFOS = Kept(_read_info, lambda folder: (folder / INFO,))


def _is_spec(spec: Mapping[str, Any]) -> bool:
    """Whether this says of what size and with how many channels a model's images are."""
    return all(isinstance(spec.get(name), int) and spec[name] > 0 for name in ("image_size", "channels"))


def read_model(folder: Path) -> dict[str, Tensor]:
    """The averaged generators' tensors; safetensors holds no code. ValueError when the file is missing or damaged."""
    return _read_tensors(folder, MODEL)


def read_discriminators(folder: Path) -> dict[str, Tensor]:
    """The discriminators' tensors as `D.<name>`: from a file of their own, or what a resume needs; {} when neither is there."""
    if (folder / DISCRIMINATORS).is_file():
        return _read_tensors(folder, DISCRIMINATORS)
    if not (folder / STATE).is_file():
        return {}
    networks = read_state(folder)["training"]["networks"]
    return {name: tensor for name, tensor in networks.items() if name.startswith("D")}


def _read_tensors(folder: Path, name: str) -> dict[str, Tensor]:
    try:
        return weights.read(folder / name)
    except FileNotFoundError:
        raise ValueError(f"{folder.name} is not a checkpoint: it has no {name}.") from None


def read_state(folder: Path) -> dict[str, Any]:
    """What `Checkpoint.state` held; never executes code from the file. ValueError when it is missing or damaged."""
    import torch  # noqa: PLC0415  (slow to import)

    try:
        with zipfile.ZipFile(folder / STATE) as archive:
            if archive.testzip() is not None:  # torch.load itself does not look at the checksums
                raise EOFError
        state = torch.load(folder / STATE, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ValueError(f"{folder.name} can be used but not resumed from: it has no {STATE}.") from None
    except _UNREADABLE:  # torch's own texts advise turning the safety off
        state = None
    if not isinstance(state, dict):
        raise ValueError(f"{STATE} in {folder.name} is damaged.")
    return state
