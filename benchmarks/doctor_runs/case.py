"""What a row of the doctor's table is: a way to train, what should be found in it, and its runs on disk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganlab.core.config import TrainConfig
from ganlab.data import DATASETS
from ganlab.data.paths import data_root
from ganlab.runtime.run import Run, runs
from ganlab.runtime.worker import work
from ganlab.training.families import FAMILIES

TINY: dict[str, Any] = {
    "channels": 1,
    "image_size": 16,
    "width": 8,
    "z_dim": 16,
    "batch_size": 16,
    "steps": 300,
    "samples": 40,
    "log_every": 2,
    "sample_every": 25,
    "checkpoint_every": 100,
    "lr": 1e-3,
    "betas": (0.5, 0.99),
    "fid_every": 0,
    "device": "cpu",
}


@dataclass(frozen=True)
class Case:
    """One way to train; `expected`: the kinds of finding of which one names the failure, none for a healthy run.

    `needs`: the data sets, or files of the data folder, that must be on this machine.
    """

    name: str
    expected: frozenset[str]
    config: Callable[[Path], TrainConfig]  # from a folder for data of its own
    broken: Callable[[], AbstractContextManager[None]] = nullcontext
    draw: Callable[[Run, int], None] | None = None  # in place of training
    prepare: Callable[[Run], None] = lambda run: None  # before it
    needs: tuple[str, ...] = ("mnist",)

    @property
    def possible(self) -> bool:
        """Whether its data is here."""
        return all(
            DATASETS[name].available().state == "ready" if name in DATASETS else (data_root() / name).exists()
            for name in self.needs
        )


def tiny(family: str, dataset: str = "mnist", **changes: Any) -> TrainConfig:
    """The family's defaults, tiny."""
    return FAMILIES[family].config.replace(**TINY | {"dataset": dataset} | changes)


def seed_of(home: Path) -> int:
    """The seed of the runs in a folder."""
    return int(home.name.removeprefix("seed"))


def ended(case: Case, seed: int, root: Path) -> Run | None:
    """The run of this case and seed that is there and has ended; None where there is none."""
    home = _home(case, seed, root)
    there = runs(home) if home.is_dir() else []
    return next((run for run in there if case.draw or run.status().state in ("finished", "failed")), None)


def run_of(case: Case, seed: int, root: Path) -> Run:
    """The run of this case and seed: the one that is there, else a new one, trained."""
    home = _home(case, seed, root)
    config = case.config(home).replace(seed=seed)
    there = ended(case, seed, root)
    if there is not None and there.config == config:
        return there
    for run in runs(home) if home.is_dir() else []:
        run.delete()
    run = Run.create(config, root=home)
    case.prepare(run)
    if case.draw:
        case.draw(run, seed)
        return run
    with case.broken():
        work(run)
    return run


def _home(case: Case, seed: int, root: Path) -> Path:
    return root / case.name.replace(" ", "_").replace(":", "").replace(",", "") / f"seed{seed}"
