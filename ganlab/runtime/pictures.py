"""Uploaded pictures: they wait beside the runs until one trains on them, and lie in each run that does; deleted with it."""

from __future__ import annotations

from pathlib import Path

from ganlab.core.config import TrainConfig
from ganlab.data.uploads import NAME
from ganlab.runtime.folders import share

_WAITING = ".uploads"  # in the folder of runs: a link to a file costs no room within one disk


def waiting_place(root: Path) -> Path:
    """Where uploads wait, in the folder of runs `root`."""
    return root / _WAITING


def kept_with(config: TrainConfig, folder: Path) -> TrainConfig:
    """The config of a new run in `folder`; where it names uploaded pictures, these are linked into it, and it names them there.

    ValueError, one sentence, where they are gone.
    """
    if not config.data_path or not is_upload(Path(config.data_path), folder.parent):
        return config
    place = (folder / NAME).absolute()
    try:
        share(Path(config.data_path), place)
    except FileNotFoundError:
        raise ValueError("The uploaded pictures are no longer here: upload them again.") from None
    return config.replace(data_path=str(place))


def where_now(data_path: str, folder: Path) -> str:
    """The `data_path` of the run in `folder`; of uploaded pictures, where they are now, since folders of runs are moved."""
    place = (folder / NAME).absolute()
    return str(place) if Path(data_path).name == NAME and place.is_file() else data_path


def is_upload(path: Path, root: Path) -> bool:
    """Whether a file waits beside the runs of `root`, or lies in one of them."""
    beside = path.parent.parent
    return path.name == NAME and beside in (root, root.absolute(), waiting_place(root).absolute())
