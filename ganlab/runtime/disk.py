"""How much runs take on the disk, how much they will still write, and how much they may."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from ganlab.core.config import TrainConfig
from ganlab.runtime.checkpoint import INFO, MODEL, STATE, STATES_BUDGET
from ganlab.runtime.run import Run, runs_root

LIMIT = "GANLAB_DISK_LIMIT"  # what a folder of runs may take: "20 GB", "500 MB", "60 %" of its disk; not set: no limit
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_POINT_BYTES = 450  # of all metrics of one recorded step, as SQLite keeps them
_PIXEL_BYTES = 0.7  # of a number in a PNG of noisy pictures


def bytes_of(folder: Path) -> int:
    """What the files of a folder take on the disk; hard links to one file count once, what vanishes meanwhile not at all."""
    seen: dict[tuple[int, int], int] = {}
    folders = [str(folder)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:  # without a Path for each of ten thousands of files
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                    continue
                with suppress(OSError):
                    facts = entry.stat(follow_symlinks=False)
                    seen[facts.st_dev, facts.st_ino] = facts.st_blocks * 512
    return sum(seen.values())


def limit(root: Path | None = None) -> int | None:
    """Bytes that the runs under `root` may take together; None without a limit. ValueError when the setting is no size."""
    text = os.environ.get(LIMIT, "").strip()
    if not text:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]+|%)", text.lower())
    if match and match[2] == "%" and float(match[1]) <= 100:
        return int(float(match[1]) / 100 * shutil.disk_usage(_existing(root or runs_root())).total)
    if match and match[2] in _UNITS:
        return int(float(match[1]) * _UNITS[match[2]])
    raise ValueError(f"{LIMIT} = {text!r} is not a size: write 20 GB, 500 MB or 60 %.")


def room(root: Path | None = None) -> int:
    """Bytes that may still be written under `root`: what the disk has free, or less where the limit is nearer."""
    root = root or runs_root()
    free, most = shutil.disk_usage(_existing(root)).free, limit(root)
    return free if most is None else max(0, min(free, most - bytes_of(root)))


def _existing(path: Path) -> Path:
    path = path.resolve()
    return path if path.exists() else _existing(path.parent)


def checkpoint_bytes(run: Run) -> tuple[int, int]:
    """About what one checkpoint takes: (the part to use, the part to resume from); measured, or from the networks' sizes."""
    for folder in reversed(run.checkpoints()):
        if (folder / MODEL).is_file() and (folder / STATE).is_file():
            return sum((folder / name).stat().st_size for name in (INFO, MODEL)), (folder / STATE).stat().st_size
    return checkpoint_bytes_of(run.config)


def checkpoint_bytes_of(config: TrainConfig) -> tuple[int, int]:
    """The same before anything is written: single precision; Adam keeps two more numbers for each that it trains."""
    from ganlab.training.networks.layers import count_parameters  # noqa: PLC0415  (brings PyTorch)
    from ganlab.training.preflight import networks_on_meta  # noqa: PLC0415  (brings PyTorch)

    sizes = {name: count_parameters(network) for name, network in networks_on_meta(config).items()}
    generators = sum(size for name, size in sizes.items() if name.startswith("G"))
    return 4 * generators, 4 * (3 * sum(sizes.values()) + generators)


def will_write(run: Run) -> int:
    """About how many bytes the run adds until its last step: checkpoints, sheets and metrics."""
    settings, status, folders = run.settings, run.status(), run.checkpoints()
    left = max(0, status.steps - status.step)
    if not left:
        return 0
    use, resume = checkpoint_bytes(run)
    most = min(settings.keep_checkpoints, -(-status.steps // settings.checkpoint_every))
    states = sum((folder / STATE).is_file() for folder in folders)
    more = max(0, most - len(folders)) * use + max(0, min(most * resume, max(STATES_BUDGET, 2 * resume)) - states * resume)
    sheets = left // settings.sample_every + 1
    return more + use + resume + sheets * _sheet_bytes(run) + left // settings.log_every * _POINT_BYTES


def _sheet_bytes(run: Run) -> int:
    shown = run.samples()
    if shown and run.sample_path(shown[-1]).is_file():
        return run.sample_path(shown[-1]).stat().st_size
    settings = run.settings
    numbers = settings.samples * settings.image_size**2 * (settings.channels or 3)
    return int(_PIXEL_BYTES * numbers)
