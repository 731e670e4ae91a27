"""Addresses on the Hub as people type them: a repository, a revision of it, a file in it, or a link from the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

HOME = "https://huggingface.co"
_HOW = f"write org/name, org/name@revision, org/name/path/to/file.pth, spaces/org/name, or a link from {HOME}"
_PREFIX = {"model": "", "space": "spaces/", "dataset": "datasets/"}
_SET = "hf://datasets/"
_HOW_SET = f"write org/name, org/name@revision, org/name/folder, or a link from {HOME}/datasets"
_REVISION = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII)
_REQUEST = re.compile(r"refs/pr/\d+", re.ASCII)  # the one revision whose slashes need no %2F in an address
_COMMIT = re.compile(r"[0-9a-f]{40}")


class HubError(ValueError):
    """What the Hub cannot give or take; the message is one sentence with what to do."""


@dataclass(frozen=True)
class Address:
    """A place on the Hub. `kind` is "model", "space" or "dataset".

    `revision` "" is the newest; `file` may be a folder, "" is all.
    """

    repo: str
    kind: str = "model"
    revision: str = ""
    file: str = ""

    @property
    def pinned(self) -> bool:
        """Whether the revision is a commit in full, whose content never changes."""
        return bool(_COMMIT.fullmatch(self.revision))

    @property
    def page(self) -> str:
        """The repository's page for people."""
        return f"{HOME}/{_PREFIX[self.kind]}{self.repo}"

    def __str__(self) -> str:
        revision = self.revision if _REQUEST.fullmatch(self.revision) else self.revision.replace("/", "%2F")
        kind, at = _PREFIX[self.kind], "@" if revision else ""
        return f"{kind}{self.repo}{at}{revision}{'/' if self.file else ''}{self.file}"


def parse(text: str) -> Address:
    """The address of a model that `text` means; HubError, one sentence, when it is none, or one of a data set."""
    found, shown = _read(text, "hf://", _HOW)
    if found.kind not in ("model", "space"):
        raise HubError(f"{shown!r} is a {found.kind} on the Hub, which holds no model: {_HOW}.")
    return found


def parse_dataset(text: str) -> Address:
    """The address of a data set that `text` means; HubError, one sentence, when it is none."""
    text = text.strip()
    found, shown = _read(text, "hf://" if text.startswith("datasets/") else _SET, _HOW_SET)
    if found.kind != "dataset":
        raise HubError(f"{shown!r} is a {found.kind} on the Hub and no data set: {_HOW_SET}.")
    return found


def _read(text: str, scheme: str, how: str) -> tuple[Address, str]:
    """The address, and the text as a sentence shows it; `scheme` stands before what is no link."""
    library = client()
    text = text.strip().rstrip("/")
    shown = "".join(character if character.isprintable() else "?" for character in text[:100])
    link = "://" in text or text.lower().startswith(("huggingface.co/", "hf.co/"))
    try:
        found = library.parse_hf_uri(text if link else f"{scheme}{text}")
    except library.errors.HfUriError:
        raise HubError(f"{shown!r} is no address on the Hub: {how}.") from None
    revision = proper_revision(found.revision) if found.revision else ""
    if found.path_in_repo and not safe(found.path_in_repo):
        raise HubError(f"{shown!r} names a file outside of its repository: {how}.")
    return Address(found.id, found.type, revision, found.path_in_repo), shown


def proper_revision(text: str) -> str:
    """`text` where it can be a branch ("main", "feature/x"), a tag or a commit; else HubError, one sentence."""
    if ".." in text or text.endswith("/") or not _REVISION.fullmatch(text):
        raise HubError(f"{text[:60]!r} is no revision: it is a branch, a tag or a commit such as main or 3ce13dc.")
    return text


def means_the_hub(text: str) -> bool:
    """Whether `text` can be the address of a model, and is not rather a path with a typing error: its folder is not here."""
    return _means(text, parse)


def dataset_uri(text: str) -> str:
    """The data set on the Hub that `text` means, as "hf://datasets/org/name"; "" where it means a path, or nothing."""
    if not is_uri(text) and not _means(text.strip(), parse_dataset):
        return ""
    try:
        return f"hf://{parse_dataset(text)}"
    except HubError:
        return ""


def is_uri(text: str) -> bool:
    """Whether a setting's text names a data set on the Hub, as `dataset_uri` writes it."""
    return text.strip().startswith(_SET)


def _means(text: str, read: Callable[[str], Address]) -> bool:
    try:
        if "/" not in text or Path(text).is_absolute() or text.startswith((".", "~")) or Path(text).parent.exists():
            return False
        read(text)
    except (ValueError, OSError):
        return False
    return True


def safe(name: str) -> bool:
    """Whether a file's name in a repository stays in its folder on every system; it may come from a stranger."""
    parts = PurePosixPath(name).parts
    plain = name.isprintable() and not any(character in name for character in '\\:*?"<>|')
    return plain and 0 < len(name) < 400 and bool(parts) and not name.startswith("/") and ".." not in parts


def client() -> Any:  # a module, imported late: the core runs without it
    """The package huggingface_hub; HubError, one sentence, where it is not installed."""
    try:
        import huggingface_hub  # noqa: PLC0415  (optional)
        import huggingface_hub.errors  # noqa: PLC0415  (optional)
    except ImportError:
        raise HubError("The Hub needs the package huggingface-hub: `pip install huggingface-hub` installs it.") from None
    return huggingface_hub
