"""The playground alone, and a Space: exactly what `ganlab space` writes is started, and draws."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.__main__ import main
from ganlab.app.playground_server import _in_the_whole_app
from ganlab.app.security.gate import Gate
from ganlab.app.serving.upload_folder import keep_uploads_apart, remove_uploads
from ganlab.core.lock import FileLock, is_held
from ganlab.models.publish import space
from tests.support.whole_app import Asked, addresses, concrete, everything

# As on a Space: neither is installed there.
WITHOUT = "import sys; sys.modules['streamlit'] = sys.modules['plotly'] = None; "


@contextmanager
def started(command: list[str], folder: Path, **environment: str) -> Iterator[httpx.Client]:
    """A server until the end of the block; a client of it."""
    log = folder.parent / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, env=os.environ | environment, stdout=file, stderr=file)
    port = environment["GRADIO_SERVER_PORT"]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            deadline = time.monotonic() + 90
            while True:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                try:
                    client.get("/")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield client
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_a_space_is_started_as_it_is_written_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from gradio_client import Client
    from PIL import Image

    folder = tmp_path / "space"
    assert main(["space", str(folder), "--models", "shapes-quick,digits-quick", "--title", "Digits of ours"]) == 0
    assert "hf upload" in capsys.readouterr().out
    head = (folder / "README.md").read_text().split("---\n")[1]
    pins = (folder / "requirements.txt").read_text().splitlines()
    assert "sdk: gradio\n" in head and "app_file: app.py\n" in head and 'title: "Digits of ours"' in head
    assert f"gradio=={head.split('sdk_version: ')[1].split()[0]}" in pins
    assert not [pin for pin in pins if pin.startswith(("streamlit", "-e"))]
    assert sorted(path.name for path in (folder / "checkpoints").iterdir()) == ["digits-quick", "shapes-quick"]
    code = WITHOUT + "import runpy; runpy.run_path('app.py', run_name='__main__')"
    runs, host = str(tmp_path / "runs"), "team-digits.hf.space,digits.example.org"
    with started(
        [sys.executable, "-c", code], folder, GRADIO_SERVER_PORT=free_port(), GANLAB_RUNS=runs, SPACE_HOST=host
    ) as client:
        assert client.get("/api/picture?model=digits-quick&seed=4").headers["content-type"] == "image/png"
        moved = client.get("/play?tab=classes&model=shapes-quick")
        assert str(moved.next_request.url) == f"{client.base_url}/?tab=classes&model=shapes-quick"
        assert client.get("/api/picture?model=facades-light").status_code == 400  # not chosen
        caller = Client(str(client.base_url), verbose=False, download_files=str(tmp_path / "made"))
        picture = caller.predict("shapes-quick", 0, "circle", "heart", 0.5, 1, api_name="/classes_mix")
        assert Image.open(picture).size == (28, 28)
        for host in ("team-digits.hf.space", "digits.example.org"):  # as the Hub's proxy asks, from this very machine
            assert client.get("/", headers={"Host": host}).status_code == 200
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
        policy = client.get("/").headers["content-security-policy"]
        assert policy == "frame-ancestors 'self' https://huggingface.co", "the Hub shows a Space in a frame"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starlette]:
    """The playground alone, as it is served to this machine, with its real panels."""
    from ganlab.app.playground_server import application

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        yield application(["*.hf.space"])


def test_the_playground_alone_has_the_gate_of_the_whole_app(alone: Starlette) -> None:
    ask, here = Asked(alone.middleware_stack or alone.build_middleware_stack()), {"server": ("127.0.0.1", 8501)}
    refused = ask("GET", "/", {"Host": "evil.example:8501"}, **here)
    assert refused.status == 421 and b"--allow-host" in refused.body
    join = "/gradio_api/queue/join"
    cross = [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
    for given in cross:
        for path in (join, "/gradio_api/upload", "/gradio_api/run/translate"):
            assert ask("POST", path, {"Host": "localhost:8501"} | given, **here).status == 403, (path, given)
    gate = Asked(Gate(everything, ["*.hf.space"], full_path=_in_the_whole_app))
    for host in ("localhost:8501", "127.0.0.1", "team-digits.hf.space"):
        given = {"Host": host, "Origin": f"https://{host}", "Sec-Fetch-Site": "same-origin"}
        assert gate("POST", join, given, **here).passed and gate("GET", "/", given, **here).passed


def test_the_playground_alone_serves_nothing_that_the_whole_app_keeps_closed(alone: Starlette) -> None:
    gate = Asked(Gate(everything, full_path=_in_the_whole_app))
    served = sorted(set(addresses(alone.routes)))
    passed = {path for path, method in served if gate(method, concrete(path), {"Host": "localhost"}).passed}
    assert len(passed) > 30 and {"/", "/config", "/gradio_api/queue/join", "/api/picture"} <= passed
    closed = ("proxy", "monitoring", "run-history", "vibe", "component_server", "dev/reload", "deep_link", "record")
    assert not [path for path in passed if any(word in path for word in closed)]


def test_uploads_of_the_playground_alone_lie_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio's own folder is every Gradio app's on the machine, and each of them hands out what is in it."""
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr("ganlab.app.gateway.mount", lambda *_: None)
    from ganlab.app.playground_server import application

    app = application()
    folder = Path(os.environ["GRADIO_TEMP_DIR"])
    assert "ganlab-uploads-" in str(folder) and folder.is_dir()
    with TestClient(app):
        assert folder.is_dir()
    assert not folder.parent.exists(), "it goes with the server, however that was told to end"


def test_what_a_killed_server_left_is_removed_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, alive, older = (tmp_path / f"ganlab-uploads-{name}" for name in ("dead", "alive", "older"))
    for folder in (dead, alive, older):
        (folder / "files").mkdir(parents=True)
    (dead / "lock").touch()
    with FileLock(alive / "lock"):
        keep_uploads_apart()
    ours = Path(os.environ["GRADIO_TEMP_DIR"]).parent
    assert set(tmp_path.iterdir()) == {alive, older, ours} and is_held(ours / "lock")
    remove_uploads()
    assert set(tmp_path.iterdir()) == {alive, older}


def test_the_command_starts_it_without_streamlit(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(subprocess, "call", lambda command, **_: started.append(command) or 0)
    monkeypatch.setattr("ganlab.app.start.listen", lambda host, port: socket.socket())
    assert main(["app", "--only", "playground", "--port", "8123"]) == 0
    assert started == [[sys.executable, "-m", "ganlab.app.playground_server", "--host=127.0.0.1", "--port=8123"]]


@pytest.mark.parametrize(
    ("names", "title", "words"),
    [(["nothing"], "A", "There is no model 'nothing' here; choose from"), ([], 'a"\nsdk: docker', "is not a short line")],
)
def test_what_makes_no_space_is_said(names: list[str], title: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        space.write(tmp_path / "space", names, title)
    assert not (tmp_path / "space").exists()


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="exists already"):
        space.write(tmp_path)
    assert list(tmp_path.iterdir()) == []
