"""Where a run can be logged beside its own record: TensorBoard, trackio and Weights & Biases, behind one small interface.

Each is an extra of this package, and is imported only when it is asked for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from ganlab.runtime.run_settings import TRACKERS

PROJECT = "ganlab"  # of trackio and Weights & Biases


@dataclass(frozen=True)
class Subject:
    """What is logged: a run's `id` and `config`, into `folder` where the tracker keeps files there.

    Points after `step` are to come; `anew` replaces what an earlier export of it has left.
    """

    id: str
    config: Mapping[str, Any]
    folder: Path
    step: int = 0
    anew: bool = False


class Tracker(Protocol):
    """An open one; `look` is the command or the place where the run is looked at."""

    look: str

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add the values of a step, by their names."""

    def sheet(self, step: int, name: str, image: Image.Image) -> None:
        """Add a picture under a name."""

    def close(self) -> None:
        """Write what is left."""


class TensorBoard:
    """Event files in the folder; a resume hides the points that it makes again."""

    def __init__(self, subject: Subject) -> None:
        for old in subject.folder.glob("events.out.tfevents.*") if subject.anew else ():
            old.unlink()
        purge = subject.step + 1 if subject.step else None
        self._writer = import_module("torch.utils.tensorboard").SummaryWriter(str(subject.folder), purge_step=purge, flush_secs=5)
        text = json.dumps(dict(subject.config), indent=2, default=str)
        self._writer.add_text("config", f"    {text}".replace("\n", "\n    "), subject.step)
        self.look = f"tensorboard --logdir {subject.folder.parent}"

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add the values of a step."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def sheet(self, step: int, name: str, image: Image.Image) -> None:
        """Add a picture."""
        pixels = np.asarray(image)
        self._writer.add_image(name, pixels, step, dataformats="HW" if pixels.ndim == 2 else "HWC")

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


class Trackio:
    """A run of the project `ganlab` in trackio's own folder (TRACKIO_DIR)."""

    def __init__(self, subject: Subject) -> None:
        trackio = import_module("trackio")
        project = os.environ.get("TRACKIO_PROJECT") or PROJECT
        if subject.anew:
            with suppress(ValueError):  # there is no such project yet
                for run in trackio.Api().runs(project):
                    if run.name == subject.id:
                        run.delete()
        quiet = {"embed": False, "auto_log_gpu": False, "auto_log_cpu": False}
        resume = "allow" if subject.step else "never"
        self._run = trackio.init(project, name=subject.id, config=dict(subject.config), resume=resume, **quiet)
        self._image = trackio.Image
        self.look = f"trackio show --project {project}"

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add the values of a step."""
        self._run.log(dict(values), step=step)

    def sheet(self, step: int, name: str, image: Image.Image) -> None:
        """Add a picture."""
        self._run.log({name: self._image(image)}, step=step)

    def close(self) -> None:
        """Write what is left."""
        self._run.finish()


class WandB:
    """A run of the project `ganlab` (WANDB_PROJECT): on the server where there is a key for it, else in files of its folder."""

    def __init__(self, subject: Subject) -> None:
        wandb = import_module("wandb")
        subject.folder.mkdir(parents=True, exist_ok=True)
        mode = os.environ.get("WANDB_MODE") or ("online" if wandb.login(prompt=False) else "offline")
        project = os.environ.get("WANDB_PROJECT") or PROJECT
        self._run = wandb.init(
            project=project,
            id=subject.id,
            name=subject.id,
            config=dict(subject.config),
            dir=str(subject.folder),
            mode=mode,
            resume="allow" if mode == "online" else None,
            settings=wandb.Settings(console="off", silent=True),
        )
        self._run.define_metric("*", step_metric="step")  # a sheet may come after points of later steps
        self._image = wandb.Image
        place = subject.folder / "wandb"
        self.look = str(self._run.url) if mode == "online" else f"wandb sync {place}/offline-run-*"

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add the values of a step."""
        self._run.log({**values, "step": step})

    def sheet(self, step: int, name: str, image: Image.Image) -> None:
        """Add a picture."""
        self._run.log({name: self._image(image), "step": step})

    def close(self) -> None:
        """Write what is left."""
        self._run.finish()


OPEN: dict[str, Callable[[Subject], Tracker]] = {"tensorboard": TensorBoard, "trackio": Trackio, "wandb": WandB}


def check_tracker(name: str) -> None:
    """ValueError, one sentence, where there is no such tracker or its package is not installed."""
    if name not in TRACKERS:
        raise ValueError(f"{name!r} is not one of {', '.join(TRACKERS)}.")
    if find_spec(name) is None:
        raise ValueError(f"Logging to {name} needs the package {name}: pip install 'ganlab-studio[{name}]'.")
