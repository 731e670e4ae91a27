"""The run directory: everything a run is and was. The worker records events into it; every screen only reads it.

    runs/<id>/ config.json labels.json metrics.sqlite samples/step-NNNNNN.png checkpoints/step-NNNNNN/ worker.log lock
        control.jsonl

Status is derived from the lock and the annotations, never stored, so it cannot be left wrong by a crash.
"""

from __future__ import annotations

import math
import os
import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from ganlab.core import plugins
from ganlab.core.config import TrainConfig
from ganlab.core.errors import halvable, kernel_kills
from ganlab.core.files import is_file, no_folder, read_bounded, writable
from ganlab.core.guesses import explained, guesses
from ganlab.core.images import MOST_SHEET_BYTES
from ganlab.core.interventions import Command
from ganlab.core.kept import Kept, Lately
from ganlab.core.lock import is_held, note_in
from ganlab.core.names import to_json
from ganlab.runtime import checkpoint, notebook, pictures, portrait, standing
from ganlab.runtime.folders import new_folder, remove_folder, remove_unless_held
from ganlab.runtime.labels import Labels, labels_in
from ganlab.runtime.lock_note import with_note
from ganlab.runtime.mailbox import Mailbox
from ganlab.runtime.recorded import Recorded
from ganlab.runtime.run_settings import Damage, DamagedRun, Parent, RunSettings, read_settings, settings_of
from ganlab.runtime.status import KINDS, WAITING, Status, cause_of, silence, state_of
from ganlab.runtime.store import Annotation, Damaged

_WAIT_SECONDS = 0.2  # between two looks at a run that is waited for
_LAST_LOOK_SECONDS = 5.0  # that a notebook may take for its last look
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")  # of a run or a job
# What reading a run may raise of which another program wrote a part: lists show it as unreadable and go on.
_SETTINGS = Kept(read_settings)
UNREADABLE = (OSError, ValueError, sqlite3.Error, LookupError, TypeError, AttributeError, ArithmeticError)


def runs_root() -> Path:
    """Where runs live: GANLAB_RUNS, by default `runs` in the current folder; ValueError where that is no folder."""
    root = Path(os.environ.get("GANLAB_RUNS") or "runs").expanduser()
    if no_folder(root):
        raise ValueError(f"{root} is not a folder that runs could lie in: let GANLAB_RUNS name one.")
    return root


class Gone(FileNotFoundError, ValueError):
    """The run was deleted meanwhile."""


_MEANT = {
    "load get from_id from_path find": "Run.open(id) opens one, ganlab.runs() lists all",
    "images pictures last_sample": "sheet() is the newest sheet of samples, samples() the steps that have one",
    "loss losses history log logs curves df to_pandas dataframe": "pandas.DataFrame(run.metrics()) has every curve",
    "progress step steps state done finished is_finished is_running running": "status() has step, steps and state",
    "stop kill cancel terminate": "request_stop() asks it to keep a checkpoint and stop",
    "pause unpause": "Watch in the app pauses it, request_stop() ends it with a checkpoint, ganlab.resume(run) goes on",
    "resume restart go_on": "ganlab.resume(run) goes on with it",
    "name notes tags": "labels has name, notes and tags, id is its folder's name",
    "pipeline generator model G sample generate weights": "Pipeline.load(run) opens what it has learned",
    "evaluate fid measure": "ganlab.evaluate(run) measures it",
    "save export": "Pipeline.load(run).save_pretrained(folder) writes the model",
    "events": "wait() waits for its end, ganlab.train(...) has events",
    "remove rm": "delete() removes it",
}


@guesses(_MEANT)
class Run(Recorded):
    """One run directory. Cheap to make; every method reads the disk anew."""

    def __init__(self, path: Path) -> None:
        if not isinstance(path, Path):
            raise ValueError(f"A run is opened with Run.open({path!r}).")
        super().__init__(path)

    def __iter__(self) -> NoReturn:
        raise TypeError("A run has no events to go through: wait() waits for its end, ganlab.train(...) trains here with events.")

    @classmethod
    def create(
        cls,
        config: TrainConfig,
        *,
        recipe: str = "",
        group: str = "",
        group_size: int = 1,
        parent: Parent | None = None,
        owner: str = "",
        log_to: str = "",
        root: Path | None = None,
        prepare: Callable[[Run], None] = lambda run: None,
    ) -> Run:
        """Make the directory of a new run; `group` names runs that are started together and share the device, `parent` the
        run and step that it goes on from, `owner` the seat that starts it in the sandbox, `log_to` a tracker for its events.
        `prepare` is called before other processes can see the run. Uploaded pictures that it trains on are kept in it."""
        run = cls(new_folder(root or runs_root(), recipe or f"{config.family}-{config.dataset}"))
        try:
            config = pictures.kept_with(config, run.path)
            settings = {
                "config": config.to_dict(),
                "recipe": recipe,
                "created": time.time(),
                "group": group,
                "group_size": group_size,
            } | ({"parent": parent.to_dict()} if parent else {})
            settings |= {name: value for name, value in {"owner": owner, "log_to": log_to}.items() if value}
            settings |= {"packages": packages} if (packages := plugins.origins(config.to_dict())) else {}
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
        if not ID.fullmatch(id) or not is_file(run.path / "config.json"):
            raise ValueError(f"There is no run named {id!r}.")
        return run

    @cached_property
    def settings(self) -> RunSettings:
        """What config.json holds.

        Where it is damaged, what a checkpoint knows of it; DamagedRun where none does, Gone when the run was deleted.
        """
        try:
            found = _SETTINGS(self.path / "config.json")
        except (FileNotFoundError, NotADirectoryError):
            raise Gone(f"There is no run named {self.id!r} any more.") from None
        if isinstance(found, RunSettings):
            return found
        for folder in reversed(self.checkpoints()):  # each knows the configuration that it was made with
            with suppress(ValueError, OSError):
                info, created = checkpoint.read_info(folder), (self.path / "config.json").stat().st_mtime
                beside = {"recipe": info.recipe, "created": created, "group": "", "group_size": 1}
                known = settings_of({"config": info.config, **beside})
                if isinstance(known, RunSettings):
                    return known
        raise DamagedRun(self.id, found)

    @property
    def damage(self) -> Damage | None:
        """Why the run cannot be shown; None where it can. Gone when it was deleted."""
        try:
            return None if ID.fullmatch(self.id) and self.settings else Damage("misnamed")
        except DamagedRun as error:
            return error.damage

    @property
    def config(self) -> TrainConfig:
        """The run's configuration, checked; ValueError where the package that its family comes with is not installed."""
        from ganlab.training.families import load_config  # noqa: PLC0415  (brings PyTorch)

        config = load_config(self.settings.config, self.settings.packages)
        path = pictures.where_now(config.data_path, self.path)
        return config if path == config.data_path else config.replace(data_path=path)

    @property
    def title(self) -> str:
        """The run's name for users: its recipe, or family and data set."""
        return self.settings.recipe or f"{self.settings.family} on {self.settings.dataset}"

    @property
    def labels(self) -> Labels:
        """Its name, notes and tags."""
        return labels_in(self.path)

    @property
    def lock_path(self) -> Path:
        """Held by the worker as long as it lives."""
        return self.path / "lock"

    def status(self) -> Status:
        """Where the run stands, derived from its lock and the newest annotation of the worker."""
        alive = is_held(self.lock_path)  # before the annotations: a worker annotates, then releases the lock
        steps = self.settings.steps
        try:
            recorded, facts = standing.story(self.database)
            notes = [note for note in recorded if note.kind in KINDS]
        except Damaged as error:
            folders = self.checkpoints()
            step = checkpoint.step_of(folders[-1]) if folders else 0
            details = {"text": str(error)}
            return Status("running" if alive else "failed", step, steps, reason="damaged_record", details=details)
        notes = with_note(notes, note_in(self.lock_path), alive)
        state = state_of(notes, alive)
        progress: dict[str, Any] = facts.get("progress", {})
        rate, step = progress.get("steps_per_second", 0.0), progress.get("step", 0)
        waits = bool(notes) and notes[-1].kind in WAITING  # of which nothing can be heard
        silent = None if waits else silence(state, facts, time.time())
        return Status(
            state=state,
            step=step,
            steps=steps,
            seconds_left=(steps - step) / rate if state == "running" and rate and silent is None else None,
            silent=silent,
            **(self._lost(notes, facts) if state == "lost" else cause_of(state, notes, facts)),
            **{key: progress[key] for key in ("steps_per_second", "images_per_second", "seconds", "memory") if key in progress},
            **{key: facts[key] for key in ("device", "num_images") if key in facts},
            sheet_titles=tuple(facts.get("sheet_titles", ())),
            domains=tuple(facts.get("domains", ())),
        )

    def _lost(self, notes: list[Annotation], facts: Mapping[str, Any]) -> dict[str, Any]:
        """What is known of a worker that ended without an annotation: whether it `kept` a checkpoint, and could write."""
        before = facts.get("kernel_kills")
        details: dict[str, Any] = {
            "kept": bool(checkpoint.resumable(self.path / "checkpoints")),
            "started": any(note.kind == "started" for note in notes),
        }
        if not writable(self.path):
            details |= {"locked": True}
        if before is not None and (kernel_kills() or 0) > before:  # of any process, but most likely of this one
            details |= {"out_of_memory": True} | halvable(self.settings.config)
        return {"reason": "killed", "details": details}

    @explained
    def wait(self, seconds: float | None = None) -> Status:
        """Return its status once it has ended; TimeoutError after `seconds`. Interrupting the wait leaves the run training."""
        last = math.inf if seconds is None else time.monotonic() + seconds
        while (status := self.status()).active:
            if time.monotonic() > last:
                raise TimeoutError(f"{self.id} is still {status.state} at step {status.step:,} after {seconds:g} s.")
            time.sleep(_WAIT_SECONDS)
        if self._shown:
            self._shown.join(_LAST_LOOK_SECONDS)  # so that the view shows the end before the next cell begins
        return status

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def _repr_html_(self) -> str:
        """State, curves and newest sheet as they are now."""
        steps = self.samples()
        newest = read_bounded(self.sample_path(steps[-1]), MOST_SHEET_BYTES) if steps else None
        return portrait.portrait(self.title, self.status(), self.series(), newest)

    def _ipython_display_(self) -> None:
        """In a notebook: `_repr_html_`, kept up to date until the run has ended."""
        self._shown = notebook.show(self)

    def checkpoints(self) -> list[Path]:
        """Complete checkpoint folders, oldest first."""
        return checkpoint.checkpoints(self.path / "checkpoints")

    @property
    def mailbox(self) -> Mailbox:
        """The commands for the worker, which reads them several times a second."""
        return Mailbox(self.path / "control.jsonl")

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
        with suppress(FileNotFoundError, NotADirectoryError):  # deleted meanwhile
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


def runs(root: Path | str | None = None) -> list[Run]:
    """All runs, newest first, without those of `damaged_runs`."""
    return [run for run, damage in _looked_at(Path(root or runs_root())) if damage is None]


def damaged_runs(root: Path | None = None) -> dict[Run, Damage]:
    """The runs whose settings cannot be read, newest first, then folders that are none by their names; all can be deleted."""
    found = {run: damage for run, damage in _looked_at(root or runs_root()) if damage is not None}
    return dict(sorted(found.items(), key=lambda item: item[1].kind == "misnamed"))


def listed(root: Path | None = None) -> list[Run]:
    """Every folder that holds the settings of a run, damaged or not, newest first; names that begin with a dot are our own."""
    root = root or runs_root()
    paths = [path for path in root.iterdir() if not path.name.startswith(".")] if root.is_dir() else []
    return [Run(path) for path in sorted(paths, key=lambda path: path.name, reverse=True) if _has_settings(path)]


def _look(root: Path) -> list[tuple[Run, Damage | None]]:
    found = []
    for run in listed(root):
        with suppress(Gone):
            found.append((run, run.damage))
    return found


_looked_at = Lately(_look)


def _has_settings(path: Path) -> bool:
    try:
        (path / "config.json").stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # it may not be looked at
        return ID.fullmatch(path.name) is not None
    return True
