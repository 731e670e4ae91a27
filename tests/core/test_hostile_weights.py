"""What reading a file of weights costs is bounded by its size, whatever it holds: memory and work, attack by attack."""

from __future__ import annotations

import os
import resource
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab.core import inert_pickle
from ganlab.core.untrusted_tensors import read
from ganlab.models.adapters import recognition
from tests.support import foreign
from tests.support.hostile_weights import HOSTILE, archive, saved


@pytest.mark.parametrize("kind", HOSTILE)
def test_attacks_cost_little(tmp_path: Path, kind: str) -> None:
    """In a fork, which the system ends after 10 seconds of its processor time, and whose memory it tells."""
    path = tmp_path / "model.pth"
    path.write_bytes(HOSTILE[kind]())
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with suppress(ValueError):
            recognition.load(path)
            os._exit(1)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        os._exit(2 if grown > 200 * 1024 else 0)
    _, status = os.waitpid(child, 0)
    assert status == 0, "killed for its time" if os.WIFSIGNALED(status) else "read" if status == 256 else "too much memory"


STEPS = 3000
CALLED = [
    b"ctorch\nSize\n",
    b"c_codecs\nencode\n",
    b"cbuiltins\nset\n",
    b"ccollections\nOrderedDict\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
]
TEXT = b"X" + (20_000).to_bytes(4, "little") + b"x" * 20_000


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [b"]", b"}", b"(", b")", b"N", b"2", b"0", b"l", b"t", b"d", b"e", b"u", b"\x85", b"\x86", b"R", b"\x81"]
            ),
            st.sampled_from(
                [b"q\0", b"q\1", b"h\0", b"h\1", b"p0\n", b"g1\n", b"\x93", b"\x8f", b"\x90", b"b", b"a", b"s", b"Q"]
            ),
            st.sampled_from([TEXT, *CALLED]),
            st.sampled_from([b"h\0h\1\x85R", b"h\1h\0\x85R", b"(h\0h\0lq\0", b"h\0h\0\x93", b"\x95" + bytes(7) + b"\x01"]),
        ),
        min_size=1,
        max_size=30,
    ),
    st.integers(1, 400),
)
def test_memory_is_bounded_by_steps_and_bytes(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], times: int) -> None:
    """A program of any instructions, of which a part comes again and again."""
    path = tmp_path_factory.getbasetemp() / "program.pth"
    half = len(parts) // 2
    path.write_bytes(
        archive(TEXT + b"q\0" + b"(" + b"N" * 500 + b"lq\1" + b"".join(parts[:half]) + b"".join(parts[half:]) * times + b".")
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inert_pickle, "MOST_STEPS", STEPS)
        tracemalloc.start()
        try:
            with suppress(ValueError):
                read(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 400 * STEPS + 20 * path.stat().st_size + 2**20


def test_weights_that_are_shared_or_small_numbers_are_read(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    state = foreign.mlp()
    path.write_bytes(saved({"G": state, "ema": dict(state), "again": state}))  # the same numbers three times
    assert recognition.load(path).layout == "MLP of 3 layers"
    path.write_bytes(saved({name: tensor.half() for name, tensor in state.items()}))
    assert recognition.load(path).layout == "MLP of 3 layers"
    np.savez_compressed(tmp_path / "model.npz", **{name: tensor.numpy() for name, tensor in state.items()})
    assert recognition.load(tmp_path / "model.npz").layout == "MLP of 3 layers"


def test_views_of_the_older_format_share_their_storage(tmp_path: Path) -> None:
    base = torch.arange(1000.0)
    path = tmp_path / "model.pth"
    torch.save({"a": base[3:7], "b": base[500:]}, path, _use_new_zipfile_serialization=False)
    found = read(path)
    assert torch.equal(found["a"], base[3:7]) and torch.equal(found["b"], base[500:])
