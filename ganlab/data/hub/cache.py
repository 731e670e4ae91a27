"""The standard cache of the Hub on this machine, which every tool shares: what lies where, and what is there already.

<HF_HOME>/hub/models--org--name/ blobs/<checksum> snapshots/<commit>/<file> -> blob, refs/<revision>: a commit
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganlab.core.files import sha256
from ganlab.core.network import names_socks
from ganlab.data import download
from ganlab.data.hub.address import Address, client

_CHUNK = 2**20
_COMMIT = re.compile(r"[0-9a-f]{40}")


def storage(address: Address) -> Path:
    """The cache's folder for one repository."""
    client()
    from huggingface_hub import constants  # noqa: PLC0415  (optional)

    return Path(constants.HF_HUB_CACHE).expanduser() / f"{address.kind}s--{address.repo.replace('/', '--')}"


def offline() -> bool:
    """Whether HF_HUB_OFFLINE forbids to use the network."""
    client()
    from huggingface_hub import constants  # noqa: PLC0415  (optional)

    return bool(constants.is_offline_mode())


def answers() -> bool:
    """Whether the Hub may be asked and answers, now; what only its own client can reach counts as answering."""
    if offline():
        return False
    from huggingface_hub import constants  # noqa: PLC0415  (optional)

    return names_socks(os.environ) or download.answers([constants.ENDPOINT])


def commit_of(home: Path, revision: str) -> str:
    """The commit that a revision meant when it was last fetched; a short commit needs no such note. "" for none."""
    if _COMMIT.fullmatch(revision):
        return revision
    note = home / "refs" / revision
    commit = note.read_text().strip() if note.is_file() else ""
    if not commit and re.fullmatch("[0-9a-f]{7,39}", revision):
        found = [path.name for path in (home / "snapshots").glob(f"{revision}*")]
        commit = found[0] if len(found) == 1 else ""
    return commit if _COMMIT.fullmatch(commit) else ""


def remember(address: Address, commit: str) -> None:
    """Note which commit the address's revision means, for when there is no network."""
    revision = address.revision or "main"
    if revision == commit:
        return
    note = storage(address) / "refs" / revision
    note.parent.mkdir(parents=True, exist_ok=True)
    partial = note.with_name(f".{note.name}.{uuid.uuid4().hex[:8]}")
    partial.write_text(commit)
    partial.replace(note)


def link(blob: Path, pointer: Path) -> None:
    """Let `pointer` in a snapshot show the content of `blob`; a copy where links cannot be made."""
    pointer.parent.mkdir(parents=True, exist_ok=True)
    partial = pointer.with_name(f".{uuid.uuid4().hex[:8]}")
    try:
        partial.symlink_to(os.path.relpath(blob, pointer.parent))
    except OSError:
        shutil.copyfile(blob, partial)
    partial.replace(pointer)


def checksum_of(path: Path, digits: int) -> str:
    """The sha256 of a file (64 digits), or what git calls it: the sha1 of its size and content (40 digits)."""
    if digits == 64:
        return sha256(path)
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    _feed(path, digest.update)
    return digest.hexdigest()


def _feed(path: Path, update: Callable[[bytes], Any]) -> None:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            update(chunk)
