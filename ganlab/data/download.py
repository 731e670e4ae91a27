"""Downloading a published file: with progress, from where it stopped, past a mirror that fails, and never half a file."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ganlab.core.errors import DataError, NotFetched
from ganlab.core.events import Loading
from ganlab.core.files import disk_problem, matches
from ganlab.core.lock import FileLock
from ganlab.core.network import names_socks

TIMEOUT = 20.0  # seconds without a byte
PROBE_SECONDS = 4.0  # that a visitor waits to read that there is no network
CHUNK = 2**18
TRIES = 3  # per mirror, without a byte gained: a cut connection is taken up where it stopped

_CUT = "the connection was cut"

Steps = Generator[Loading, None, None]


class _Cut(Exception):
    """The connection ended before the file did."""


def answers(urls: Sequence[str], seconds: float = PROBE_SECONDS) -> bool:
    """Whether the server of one of `urls` answers within `seconds`, the lookup of its name included."""
    found = threading.Event()

    def ask() -> None:
        for url in urls:
            with suppress(_Cut, OSError):
                with suppress(urllib.error.HTTPError):  # there is a network at least: the download itself tells more
                    _open(url, 0, seconds).close()
                found.set()
                return

    asking = threading.Thread(target=ask, daemon=True)  # a lookup of a name knows no timeout
    asking.start()
    asking.join(seconds)
    return found.is_set()


def download(urls: Sequence[str], path: Path, checksum: str, advice: str, name: str = "") -> Steps:
    """Fetch `path` from the first of `urls` that gives a file with this `checksum` (see `matches`); yield Loading in bytes.

    The bytes collect in `<name>.partial`, which a later run continues, and are renamed when they are right. Runs that want
    the same file wait for the one that fetches it. NotFetched, naming the data set or model `name` and ending in `advice`, when
    no mirror helps; DataError when the disk is full.
    """
    if matches(path, checksum):
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        yield from _wait(lock, path)
        try:
            if not matches(path, checksum):
                yield from _fetch(urls, path, checksum, advice, name or path.name)
        finally:
            lock.release()
    except OSError as error:
        raise DataError(f"{path.name} cannot be written to {path.parent} ({disk_problem(error)}); {advice}.") from error


def _wait(lock: FileLock, path: Path) -> Steps:
    """Hold the lock; while another run has it, say so."""
    while not lock.acquire():
        yield Loading("waiting_download", path.name, unit="bytes")
        time.sleep(0.2)


def _fetch(urls: Sequence[str], path: Path, checksum: str, advice: str, name: str) -> Steps:
    partial = path.with_name(f"{path.name}.partial")
    problem = "no address is known"
    for url in urls:
        failures = 0
        while failures < TRIES:
            before = partial.stat().st_size if partial.exists() else 0
            try:
                yield from _continue(url, partial, path.name)
                if matches(partial, checksum):
                    partial.replace(path)
                    return
                partial.unlink()  # what was kept or what came is wrong: start from nothing
                problem = "what came is not the published file"
                failures += 1
            except _Cut as error:
                problem = str(error)
                failures = 0 if partial.stat().st_size > before else failures + 1
            except urllib.error.URLError as error:
                problem = _why(error)
                break
    raise NotFetched(f"{name} could not be downloaded ({problem}{_socks()}); {advice}.", name)


def no_answer() -> str:
    """What it means that nothing `answers`."""
    return f"there is no network or the server does not answer{_socks()}"


def _socks() -> str:
    return "; data sets are not fetched through a SOCKS proxy" if names_socks(os.environ) else ""


def _why(error: BaseException) -> str:
    """What keeps a connection from being made, in words of every day."""
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, socket.gaierror) or getattr(reason, "errno", None) in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return "there is no network"
    if isinstance(reason, TimeoutError):
        return "the server timed out"
    if isinstance(reason, ssl.SSLError):
        return "the server does not prove who it is, as behind a login page or a proxy"
    if isinstance(reason, ConnectionError):
        return "the server or the network refuses the connection" if isinstance(reason, ConnectionRefusedError) else _CUT
    return (getattr(reason, "strerror", None) or str(reason) or type(reason).__name__).lower()


def _continue(url: str, partial: Path, name: str) -> Steps:
    """Append to `partial` what it lacks; _Cut when the connection ends early, URLError when there is none."""
    with partial.open("ab") as file:
        done = file.tell()
        try:
            response = _open(url, done)
        except urllib.error.HTTPError as error:
            if done and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # all of it was here already, or too much: the checksum decides
            raise
        with response:
            if done and response.status != http.HTTPStatus.PARTIAL_CONTENT:
                file.truncate(0)
                done = 0
            total = done + int(response.headers.get("Content-Length") or 0)
            yield Loading("downloading", name, done, total, "bytes")
            for chunk in _chunks(response):
                file.write(chunk)
                done += len(chunk)
                yield Loading("downloading", name, done, total, "bytes")
    if done < total:
        raise _Cut(_CUT)


def _open(url: str, start: int, seconds: float = 0.0) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "ganlab"} | ({"Range": f"bytes={start}-"} if start else {}))
    try:
        return urllib.request.urlopen(request, timeout=seconds or TIMEOUT)
    except urllib.error.URLError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise _Cut(_why(error)) from error


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The body in pieces; a network error is kept apart from one of the disk."""
    while True:
        try:
            chunk = response.read(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _Cut(_why(error)) from error
        if not chunk:
            return
        yield chunk
