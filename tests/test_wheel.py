"""The wheel: built, installed in an environment of its own beside the packages that are here, and used from another folder."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from ganlab import __version__
from ganlab.models.catalogue import NAMES
from tests.support import ROOT
from tests.support.app_server import AppServer

# What the extra `app` brings; the core does without.
CORE_ALONE = """
import sys
for name in ("streamlit", "gradio", "plotly", "huggingface_hub", "onnx"):
    sys.modules[name] = None
from ganlab.__main__ import main
from ganlab.models.publish.ship import TARGET
print(TARGET.absolute())
assert main(["app"]) == 2
assert main(["sample", "digits-quick", "-n", "4", "-o", "core.png"]) == 0
assert main(["train", "shapes", "--family", "gan", "--image-size", "16", "--steps", "2"]) == 0
assert "torch._dynamo" not in sys.modules, "a start that takes 1.4 s longer"
"""


OF_THE_APP = ("app/", "models/hub/mixin.py")  # modules that only an installation with the extra imports


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """What a command writes to its standard output; it must succeed."""
    done = subprocess.run(command, cwd=folder, env=environment or None, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Installed:
    """An environment with the wheel in it, and an empty folder to work in."""

    def __init__(self, parent: Path) -> None:
        self.folder, self.wheels, prefix = parent / "work", parent / "wheels", parent / "environment"
        self.folder.mkdir()
        self.python, self.ganlab = prefix / "bin" / "python", prefix / "bin" / "ganlab"
        pip = [sys.executable, "-m", "pip"]
        run(*pip, "wheel", ".", "-q", "--no-deps", "--no-build-isolation", "-w", self.wheels, folder=ROOT)
        venv.create(prefix, symlinks=True)
        # The packages that are here, but not the checkout: a .pth file named in another's folder is not read.
        packages = [path for path in sys.path if path.endswith("-packages")]
        self.packages = next(prefix.glob("lib/python*/site-packages"))
        (self.packages / "beside.pth").write_text("\n".join(packages))
        (wheel,) = self.wheels.iterdir()
        run(*pip, "--python", self.python, "install", "-q", "--no-deps", "--no-index", wheel, folder=self.folder)
        mine = ("GANLAB_", "PYTHON")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
        self.environment |= {"HF_HUB_OFFLINE": "1", "HF_HOME": str(parent / "hub"), "XDG_CACHE_HOME": str(parent / "cache")}

    def __call__(self, *arguments: str) -> str:
        """What `ganlab ARGUMENTS` writes."""
        return run(self.ganlab, *arguments, folder=self.folder, **self.environment)

    def files(self) -> dict[Path, tuple[int, int]]:
        """Every file of the installed package: its size and when it was written."""
        return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in (self.packages / "ganlab").rglob("*")}


class InstalledApp(AppServer):
    """`ganlab app` of the wheel, which keeps its runs and data in the folder it is called from."""

    def __init__(self, wheel: Installed) -> None:
        super().__init__(wheel.folder, wheel.folder / "data")
        self._ganlab, self._folder, self._environment = wheel.ganlab, wheel.folder, wheel.environment

    def command(self, port: int | None = None) -> list[str]:
        """The README's command, with a port."""
        return [str(self._ganlab), "app", "--port", str(port or self.port)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The wheel, installed; what it installed is unchanged in the end."""
    installed = Installed(tmp_path_factory.mktemp("wheel"))
    before = installed.files()
    yield installed
    assert installed.files() == before, "something was written below the installation"


def test_its_name_is_not_taken_and_its_version_is_the_packages(wheel: Installed) -> None:
    assert [path.name for path in wheel.wheels.iterdir()] == [f"ganlab_studio-{__version__}-py3-none-any.whl"]
    assert wheel("--version") == f"ganlab {__version__}\n"


def test_the_core_imports_nothing_but_its_dependencies() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[<>=]", line)[0].replace("pillow", "PIL") for line in declared}
    wrong = []
    for path in (ROOT / "ganlab").rglob("*.py"):
        module = path.relative_to(ROOT / "ganlab").as_posix()
        for node in ast.parse(path.read_text()).body if not module.startswith(OF_THE_APP) else ():
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found = {name.split(".")[0] for name in imported} - names - sys.stdlib_module_names - {"ganlab"}
            wrong += [f"{module}: {name}" for name in found]
    assert wrong == []


def test_it_is_what_is_imported(wheel: Installed) -> None:
    printed = run(wheel.python, "-c", "import ganlab; print(ganlab.__file__)", folder=wheel.folder, **wheel.environment)
    assert printed == f"{wheel.packages / 'ganlab' / '__init__.py'}\n"


def test_it_brings_the_shipped_models(wheel: Installed) -> None:
    listed = wheel("zoo")
    assert [name for name in NAMES if f"\n{name} " not in f"\n{listed}"] == []


def levels(path: Path) -> int:
    """How many different greys a picture has: few when nothing was drawn."""
    with Image.open(path) as picture:
        return len(set(picture.convert("L").get_flattened_data()))


def test_it_translates(wheel: Installed) -> None:
    Image.new("RGB", (64, 48), "sienna").save(wheel.folder / "plain.png")
    wheel("translate", "--model", "facades-light", "plain.png", "-o", "facade.png")
    assert levels(wheel.folder / "facade.png") > 16


def test_it_writes_a_space(wheel: Installed) -> None:
    wheel("space", "space", "--models", "digits-quick")
    written = {str(path.relative_to(wheel.folder / "space")) for path in (wheel.folder / "space").rglob("*")}
    assert {"app.py", "requirements.txt", "LICENSE", "ganlab/__init__.py", "checkpoints/digits-quick/README.md"} <= written
    assert "ganlab/_bundle" not in written


def test_the_core_does_without_the_app_and_the_app_finds_the_folders_runs(wheel: Installed) -> None:
    with InstalledApp(wheel) as app, httpx.Client(base_url=app.url) as client:
        printed = run(wheel.python, "-c", CORE_ALONE, folder=wheel.folder, **wheel.environment)
        assert printed.startswith(f"{wheel.folder / 'checkpoints'}\n"), "shipped models are written here"
        assert levels(wheel.folder / "core.png") > 16
        assert [client.get(path).status_code for path in ("/", "/train", "/playground/", "/live/")] == [200] * 4
        (made,) = client.get("/api/runs").json()
        assert (wheel.folder / "runs" / made["id"] / "config.json").is_file()
        with pytest.raises(httpx.TransportError):  # .streamlit/config.toml holds: this machine's own address alone
            httpx.get(app.url.replace("127.0.0.1", "127.0.0.2"))
