"""The tensors that torch.save and NumPy pickled, put together from their bytes without PyTorch's own loader.

torch.load knows which classes are harmless and refuses a file that holds any other one. Here any object may lie beside the
tensors (see ganlab.core.inert_pickle), and both of PyTorch's formats, fixed since 1.6 and 0.2, are simple enough to be read here.
"""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from ganlab.core.inert_pickle import Budget, Global, Inert, InertUnpickler, mapping

Bytes = bytes | bytearray | memoryview
_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001  # of the older format: pickles one behind another, then the storages
_DTYPES = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
    "ComplexDouble": torch.complex128,
    "ComplexFloat": torch.complex64,
    "Untyped": torch.uint8,
}
_WRAPPED = ("parameter", "parameter_with_state", "device_tensor_from_numpy", "device_tensor_from_cpu_tensor", "xla_tensor")
_DICTS = ("collections.OrderedDict", "collections.Counter", "builtins.dict", "__builtin__.dict")
_SETS = ("builtins.set", "builtins.frozenset", "__builtin__.set", "__builtin__.frozenset")


class Damaged(Exception):
    """The file contradicts itself."""


class TooLarge(Exception):
    """A tensor has more numbers than are stored of it: `args` are both counts."""


class Storage:
    """The bytes that tensors of one type lie in, read when first asked for."""

    def __init__(self, dtype: torch.dtype, fetch: Callable[[], Bytes]) -> None:
        self.dtype, self.fetch = dtype, fetch

    @cached_property
    def data(self) -> Bytes:
        """All of them."""
        return self.fetch()


@dataclass(frozen=True, eq=False)
class Stored:
    """A tensor that is not made yet: where it lies in its storage."""

    storage: Storage
    dtype: torch.dtype
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @classmethod
    def of(cls, storage: Any, offset: Any, shape: Any, stride: Any, dtype: torch.dtype | None = None) -> Stored:
        """Damaged where these are no storage and no places in it."""
        if not isinstance(storage, Storage) or len(shape) != len(stride) or len(shape) > 16:
            raise Damaged
        places = (offset, *shape, *stride)
        if not all(type(place) is int and 0 <= place < 2**62 for place in places):
            raise Damaged
        return cls(storage, dtype or storage.dtype, offset, tuple(shape), tuple(stride))

    @property
    def count(self) -> int:
        """Of its numbers."""
        return math.prod(self.shape)

    def tensor(self) -> Tensor:
        """TooLarge where it repeats what is stored; Damaged where it reaches beyond."""
        if not self.count:
            return torch.empty(self.shape, dtype=self.dtype)
        data = self.storage.data
        stored = len(data) // self.dtype.itemsize
        if self.count > stored:
            raise TooLarge(self.count, stored)
        last = self.offset + sum((size - 1) * step for size, step in zip(self.shape, self.stride, strict=True))
        if last >= stored:
            raise Damaged
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bytes that cannot be written to
            numbers = torch.frombuffer(data, dtype=self.dtype, count=stored)
        return numbers.as_strided(self.shape, self.stride, self.offset)


def read_archive(archive: zipfile.ZipFile, pickled: str) -> Any:
    """What torch.save has written into the entry `pickled` of an archive; tensors are `Stored`, which read it later."""
    folder = pickled.removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
        raise Damaged
    storages: dict[str | int | bytes, Storage] = {}

    def persistent(pid: Any) -> Storage:
        kind, storage_type, key, *_ = _few(pid)
        if kind != "storage":
            raise Damaged
        return storages.setdefault(_key(key), Storage(_dtype(storage_type), partial(archive.read, f"{folder}data/{key}")))

    return InertUnpickler(io.BytesIO(archive.read(pickled)), _make, persistent).load()


def read_pickles(file: IO[bytes], outer: Budget | None = None) -> Any:
    """What torch.save wrote before 1.6, or pickle.dump, from where `file` stands; tensors are `Stored`.

    `outer` is what is left to the file that this one lies in.
    """
    start = file.tell()
    budget = outer or Budget(file.seek(0, io.SEEK_END) - start)
    file.seek(start)
    storages: dict[str | int | bytes, Storage] = {}
    views: dict[str | int | bytes, Storage] = {}

    def persistent(pid: Any) -> Any:
        kind, *rest = _few(pid)
        if kind == "module":  # a class with its source text
            return rest[0]
        if kind != "storage":
            raise Damaged
        storage_type, key, _, _, view = rest
        storage = storages.setdefault(_key(key), Storage(_dtype(storage_type), bytes))
        if view is None:
            return storage
        name, offset, count = view
        size = storage.dtype.itemsize
        part = slice(offset * size, (offset + count) * size)
        return views.setdefault(_key(name), Storage(storage.dtype, lambda: memoryview(storage.data)[part]))

    def make(path: str, arguments: tuple[Any, ...]) -> Any:
        if path == "torch.storage._load_from_bytes" and outer is None:
            return read_pickles(io.BytesIO(arguments[0]), budget)
        return _make(path, arguments)

    def load() -> Any:
        return InertUnpickler(file, make, persistent, budget).load()

    first = load()
    if first != _MAGIC:
        return first
    if load() != _VERSION:
        raise Damaged
    load()  # of the machine that wrote it
    content = load()
    for key in load():
        _fill(storages[_key(key)], file)
    return content


def _fill(storage: Storage, file: IO[bytes]) -> None:
    """Read the storage that comes next."""
    count = int.from_bytes(file.read(8), "little") * storage.dtype.itemsize
    start = file.tell()
    if count > file.seek(0, io.SEEK_END) - start:
        raise Damaged
    file.seek(start)
    data = bytearray(count)
    file.readinto(data)  # type: ignore[attr-defined]
    storage.fetch = lambda: data


def _make(path: str, arguments: tuple[Any, ...]) -> Any:
    """What a call of `path` makes of tensors and plain containers; everything else stays inert."""
    module, _, name = path.rpartition(".")
    kind = name.removeprefix("_rebuild_") if module in ("torch._utils", "torch._tensor", "torch.tensor") else ""
    if kind in ("tensor", "tensor_v2"):
        return Stored.of(*arguments[:4])
    if kind == "tensor_v3":
        storage, offset, shape, stride = arguments[:4]
        return Stored.of(storage, offset, shape, stride, _named(arguments[6]))
    if kind in _WRAPPED and arguments and _is_tensor(arguments[0]):
        return arguments[0]
    if kind in ("from_type", "from_type_v2"):  # a subclass of Tensor: (how, the class, (its arguments), …)
        return _make(arguments[0].path, tuple(arguments[2]))
    if path in _DICTS and len(arguments) < 2:
        return mapping(
            arguments[0].items() if arguments and isinstance(arguments[0], dict) else arguments[0] if arguments else ()
        )
    if path in _SETS:
        return list(arguments[0]) if arguments and isinstance(arguments[0], list | tuple) else []
    if path == "collections.defaultdict":
        return {}
    if path == "torch.Size" and isinstance(arguments[0], list | tuple):
        return tuple(arguments[0])
    if path in ("builtins.bytes", "__builtin__.bytes") and not arguments:
        return b""
    if path == "_codecs.encode":  # bytes, in the pickles of protocol 2
        return arguments[0].encode("latin-1")
    return Inert(path, arguments)


def _few(pid: Any) -> tuple[Any, ...]:
    """What names something that is stored elsewhere; Damaged for more than that takes."""
    if not isinstance(pid, tuple) or len(pid) > 8:
        raise Damaged
    return pid


def _key(value: Any) -> str | int | bytes:
    """What names a storage; Damaged for anything else: the hash of tuples in tuples would recurse without end."""
    if not isinstance(value, str | int | bytes):
        raise Damaged
    return value


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Stored) or array(value) is not None


def _dtype(storage_type: Any) -> torch.dtype:
    name = storage_type.path.rpartition(".")[2]
    return _DTYPES[name.removesuffix("Storage")]


def _named(dtype: Any) -> torch.dtype:
    found = getattr(torch, dtype.path.removeprefix("torch."), None) if isinstance(dtype, Global) else None
    if not isinstance(found, torch.dtype):
        raise Damaged
    return found


def array(value: Any) -> np.ndarray[Any, Any] | None:
    """The numbers of a NumPy array that was pickled; None for anything else and for arrays of objects or text."""
    if not isinstance(value, Inert) or not value.path.startswith("numpy"):
        return None
    name = value.path.rpartition(".")[2]
    if name == "_reconstruct" and isinstance(value.state, tuple) and len(value.state) == 5:
        _, shape, dtype, columns_first, data = value.state
    elif name == "_frombuffer" and len(value.arguments) == 4:
        data, dtype, shape, order = value.arguments
        columns_first = order == "F"
    else:
        return None
    code = _numpy_code(dtype)
    if not code or not isinstance(data, bytes) or not isinstance(shape, tuple):
        return None
    try:
        return np.frombuffer(data, np.dtype(code)).reshape(shape, order="F" if columns_first else "C")
    except (TypeError, ValueError):
        raise Damaged from None


def _numpy_code(dtype: Any) -> str:
    """ "<f4" of a pickled numpy.dtype of plain numbers, else ""."""
    if not isinstance(dtype, Inert) or dtype.path != "numpy.dtype" or not dtype.arguments:
        return ""
    code, order = dtype.arguments[0], dtype.state[1] if isinstance(dtype.state, tuple) and len(dtype.state) > 1 else "="
    plain = code in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
    return f"{order}{code}" if plain and order in ("<", ">", "|", "=") else ""
