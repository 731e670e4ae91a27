"""What the tests share: run directories of their own, real data where there is some, configs small enough for seconds."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings

import ganlab.app  # noqa: F401 - prepares the process: before PyTorch, the HTTP clients and Gradio
from tests.support import ROOT

if TYPE_CHECKING:
    from ganlab.metrics.features.classifier import ClassifierExtractor
    from tests.support.app_server import AppServer
    from tests.support.fake_runs import FakeRun

# Before anything imports torch: see ganlab/core/threads.py.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

# Several processes test at once, and the same sums in the same order come out of every process they start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# These machines are shared: how long one example took says nothing about the code.
settings.register_profile("ganlab", deadline=None)
settings.load_profile("ganlab")

PANELS = ("draw_layers", "every_panel", "explore", "in_browser", "translate")  # browser tests of the playground
LONGEST = (
    "tests/models/test_space.py",
    "tests/runtime/test_launch.py",
    "tests/runtime/test_survival.py",
    "tests/test_notebooks.py",
    "tests/test_wheel.py",
    "tests/training/test_engine.py",
)
SHARED = ROOT.parent / "shared"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without browser tests their folder is not imported at all, nor what it needs."""
    return (collection_path == ROOT / "tests" / "browser" and config.getoption("markexpr") == "not browser") or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in tests/browser bears the mark `browser`. What takes longest begins, so that all processes end together."""
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker("browser")
    items.sort(key=lambda item: _turn(item.nodeid.split("::")[0]))


def _turn(file: str) -> int:
    return 0 if _shares_the_app(file) else 1 if file in LONGEST else 2


def _shares_the_app(file: str) -> bool:
    return file.startswith("tests/browser/") or file == "tests/app/test_server.py"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file in one process; those that share the app (`served`, below) in two, which begin with them and wait a lot."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            if _shares_the_app(file):
                return "panels" if Path(file).stem.removeprefix("test_") in PANELS else "pages"
            return file

    return Scheduling(config, log)


@pytest.fixture(autouse=True)
def own_directories(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every test has empty runs and an empty data folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GANLAB_RUNS", str(home / "runs"))
    monkeypatch.setenv("GANLAB_DATA", str(home / "data"))
    yield home


@pytest.fixture(scope="session", autouse=True)
def shapes_drawn_once() -> Iterator[None]:
    """An image of `shapes` is a function of its index: here each is drawn once, not again by every training in this process."""
    from ganlab.data.sets import shapes

    kept: dict[tuple[bytes, int, int, str], np.ndarray] = {}
    draw, most = shapes.render, 400_000_000  # bytes

    def render(indices: np.ndarray, image_size: int, channels: int, style: str = "filled") -> np.ndarray:
        key = indices.tobytes(), image_size, channels, style
        if key not in kept:
            if sum(images.nbytes for images in list(kept.values())) > most:
                kept.clear()
            kept[key] = draw(indices, image_size, channels, style)
            kept[key].flags.writeable = False
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "render", render)
        yield


@pytest.fixture(scope="module")
def little_data() -> Iterator[None]:
    """Few images of `shapes`, and few that self-conditioned sorts first: for tests of what training does, whatever it sees."""
    from ganlab.data.sets import shapes
    from ganlab.training.families import self_conditioned

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "how_many", lambda image_size: 500)
        patch.setattr(self_conditioned, "_IMAGES_TO_CLUSTER", 256)
        yield


@pytest.fixture(scope="module")
def small_encoder() -> ClassifierExtractor:
    """The shipped encoder of photos, reading at a quarter of the size: as many words in a sixteenth of the time."""
    from ganlab.metrics.features.classifier import ClassifierExtractor

    whole = ClassifierExtractor.of_photos()
    return ClassifierExtractor(whole._network, replace(whole.about, image_size=16), "0")


@pytest.fixture(scope="session", autouse=True)
def packages_searched_once() -> Iterator[None]:
    """Streamlit's AppTest searches every installed package for components each time: here once, as they stay the same."""
    if "streamlit" not in sys.modules:
        yield
        return
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def fake(own_directories: Path) -> Iterator[Callable[..., FakeRun]]:
    """Makes run directories without workers, and lets go of them in the end."""
    from ganlab.runtime.run import runs_root
    from tests.support.fake_runs import FakeRun

    made: list[FakeRun] = []

    def make(**settings: Any) -> FakeRun:
        made.append(FakeRun(runs_root(), **settings))
        return made[-1]

    yield make
    for run in made:
        run.release()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The whole app with nothing but what it ships: no data, no network. It takes ten seconds to start, so files share it."""
    from tests.support.app_server import AppServer

    home = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_HOME", str(home / "empty-cache"))
        for scheme in ("http", "https"):  # of which nothing answers
            patch.setenv(f"{scheme}_proxy", "http://127.0.0.1:9")
        patch.setenv("no_proxy", "127.0.0.1,localhost,::1")
        server = AppServer(home, home / "data")
    with server:
        yield server


@pytest.fixture(scope="module")
def app(served: AppServer) -> Iterator[AppServer]:
    """The same, without the runs and measurements of another file."""
    yield served
    served.empty()


def find_real_data() -> Path | None:
    """GANLAB_DATA as it was when the tests started, or shared data beside the project."""
    for candidate in (_DATA_AT_START, str(SHARED / "data")):
        if candidate and (Path(candidate) / "MNIST" / "raw").is_dir():
            return Path(candidate).resolve()
    return None


_DATA_AT_START = os.environ.get("GANLAB_DATA", "")


@pytest.fixture(scope="session")
def real_data_folder() -> Path:
    """The folder with real data sets; skips where there is none."""
    found = find_real_data()
    if found is None:
        pytest.skip("no real data: set GANLAB_DATA to a folder with MNIST/raw")
    return found


@pytest.fixture
def real_data(real_data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, and GANLAB_DATA points at it."""
    monkeypatch.setenv("GANLAB_DATA", str(real_data_folder))
    return real_data_folder


@pytest.fixture(scope="session")
def foreign_weights() -> Path:
    """The folder with other people's checkpoints; skips where there is none."""
    folder = SHARED / "weights"
    if not folder.is_dir():
        pytest.skip("no foreign checkpoints beside the project")
    return folder
