"""The folder of a job: what was asked for, how far it is, what it found.

    runs/.jobs/<id>/ job.json progress.json values.json failures.json remarks.json outcome.json job.log lock stop

The worker writes all of it; its state is derived from the lock and what was written, never stored.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ganlab.core.events import Loading
from ganlab.core.files import read_bounded
from ganlab.core.lock import is_held
from ganlab.core.names import from_json, to_json
from ganlab.core.remarks import Remark
from ganlab.metrics.value import Value
from ganlab.runtime.folders import new_folder, remove_unless_held
from ganlab.runtime.run import ID, runs_root

FAILURES = "failures.json"
REMARKS = "remarks.json"
_MOST_BYTES = 2**24  # of one of its files
STARTING = 60.0  # seconds for a process to show itself; afterwards a job that no process works on is lost


@dataclass(frozen=True)
class Progress(Loading):
    """What a job does, at `rate` per second, or how many jobs are `ahead` of it (waiting_jobs)."""

    rate: float = 0.0
    seconds_left: float | None = None
    ahead: int = 0

    @property
    def waiting(self) -> bool:
        """Whether other jobs have to end first."""
        return self.phase == "waiting_jobs"

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Progress:
        """What `asdict` gave, without remarks; fields of another version are left out."""
        known = {name: value for name, value in kept.items() if name in cls.__dataclass_fields__}
        return cls(**known | {"names": tuple(kept.get("names", ())), "remarks": ()})


@dataclass(frozen=True)
class Status:
    """Where a job stands. `reason` is the kind of its end, with its data in `details`; `app/views/job_wording.py` has the words.

    Of a finished one parts_failed {parts}, if any; of a stopped one not_begun, nothing_kept or values_kept; of a failed one
    what `core.errors.classify` found, or no_process; of a lost one killed. Older versions kept a sentence: text {text}.
    """

    state: str  # queued | running | finished | stopped | failed | lost
    progress: Progress = Progress()
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether it is still to be done or being done."""
        return self.state in ("queued", "running")


class Job:
    """One job's folder. Cheap to make; every method reads the disk anew."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        """The folder's name; sorts by time of creation."""
        return self.path.name

    @classmethod
    def create(cls, kind: str, arguments: dict[str, Any], title: str, root: Path | None = None) -> Job:
        """Write down what is to be done; `arguments` are plain values, `title` is for people."""
        job = cls(new_folder(_folder(root), kind))
        job.write("job.json", {"kind": kind, "arguments": arguments, "title": title, "created": time.time()})
        return job

    @classmethod
    def open(cls, id: str, root: Path | None = None) -> Job:
        """The job named `id`; ValueError when there is none. The id is checked, so it can come from outside."""
        job = cls(_folder(root) / id)
        if not ID.fullmatch(id) or not (job.path / "job.json").is_file():
            raise ValueError(f"There is no job named {id!r}.")
        return job

    @cached_property
    def facts(self) -> dict[str, Any]:
        """job.json: `kind`, `arguments` (plain values), `title`, `created` (seconds since the epoch)."""
        facts = self._read("job.json")
        kinds = {"kind": str, "arguments": dict, "title": str, "created": int | float}
        if not isinstance(facts, dict) or not all(isinstance(facts.get(name), kind) for name, kind in kinds.items()):
            raise ValueError(f"job.json of {self.id} is damaged: delete this job.")
        return facts

    @property
    def lock_path(self) -> Path:
        """Held by the job's process as long as it lives."""
        return self.path / "lock"

    def status(self) -> Status:
        """Derived from the lock and what was written last; failed where that is damaged."""
        try:
            return self._status()
        except (LookupError, TypeError, AttributeError):
            return Status("failed", reason="message", details={"text": f"What was kept of {self.id} is damaged: delete it."})

    def _status(self) -> Status:
        alive = is_held(self.lock_path)  # before the rest: a worker writes, then lets go
        outcome, kept = self._read("outcome.json"), self._read("progress.json")
        progress = Progress.from_dict(kept) if kept else Progress()
        if outcome:
            if "sentence" in outcome:
                return Status(outcome["state"], progress, "text", {"text": outcome["sentence"]})
            return Status(outcome["state"], progress, outcome["reason"], outcome["details"])
        if alive:
            return Status("queued" if progress.waiting or not kept else "running", progress)
        if not kept and self._young():
            return Status("queued", Progress("starting"))
        return Status("lost", progress, "killed")

    def values(self) -> list[Value]:
        """What was measured so far; what cannot be a value is left out."""
        found = []
        for fields in self._list("values.json"):
            with suppress(LookupError, TypeError, ValueError, AttributeError):
                found.append(Value.from_dict(fields))
        return found

    def failures(self) -> list[str]:
        """One sentence for each part that could not be measured, so far."""
        return [sentence for sentence in self._list(FAILURES) if isinstance(sentence, str)]

    def remarks(self) -> dict[str, list[Remark]]:
        """What is to be known of the images that were read so far, by folder or data set; what cannot be read is left out."""
        with suppress(LookupError, TypeError, ValueError, AttributeError):
            return {subject: [Remark.from_dict(one) for one in some] for subject, some in (self._read(REMARKS) or {}).items()}
        return {}

    def request_stop(self) -> None:
        """Ask the worker to stop; it looks at every event. Harmless when there is none."""
        if self.path.is_dir():
            (self.path / "stop").touch()

    def stop_requested(self) -> bool:
        """Whether the worker was asked to stop."""
        return (self.path / "stop").exists()

    def delete(self) -> None:
        """Remove the job and what it found; ValueError while its process lives."""
        remove_unless_held(self.path, self.lock_path, "This is still being worked on: stop it first, then delete it.")

    def write(self, name: str, content: object) -> None:
        """Replace one of the job's files in one piece; for its worker."""
        partial = self.path / f"{name}.partial"
        partial.write_text(to_json(content) + "\n")
        partial.replace(self.path / name)

    def write_progress(self, progress: Progress) -> None:
        """Replace progress.json."""
        self.write("progress.json", asdict(progress))

    def _young(self) -> bool:
        """Whether its process may still be starting."""
        try:
            return bool(time.time() - self.facts["created"] < STARTING)
        except ValueError:
            return False

    def _list(self, name: str) -> list[Any]:
        kept = self._read(name)
        return kept if isinstance(kept, list) else []

    def _read(self, name: str) -> Any:
        """A file's content; None when it is not there or damaged."""
        try:
            return from_json(read_bounded(self.path / name, _MOST_BYTES))
        except (OSError, ValueError):
            return None


def jobs(root: Path | None = None) -> list[Job]:
    """All jobs of a folder of runs, newest first."""
    folder = _folder(root)
    if not folder.is_dir():
        return []
    found = [Job(path) for path in folder.iterdir() if ID.fullmatch(path.name) and (path / "job.json").is_file()]
    return sorted(found, key=lambda job: job.id, reverse=True)


def _folder(root: Path | None) -> Path:
    return (root or runs_root()) / ".jobs"
