"""Fetching one file into the cache: with progress, from where it stopped, checked before anything can see it.

The Hub's own client throws an interrupted download away, and reports its progress in steps of 10 MB; this keeps what came, and
goes on from there in the next call too. Sessions, tokens, retries of names and the offline switch are the client's.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ganlab.core.events import Loading
from ganlab.core.lock import FileLock
from ganlab.core.text import byte_size
from ganlab.data.hub.address import HubError, client, safe
from ganlab.data.hub.cache import checksum_of, link, storage
from ganlab.data.hub.errors import Unreachable, in_sentences
from ganlab.data.hub.listing import TIMEOUT, Listed, Listing

TRIES = 4  # without a byte gained
PAUSE = 0.5  # seconds before the second try, doubled for each further one
_PARTIAL, _GONE = 206, 416


@dataclass(frozen=True)
class Downloading(Loading):
    """Bytes of one file: `done` of `total`, at `rate` bytes per second since this call began (0: unknown)."""

    unit: str = "bytes"
    rate: float = 0.0


Fetching = Generator[Downloading, None, Path]


def fetch(found: Listing, name: str, token: str | None = None, limit: int = 0) -> Fetching:
    """The file `name` of a listing: where it lies in the cache's snapshot, downloaded if need be. HubError if that fails.

    `limit` is the most bytes that it may have (0: any). What arrives with another checksum than the listing's is deleted.
    """
    listed = found.files.get(name)
    if listed is None or not safe(name):
        raise HubError(f"{found.address.repo} has no file {name!r} that can be checked: see {found.address.page}.")
    if limit and listed.size > limit:
        allowed = f"up to {byte_size(limit)} can be loaded"
        raise HubError(f"{name} of {found.address.repo} has {byte_size(listed.size)}; weights of {allowed}.")
    home = storage(found.address)
    blob, pointer = home / "blobs" / listed.checksum, home / "snapshots" / found.commit / name
    with in_sentences(found.address, name):
        if not _whole(blob, listed):
            yield from _locked(found, listed, blob, token)
        if not _whole(pointer, listed):
            link(blob, pointer)
    return pointer


def _whole(path: Path, listed: Listed) -> bool:
    return path.is_file() and path.stat().st_size == listed.size


def _locked(found: Listing, listed: Listed, blob: Path, token: str | None) -> Generator[Downloading, None, None]:
    """Download while no other process does; the lock is that of the Hub's own client."""
    blob.parent.mkdir(parents=True, exist_ok=True)
    path = blob.parent.parent.parent / ".locks" / blob.parent.parent.name / f"{blob.name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    while not lock.acquire():
        yield Downloading("waiting_download", listed.name)
        time.sleep(0.2)
    try:
        if not _whole(blob, listed):
            yield from _download(found, listed, blob, token)
    finally:
        lock.release()


def _download(found: Listing, listed: Listed, blob: Path, token: str | None) -> Generator[Downloading, None, None]:
    partial = blob.with_name(f"{blob.name}.incomplete")
    kept = _size(partial)
    free = shutil.disk_usage(blob.parent).free
    if free < listed.size - kept:
        raise HubError(
            f"{listed.name} of {found.address.repo} needs {byte_size(listed.size)}, and the disk of the cache has "
            f"{byte_size(free)} left: free some space, or let HF_HOME name another folder."
        )
    while True:
        partial.touch()
        yield from _complete(found, listed, partial, token)
        if _size(partial) == listed.size and checksum_of(partial, len(listed.checksum)) == listed.checksum:
            partial.replace(blob)
            return
        partial.unlink(missing_ok=True)
        if not kept:
            raise HubError(
                f"{listed.name} of {found.address.repo} arrived with a wrong checksum and was deleted: try again, and if it "
                "happens again, distrust the network or the repository."
            )
        kept = 0  # perhaps only what an earlier download had left was wrong


def _complete(found: Listing, listed: Listed, partial: Path, token: str | None) -> Generator[Downloading, None, None]:
    """Append what `partial` lacks, through cut connections and busy servers, as long as bytes come."""
    begin, failures, start = time.monotonic(), 0, _size(partial)
    while (before := _size(partial)) < listed.size:
        try:
            for done in _stream(found, listed, partial, token):
                rate = max(done - start, 0) / max(time.monotonic() - begin, 1e-3)
                yield Downloading("downloading", listed.name, done, listed.size, rate=rate)
            if _size(partial) < listed.size:
                raise Unreachable(f"The connection to the Hub was cut at {listed.name} of {found.address.repo}: try again.")
        except Unreachable:
            failures = 0 if _size(partial) > before else failures + 1
            if failures >= TRIES:
                raise
            time.sleep(PAUSE * 2**failures if failures else 0)


def _stream(found: Listing, listed: Listed, partial: Path, token: str | None) -> Iterator[int]:
    """One request; yields how many bytes are there. Errors of the network as Unreachable, those of the disk as they are."""
    with partial.open("ab") as file:
        done = file.tell()
        with in_sentences(found.address, listed.name), _request(found, listed, done, token) as response:
            if response.status_code == _GONE:
                file.truncate(0)
                return
            client().utils.hf_raise_for_status(response)
            done = _start(response, file, done)
            yield done
            for chunk in response.iter_bytes():
                file.write(chunk)
                done += len(chunk)
                yield done
                if done > listed.size:  # the checksum cannot be right any more: do not fill the disk
                    return


@contextmanager
def _request(found: Listing, listed: Listed, done: int, token: str | None) -> Iterator[Any]:
    library, address = client(), found.address
    url = library.hf_hub_url(address.repo, listed.name, repo_type=address.kind, revision=found.commit)
    headers = library.utils.build_hf_headers(token=token, library_name="ganlab")
    headers |= {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with library.get_session().stream("GET", url, headers=headers, timeout=TIMEOUT) as response:
        yield response


def _start(response: Any, file: BinaryIO, done: int) -> int:
    """Where the body begins; a server that does not do ranges begins anew."""
    content_range = str(response.headers.get("Content-Range", ""))
    if done and response.status_code == _PARTIAL and content_range.startswith(f"bytes {done}-"):
        return done
    file.truncate(0)
    return 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
