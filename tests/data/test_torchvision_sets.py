"""`mnist`, `fashion-mnist` and `cifar10`: read from disk, or fetched by the run; nothing unknown is ever unpickled."""

import gzip
import hashlib
import io
import os
import pickle
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from ganlab.app.views.loading_wording import loading_text
from ganlab.core.errors import DataError
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, cache, data_root, load, torchvision_import
from ganlab.data.torchvision_import import load_torchvision
from tests.support import ROOT
from tests.support.loading import drain, loaded
from tests.support.loopback import Site, serving

SETS = ("mnist", "fashion-mnist", "cifar10")


def idx(array: np.ndarray) -> bytes:
    """The format of MNIST's files."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def tiny_mnist() -> dict[str, bytes]:
    files = {}
    for part, count in (("train", 6), ("t10k", 4)):
        labels = np.arange(count)
        files[f"{part}-images-idx3-ubyte"] = idx(np.broadcast_to(20 * labels[:, None, None], (count, 28, 28)))
        files[f"{part}-labels-idx1-ubyte"] = idx(labels)
    return files


def put(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(Site()) as site:
        yield site


@pytest.fixture
def mnist_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A mirror of a tiny MNIST, and torchvision's class pointed at it."""
    reader = load_torchvision().datasets.MNIST
    site.files = {f"{name}.gz": gzip.compress(data) for name, data in tiny_mnist().items()}
    monkeypatch.setattr(reader, "mirrors", ["http://127.0.0.1:9/", site.address])
    monkeypatch.setattr(reader, "resources", [(name, hashlib.md5(data).hexdigest()) for name, data in site.files.items()])
    return site


def tiny_cifar() -> dict[str, bytes]:
    files = {}
    for i, name in enumerate([*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]):
        data = np.full((2, 3, 32, 32), 10 * i, dtype=np.uint8)
        data[:, 0] += 1  # red is one more
        files[name] = pickle.dumps({"data": data.reshape(2, -1), "labels": [i, 9]}, protocol=2)
    files["batches.meta"] = pickle.dumps({"label_names": [f"class {n}" for n in range(10)]}, protocol=2)
    return files


def know(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make torchvision take these CIFAR files for the published ones."""
    reader = load_torchvision().datasets.CIFAR10
    sums = {name: hashlib.md5(data).hexdigest() for name, data in files.items()}
    monkeypatch.setattr(reader, "train_list", [[name, sums[name]] for name in files if name.startswith("data")])
    monkeypatch.setattr(reader, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(reader, "meta", reader.meta | {"md5": sums["batches.meta"]})


def test_a_set_on_disk_is_read_as_it_is() -> None:
    put(data_root() / "MNIST" / "raw", tiny_mnist())
    assert DATASETS["mnist"].available().state == "ready"
    data = loaded("mnist", conditioning=Conditioning.LABEL)
    assert data.images[:, 0, 5, 5].tolist() == [0, 20, 40, 60, 80, 100]
    assert data.labels is not None
    assert data.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert data.labels.dtype == torch.int64
    assert data.label_names == tuple("0123456789")
    assert len(loaded("mnist", split="test").images) == 4


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (28, 3), (32, 0), (64, 3)])
def test_size_and_channels_are_what_was_asked(size: int, channels: int) -> None:
    put(data_root() / "MNIST" / "raw", tiny_mnist())
    images = loaded("mnist", image_size=size, channels=channels).images
    assert images.shape == (6, channels or 1, size, size)
    assert images[3].unique().tolist() == [60]


def test_a_set_too_big_for_memory_is_resized_into_a_mapped_file(monkeypatch: pytest.MonkeyPatch) -> None:
    put(data_root() / "MNIST" / "raw", tiny_mnist())
    small = loaded("mnist", image_size=32)
    assert not (data_root() / ".cache").exists()
    monkeypatch.setattr(cache, "RESIDENT_BYTES", 100)
    for _ in range(2):
        assert torch.equal(loaded("mnist", image_size=32).images, small.images)
    assert len(list((data_root() / ".cache").iterdir())) == 1


def test_what_is_missing_is_downloaded_by_the_run(mnist_site: Site) -> None:
    assert DATASETS["mnist"].available().state == "download"
    data, events = drain(load("mnist", image_size=28))
    assert len(data.images) == 6
    assert any(loading_text(one) == "Downloading train-images-idx3-ubyte.gz" and one.unit == "bytes" for one in events)
    asked = len(mnist_site.asked)
    assert DATASETS["mnist"].available().state == "ready"
    loaded("mnist")
    assert len(mnist_site.asked) == asked


def test_packed_files_that_the_user_put_there_are_enough(mnist_site: Site) -> None:
    put(data_root() / "MNIST" / "raw", mnist_site.files)
    mnist_site.files = {}
    assert len(loaded("mnist").images) == 6
    assert mnist_site.asked == []


def test_a_read_only_data_folder_sends_downloads_to_the_cache(
    mnist_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_root().mkdir()
    data_root().chmod(0o555)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        assert len(loaded("mnist").images) == 6
    assert list(data_root().iterdir()) == []
    assert DATASETS["mnist"].available().state == "ready"
    data_root().chmod(0o755)


@pytest.mark.parametrize("name", SETS)
def test_without_a_network_one_sentence_says_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = load_torchvision().datasets
    for reader in (datasets.MNIST, datasets.FashionMNIST):
        monkeypatch.setattr(reader, "mirrors", ["http://nowhere.invalid/"])
    monkeypatch.setattr(datasets.CIFAR10, "url", "http://nowhere.invalid/cifar.tar.gz")
    with pytest.raises(DataError, match=r"could not be downloaded \(.+\); put its files into .+ or choose the data set 'shapes'"):
        loaded(name)


@pytest.mark.parametrize("damage", [b"", b"\0\0\x08\x03", idx(np.zeros((6, 28, 28)))[:-9], b"junk" * 99])
def test_damaged_files_are_one_sentence(damage: bytes) -> None:
    put(data_root() / "MNIST" / "raw", tiny_mnist() | {"train-images-idx3-ubyte": damage})
    with pytest.raises(DataError, match=r"The files of mnist in .+ are damaged; delete that folder and start again\."):
        loaded("mnist")


def test_cifar_is_fetched_and_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tiny_cifar()
    know(files, monkeypatch)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in {**{f"cifar-10-batches-py/{name}": data for name, data in files.items()}, "../out": b"evil"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    site.files = {"cifar.tar.gz": buffer.getvalue()}
    reader = load_torchvision().datasets.CIFAR10
    monkeypatch.setattr(reader, "url", site.address + "cifar.tar.gz")
    monkeypatch.setattr(reader, "tgz_md5", hashlib.md5(buffer.getvalue()).hexdigest())
    data = loaded("cifar10", image_size=32, conditioning=Conditioning.LABEL)
    assert data.images.shape == (10, 3, 32, 32)
    assert data.images[2, :, 7, 7].tolist() == [11, 10, 10]
    assert data.labels is not None
    assert data.labels.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    assert data.label_names[3] == "class 3"
    assert loaded("cifar10", image_size=32, channels=1, split="test").images.unique().tolist() == [50]  # 51, 50, 50 in luma
    assert not list(data_root().parent.rglob("out"))


class Exploit:
    """Unpickled, it makes a folder."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch", "batches.meta"])
def test_an_unknown_pickle_is_never_opened(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tiny_cifar()
    know(files, monkeypatch)
    folder = data_root() / "cifar-10-batches-py"
    put(folder, files | {name: pickle.dumps(Exploit(tmp_path / "exploded"))})
    with pytest.raises(DataError, match="are damaged"):
        loaded("cifar10", image_size=32)
    assert not (tmp_path / "exploded").exists()
    put(folder, files)
    assert len(loaded("cifar10", image_size=32).images) == 10


def test_torchvision_loads_beside_any_torch() -> None:
    torchvision = load_torchvision()
    assert torchvision is load_torchvision()
    assert torchvision.datasets.MNIST.__name__ == "MNIST"
    grid = torchvision.utils.make_grid(torch.zeros(4, 1, 3, 3))
    assert grid.shape[0] == 3


def test_other_import_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(error: Exception) -> ImportError | RuntimeError:
        def fail(name: str) -> None:
            raise error

        monkeypatch.setattr(torchvision_import.importlib, "import_module", fail)
        with pytest.raises((ImportError, RuntimeError)) as caught:
            load_torchvision.__wrapped__()
        return caught.value

    assert "another" in str(broken(RuntimeError("another thing")))
    assert "numpy" in str(broken(ModuleNotFoundError("No module named 'numpy'", name="numpy")))
    assert "not installed" in str(broken(ModuleNotFoundError("x", name="torchvision")))


def test_without_torchvision_the_rest_works(tmp_path: Path) -> None:
    script = """
import sys
sys.modules["torchvision"] = None
from tests.support.loading import loaded
print(len(loaded("shapes", image_size=8, split="test").images))
try:
    loaded("mnist")
except ValueError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    first, second = run.stdout.strip().splitlines()
    assert first == "2000"
    assert second == "mnist is read with torchvision, which is missing: install it, or choose 'shapes' or 'folder'."


def test_the_real_digits(real_data: Path) -> None:
    data = loaded("mnist", conditioning=Conditioning.LABEL)
    assert data.images.shape == (60_000, 1, 28, 28)
    assert data.labels is not None
    assert data.labels[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert data.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert data.images.float().mean().item() == pytest.approx(33.318, abs=0.01)
    bigger = loaded("mnist", image_size=32, split="test").images
    assert bigger.shape == (10_000, 1, 32, 32)
    assert bigger.float().mean().item() == pytest.approx(33.79, abs=0.3)
