"""Small runs that students start in the sandbox: how small, how many, and what becomes of them when it is closed."""

from __future__ import annotations

import threading

from ganlab.app.security import sandbox
from ganlab.app.security.quotas import most
from ganlab.app.security.visitor import Visitor
from ganlab.core.config import TrainConfig
from ganlab.core.text import counted
from ganlab.data import DATASETS
from ganlab.runtime.launch import launch
from ganlab.runtime.run import UNREADABLE, Run, runs
from ganlab.training.families import FAMILIES

SMALL_FAMILIES = ("cgan", "dcgan", "lsgan")  # 600 steps take 13 to 19 s of one core and 5 MB; fully connected ones 200 MB
LEAST_STEPS = 50
_LARGEST = 32  # pixels
_SETTINGS = {
    "batch_size": 32,
    "lr": 0.002,
    "lr_decay": 0.5,
    "betas": (0.5, 0.99),
    "z_dim": 16,
    "width": 16,
    "ema_decay": 0.99,
    "samples": 36,
    "sample_every": 25,
    "log_every": 5,
    "checkpoint_every": 150,
    "keep_checkpoints": 4,
    "fid_every": 0,
}
_CHOSEN = ("family", "dataset", "steps", "lr", "seed")
_one_at_a_time = threading.Lock()


def most_steps() -> int:
    """How many steps a run in the sandbox may have."""
    return most("sandbox steps", "seat")


def datasets(family: str) -> list[str]:
    """Small data sets that this machine has and the family can learn."""
    fitting = [source for source in DATASETS.values() if FAMILIES[family].accepts(source.conditionings)]
    small = [source for source in fitting if source.name == "shapes" or 0 < source.image_size <= _LARGEST]
    return [source.name for source in small if source.available().state == "ready"]


def small(family: str, dataset: str, steps: int, lr: float = 0.002, seed: int = 0) -> TrainConfig:
    """The settings of a run in the sandbox; ValueError names what does not fit."""
    if family not in SMALL_FAMILIES:
        raise ValueError(f"family = {family!r} is not one of the sandbox's: {', '.join(SMALL_FAMILIES)}.")
    if dataset not in datasets(family):
        raise ValueError(f"dataset = {dataset!r} is not one of the sandbox's: {', '.join(datasets(family))}.")
    if not LEAST_STEPS <= steps <= most_steps():
        raise ValueError(f"steps = {steps:,} is not within {LEAST_STEPS} to {most_steps():,}, as the sandbox allows.")
    size = {"image_size": min(_LARGEST, DATASETS[dataset].image_size or 28)}
    chosen = {"dataset": dataset, "steps": steps, "lr": lr, "seed": seed}
    return FAMILIES[family].config.replace(**_SETTINGS | size | chosen)


def check(config: TrainConfig) -> None:
    """Whether the sandbox has such runs; ValueError names the first setting that does not fit, whoever made the config."""
    fitting = small(config.family, config.dataset, config.steps, config.lr, config.seed)
    for setting in fitting.settings():
        allowed, value = getattr(fitting, setting.name), getattr(config, setting.name)
        if setting.name not in _CHOSEN and value != allowed:
            raise ValueError(f"{setting.name} = {value!r} is not possible in the sandbox, where it is {allowed!r}.")


def start(config: TrainConfig, user: Visitor) -> Run:
    """Start a run in the sandbox, which belongs to this seat; ValueError, one sentence, where it is closed, too large or full."""
    with _one_at_a_time:
        check(config)
        if reason := obstacle(user):
            raise ValueError(reason)
        return launch(config, owner=user.name)


def obstacle(user: Visitor) -> str:
    """Why this seat can start no run in the sandbox now, in one sentence; "" where it can."""
    if not sandbox.is_open():
        return "The sandbox is closed: your teacher opens it."
    kept = all_runs()
    own = [run for run in kept if sandbox.owns(user, run)]
    active = [run for run in kept if _active(run)]
    if sum(sandbox.owns(user, run) for run in active) >= most("sandbox runs of one", "seat"):
        return "Your run is not over yet: wait for its end, or stop it, before you start another."
    if len(active) >= most("sandbox runs", "server"):
        return f"{counted(len(active), 'small run')} of the class train or wait already: try again in a minute."
    if len(own) >= most("sandbox runs kept", "seat"):
        return f"You keep {counted(len(own), 'run')} already: delete one of them first."
    if len(kept) >= most("sandbox runs kept", "server"):
        return f"The class keeps {counted(len(kept), 'small run')} already: ask your teacher to delete some."
    return ""


def all_runs() -> list[Run]:
    """The runs of the sandbox, newest first."""
    return [run for run in runs() if run.settings.owner]


def close(who: str) -> None:
    """Close the sandbox: what trains or waits there keeps a checkpoint and stops."""
    with _one_at_a_time:
        sandbox.leave(opened=False)
        for run in all_runs():
            if _active(run):
                run.request_stop(who)


def _active(run: Run) -> bool:
    try:
        return run.status().active
    except UNREADABLE:  # deleted meanwhile, or being written to: it is asked to be sure
        return True
