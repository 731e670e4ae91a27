"""Tensors out of files of unknown origin (safetensors, both of PyTorch's formats, NumPy's), without running code of theirs."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ganlab.core.files import MAX_WEIGHTS_BYTES
from ganlab.core.inert_pickle import Inert
from ganlab.core.names import utf8_path
from ganlab.core.other_formats import HEAD, archive_format, by_suffix, other_format, text_format
from ganlab.core.stored_tensors import Stored, TooLarge, array, read_archive, read_pickles
from ganlab.core.text import byte_size

MAX_NUMBERS = 2**28  # what the tensors may unfold to; the largest generator known here has 54 million
MAX_DIRECTORY = 2**24  # for the pickle of names; a CycleGAN's takes 0.1 MB
MAX_LIST = 2**22  # for an archive's list of contents, and safetensors' header
MAX_ENTRIES = 20_000
MAX_LOOKS = 200_000  # at entries, in search of the network
MAX_GROWTH = 4  # of a file's bytes to those of its tensors: numbers of one byte become four
MAX_DEPTH = 32  # whole modules nest their layers
_MAX_NAME = 200


class Refused(ValueError):
    """Why a file's weights cannot be had: one sentence."""


def read(path: Path) -> dict[str, Tensor]:
    """Every tensor in the file by its dotted name, whatever its suffix; ValueError, one sentence, when it cannot be read.

    Objects beside the tensors are left out, and nothing of them is run. A whole module that was saved has the tensors of its
    state_dict; a list with one network is that network.
    """
    head = _head(path)
    try:
        return _read(path, head)
    except Refused:
        raise
    except Exception:  # hostile bytes raise nearly anything, from KeyError to struct.error
        raise Refused(_damaged(path.name, head)) from None


def _read(path: Path, head: bytes) -> dict[str, Tensor]:
    if head.startswith(b"version https://git-lfs"):
        raise Refused(f"{path.name} is only a Git LFS pointer: download the file itself.")
    if what := other_format(head, path.name):
        raise Refused(_not_weights(path.name, what))
    if _is_safetensors(head):
        return _flat(_safetensors(path), path)
    if head.startswith(b"PK\x03\x04"):
        return _of_archive(path)
    with path.open("rb") as file:
        return _flat(read_pickles(file), path)


def _head(path: Path) -> bytes:
    """The first bytes; ValueError for folders, missing and empty files and ones that are too large."""
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            raise Refused(f"{path.name} is a TensorFlow SavedModel, which cannot be loaded here: only PyTorch weights can.")
        raise Refused(f"{path.name} is a folder; name the file of weights in it.")
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise Refused(f"{path.name} is not a regular file.")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise Refused(f"{path.name} cannot be read: {error.strerror or type(error).__name__}.") from None
    if not size:
        raise Refused(f"{path.name} is empty.")
    if size > MAX_WEIGHTS_BYTES:
        raise Refused(f"{path.name} has {byte_size(size)}; weights of up to {byte_size(MAX_WEIGHTS_BYTES)} can be loaded.")
    return head


def _is_safetensors(head: bytes) -> bool:
    """Whether a file starts with the length of a JSON header and the header's first bytes."""
    return len(head) > 9 and int.from_bytes(head[:8], "little") <= MAX_WEIGHTS_BYTES and head[8:9] == b"{"


def _safetensors(path: Path) -> dict[str, Tensor]:
    with path.open("rb") as file:
        if int.from_bytes(file.read(8), "little") > MAX_LIST:
            raise Refused(f"{path.name} lists far more than a network's tensors.")
    try:
        with utf8_path(path) as place:
            return load_file(place)
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError):  # KeyError: a number type that torch lacks
        raise Refused(f"{path.name} is a damaged safetensors file.") from None


def _of_archive(path: Path) -> dict[str, Tensor]:
    """The tensors of what torch.save writes since 1.6, or numpy.savez."""
    names = _entries(path)
    pickled = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
    arrays = bool(names) and all(name.endswith(".npy") for name in names)
    if not arrays and (len(pickled) != 1 or any(name.endswith("constants.pkl") for name in names)):
        raise Refused(_not_weights(path.name, archive_format(names)))
    with zipfile.ZipFile(path) as archive:
        if arrays:
            return _flat(np.load(path, allow_pickle=False), path)
        return _flat(read_archive(archive, pickled[0]), path)


def _entries(path: Path) -> list[str]:
    """The names in an archive; ValueError for one that is damaged or unfolds to far more than its size."""
    try:
        if _directory_bytes(path) > MAX_LIST:
            raise Refused(f"{path.name} is an archive of too many files to be weights.")
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, UnicodeDecodeError, struct.error):
        raise Refused(f"{path.name} is damaged or incomplete: it starts like an archive but is not one.") from None
    if sum(entry.file_size for entry in entries) > MAX_WEIGHTS_BYTES:
        raise Refused(f"{path.name} unfolds to more than {byte_size(MAX_WEIGHTS_BYTES)}; that is more than can be loaded.")
    if sum(entry.file_size for entry in entries) > most_bytes(path):
        raise Refused(f"{path.name} unfolds to more than {MAX_GROWTH} times its size, far more than weights do.")
    if any(entry.filename.endswith(".pkl") and entry.file_size > MAX_DIRECTORY for entry in entries):
        raise Refused(f"{path.name} lists far more than a network's tensors.")
    return [entry.filename for entry in entries if not entry.is_dir()]


def _directory_bytes(path: Path) -> int:
    """The declared length of an archive's list of contents, in bytes; a list of millions would take gigabytes to read."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, 2**16 + 98), os.SEEK_END)
        tail = file.read()
    plain = len(tail) - 22  # as zipfile looks for it: without a comment behind it first
    end = plain if tail[plain:].startswith(b"PK\x05\x06") and tail.endswith(b"\0\0") else tail.rfind(b"PK\x05\x06")
    if end < 0:
        raise zipfile.BadZipFile
    size: int = struct.unpack_from("<I", tail, end + 12)[0]
    large = tail[max(end - 76, 0) : end]  # the 64-bit end record, with its locator behind it
    if large.startswith(b"PK\x06\x06"):
        size = struct.unpack_from("<Q", large, 40)[0]
    return size


def _not_weights(name: str, what: str) -> str:
    return f"{name} is not a file of PyTorch weights but {what}."


def _damaged(name: str, head: bytes) -> str:
    """One sentence on a file that could not be read."""
    if what := by_suffix(name) or text_format(head):
        return _not_weights(name, what)
    if head[:1] in (b"P", b"\x80"):
        return f"{name} is damaged or incomplete, or not a file that torch.save wrote."
    return f"{name} is not a file of PyTorch weights: it is neither safetensors nor what torch.save writes."


def most_bytes(path: Path) -> int:
    """How many bytes the weights in a file may take in memory."""
    return MAX_GROWTH * path.stat().st_size + 2**20


def _flat(content: Any, path: Path) -> dict[str, Tensor]:
    """{"a": {"b": tensor}} -> {"a.b": tensor}; ValueError when there is none, or one that is no plain, dense tensor."""
    name, looks = path.name, Looks(path.name)
    network = _only_network(content, name, looks)
    if tensors := _tensors(network, path, looks):
        return tensors
    for part in list(content.values())[:MAX_ENTRIES] if isinstance(content, Mapping) else ():
        if (network := _only_network(part, name, looks, "holds")) is not part and (tensors := _tensors(network, path, looks)):
            return tensors
    raise Refused(_no_tensors(content, name, looks))


def _tensors(network: Any, path: Path, looks: Looks) -> dict[str, Tensor]:
    """Those in `network` by their dotted names; ValueError for too many, or too large ones for the file."""
    tensors: dict[str, Tensor] = {}
    name, numbers, taken, most = path.name, 0, 0, most_bytes(path)
    for entries, (key, value) in enumerate(_walk(network, "", 0, looks), 1):
        if entries > MAX_ENTRIES:
            raise Refused(f"{name} has more than {MAX_ENTRIES:,} entries, too many for the weights of a network.")
        if not _is_weights(value):
            if isinstance(value, Inert) and value.path.startswith("torch._utils._rebuild_"):  # sparse, quantized, without data
                raise Refused(_unusual(name, key))
            continue
        count = value.count if isinstance(value, Stored) else value.size if isinstance(value, np.ndarray) else value.numel()
        numbers, taken = numbers + count, taken + count * max(4, value.dtype.itemsize)
        if numbers > MAX_NUMBERS:
            raise Refused(
                f"{name} unfolds to more than {MAX_NUMBERS / 1e6:,.0f} million numbers; that is more than can be loaded."
            )
        tensors[key] = _tensor(value, key, name)
        if taken > most:
            raise Refused(f"{name} unfolds to more than {MAX_GROWTH} times its size, far more than weights do.")
    return tensors


class Looks:
    """How many entries of a file have been looked at: what lies in itself a thousand times is looked at as often."""

    def __init__(self, name: str) -> None:
        self.name, self.left = name, MAX_LOOKS

    def take(self) -> None:
        """Refuse where there were too many."""
        self.left -= 1
        if self.left < 0:
            raise Refused(f"{self.name} has more than {MAX_ENTRIES:,} entries, too many for the weights of a network.")


def _tensor(value: Tensor | Stored | np.ndarray[Any, Any], key: str, name: str) -> Tensor:
    try:
        if isinstance(value, np.ndarray):
            return torch.from_numpy(value.astype(value.dtype.newbyteorder("="), order="C"))  # a copy in our order of bytes
        tensor = value.tensor() if isinstance(value, Stored) else value.detach()
    except TooLarge as error:
        count, stored = error.args
        raise Refused(
            f"{name} unfolds to more than is stored in it: {_shown(key)} has {count:,} numbers out of {stored:,}."
        ) from None
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta or tensor.is_complex():
        raise Refused(_unusual(name, key))
    return tensor


def _unusual(name: str, key: str) -> str:
    return f"{name} holds {_shown(key)}, which is not a plain tensor of real numbers."


def _shown(key: str) -> str:
    return ascii(key[:80])


def _only_network(content: Any, name: str, looks: Looks, verb: str = "is") -> Any:
    """The only network in a list or tuple; ValueError where there are several. Anything else as it is."""
    if not isinstance(content, list | tuple):
        return content
    networks = [part for part in content[:MAX_ENTRIES] if any(_is_weights(value) for _, value in _some(part, looks))]
    if len(networks) == 1 and not _is_weights(networks[0]):
        return networks[0]
    if networks and all(map(_is_weights, networks)):
        raise Refused(f"{name} {verb} a list of {len(networks)} tensors without names: save the network's state_dict().")
    if networks:
        raise Refused(f"{name} {verb} a list of {len(networks)} networks: save the one you want by itself.")
    return content


def _some(content: Any, looks: Looks) -> Iterator[tuple[str, Any]]:
    """The first entries."""
    for _, found in zip(range(200), _walk(content, "", 0, looks), strict=False):
        yield found


def _is_weights(value: Any) -> bool:
    return isinstance(value, Tensor | Stored) or (isinstance(value, np.ndarray) and value.dtype.kind in "fiub")


def _no_tensors(content: Any, name: str, looks: Looks) -> str:
    found = [value for _, value in _some(content, looks) if isinstance(value, Inert)]
    if isinstance(content, list | tuple):
        found += [value for value in content if isinstance(value, Inert)]
    if found:
        what = "".join(char if char.isalnum() or char in "._" else "?" for char in found[0].path[:60])
        return f"{name} holds Python objects ({what}) and no tensors; objects are never loaded: save the network's state_dict()."
    return f"{name} holds no tensors, so no weights."


def _walk(value: Any, key: str, depth: int, looks: Looks) -> Iterator[tuple[str, Any]]:
    """Leaves with dotted names; what lies in lists, or too deep, does not belong to a network's weights."""
    looks.take()
    inside = _entries_of(value)
    if inside is None:
        numbers = array(value)
        yield key, value if numbers is None else numbers
    elif depth < MAX_DEPTH:
        for inner, item in inside:
            if isinstance(inner, str) or (isinstance(inner, int) and abs(inner) < MAX_ENTRIES):
                yield from _walk(
                    item, f"{key}.{str(inner)[:_MAX_NAME]}"[-_MAX_NAME:] if key else str(inner)[:_MAX_NAME], depth + 1, looks
                )
            else:
                looks.take()
        yield key, None  # counts the container itself: empty ones nested in each other must not cost forever


def _entries_of(value: Any) -> Iterable[tuple[Any, Any]] | None:
    """What a container holds by name: a mapping, a class derived from one, a module that was saved whole; else None."""
    if isinstance(value, Mapping):
        return value.items()
    if not isinstance(value, Inert):
        return None
    state = value.state
    parts = ("_parameters", "_buffers", "_modules")
    if isinstance(state, Mapping) and all(isinstance(state.get(part), Mapping) for part in parts):
        passing = state.get("_non_persistent_buffers_set")
        left_out = {name for name in passing[:MAX_DEPTH] if isinstance(name, str)} if isinstance(passing, list) else set()
        kept = ((name, buffer) for name, buffer in state["_buffers"].items() if name not in left_out)
        return chain(state["_parameters"].items(), kept, state["_modules"].items())
    return value.entries.items() if value.entries else None
