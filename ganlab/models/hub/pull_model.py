"""Pulling a model from the Hub into the standard cache, or finding it there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ganlab.core.files import MAX_WEIGHTS_BYTES
from ganlab.core.progress import finish
from ganlab.data.hub.address import Address, HubError, parse, proper_revision
from ganlab.data.hub.cache import checksum_of, remember
from ganlab.data.hub.download import Fetching, fetch
from ganlab.data.hub.errors import Unreachable, in_sentences
from ganlab.data.hub.listing import Listing, listing
from ganlab.models.hub.cache import cached, is_ours
from ganlab.models.hub.choose_file import choose, inside, own_folder
from ganlab.runtime.checkpoint import DISCRIMINATORS, INFO, MODEL

_LARGEST_INFO = 2**20


def pull(where: str | Address, *, revision: str = "", sha256: str = "", token: str | None = None) -> Path:
    """`pulling` to its end: the path of a checkpoint folder, or of a file of weights."""
    return finish(pulling(where, revision=revision, sha256=sha256, token=token))


def pulling(where: str | Address, *, revision: str = "", sha256: str = "", token: str | None = None) -> Fetching:
    """Yield Downloading while the model at an address is fetched; return its checkpoint folder, or its file of weights.

    What the revision meant last stays usable without a network. `sha256` (first digits will do) is what the file must have.
    HubError, one sentence, when there is nothing to be had, or nothing that can be loaded here.
    """
    address = parse(where) if isinstance(where, str) else where
    if revision:
        address = replace(address, revision=proper_revision(revision))
    kept = _certain(address) if address.pinned else None
    if kept is None:
        try:
            found = listing(address, token)
        except Unreachable:
            kept = cached(address)
            if kept is None:
                raise
        else:
            kept = yield from _fetched(found, token)
    if sha256:
        _insist(kept, sha256, address)
    return kept


def _certain(address: Address) -> Path | None:
    """What is here and can only be what is meant: of files that were not named, the cache may hold one of several."""
    place = cached(address)
    named = place and bool(address.file) and place.as_posix().endswith(f"/{address.file}")
    return place if place and (place.is_dir() or named) else None


def _fetched(found: Listing, token: str | None) -> Fetching:
    names, address = list(found.files), found.address
    folder = own_folder(names, address.file)
    place = None
    if folder is not None and found.files[inside(folder, INFO)].size <= _LARGEST_INFO:
        info = yield from fetch(found, inside(folder, INFO), token)
        if is_ours(info.parent):
            place = info.parent
            for name in (DISCRIMINATORS, MODEL):  # the model last: with it the checkpoint counts as here
                if inside(folder, name) in names:
                    yield from fetch(found, inside(folder, name), token, MAX_WEIGHTS_BYTES)
    if place is None:
        place = yield from fetch(found, choose(names, address), token, MAX_WEIGHTS_BYTES)
    with in_sentences(address):
        remember(address, found.commit)
    return place


def _insist(place: Path, sha256: str, address: Address) -> None:
    """Delete and refuse a file that is not the one known under this checksum."""
    file = place / MODEL if place.is_dir() else place
    if not checksum_of(file, 64).startswith(sha256):
        file.resolve().unlink(missing_ok=True)
        file.unlink(missing_ok=True)
        raise HubError(f"{file.name} of {address} is not the file that the catalogue knows (wrong checksum), and was deleted.")
