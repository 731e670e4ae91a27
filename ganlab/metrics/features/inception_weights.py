"""Published files of Inception weights: where they may lie on this machine, and how they are fetched."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from ganlab.core.events import Loading
from ganlab.core.files import matches, sha256
from ganlab.data.download import download
from ganlab.data.paths import cache_root, data_root, download_root

VARIABLE = "GANLAB_INCEPTION"


@dataclass(frozen=True)
class Published:
    """A file of weights: its name, also under which others keep it; the first digits of its sha256; where it is published."""

    file: str
    other_names: tuple[str, ...]
    sha256: str
    url: str
    megabytes: int


@dataclass(frozen=True)
class Found:
    """A file to use, and whether it is the published one."""

    path: Path
    sha256: str
    published: bool


TENSORFLOW = Published(
    "pt_inception-2015-12-05-6726825d.pth",
    ("weights-inception-2015-12-05-6726825d.pth",),  # torch-fidelity's copy, the same bytes
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
    96,
)
TORCHVISION = Published(
    "inception_v3_google-0cc3c7bd.pth",
    (),
    "0cc3c7bd",
    "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
    109,
)


def obtain(wanted: Published) -> Generator[Loading, None, Found]:
    """The file, from this machine or downloaded; ValueError (DataError when the download fails) with where to put it.

    A file that GANLAB_INCEPTION names itself is taken whatever its content, and then not called published if it is not; a
    folder that it names, the data folder and PyTorch's own cache are searched for the published one.
    """
    named = _named(wanted)
    if named is not None:
        digest = sha256(named)
        return Found(named, digest, digest.startswith(wanted.sha256))
    for path in _places(wanted):
        if matches(path, wanted.sha256):
            return Found(path, sha256(path), True)
    path = download_root() / wanted.file
    advice = f"put the file ({wanted.megabytes} MB, from {wanted.url}) into the data folder, let {VARIABLE} name it, or "
    advice += "leave FID out: frechet-photos needs no network"
    yield from download([wanted.url], path, wanted.sha256, advice)
    return Found(path, sha256(path), True)


def at_hand(wanted: Published) -> bool:
    """Whether the file lies on this machine, so that nothing must be downloaded."""
    return _named(wanted) is not None or any(matches(path, wanted.sha256) for path in _places(wanted))


def _named(wanted: Published) -> Path | None:
    """The file that the environment names for this network, if it does."""
    value = os.environ.get(VARIABLE, "")
    path = Path(value).expanduser()
    if not value or path.is_dir():
        return None
    if not path.is_file():
        raise ValueError(f"{VARIABLE} names {value}, which does not exist; let it name the file {wanted.file} or its folder.")
    others = {name for other in (TENSORFLOW, TORCHVISION) if other != wanted for name in (other.file, *other.other_names)}
    return None if path.name in others else path


def _places(wanted: Published) -> Iterator[Path]:
    folders = [data_root(), cache_root(), Path(torch.hub.get_dir()) / "checkpoints"]
    if os.environ.get(VARIABLE):
        folders.insert(0, Path(os.environ[VARIABLE]).expanduser())
    for folder in folders:
        for name in (wanted.file, *wanted.other_names):
            yield folder / name
