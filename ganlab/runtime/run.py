"""The run directory: everything a run is and was. The worker records events into it; every screen only reads it.

    runs/<id>/ config.json metrics.sqlite samples/step-NNNNNN.png checkpoints/step-NNNNNN/ worker.log lock control.jsonl

Status is derived from the lock and the annotations, never stored, so it cannot be left wrong by a crash.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from ganlab.core.config import TrainConfig
from ganlab.core.errors import halvable, kernel_kills
from ganlab.core.files import no_folder
from ganlab.core.interventions import Command, Intervention
from ganlab.core.lock import is_held
from ganlab.core.names import from_json, shown, to_json
from ganlab.runtime import checkpoint
from ganlab.runtime.folders import new_folder, remove_folder, remove_unless_held
from ganlab.runtime.mailbox import Mailbox
from ganlab.runtime.run_settings import are_whole
from ganlab.runtime.status import KINDS, Status, cause_of, state_of
from ganlab.runtime.store import Annotation, Damaged, Reader, Series

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")  # of a run or a job
# What reading a run may raise of which another program wrote a part: lists show it as unreadable and go on.
UNREADABLE = (OSError, ValueError, sqlite3.Error, LookupError, TypeError, AttributeError, ArithmeticError)


def runs_root() -> Path:
    """Where runs live: GANLAB_RUNS, by default `runs` in the current folder; ValueError where that is no folder."""
    root = Path(os.environ.get("GANLAB_RUNS") or "runs").expanduser()
    if no_folder(root):
        raise ValueError(f"{root} is not a folder that runs could lie in: let GANLAB_RUNS name one.")
    return root


class Gone(FileNotFoundError, ValueError):
    """The run was deleted meanwhile."""


class Run:
    """One run directory. Cheap to make; every method reads the disk anew."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        """The directory's name; sorts by time of creation."""
        return self.path.name

    @classmethod
    def create(
        cls,
        config: TrainConfig,
        *,
        recipe: str = "",
        group: str = "",
        group_size: int = 1,
        parent: Mapping[str, Any] | None = None,
        root: Path | None = None,
        prepare: Callable[[Run], None] = lambda run: None,
    ) -> Run:
        """Make the directory of a new run; `group` names runs that are started together and share the device, `parent` the
        run and step that it goes on from. `prepare` is called before other processes can see the run."""
        run = cls(new_folder(root or runs_root(), recipe or f"{config.family}-{config.dataset}"))
        settings = {
            "config": config.to_dict(),
            "recipe": recipe,
            "created": time.time(),
            "group": group,
            "group_size": group_size,
        } | ({"parent": dict(parent)} if parent else {})
        try:
            for folder in ("samples", "checkpoints"):
                (run.path / folder).mkdir()
            partial = run.path / "config.partial"
            partial.write_text(to_json(settings, indent=2) + "\n")
            prepare(run)
            partial.rename(run.path / "config.json")
        except BaseException:
            remove_folder(run.path)
            raise
        return run

    @classmethod
    def open(cls, id: str, root: Path | None = None) -> Run:
        """The run named `id`; ValueError when there is none. The id is checked, so it can come from outside."""
        run = cls((root or runs_root()) / id)
        if not ID.fullmatch(id) or not (run.path / "config.json").is_file():
            raise ValueError(f"There is no run named {id!r}.")
        return run

    @cached_property
    def settings(self) -> dict[str, Any]:
        """config.json: `config` (plain values), `recipe`, `created` (seconds), `group`, `group_size`, `parent`.

        Where it is damaged, what a checkpoint knows of it; ValueError where none does, Gone when the run was deleted.
        """
        try:
            found = from_json((self.path / "config.json").read_bytes())
        except FileNotFoundError:
            raise Gone(f"There is no run named {self.id!r} any more.") from None
        except ValueError:
            found = None
        if are_whole(found):
            return dict(found)
        for folder in reversed(self.checkpoints()):  # each knows the configuration that it was made with
            with suppress(ValueError):
                info, created = checkpoint.read_info(folder), (self.path / "config.json").stat().st_mtime
                found = {"config": info.config, "recipe": info.recipe, "created": created, "group": "", "group_size": 1}
                if are_whole(found):
                    return found
        raise ValueError(f"config.json of the run {self.id} is damaged: restore or delete its folder.")

    @property
    def config(self) -> TrainConfig:
        """The run's configuration, checked."""
        from ganlab.training.families import load_config  # noqa: PLC0415  (brings PyTorch)

        return load_config(self.settings["config"])

    @property
    def title(self) -> str:
        """The run's name for users: its recipe, or family and data set."""
        config = self.settings["config"]
        return self.settings["recipe"] or f"{config['family']} on {config['dataset']}"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "metrics.sqlite"

    @property
    def lock_path(self) -> Path:
        """Held by the worker as long as it lives."""
        return self.path / "lock"

    @property
    def _reader(self) -> Reader:
        return Reader(self.database, tolerant=True)  # `status` reports a damaged file

    def status(self) -> Status:
        """Where the run stands, derived from its lock and the newest annotation of the worker."""
        alive = is_held(self.lock_path)  # before the annotations: a worker annotates, then releases the lock
        reader, steps = Reader(self.database), int(self.settings["config"]["steps"])
        try:
            notes, facts = [note for note in reader.annotations() if note.kind in KINDS], reader.state()
        except Damaged as error:
            folders = self.checkpoints()
            step = checkpoint.step_of(folders[-1]) if folders else 0
            details = {"text": str(error)}
            return Status("running" if alive else "failed", step, steps, reason="damaged_record", details=details)
        state = state_of(notes, alive)
        progress: dict[str, Any] = facts.get("progress", {})
        rate, step = progress.get("steps_per_second", 0.0), progress.get("step", 0)
        return Status(
            state=state,
            step=step,
            steps=steps,
            seconds_left=(steps - step) / rate if state == "running" and rate else None,
            **(self._lost(notes, facts) if state == "lost" else cause_of(state, notes, facts)),
            **{key: progress[key] for key in ("steps_per_second", "images_per_second", "seconds", "memory") if key in progress},
            **{key: facts[key] for key in ("device", "num_images") if key in facts},
            sheet_titles=tuple(facts.get("sheet_titles", ())),
            domains=tuple(facts.get("domains", ())),
        )

    def _lost(self, notes: list[Annotation], facts: dict[str, Any]) -> dict[str, Any]:
        """What is known of a worker that ended without an annotation, and whether it `kept` a checkpoint."""
        before = facts.get("kernel_kills")
        details: dict[str, Any] = {
            "kept": bool(checkpoint.resumable(self.path / "checkpoints")),
            "started": any(note.kind == "started" for note in notes),
        }
        if before is not None and (kernel_kills() or 0) > before:  # of any process, but most likely of this one
            details |= {"out_of_memory": True} | halvable(self.settings["config"])
        return {"reason": "killed", "details": details}

    @property
    def last_step(self) -> int:
        """The step of the last report; of a run that has none, 0."""
        return int(self._reader.state().get("progress", {}).get("step", 0))

    def metric_names(self) -> list[str]:
        """Every metric recorded so far."""
        return self._reader.names()

    def metrics(self, names: Iterable[str] | None = None, since: int = -1) -> dict[str, Series]:
        """Recorded points after step `since`; Damaged, a ValueError, when they cannot be read."""
        return Reader(self.database).series(names, since)

    def last_metrics(self) -> dict[str, float]:
        """The newest value of every metric."""
        return self._reader.last_values()

    def samples(self, since: int = -1) -> list[int]:
        """The steps that have a sample sheet."""
        return self._reader.sheets(since)

    def sample_path(self, step: int) -> Path:
        """The PNG of the sheet at `step`."""
        return self.path / "samples" / f"step-{int(step):06d}.png"

    def annotations(self, since: int = 0) -> list[Annotation]:
        """Started, resumed, stopped, failed: what happened, with its step."""
        return self._reader.annotations(since)

    def checkpoints(self) -> list[Path]:
        """Complete checkpoint folders, oldest first."""
        return checkpoint.checkpoints(self.path / "checkpoints")

    @property
    def best(self) -> int | None:
        """The step whose generator read nearest to the real images; None where none was measured (`fid_every`)."""
        return self._reader.state().get("best")

    @property
    def protocols(self) -> dict[str, str]:
        """How the distance on the live curves is read, by the metric's name; empty where none was, or an older version did."""
        return dict(self._reader.state().get("protocols", {}))

    @property
    def mailbox(self) -> Mailbox:
        """The commands for the worker, which reads them several times a second."""
        return Mailbox(self.path / "control.jsonl")

    def interventions(self) -> list[Intervention]:
        """What was changed while the run trained, in order."""
        return [Intervention.from_dict(values) for values in self._reader.interventions()]

    @property
    def config_now(self) -> TrainConfig:
        """The configuration with all that was changed so far; a repeated run may have changes before it."""
        config, step = self.config, self.status().step
        for intervention in self.interventions():
            if intervention.step <= step:
                config = intervention.applied_to(config)
        return config

    def request_stop(self, who: str = "") -> None:
        """Ask the worker to checkpoint and stop. Harmless when none trains."""
        with suppress(FileNotFoundError):  # deleted meanwhile
            self.mailbox.add(Command("stop", who=who))

    def stop_requested(self) -> bool:
        """Whether the worker was asked to stop."""
        return any(request.command == "stop" for request in self.mailbox.new())

    def clear_requests(self) -> None:
        """Before a resume: forget what was asked of an earlier worker, but for changes that it had no time to make."""
        self.mailbox.begin_anew()

    def delete(self) -> None:
        """Remove the run and all it holds; ValueError while a worker has claimed it."""
        remove_unless_held(self.path, self.lock_path, f"{self.id} is still running: stop it first, then delete it.")


def runs(root: Path | None = None) -> list[Run]:
    """All runs, newest first, without those of `damaged_runs`."""
    return [run for run in _folders(root) if ID.fullmatch(run.id) and _problem(run) == ""]


def damaged_runs(root: Path | None = None) -> dict[str, str]:
    """{id: one sentence} of the runs whose settings or names cannot be read, for lists to show; the newest first."""
    found = {run.id: _problem(run) for run in _folders(root) if ID.fullmatch(run.id)}
    found |= {shown(run.id): _misnamed(run) for run in _folders(root) if not ID.fullmatch(run.id)}
    return {id: problem for id, problem in found.items() if problem}


def _folders(root: Path | None) -> list[Run]:
    """What may be a run in the folder of runs; names that begin with a dot are our own."""
    root = root or runs_root()
    names = [path.name for path in root.iterdir() if not path.name.startswith(".")] if root.is_dir() else []
    return [Run(root / name) for name in sorted(names, reverse=True)]


def _problem(run: Run) -> str | None:
    """Why the settings cannot be read, "" when they can; None of what is no run."""
    try:
        return "" if run.settings else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return f"The run {run.id} cannot be read: {error.strerror}."
    except ValueError as error:
        return str(error)


def _misnamed(run: Run) -> str:
    """Why a folder that holds a run is none by its name; "" of what holds none."""
    try:
        found = (run.path / "config.json").is_file()
    except OSError:  # it may not be looked at
        found = False
    return f"The folder {shown(run.id)} is no run by its name: rename it to letters a to z, digits, - and _." if found else ""
