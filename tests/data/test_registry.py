"""The registry: what every data set promises, and what `load` refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

from ganlab.app.views.loading_wording import loading_text
from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.files import writable
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, Availability, DataSource, Wanted, data_root, load, register, registry
from ganlab.data.paths import cache_root, download_root
from ganlab.data.registry import Loader
from tests.support import ROOT
from tests.support.loading import drain, loaded


@pytest.mark.parametrize("source", DATASETS.values(), ids=DATASETS)
def test_every_source_describes_itself(source: DataSource) -> None:
    assert DATASETS[source.name] is source
    assert source.title
    assert source.note.endswith(".")
    assert "\n" not in source.note
    assert source.channels in (0, 1, 3)
    assert Conditioning.NONE in source.conditionings
    assert source.available().state in ("ready", "download", "needs folder")
    assert (source.available().state == "download") == (source.available().megabytes > 0)


def test_there_is_always_something_to_train_on() -> None:
    assert DATASETS["shapes"].available() == Availability("ready")
    assert DATASETS["shapes"].conditionings == frozenset(Conditioning)


def test_looking_imports_no_torch() -> None:
    code = "import sys, ganlab.data as d; [s.available() for s in d.DATASETS.values()]; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=ROOT)


@pytest.mark.parametrize(
    ("name", "wanted", "message"),
    [
        (
            "nist",
            {},
            "dataset = 'nist' is not one of mnist, fashion-mnist, cifar10, celeba, facades, horse2zebra, shapes, folder.",
        ),
        (
            "mnist",
            {"conditioning": Conditioning.PAIRED},
            "dataset = 'mnist' has no pairs of images; choose one of facades, shapes, folder.",
        ),
        (
            "celeba",
            {"conditioning": Conditioning.LABEL},
            "has no labels; choose one of mnist, fashion-mnist, cifar10, horse2zebra, shapes, folder.",
        ),
        ("shapes", {"channels": 2}, "channels = 2"),
        ("shapes", {"image_size": 0}, "image_size = 0 is out of range: at least 1."),
        ("shapes", {"image_size": "x"}, "image_size = 'x' is not a whole number."),
        ("shapes", {"limit": -1}, "limit = -1 is out of range: at least 0."),
        ("shapes", {"split": "val"}, "split = 'val': channels must be 0, 1 or 3, and split train or test."),
    ],
)
def test_what_does_not_fit_is_one_sentence(name: str, wanted: dict, message: str) -> None:
    with pytest.raises(DataError) as caught:
        loaded(name, **wanted)
    assert message in str(caught.value)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only moves when it is told to."""
    now = [0.0]
    monkeypatch.setattr(registry.time, "monotonic", lambda: now[0])
    return now


def test_one_registration_adds_a_set_and_progress_is_told_ten_times_a_second(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []

    def slow(wanted: Wanted) -> Loader:
        try:
            for i in range(100):
                clock[0] += 1 / 64
                yield Loading("decoding", "it", i, 100)
            yield Loading("building")
            return (yield from load("shapes", image_size=wanted.image_size, split="test"))
        finally:
            closed.append(True)

    monkeypatch.setattr(registry, "DATASETS", {**DATASETS})
    register(
        DataSource("slow", "Slow", "A test.", 1, 8, 100, 0, frozenset({Conditioning.NONE}), slow, lambda: Availability("ready"))
    )
    data, messages = drain(load("slow", image_size=8))
    assert len(data.images) == 2000
    assert [message.done for message in messages if loading_text(message) == "Decoding it"] == list(range(0, 100, 7))
    assert any(loading_text(message) == "Building the networks" for message in messages)
    steps = load("slow", image_size=8)
    next(steps)
    steps.close()
    assert len(closed) == 2


def test_the_data_folder_is_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_DATA", "~/pictures")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_root() == tmp_path / "pictures"
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("GANLAB_DATA")
        else:
            monkeypatch.setenv("GANLAB_DATA", unset)
        assert data_root() == Path("data")


def test_a_folder_marked_read_only_is_not_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "closed" / "inner"))
    assert writable(data_root())
    assert (cache_root(), download_root()) == (data_root() / ".cache", data_root())
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed").chmod(0o555)
    assert not writable(data_root())
    assert cache_root() == download_root() == tmp_path / "cache" / "ganlab"
    (tmp_path / "closed").chmod(0o755)
