"""Small files of weights that cost much to read: what an attacker would send, and how each does it."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

_COLLIDE = 2**61 - 1  # whole numbers that are multiples of it have one hash


def _number(value: int) -> bytes:
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little")
    return b"\x8a" + bytes([len(raw)]) + raw


def _text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def archive(pickled: bytes) -> bytes:
    """An archive as torch.save writes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a/data.pkl", pickled)
    return buffer.getvalue()


def saved(content: Any, compressed: bool = False, **how: Any) -> bytes:
    """What torch.save writes."""
    buffer = io.BytesIO()
    torch.save(content, buffer, **how)
    if not compressed:
        return buffer.getvalue()
    packed = io.BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return packed.getvalue()


def layers_of_one_storage(width: int = 1024, count: int = 100) -> bytes:
    """An MLP all of whose layers are the same numbers: 4 MB that become 400; compressed, 10 kB."""
    shared = torch.zeros(width, width)
    state = {f"{2 * number}.weight": shared for number in range(count)}
    return saved(state, compressed=True)


def views_of_a_large_storage(count: int = 5, numbers: int = 2_000_000) -> bytes:
    """One number each out of large storages, which compress well."""
    large = [torch.zeros(numbers) for _ in range(count)]
    return saved({f"{number}.weight": one[:1] for number, one in enumerate(large)}, compressed=True)


def copies_of_views(count: int = 300, numbers: int = 1_000_000) -> bytes:
    """The older format, with a view of nearly the whole storage for each tensor."""
    head = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {}))
    one = b"".join(
        _text(f"{n}.weight")
        + b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
        + _text("0")
        + _text("cpu")
        + _number(numbers)
        + b"("
        + _text(f"v{n}")
        + b"K\0"
        + _number(numbers)
        + b"ttQK\0(K\1t(K\1t\x89NtR"
        for n in range(count)
    )
    body = b"\x80\x02}(" + one + b"u."
    return head + body + pickle.dumps(["0"], 2) + struct.pack("<Q", numbers) + bytes(4 * numbers)


def objects_in_a_frame(count: int = 8_000_000) -> bytes:
    """Dictionaries in a frame, inside of which steps were not counted."""
    return archive(b"\x80\x04\x95" + struct.pack("<Q", count + 1) + b"}" * count + b".")


def colliding_keys(count: int = 200_000) -> bytes:
    """A dictionary whose keys have one hash."""
    return archive(b"\x80\x02}(" + b"".join(_number(_COLLIDE * n) + b"N" for n in range(1, count)) + b"u.")


def colliding_places(count: int = 300_000) -> bytes:
    """Places in the memo that have one hash."""
    return archive(b"N" + b"".join(b"p%d\n" % (_COLLIDE * n) for n in range(1, count)) + b".")


def copies_of_a_list(items: int = 100_000, copies: int = 20_000) -> bytes:
    """A long list, as the shape of a tensor again and again."""
    return archive(b"(" + b"N" * items + b"lq\0ctorch\nSize\nq\1" + b"h\1h\0\x85R" * copies + b".")


def copies_of_a_text(length: int = 1_000_000, copies: int = 20_000) -> bytes:
    """A long text, encoded again and again."""
    return archive(_text("x" * length) + b"q\0c_codecs\nencode\nq\1" + b"h\1h\0\x85R" * copies + b".")


def long_names(length: int = 1_000_000, copies: int = 20_000) -> bytes:
    """The name of a class, put together again and again."""
    return archive(b"\x80\x04" + _text("x" * length) + b"q\0" + b"h\0h\0\x93" * copies + b".")


def text_of_lists_in_each_other(depth: int = 40) -> bytes:
    """A list that holds itself twice at every level, as the argument of a call that made it a text."""
    return archive(b"c_codecs\nencode\n]q\0" + b"(h\0h\0lq\0" * depth + b"\x85R.")


def lists_of_one_dictionary(items: int = 20_000) -> bytes:
    """A list that holds one dictionary many times, in a dictionary of many such lists."""
    inner = b"}(" + b"".join(_text(str(n)) + b"N" for n in range(200)) + b"uq\0"
    rows = b"(" + b"h\0" * items + b"lq\1"
    return archive(inner + rows + b"}(" + b"".join(_text(str(n)) + b"h\1" for n in range(items)) + b"u.")


def keys_of_no_names(keys: int = 100_000, times: int = 10_000) -> bytes:
    """A dictionary whose keys are no names, to be looked through again and again."""
    inner = b"}(" + b"".join(b"G" + struct.pack(">d", n + 0.5) + b"N" for n in range(keys)) + b"uq\0"
    return archive(inner + b"}(" + b"".join(_text(str(n)) + b"h\0" for n in range(times)) + b"u.")


def nested_files(times: int = 30_000) -> bytes:
    """A pickle that lies in another, with all the steps it may take, again and again."""
    inner = b"N0" * 100_000 + b"N."
    raw = b"B" + struct.pack("<I", len(inner)) + inner
    return raw + b"q\0ctorch.storage\n_load_from_bytes\nq\1" + b"h\1h\0\x85R0" * times + b"."


def many_empty_tensors(count: int = 80_000) -> bytes:
    """A safetensors file of tensors without numbers."""
    header = json.dumps({f"{n}.weight": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(count)}).encode()
    return struct.pack("<Q", len(header)) + header


def large_arrays(count: int = 3, numbers: int = 5_000_000) -> bytes:
    """NumPy's arrays of zeros, compressed."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{f"{n}.weight": np.zeros(numbers, np.float32) for n in range(count)})
    return buffer.getvalue()


def hidden_list(count: int = 60_000) -> bytes:
    """An archive of many entries, whose end record holds the mark of another end record."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for n in range(count):
            file.writestr(f"a/{n:090d}", b"")
    data = bytearray(buffer.getvalue())
    end = len(data) - 22
    data[end + 4 : end + 8] = b"PK\5\6"
    return bytes(data)


def one_network_many_times(count: int = 600) -> bytes:
    """A generator's tensors under many names that may mean one."""
    state: dict[str, Tensor] = {"0.weight": torch.zeros(8, 4), "2.weight": torch.zeros(784, 8)}
    return saved({f"netG_{n}": state for n in range(count)})


HOSTILE: dict[str, Callable[[], bytes]] = {
    function.__name__: function  # type: ignore[attr-defined]
    for function in (
        layers_of_one_storage,
        views_of_a_large_storage,
        copies_of_views,
        objects_in_a_frame,
        colliding_keys,
        colliding_places,
        copies_of_a_list,
        copies_of_a_text,
        long_names,
        text_of_lists_in_each_other,
        lists_of_one_dictionary,
        keys_of_no_names,
        nested_files,
        many_empty_tensors,
        large_arrays,
        hidden_list,
        one_network_many_times,
    )
}
