"""What a repository holds at one commit, as the Hub reports it: names, sizes and checksums."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ganlab.data.hub.address import Address, HubError, client, safe
from ganlab.data.hub.errors import Unreachable, in_sentences

TIMEOUT = 10.0  # seconds for an answer
_COMMIT = re.compile(r"[0-9a-f]{40}")
_CHECKSUM = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Listed:
    """One file: `size` in bytes; `checksum` is its sha256 (64 digits), or for small files git's own sha1 (40 digits)."""

    name: str
    size: int
    checksum: str


@dataclass(frozen=True)
class Listing:
    """The files of `address` at `commit`; those with names that would leave their folder are left out."""

    address: Address
    commit: str
    files: dict[str, Listed]


def listing(address: Address, token: str | None = None) -> Listing:
    """Ask the Hub, in one request; HubError when there is no such repository or revision, Unreachable without an answer."""
    api = client().HfApi(token=token, library_name="ganlab")
    try:
        with in_sentences(address):
            info = api.repo_info(
                address.repo, repo_type=address.kind, revision=address.revision or None, files_metadata=True, timeout=TIMEOUT
            )
    except HubError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError):  # no JSON, or not what the API promises: a login page, for example
        raise Unreachable(f"What answered for {address} is not the Hub: check HF_ENDPOINT, proxies and login pages.") from None
    commit = str(info.sha)
    files = {name: listed for name, listed in (_listed(sibling) for sibling in info.siblings or ()) if listed}
    if not _COMMIT.fullmatch(commit) or (address.pinned and commit != address.revision):
        raise HubError(f"The Hub names no proper commit for {address}: check HF_ENDPOINT, or try again.")
    return Listing(address, commit, files)


def _listed(sibling: Any) -> tuple[str, Listed | None]:
    """A file that can be fetched and checked, else None."""
    checksum = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
    size = sibling.lfs.size if sibling.lfs else sibling.size
    name = str(sibling.rfilename)
    proper = safe(name) and isinstance(size, int) and size >= 0 and _CHECKSUM.fullmatch(str(checksum))
    return name, Listed(name, size, str(checksum)) if proper else None
