"""What is refused in one sentence before a server starts, and by the commands beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganlab.__main__ import main
from ganlab.app import playground_server, start
from ganlab.app.security import classroom
from ganlab.app.security.frames import VARIABLE, allowed_frames
from tests.support import ROOT


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture(autouse=True)
def nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> int:
        raise AssertionError("a server was started")

    for module, name in ((os, "execv"), (subprocess, "call"), (playground_server, "application")):
        monkeypatch.setattr(module, name, started)
    for variable in (VARIABLE, classroom.VARIABLE):  # `ganlab app` sets them for the process that it becomes
        monkeypatch.setenv(variable, "")


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    error = capsys.readouterr().err.strip()
    assert "\n" not in error and error.startswith("ganlab: ")
    return error


@pytest.mark.parametrize("more", [[], ["--only", "playground"], ["--classroom"]], ids=" ".join)
def test_a_port_that_cannot_be_had_is_one_sentence(more: list[str], taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    for port in ("99999", "-1"):
        assert f"--port {port} is no port: choose a number from 1 to 65535." in refused(["app", "--port", port, *more], capsys)
    assert f"Port {taken} is not available: another program has it" in refused(["app", "--port", str(taken), *more], capsys)


def test_the_playground_alone_looks_at_its_port_itself(taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    for given, words in ((["--port", str(taken)], "another program has it"), (["--port", "99999"], "is no port")):
        assert playground_server.main(given) == 2
        printed = capsys.readouterr()
        assert words in printed.err and not printed.out  # no address that nothing answers at
    assert playground_server.main(["--host", "192.0.2.1"]) == 2
    assert "is that an address of this machine?" in capsys.readouterr().err


@pytest.mark.parametrize(("more", "called"), [([], (os, "execv")), (["--only", "playground"], (subprocess, "call"))])
def test_options_behind_two_dashes_are_the_servers(
    more: list[str], called: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[Any] = []
    monkeypatch.setattr(*called, lambda *command: became.append(command[-1]) or 0)
    given = ["--server.baseUrlPath", "lab", "--allow-host=lab.example.org"]
    assert main(["app", "--port", "0", *more, "--allow-frame", "https://a.example", "--", *given]) == 0
    assert became[0][-3:] == given and os.environ[VARIABLE] == "https://a.example"


def test_a_free_port_is_bound() -> None:
    with start.listen("127.0.0.1", 0) as listening:
        assert listening.getsockname()[1] > 0


@pytest.mark.parametrize("command", [["app"], ["runs"], ["train", "shapes", "--steps", "1"], ["clean"], ["queue"]], ids=" ".join)
@pytest.mark.parametrize("kind", ["file", "in a file", "link to nothing", "device"])
def test_runs_in_what_is_no_folder_are_refused(
    kind: str, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("")
    link.symlink_to(tmp_path / "gone")
    root = {"file": file, "in a file": file / "runs", "link to nothing": link, "device": Path("/dev/null")}[kind]
    monkeypatch.setenv("GANLAB_RUNS", str(root))
    assert f"{root} is not a folder that runs could lie in: let GANLAB_RUNS name one." in refused(command, capsys)


def test_a_class_needs_a_place_for_its_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o500)
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    assert "let GANLAB_RUNS name another folder" in refused(["app", "--classroom", "--port", "0"], capsys)


def test_frames_are_named_by_their_site(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(VARIABLE, "https://moodle.example.org/, http://localhost:8888")
    assert allowed_frames(["https://*.Example.org:*"]) == [
        "https://*.example.org:*",
        "https://moodle.example.org",
        "http://localhost:8888",
    ]
    for wrong in ("moodle.example.org", "https://moodle.example.org/course", "*", "https://a; script-src *", "'self'"):
        assert "write https://moodle.example.org, without a path" in refused(
            ["app", "--allow-frame", wrong, "--port", "0"], capsys
        )


@pytest.mark.parametrize(
    "code", ["import ganlab.app.playground_server", "from ganlab.__main__ import main; raise SystemExit(main(['app']))"]
)
def test_a_proxy_of_an_unknown_kind_is_one_sentence_and_no_server(code: str) -> None:
    environment = os.environ | {"ALL_PROXY": "socks://127.0.0.1:1080/"}
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode and ended.stderr.startswith("ganlab: ALL_PROXY names no proxy that can be used here")
    assert ended.stderr.count("\n") == 1
