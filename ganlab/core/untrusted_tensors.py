"""Tensors out of files of unknown origin: safetensors, and both of PyTorch's formats, without ever running code of theirs."""

from __future__ import annotations

import os
import re
import struct
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ganlab.core.files import MAX_WEIGHTS_BYTES
from ganlab.core.text import byte_size

MAX_NUMBERS = 2**28  # what the tensors may unfold to; the largest generator known here has 54 million
MAX_DIRECTORY = 2**24  # for lists of contents and names; a CycleGAN's take 0.1 MB
MAX_ENTRIES = 20_000
MAX_DEPTH = 8
_MAX_NAME = 200


def read(path: Path) -> dict[str, Tensor]:
    """Every tensor in the file by its dotted name, whatever its suffix; ValueError, one sentence, when it cannot be read."""
    head = _head(path)
    if _is_safetensors(head):
        content: Any = _safetensors(path)
    else:
        _refuse_other_formats(path, head)
        content = _pickle(path, head)
    return _flat(content, path.name)


def _head(path: Path) -> bytes:
    """The first bytes; ValueError for folders, missing and empty files and ones that are too large."""
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            raise ValueError(f"{path.name} is a TensorFlow SavedModel, which cannot be loaded here: only PyTorch weights can.")
        raise ValueError(f"{path.name} is a folder; name the file of weights in it.")
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise ValueError(f"{path.name} is not a regular file.")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror or type(error).__name__}.") from None
    if not size:
        raise ValueError(f"{path.name} is empty.")
    if size > MAX_WEIGHTS_BYTES:
        raise ValueError(f"{path.name} has {byte_size(size)}; weights of up to {byte_size(MAX_WEIGHTS_BYTES)} can be loaded.")
    return head


def _is_safetensors(head: bytes) -> bool:
    """Whether a file starts with the length of a JSON header and the header's first bytes."""
    return len(head) > 9 and int.from_bytes(head[:8], "little") <= MAX_WEIGHTS_BYTES and head[8:9] == b"{"


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError):  # KeyError: a number type that torch lacks
        raise ValueError(f"{path.name} is a damaged safetensors file.") from None


def _refuse_other_formats(path: Path, head: bytes) -> None:
    """ValueError for what is known not to be PyTorch's, and for archives that unfold to far more than their size."""
    keras = f"{path.name} holds a Keras or TensorFlow model, which cannot be loaded here: only PyTorch weights can."
    if head.startswith(b"\x89HDF") or path.suffix == ".pb":
        raise ValueError(keras)
    if head.startswith(b"version https://git-lfs"):
        raise ValueError(f"{path.name} is only a Git LFS pointer: download the file itself.")
    if not head.startswith(b"PK\x03\x04"):  # what torch.load goes by, too
        return
    try:
        if _directory_bytes(path) > MAX_DIRECTORY:
            raise ValueError(f"{path.name} is an archive of too many files to be weights.")
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, UnicodeDecodeError, struct.error):
        raise ValueError(f"{path.name} is damaged or incomplete: it starts like an archive but is not one.") from None
    if any(entry.filename.endswith((".h5", "saved_model.pb")) for entry in entries):
        raise ValueError(keras)
    if sum(entry.file_size for entry in entries) > MAX_WEIGHTS_BYTES:
        raise ValueError(f"{path.name} unfolds to more than {byte_size(MAX_WEIGHTS_BYTES)}; that is more than can be loaded.")
    if any(entry.filename.endswith(".pkl") and entry.file_size > MAX_DIRECTORY for entry in entries):
        raise ValueError(f"{path.name} lists far more than a network's tensors.")


def _directory_bytes(path: Path) -> int:
    """The declared length of an archive's list of contents, in bytes; a list of millions would take gigabytes to read."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, 2**16 + 98), os.SEEK_END)
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        raise zipfile.BadZipFile
    size: int = struct.unpack_from("<I", tail, end + 12)[0]
    large = tail[max(end - 76, 0) : end]  # the 64-bit end record, with its locator behind it
    if large.startswith(b"PK\x06\x06"):
        size = struct.unpack_from("<Q", large, 40)[0]
    return size


def _pickle(path: Path, head: bytes) -> Any:
    """What torch.save wrote, restricted to tensors and plain containers."""
    try:
        with warnings.catch_warnings(), path.open("rb") as file:  # given a path, torch would go by its suffix
            warnings.simplefilter("ignore")  # of old storage classes and of formats that we go on to refuse
            return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # hostile bytes raise nearly anything, from KeyError to struct.error
        raise ValueError(_why_not(path.name, head, str(error))) from None


def _why_not(name: str, head: bytes, text: str) -> str:
    """One sentence from torch's paragraphs, which advise turning the safety off."""
    if "TorchScript" in text:
        return f"{name} is a TorchScript program, not weights; save its state_dict() instead."
    if found := re.search(r"GLOBAL ([\w.]+)|function ([\w.]+)|class ([\w.]+)", text):
        what = next(filter(None, found.groups()))
        return f"{name} holds Python objects ({what[:60]}), which are never loaded as they could run code; save its state_dict()."
    if head[:1] in (b"P", b"\x80"):
        return f"{name} is damaged or incomplete, or not a file that torch.save wrote."
    return f"{name} is not a file of PyTorch weights: it is neither safetensors nor what torch.save writes."


def _flat(content: Any, name: str) -> dict[str, Tensor]:
    """{"a": {"b": tensor}} -> {"a.b": tensor}; ValueError when there is none, or one that is no plain, dense tensor."""
    tensors: dict[str, Tensor] = {}
    numbers = 0
    for entries, (key, value) in enumerate(_walk(content, "", 0), 1):
        if entries > MAX_ENTRIES:
            raise ValueError(f"{name} has more than {MAX_ENTRIES:,} entries, too many for the weights of a network.")
        if not isinstance(value, Tensor):
            continue
        if value.layout != torch.strided or value.is_quantized or value.is_meta or value.is_complex():
            raise ValueError(f"{name} holds {key[:80]!r}, which is not a plain tensor of real numbers.")
        numbers += value.numel()
        if numbers > MAX_NUMBERS:
            raise ValueError(
                f"{name} unfolds to more than {MAX_NUMBERS / 1e6:,.0f} million numbers; that is more than can be loaded."
            )
        tensors[key] = value.detach()
    if not tensors:
        raise ValueError(f"{name} holds no tensors, so no weights.")
    return tensors


def _walk(value: Any, key: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Leaves with dotted names; what lies in lists, or too deep, does not belong to a network's weights."""
    if not isinstance(value, Mapping):
        yield key, value
    elif depth < MAX_DEPTH:
        for inner, item in value.items():
            if isinstance(inner, str) or (isinstance(inner, int) and abs(inner) < MAX_ENTRIES):
                yield from _walk(item, f"{key}.{inner}"[-_MAX_NAME:] if key else str(inner)[:_MAX_NAME], depth + 1)
        yield key, None  # counts the container itself: empty ones nested in each other must not cost forever
