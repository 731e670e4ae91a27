"""Data sets of the Hub by their id: their parquet files, in its cache, seen as one folder with a name that can be read."""

from __future__ import annotations

import shutil
import uuid
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path, PurePosixPath

from ganlab.core.errors import NotFetched
from ganlab.core.events import Loading
from ganlab.core.progress import Work
from ganlab.core.text import byte_size, counted
from ganlab.data.files.parquet import part_of
from ganlab.data.files.parts import part_called
from ganlab.data.hub.address import Address, HubError, parse_dataset, safe
from ganlab.data.hub.cache import commit_of, link, remember, storage
from ganlab.data.hub.download import fetch
from ganlab.data.hub.errors import Absent, Unreachable, in_sentences
from ganlab.data.hub.listing import Listing, listing
from ganlab.data.paths import cache_root

MOST_BYTES = 20 * 10**9  # of all files of a set
CONVERTED = "refs/convert/parquet"  # the branch where the Hub keeps other formats as parquet
_USUAL = ("", "data", "default")  # folders of the one set in a repository, or of the one that is meant


@dataclass(frozen=True)
class Offered:
    """What the Hub has under an address: the parquet files by their part, train or test, and the `size` of all in bytes."""

    listed: Listing
    parts: dict[str, tuple[str, ...]]
    size: int

    @property
    def count(self) -> int:
        """How many files there are."""
        return sum(map(len, self.parts.values()))


def name_of(data_path: str) -> str:
    """What a set is called in a sentence: "org/name", with its revision and folder."""
    return str(parse_dataset(data_path)).removeprefix("datasets/")


def here(data_path: str) -> Path | None:
    """The folder of a set that is on this machine in full; None otherwise. Asks no network."""
    address = parse_dataset(data_path)
    commit = commit_of(storage(address), address.revision or "main")
    folder = _folder(address, commit)
    return folder if commit and _whole(folder) else None


def offered(data_path: str) -> Offered:
    """Ask the Hub what it has, in a request or two; HubError, one sentence, where there is nothing that can be read here.

    NotFetched where the Hub cannot be asked now.
    """
    address = parse_dataset(data_path)
    try:
        found = listing(address)
        if not _tables(found) and not address.revision:
            found = _converted(found)
    except Unreachable as error:
        raise NotFetched(f"{_no_folder(data_path)} {error}", name_of(data_path)) from None
    except Absent as error:
        raise HubError(f"{_no_folder(data_path)} {error}") from None
    return _chosen(found)


def _no_folder(data_path: str) -> str:
    """A sentence for those who meant a path: what is the address of a set is no folder or zip here."""
    return f"There is no folder or zip {name_of(data_path)!r} here."


def fetching(data_path: str) -> Generator[Loading, None, Path]:
    """Yield Loading in bytes of the whole while the set is fetched; return its folder. What is here already is not asked for.

    An interrupted download goes on where it stopped. Errors as of `offered`.
    """
    address, kept = parse_dataset(data_path), here(data_path)
    if kept is not None:
        return kept
    subject = name_of(data_path)
    there = offered(data_path)
    names = [name for some in there.parts.values() for name in some]
    files, before = {}, 0
    try:
        for name in names:
            work = Work(fetch(there.listed, name))
            for event in work:
                yield Loading(event.phase, subject, before + event.done, there.size, "bytes")
            files[name] = work.result
            before += there.listed.files[name].size
    except Unreachable as error:
        raise NotFetched(str(error), subject) from None
    with in_sentences(address):
        folder = _shown_as_one(address, there, files)
        remember(replace(address, file=""), there.listed.commit)
    return folder


def _converted(found: Listing) -> Listing:
    """The Hub's own conversion; what was found where there is none."""
    try:
        made = listing(replace(found.address, revision=CONVERTED))
    except Unreachable:
        raise
    except HubError:
        return found
    return replace(made, address=found.address) if _tables(made) else found


def _tables(found: Listing) -> list[str]:
    """The parquet files that the address means."""
    below = found.address.file
    fits = (name for name in found.files if not below or name == below or name.startswith(f"{below}/"))
    return sorted(name for name in fits if name.endswith(".parquet") and safe(name))


def _chosen(found: Listing) -> Offered:
    """The files of the one set that is meant; HubError where there is none, or more than one."""
    address = found.address
    sets: defaultdict[str, list[str]] = defaultdict(list)
    for name in _tables(found):
        sets[_set_of(name)].append(name)
    if not sets:
        raise HubError(f"{address.repo} holds no parquet files that could be read here: see {address.page}.")
    usual = [one for one in _USUAL if one in sets]
    if len(sets) > 1 and not usual:
        some = sorted(sets)
        listed = ", ".join(some[:6]) + (" …" if len(some) > 6 else "")
        raise HubError(f"{address.repo} holds {len(sets)} sets ({listed}): name the one you want, as {address.repo}/{some[0]}.")
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for name in sets[usual[0] if usual else next(iter(sets))]:
        parts[_part_of(name)].append(name)
    if "train" in parts:
        parts.pop("", None)  # such as the part that is called extra or unsupervised
    named = {part or "train": tuple(some) for part, some in parts.items()}
    size = sum(found.files[name].size for some in named.values() for name in some)
    if size > MOST_BYTES:
        first = (named.get("train") or next(iter(named.values())))[0]
        raise HubError(
            f"{address.repo} has {byte_size(size)} in {counted(sum(map(len, named.values())), 'file')}, and up to "
            f"{byte_size(MOST_BYTES)} are fetched: name one of its files, as {address.repo}/{first}."
        )
    return Offered(found, named, size)


def _set_of(name: str) -> str:
    """The folder of a file, without one that is called after a part."""
    folders = PurePosixPath(name).parts[:-1]
    if folders and part_called(folders[-1].removeprefix("partial-")):
        folders = folders[:-1]
    return "/".join(folders)


def _part_of(name: str) -> str:
    """train or test, by the beginning of a file's name or by its folder; "" where neither says."""
    path = PurePosixPath(name)
    return part_of(path.name) or part_called(path.parent.name.removeprefix("partial-"))


def _folder(address: Address, commit: str) -> Path:
    """Where the files of a set are seen together; named after the set, since messages name folders."""
    key = blake2b(f"{address.repo} {address.file} {commit}".encode(), digest_size=8).hexdigest()
    return cache_root() / "hub" / key / address.repo.rpartition("/")[2]


def _whole(folder: Path) -> bool:
    """Whether the folder is there, and no link in it leads nowhere."""
    return folder.is_dir() and all(file.is_file() for file in folder.iterdir())


def _shown_as_one(address: Address, there: Offered, files: dict[str, Path]) -> Path:
    """Link the files into one folder, under names that begin with their part."""
    folder = _folder(address, there.listed.commit)
    if _whole(folder):  # another run was quicker, and may be reading it
        return folder
    shutil.rmtree(folder, ignore_errors=True)  # a link in it leads nowhere any more
    partial = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}.partial")
    for part, names in there.parts.items():
        for number, name in enumerate(names):
            link(files[name].resolve(), partial / f"{part}-{number:05d}.parquet")
    try:
        partial.rename(folder)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        if not _whole(folder):
            raise
    return folder
