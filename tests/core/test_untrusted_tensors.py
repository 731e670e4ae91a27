"""Files of unknown origin: every format that holds weights is read, everything else is refused, and nothing is run."""

from __future__ import annotations

import io
import os
import pickle
import random
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file
from torch import Tensor

from ganlab.core import untrusted_tensors as reading
from ganlab.models.adapters import recognition as adapters
from tests.support import foreign as made


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def written(content: Any, **how: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **how)
    return buffer.getvalue()


def equal(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("suffix", ["pth", "ckpt", "pkl", "bin", "safetensors", "weights", ""])
def test_the_format_goes_by_content_not_by_suffix(tmp_path: Path, suffix: str) -> None:
    state = made.mlp()
    for data in (written(state), written(state, _use_new_zipfile_serialization=False), save(state)):
        path = tmp_path / f"model.{suffix}"
        path.write_bytes(data)
        assert equal(reading.read(path), state)
        assert adapters.load(path).layout == "MLP of 3 layers"


def test_nested_content_gets_dotted_names_and_what_is_no_tensor_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    state = {"weight": torch.ones(2)}
    torch.save({"epoch": 3, "name": "x", "G": {"a": state, 1: torch.nn.Parameter(torch.zeros(1))}, "log": [1, 2.5, None]}, path)
    read = reading.read(path)
    assert set(read) == {"G.a.weight", "G.1"} and not read["G.1"].requires_grad


def test_a_whole_training_state_is_read(tmp_path: Path) -> None:
    moments = {0: {"step": torch.tensor(3.0), "exp_avg": torch.ones(2), "exp_avg_sq": torch.ones(2)}}
    optimizer = {"state": moments, "param_groups": [{"lr": 2e-4, "betas": (0.5, 0.999), "params": [0]}]}
    path = tmp_path / "last.ckpt"
    state = made.resnet(2)
    torch.save({"epoch": 9, "gen_AB": state, "gen_BA": made.resnet(2), "gen_opt": optimizer}, path)
    assert set(adapters.load(path).generators) == {"G_AB", "G_BA"}


class Attack:
    """Unpickling this runs a command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


def test_code_in_a_file_does_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    attack = Attack(f"touch {trace}")
    hostile = [
        pickle.dumps(attack),
        pickle.dumps({"G": attack}, protocol=0),
        written({"model.1.weight": attack}),
        written({"model.1.weight": attack}, _use_new_zipfile_serialization=False),
    ]
    for data in hostile:
        pickle.loads(data) if data is hostile[0] else None
    assert trace.exists(), "the attack itself must work, else this test proves nothing"
    trace.unlink()
    for number, data in enumerate(hostile):
        path = tmp_path / f"{number}.pth"
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"^\d.pth ") as refusal:
            adapters.load(path)
        assert_one_sentence(str(refusal.value))
    state, path = made.mlp(), tmp_path / "beside.pth"
    for data in (pickle.dumps(state | {"x": attack}), written(state | {"x": attack}), written({"G": state, "args": [attack]})):
        path.write_bytes(data)  # beside weights it is left out
        assert adapters.load(path).layout == "MLP of 3 layers"
    assert not trace.exists()


def assert_one_sentence(text: str) -> None:
    assert text.endswith(".") and "\n" not in text and "weights_only" not in text and "/" not in text and len(text) < 1000


@pytest.mark.filterwarnings("ignore:.*source code of container:UserWarning")
@pytest.mark.parametrize("how", [{}, {"_use_new_zipfile_serialization": False}])
def test_a_whole_module_has_the_tensors_of_its_state_dict(tmp_path: Path, how: dict[str, Any]) -> None:
    layers = [torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 784), torch.nn.Tanh()]
    network = torch.nn.Sequential(*layers)
    network.register_buffer("scratch", torch.ones(3), persistent=False)
    path = tmp_path / "whole.pth"
    torch.save({"G": torch.nn.DataParallel(network), "epoch": 3}, path, **how)
    read = reading.read(path)
    want = {f"G.module.{name}": tensor for name, tensor in network.state_dict().items()}
    assert list(read) == list(want) and equal(read, want)
    torch.save(torch.optim.Adam(network.parameters()), path, **how)
    refused(path, r"holds Python objects \(torch.optim.adam.Adam\) and no tensors.*state_dict")


def refused(path: Path, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        adapters.load(path)
    assert_one_sentence(str(refusal.value))


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_other_formats_are_called_by_their_name(tmp_path: Path) -> None:
    for name, data, reason in (
        ("empty.pth", b"", "is empty"),
        ("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(50), "Keras or TensorFlow"),
        ("saved_model.pb", b"\x08\x01", "Keras or TensorFlow"),
        ("page.pth", b"<!doctype html><html>not found</html>", "not a file of PyTorch weights but a web page"),
        ("pointer.bin", b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 123\n", "Git LFS pointer"),
        ("photo.pth", b"\xff\xd8\xff\xe0" + bytes(100), "not a file of PyTorch weights but a JPEG picture"),
        ("own.pth", b"\x08\x08\x12\x07pytorch\x1a\x062.13.0" + bytes(50), "an ONNX model"),
        ("tf2.onnx", b"\x08\x09" + bytes(50), "an ONNX model"),
        ("model.bin", bytes(4) + b"TFL3" + bytes(50), "TensorFlow Lite"),
        ("model.ckpt.data-00000-of-00001", bytes(100), "TensorFlow checkpoint"),
        ("checkpoint", b'model_checkpoint_path: "model.ckpt"\n', "TensorFlow checkpoint"),
        ("model.pth", b"\x1f\x8b" + bytes(100), "gzip archive: unpack it"),
        ("model.pth", b"7z\xbc\xaf\x27\x1c" + bytes(100), "7z archive: unpack it"),
        ("config.pth", b'{"z_dim": 100, "layers": [1, 2]}', "a JSON file"),
        ("list.json", b'[{"z_dim": 100}]', "a JSON file"),
        ("config.yaml", "größe: 64\nlr: 0.1\n".encode(), "a text file"),
        ("setup.cfg", b"[section]\nname = 1\n", "a text file"),
        ("error.pt", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "a web page"),
        ("one.npy", b"\x93NUMPY" + bytes(100), "one NumPy array"),
        ("numbers.pth", written(3), "holds no tensors"),
        ("list.pth", written({"epoch": 3}), "holds no tensors"),
    ):
        (tmp_path / name).write_bytes(data)
        refused(tmp_path / name, reason)
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", b"x")
    refused(tmp_path / "model.keras", "Keras or TensorFlow")
    with zipfile.ZipFile(tmp_path / "weights.zip", "w") as archive:
        archive.writestr("gan/netG.pth", written(made.mlp()))
    refused(tmp_path / "weights.zip", "zip archive of other files: unpack it")
    with zipfile.ZipFile(tmp_path / "photos.pth", "w") as archive:
        archive.writestr("a.png", b"x")
    refused(tmp_path / "photos.pth", "zip archive without weights")
    with tarfile.open(tmp_path / "netG.pth.tar", "w") as tar:
        tar.add(tmp_path / "weights.zip", "netG.pth")
    refused(tmp_path / "netG.pth.tar", "tar archive: unpack it")
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", "is a folder")
    (tmp_path / "folder" / "saved_model.pb").write_bytes(b"")
    refused(tmp_path / "folder", "TensorFlow SavedModel")
    refused(tmp_path / "absent.pth", "cannot be read")
    os.mkfifo(tmp_path / "pipe.pth")
    refused(tmp_path / "pipe.pth", "not a regular file")
    scripted = torch.jit.script(torch.nn.Linear(2, 2))
    torch.jit.save(scripted, tmp_path / "script.pt")
    refused(tmp_path / "script.pt", "TorchScript")


def test_tensors_that_are_large_in_shape_only_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    torch.save({"model.1.weight": torch.zeros(1).expand(10**6, 10**6)}, path)
    assert path.stat().st_size < 10_000
    refused(path, "unfolds to more than")
    torch.save({"model.1.weight": torch.zeros(1).to_sparse()}, path)
    refused(path, "not a plain tensor")
    torch.save({"model.1.weight": torch.zeros(1, dtype=torch.complex64)}, path)
    refused(path, "not a plain tensor")


def test_archives_that_unfold_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_WEIGHTS_BYTES", 2**20)
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(2**21))
    refused(path, "unfolds to more than 1 MB")
    path.write_bytes(bytes(2**20 + 1))
    refused(path, "weights of up to 1 MB")


def test_archives_of_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_DIRECTORY", 2000)
    monkeypatch.setattr(reading, "MAX_LIST", 2000)
    path = tmp_path / "many.pth"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(100):
            archive.writestr(f"archive/{number}", b"")
    refused(path, "too many files")
    path.write_bytes(written({str(number): number for number in range(500)}))
    refused(path, "far more than a network's tensors")
    path.write_bytes(written(made.mlp((4, 8, 784))))
    with pytest.raises(ValueError, match="too many files"):  # PyTorch's archives have a 64-bit list
        monkeypatch.setattr(reading, "MAX_LIST", 100)
        adapters.load(path)


def test_containers_nested_without_end_are_refused(tmp_path: Path) -> None:
    content: dict[str, Any] = {}
    for _ in range(40):  # 2**40 paths, 40 objects
        content = {"a": content, "b": content}
    path = tmp_path / "laughs.pth"
    torch.save(content, path)
    refused(path, "holds no tensors|more than 20,000 entries")
    wide = {str(number): {str(inner): 0 for inner in range(200)} for number in range(200)}
    torch.save(wide, path)
    refused(path, "more than 20,000 entries")


def outcome(path: Path, data: bytes) -> str:
    """What loading those bytes says; anything but a Foreign or a ValueError of one sentence is an error of ours."""
    path.write_bytes(data)
    try:
        return adapters.load(path).layout
    except ValueError as error:
        assert_one_sentence(str(error))
        return "refused"


def small_mlp() -> dict[str, Tensor]:
    """The same numbers each time: of four columns, chance makes some as loud as a label's."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return made.mlp((4, 8, 784))


SEEDS = {
    "zip": written(small_mlp()),
    "legacy": written(small_mlp(), _use_new_zipfile_serialization=False),
    "safetensors": save(small_mlp()),
}


@settings(max_examples=60)
@given(
    data=st.binary(max_size=300),
    start=st.sampled_from([b"", b"PK\x03\x04", b"\x80\x02", *(seed[:200] for seed in SEEDS.values())]),
)
def test_garbage_is_refused(tmp_path_factory: pytest.TempPathFactory, start: bytes, data: bytes) -> None:
    assert outcome(tmp_path_factory.getbasetemp() / "garbage.pth", start + data) == "refused"


@pytest.mark.parametrize("kind", SEEDS)
def test_truncated_and_mutated_files_are_read_or_refused(tmp_path: Path, kind: str) -> None:
    whole, chance = SEEDS[kind], random.Random(0)
    assert outcome(tmp_path / "whole.pth", whole) == "MLP of 2 layers"
    cut = {outcome(tmp_path / "cut.pth", whole[: chance.randrange(len(whole))]) for _ in range(60)}
    assert cut == {"refused"}
    head = min(len(whole), 3000)
    for _ in range(120):
        mutated = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            # Where formats keep what matters: the front, and for archives the end.
            place = chance.choice([chance.randrange(head), len(whole) - 1 - chance.randrange(head)])
            mutated[place] = chance.randrange(256)
        outcome(tmp_path / "mutated.pth", bytes(mutated))


KINDS = (made.resnet, made.unet, made.mobile_resnet, made.huggan_unet, made.coursera_resnet, made.dcgan, made.mlp)
POOL = [name for build in KINDS for name in build()]


@settings(max_examples=60)
@given(data=st.data())
def test_renamed_reshaped_and_missing_tensors_are_recognised_or_refused(data: st.DataObject) -> None:
    state = dict(data.draw(st.sampled_from(KINDS))())
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(state)))
        tensor = state.pop(name)
        match data.draw(st.sampled_from(["drop", "rename", "reshape", "empty", "text"])):
            case "rename":
                state[data.draw(st.sampled_from(POOL))] = tensor
            case "text":
                state[data.draw(st.text(max_size=20))] = tensor
            case "reshape":
                state[name] = torch.zeros(data.draw(st.lists(st.integers(0, 9), max_size=5)))
            case "empty":
                state[name] = tensor.flatten()[:0]
    try:
        foreign = adapters.recognise(state, "file.pth")
    except ValueError as error:
        assert_one_sentence(str(error))
        return
    assert all(not network.training for network in foreign.generators.values())


@settings(max_examples=60)
@given(
    state=st.dictionaries(
        st.one_of(st.sampled_from(POOL), st.from_regex(r"\A[a-z0-9]{1,6}(\.[a-z0-9]{1,6}){0,6}\Z")),
        st.lists(st.integers(0, 40), max_size=4).map(torch.zeros),
        max_size=12,
    )
)
def test_any_names_with_any_shapes_are_recognised_or_refused(state: dict[str, Tensor]) -> None:
    try:
        adapters.recognise(state, "file.pth")
    except ValueError as error:
        assert_one_sentence(str(error))


def test_safetensors_of_every_number_type(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for dtype in (torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn):
        save_file({name: tensor.to(dtype) for name, tensor in made.mlp((4, 8, 784)).items()}, path)
        network = adapters.load(path).generators["G"]
        assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
