"""What a file of weights gives back, and that no flipped bit gets through."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from ganlab.core import tensors as weights

TENSORS = {
    "G.weight": torch.randn(3, 5, generator=torch.Generator().manual_seed(0)),
    "G.half": torch.arange(7).half(),
    "G.rounded": torch.arange(6).bfloat16(),
    "G.batches": torch.tensor(12),
    "G.empty": torch.zeros(0, 4),
    "G.turned": torch.arange(12.0).reshape(3, 4).T,
}


def _equal(found: dict[str, Tensor]) -> bool:
    return found.keys() == TENSORS.keys() and all(torch.equal(found[name], TENSORS[name].to(found[name].dtype)) for name in found)


def test_floating_tensors_come_back_as_32_bits_and_the_others_as_they_were(tmp_path: Path) -> None:
    weights.write(TENSORS, tmp_path / "model.safetensors")
    found = weights.read(tmp_path / "model.safetensors")
    assert _equal(found)
    assert found["G.batches"].dtype == torch.int64
    assert {tensor.dtype for name, tensor in found.items() if name != "G.batches"} == {torch.float32}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_changes_a_number_unnoticed(place: float, bit: int, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    weights.write(TENSORS, path)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    path.write_bytes(data)
    try:
        found = weights.read(path)
    except ValueError as error:
        assert str(error).startswith(f"model.safetensors in {tmp_path.name} is damaged: ")
    else:  # in a name, or in the name of the checksum
        assert sorted(tensor.flatten().tolist() for tensor in found.values()) == sorted(
            tensor.flatten().tolist() for tensor in TENSORS.values()
        )


def test_files_of_other_programs_are_believed(tmp_path: Path) -> None:
    save_file({name: tensor.contiguous() for name, tensor in TENSORS.items()}, tmp_path / "theirs.safetensors")
    assert _equal(weights.read(tmp_path / "theirs.safetensors"))


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        weights.read(tmp_path / "model.safetensors")


def test_tensors_in_a_folder_whose_name_is_no_utf8(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xbb\xe7\xc1\xf8")
    folder.mkdir()
    weights.write({"weight": torch.ones(2)}, folder / "model.safetensors")
    assert weights.read(folder / "model.safetensors")["weight"].tolist() == [1, 1]
    assert [file.name for file in folder.iterdir()] == ["model.safetensors"]
    odd = (folder / "model.safetensors").rename(folder / os.fsdecode(b"\xff.safetensors"))
    assert weights.read(odd)["weight"].tolist() == [1, 1]
