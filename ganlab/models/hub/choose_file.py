"""Which file of a repository is the model: our own layout before others', and no code in either case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from ganlab.data.hub.address import Address, HubError, safe
from ganlab.models.adapters.names import Role, meaning
from ganlab.runtime.checkpoint import INFO, MODEL

_SAFE, _PICKLED = (".safetensors",), (".pth", ".pt", ".bin", ".ckpt", ".pkl")
_STATES = ("training_args", "training_state", "rng_state", "scaler")
_KERAS = ("saved_model.pb", "keras_metadata.pb", "tf_model.h5", ".h5", ".keras")


def own_folder(names: Collection[str], file: str) -> str | None:
    """The folder that looks like a checkpoint of ours ("" is the top), where `file` is "", it, or its model; None without."""
    folder = str(PurePosixPath(file).parent) if PurePosixPath(file).name == MODEL else file
    folder = "" if folder == "." else folder
    return folder if inside(folder, INFO) in names and inside(folder, MODEL) in names else None


def inside(folder: str, name: str) -> str:
    """The path of a file in a folder of the repository."""
    return f"{folder}/{name}" if folder else name


def choose(names: Sequence[str], address: Address) -> str:
    """The one file of weights that `address` means; HubError, one sentence, when there is none, or more than one."""
    wanted = address.file
    if wanted in names:
        return wanted
    below = [name for name in names if safe(name) and (not wanted or name.startswith(f"{wanted}/"))]
    if not below:
        raise HubError(f"{address.repo} has no {'file ' + repr(wanted) if wanted else 'files'}: see {address.page}.")
    found = _usable(below, _SAFE) or _usable(below, _PICKLED)
    if not found:
        raise HubError(_nothing(below, address))
    top = [name for name in found if name.count("/") == min(map(_depth, found))]
    generators = [name for name in top if meaning(PurePosixPath(name).stem).role is Role.GENERATOR]
    for narrower in (found, top, generators):
        if len(narrower) == 1:
            return narrower[0]
    listed = ", ".join(sorted(found)[:6]) + (" …" if len(found) > 6 else "")
    raise HubError(f"{address} holds {len(found)} files of weights ({listed}): name the one you want, as {address}/{found[0]}.")


def _usable(names: Sequence[str], suffixes: tuple[str, ...]) -> list[str]:
    """Those that may hold a generator, by their names alone."""
    paths = [PurePosixPath(name) for name in names]
    roles = (Role.DISCRIMINATOR, Role.TRAINING)
    return [
        str(path)
        for path in paths
        if path.suffix.lower() in suffixes and meaning(path.stem).role not in roles and path.stem.lower() not in _STATES
    ]


def _depth(name: str) -> int:
    return name.count("/")


def _nothing(names: Sequence[str], address: Address) -> str:
    if any(name.lower().endswith(_KERAS) for name in names):
        return f"{address} holds a Keras or TensorFlow model, which cannot be loaded here: only PyTorch weights can."
    return f"{address} holds no file of weights that can be loaded here ({', '.join((*_SAFE, *_PICKLED))})."
