"""Pickles whose names are never looked up: whatever a file calls, nothing happens, and what lies beside it is read."""

from __future__ import annotations

import argparse
import datetime
import inspect
import io
import os
import pickle
import sys
import time
import zipfile
from collections import OrderedDict, defaultdict
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ganlab.core import inert_pickle
from ganlab.core.inert_pickle import Inert, InertUnpickler
from ganlab.core.untrusted_tensors import read
from tests.core.test_untrusted_tensors import Attack, refused, written

WEIGHTS = {"0.weight": torch.arange(6.0).reshape(2, 3), "0.bias": torch.ones(2)}


def unpickled(data: bytes) -> Any:
    def refuse(pid: Any) -> Any:
        raise pickle.UnpicklingError(str(pid))

    return InertUnpickler(io.BytesIO(data), Inert, refuse).load()


class Settings(dict[str, Any]):
    """A class derived from a dictionary, as many projects have one."""


class Trainer:
    """Something else with attributes."""

    def __init__(self) -> None:
        self.G, self.steps = WEIGHTS, 3


BESIDE = {
    "numpy scalar": np.float64(3.5),
    "numpy array of objects": np.array([{}, None], dtype=object),
    "namespace": argparse.Namespace(lr=0.1, betas=(0.5, 0.9)),
    "path": PurePosixPath("a/b"),
    "date": datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC),
    "class": Trainer,
    "object": Trainer(),
    "function": os.path.join,
    "defaultdict": defaultdict(list, {"loss": [1.0, 2.0]}),
    "dictionary": Settings(lr=0.1),
    "set": {(1, (2, 3)), "a"},
    "frozenset": frozenset([1]),
    "bytes": bytearray(b"abc"),
    "complex": 1 + 2j,
    "slice": slice(1, 2),
    "dtype": torch.float16,
    "size": torch.Size([1, 2]),
    "device": torch.device("cpu"),
    "generator": torch.Generator().get_state(),
    "optimizer": torch.optim.Adam([torch.ones(1, requires_grad=True)]),
    "schedule": OrderedDict(a=range(3)),
    "tuple keys": {(1, 2): 3},
}


@pytest.mark.parametrize("kind", BESIDE)
@pytest.mark.parametrize("protocol", [2, 4])
def test_weights_beside_any_object_are_read(tmp_path: Path, kind: str, protocol: int) -> None:
    path = tmp_path / "model.pth"
    content = {"G": WEIGHTS, "extra": BESIDE[kind], "list": [BESIDE[kind]]}
    for how in ({}, {"_use_new_zipfile_serialization": False}):
        torch.save(content, path, pickle_protocol=protocol, **how)
        found = read(path)
        assert all(torch.equal(found[f"G.{name}"], tensor) for name, tensor in WEIGHTS.items())
        assert {name for name in found if not name.startswith("G.")} <= {"extra"}
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    assert torch.equal(read(path)["G.0.bias"], WEIGHTS["0.bias"])


def test_a_class_derived_from_a_dictionary_is_one(tmp_path: Path) -> None:
    torch.save(Settings(G=WEIGHTS), tmp_path / "model.pth")
    assert set(read(tmp_path / "model.pth")) == {"G.0.weight", "G.0.bias"}


def test_lists_of_networks(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    torch.save([WEIGHTS, {"lr": 0.1}, 7, Trainer()], path)
    assert set(read(path)) == set(WEIGHTS)
    torch.save((torch.nn.Linear(2, 2), [1]), path)
    assert set(read(path)) == {"weight", "bias"}
    torch.save((WEIGHTS, {"D": WEIGHTS}), path)
    refused(path, "is a list of 2 networks: save the one you want by itself")
    torch.save({"epoch": 3, "models": [WEIGHTS, {"D": WEIGHTS}]}, path)
    refused(path, "holds a list of 2 networks: save the one you want by itself")
    torch.save({"epoch": 3, "models": [WEIGHTS], "losses": [1.0]}, path)
    assert set(read(path)) == set(WEIGHTS)
    torch.save(list(WEIGHTS.values()), path)
    refused(path, "is a list of 2 tensors without names")
    torch.save([Trainer()], path)
    refused(path, r"holds Python objects \(tests.core.test_inert_pickle.Trainer\) and no tensors")
    torch.save([], path)
    refused(path, "holds no tensors")


NUMBERS = (torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_tensors_of_every_kind_are_those_that_were_saved(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "any.pth"
    dtype = data.draw(st.sampled_from((*NUMBERS, torch.uint8, torch.bool)))
    base = torch.arange(120).to(dtype)
    shape = data.draw(st.lists(st.integers(0, 4), max_size=3))
    whole = base[: int(np.prod(shape))].reshape(shape)
    part = base[data.draw(st.integers(0, 40)) :: data.draw(st.integers(1, 5))]
    turned = base.reshape(10, 12).T[data.draw(st.integers(0, 5)) :]
    state = OrderedDict(whole=whole, part=part, turned=turned, shared=base)
    if dtype.is_floating_point:
        state["learned"] = torch.nn.Parameter(turned)
    zipped, protocol = data.draw(st.booleans()), data.draw(st.integers(2, 5))
    torch.save(state, path, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
    found = read(path)
    assert list(found) == list(state)
    assert all(torch.equal(found[name], state[name].detach()) and found[name].dtype is dtype for name in state)


@settings(max_examples=60, deadline=None)
@given(
    code=st.sampled_from(["f2", "f4", "f8", "i1", "i4", "i8", "u1", "b1"]),
    order=st.sampled_from("<>"),
    shape=st.lists(st.integers(0, 5), max_size=4),
    protocol=st.integers(0, 5),
    turn=st.booleans(),
)
def test_arrays_of_numpy_are_weights_too(
    tmp_path_factory: pytest.TempPathFactory, code: str, order: str, shape: list[int], protocol: int, turn: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(np.dtype(code).newbyteorder(order))
    array = array.T if turn else array
    (folder / "a.pkl").write_bytes(pickle.dumps({"G": {"0.weight": array}}, protocol=protocol))
    torch.save({"G": {"0.weight": array}}, folder / "a.pth")
    np.savez(folder / "a.npz", **{"G.0.weight": array})
    for name in ("a.pkl", "a.pth", "a.npz"):
        found = read(folder / name)["G.0.weight"]
        assert np.array_equal(found.numpy(), array), name


def test_what_repeats_its_numbers_or_reaches_beyond_them_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    for how in ({}, {"_use_new_zipfile_serialization": False}):
        torch.save({"0.weight": torch.zeros(3).expand(64, 3)}, path, **how)
        refused(path, "unfolds to more than is stored in it: '0.weight' has 192 numbers out of 3")
    data = bytearray(written({"0.weight": torch.zeros(64)}, _use_new_zipfile_serialization=False))
    at = data.index(b"K@\x85")  # the shape (64,), as pickled
    data[at + 1] = 65
    path.write_bytes(bytes(data))
    with pytest.raises(ValueError, match=r"bomb\.pth"):
        read(path)


HOSTILE = {
    "os.system": Attack("touch {trace}"),
    "eval": pickle.GLOBAL + b"builtins\neval\n(" + pickle.UNICODE + b"open('{trace}','w')\ntR.",
    "exec by INST": b"(" + pickle.UNICODE + b"open('{trace}','w')\ni__builtin__\nexec\n.",
    "OBJ": b"(cbuiltins\nexec\n" + pickle.UNICODE + b"open('{trace}','w')\no.",
    "STACK_GLOBAL": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c{length}touch {trace}\x85R.",
    "NEWOBJ": b"cpathlib\nPath\n(" + pickle.UNICODE + b"{trace}\nt\x81.",
    "state": b"cbuiltins\nobject\n(t\x81}(" + pickle.UNICODE + b"__setstate__\ncbuiltins\neval\nub" + b"(dp0\nb.",
    "a module's attribute": b"cos\n__dict__\n" + pickle.UNICODE + b"system\nNs.",
    "copyreg": b"ccopyreg\n_reconstructor\n(cos\npopen\ncbuiltins\nobject\nNtR.",
    "torch.load": b"ctorch.storage\n_load_from_bytes\n(C\x05(K\x01tt.",
    "getattr chain": b"cbuiltins\ngetattr\n(cbuiltins\n__import__\n" + pickle.UNICODE + b"__call__\ntR.",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_pickles_do_nothing(tmp_path: Path, kind: str) -> None:
    trace, path = tmp_path / "trace", tmp_path / "model.pth"
    given = HOSTILE[kind]
    if isinstance(given, Attack):
        data = pickle.dumps(Attack(f"touch {trace}"))
    else:
        length = bytes([len(f"touch {trace}")])
        data = given.replace(b"{length}", length).replace(b"{trace}", str(trace).encode())
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"^model\.pth "):
        read(path)
    assert not trace.exists()


BOMBS = {
    "a large place in the memo": b"Nr\xff\xff\xff\x7f.",
    "a text of 4 GB": b"X\xff\xff\xff\xffabc",
    "bytes of an exabyte": b"\x80\x05\x96" + b"\xff" * 7 + b"\x0f",
    "a frame of an exabyte": b"\x80\x04\x95" + b"\xff" * 7 + b"\x0f",
    "a number of 4 million digits": b"L" + b"9" * 400_000 + b"L\n.",
    "many lists in each other": b"]" * 100_000 + b"a" * 99_999 + b".",
    "many tuples as a key": b"}" + b")" + b"\x85" * 100_000 + b"Ns.",
    "many tuples in a set": b"\x80\x04\x8f()" + b"\x85" * 100_000 + b"\x90.",
    "many calls in each other": b"cos\nsystem\n" + b")" + b"q\x000" + b"h\x00\x85Rq\x00" * 1 + b".",
    "a list in itself": b"]q\x00h\x00a.",
    "a dictionary in itself": b"}q\x00X\x01\x00\x00\x00ah\x00s.",
    "objects in each other": b"cos\nsystem\nq\x00" + b")" + b"Rq\x01" + b"0h\x00h\x01\x85Rq\x01" * 60_000 + b".",
    "too many steps": b"N0" * 400_000 + b"N.",
}


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_are_refused_in_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    path = tmp_path / "model.pth"
    path.write_bytes(BOMBS[kind])
    monkeypatch.setattr(inert_pickle, "MOST_STEPS", 500_000)
    began = time.monotonic()
    with pytest.raises(ValueError, match=r"^model\.pth "):
        read(path)
    assert time.monotonic() - began < 20


DEEP = b")" + b"\x85" * 100_000  # tuples in tuples


@pytest.mark.parametrize("legacy", [False, True])
def test_what_names_a_storage_is_no_tuple_in_tuples(tmp_path: Path, legacy: bool) -> None:
    path = tmp_path / "model.pth"
    named = (
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\n"
        + DEEP
        + b"X\x03\x00\x00\x00cpuK\x01"
        + (b"Nt" if legacy else b"t")
        + b"Q."
    )
    if legacy:
        path.write_bytes(
            pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2) + b"\x80\x02" + named
        )
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("model/data.pkl", b"\x80\x02" + named)
    with pytest.raises(ValueError, match=r"^model\.pth "):
        read(path)


INSTRUCTIONS = [bytes([code]) for code in sorted(pickle._Unpickler.dispatch)]  # type: ignore[attr-defined]


@settings(max_examples=300, deadline=None)
@given(
    parts=st.lists(
        st.one_of(
            st.sampled_from(INSTRUCTIONS),
            st.sampled_from(
                [b"cantigravity\nfly\n", b"\x8c\x0bantigravity\x8c\x03fly\x93", b"(", b")", b"R", b"\x81", b"b", b"o", b"}", b"]"]
            ),
            st.binary(max_size=4),
        ),
        max_size=40,
    )
)
def test_no_sequence_of_instructions_looks_a_name_up(parts: list[bytes]) -> None:
    with suppress(Exception):  # hostile bytes raise nearly anything
        unpickled(b"".join(parts) + b".")
    assert "antigravity" not in sys.modules


def test_every_instruction_that_could_call_is_replaced() -> None:
    """What `inert_pickle` relies on in Python's own unpickler, which is no public part of it."""
    theirs = pickle._Unpickler.dispatch  # type: ignore[attr-defined]
    ours = InertUnpickler.dispatch
    assert ours.keys() == theirs.keys(), f"read anew for Python {inert_pickle.READ_IN}: there are new instructions"
    kept = {code for code in ours if ours[code] is theirs[code]}
    calls = (
        "(*args",
        "__new__",
        "__setstate__",
        "setattr",
        "list.append(",
        "[key] =",
        "extend(",
        "bytearray(",
        " set(",
        "frozenset(",
        ".update(",
    )
    for code in kept:
        source = inspect.getsource(theirs[code])
        assert not any(call in source for call in calls), source
    for name in ("find_class", "persistent_load", "get_extension", "_instantiate"):
        assert name in vars(InertUnpickler) and name in vars(pickle._Unpickler)  # type: ignore[attr-defined]


def test_objects_keep_what_they_were_given_and_do_nothing() -> None:
    made = unpickled(pickle.dumps(argparse.Namespace(lr=0.1)))
    assert isinstance(made, Inert) and made.state == {"lr": 0.1} and made.path.endswith(("Namespace", "_reconstructor"))
    assert isinstance(unpickled(pickle.dumps({PurePosixPath("a"): 1}, protocol=0)), dict)
    tensor = Tensor([1.0])
    with pytest.raises(pickle.UnpicklingError):
        unpickled(written(tensor, _use_new_zipfile_serialization=False)[10:])
