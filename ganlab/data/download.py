"""Downloading a published file: with progress, from where it stopped, past a mirror that fails, and never half a file."""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.files import disk_problem, matches
from ganlab.core.lock import FileLock
from ganlab.core.network import names_socks

TIMEOUT = 20.0  # seconds without a byte
CHUNK = 2**18
TRIES = 3  # per mirror, without a byte gained: a cut connection is taken up where it stopped

Steps = Generator[Loading, None, None]


class _Cut(Exception):
    """The connection ended before the file did."""


def download(urls: Sequence[str], path: Path, checksum: str, advice: str) -> Steps:
    """Fetch `path` from the first of `urls` that gives a file with this `checksum` (see `matches`); yield Loading in bytes.

    The bytes collect in `<name>.partial`, which a later run continues, and are renamed when they are right. Runs that want
    the same file wait for the one that fetches it. DataError, ending in `advice`, when no mirror helps or the disk is full.
    """
    if matches(path, checksum):
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        yield from _wait(lock, path)
        try:
            if not matches(path, checksum):
                yield from _fetch(urls, path, checksum, advice)
        finally:
            lock.release()
    except OSError as error:
        raise DataError(f"{path.name} cannot be written to {path.parent} ({disk_problem(error)}); {advice}.") from error


def _wait(lock: FileLock, path: Path) -> Steps:
    """Hold the lock; while another run has it, say so."""
    while not lock.acquire():
        yield Loading("waiting_download", path.name, unit="bytes")
        time.sleep(0.2)


def _fetch(urls: Sequence[str], path: Path, checksum: str, advice: str) -> Steps:
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
                problem = f"the server answered {error.code}" if isinstance(error, urllib.error.HTTPError) else str(error.reason)
                break
    if names_socks(os.environ):
        problem += "; data sets are not fetched through a SOCKS proxy"
    raise DataError(f"{path.name} could not be downloaded ({problem}); {advice}.")


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
        raise _Cut("the connection was cut")


def _open(url: str, start: int) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "ganlab"} | ({"Range": f"bytes={start}-"} if start else {}))
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.URLError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise _Cut(str(error) or type(error).__name__) from error


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The body in pieces; a network error is kept apart from one of the disk."""
    while True:
        try:
            chunk = response.read(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _Cut(str(error) or type(error).__name__) from error
        if not chunk:
            return
        yield chunk
