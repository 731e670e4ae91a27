"""Where a run stands, as kinds and numbers; `ganlab/app/views/status_wording.py` makes the sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ganlab.core.events import Phase
from ganlab.core.text import brief
from ganlab.runtime.store import Annotation

State = Literal["queued", "running", "paused", "stopped", "finished", "failed", "lost"]
ACTIVE = ("queued", "running", "paused")
BROKEN_OFF = ("failed", "lost")  # ended without being asked to
ENDINGS = ("finished", "stopped", "failed")
_ALIVE: dict[str, State] = {  # the newest annotation of a live worker -> the run's state
    "queued": "queued",
    "started": "running",
    "continued": "running",
    "paused": "paused",
    "waiting_room": "paused",
    "waiting_lock": "paused",
}
KINDS = (*_ALIVE, *ENDINGS)  # the annotations that decide the state
WAITING = ("waiting_room", "waiting_lock")
GAVE_TURN = "gave_turn"  # why a paused run has no device
# A worker that trains reports a few times a second, but not while it measures or keeps a checkpoint; others less often.
_SILENT_SECONDS = 15.0
_SILENT_STEPS = 10
_SILENT_SECONDS_AT_FIRST = 60.0


@dataclass(frozen=True)
class Activity:
    """What a worker does while it trains no step: a phase about `subject` and `names`, `done` of `total` (0: unknown) in `unit`.

    `ahead` counts the runs that get the device before this one.
    """

    phase: Phase
    subject: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    names: tuple[str, ...] = ()
    ahead: int = 0


@dataclass(frozen=True)
class Status:
    """Where a run stands; `seconds` trained and left, `memory` in bytes, rates per second.

    `phase` to `ahead` are the Activity of an active run. `silent`: whole seconds without news from a worker that should have
    some, which may hang, so that nothing is known of the time left; else None.

    `reason` is the kind of a cause, with its data in `details`: why the run failed or was lost (`core.errors.classify`,
    diverged, moved, killed, damaged_record), why it is paused (user {who}, gave_turn {who}, disk_full, limit_reached, busy, room,
    lock), or text {text} in a record of an older version, which kept sentences.
    """

    state: State
    step: int
    steps: int
    phase: Phase = ""
    subject: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    names: tuple[str, ...] = ()
    ahead: int = 0
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    steps_per_second: float = 0.0
    images_per_second: float = 0.0
    seconds: float = 0.0
    seconds_left: float | None = None
    silent: int | None = None
    memory: int = 0
    device: str = ""
    num_images: int = 0
    sheet_titles: tuple[str, ...] = ()  # what each column of a sheet shows, where that is not plain
    domains: tuple[str, ...] = ()  # the two kinds of images that a model leads between

    __repr__ = brief

    @property
    def active(self) -> bool:
        """Whether a worker has claimed the run."""
        return self.state in ACTIVE

    @property
    def gave_turn(self) -> bool:
        """Whether it is paused and has given its turn on the device to another run."""
        return self.state == "paused" and self.reason == GAVE_TURN

    @property
    def cause(self) -> str:
        """The reason in short, for an error: the text of the original error, or the reason's kind."""
        return str(self.details.get("text") or (self.reason or self.state).replace("_", " "))


def ended(kind: str, data: Mapping[str, Any], step: int, steps: int) -> Status:
    """The status of a run that has ended by an annotation of this kind, whether or not it could be recorded."""
    note = Annotation(0, step, 0.0, kind, data=data)
    return Status(kind, step, steps, **_reason(note))  # type: ignore[arg-type]  # one of ENDINGS


def state_of(notes: Sequence[Annotation], alive: bool) -> State:
    """The state of a run whose newest annotations of KINDS are `notes`; `alive` while its lock is held."""
    last = notes[-1].kind if notes else "queued"
    if alive and last in WAITING and not any(note.kind == "started" for note in _since_queued(notes)):
        return "queued"  # it has no device yet, or reads its data
    if last in ENDINGS:
        return last  # type: ignore[return-value]  # a worker that claims the run again annotates "queued" first
    return _ALIVE[last] if alive else "lost"


def cause_of(state: State, notes: Sequence[Annotation], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of Status, from `phase` to `details`, of what the run does or why it does nothing."""
    if state == "paused":
        return {"phase": notes[-1].kind if notes[-1].kind in WAITING else "paused"} | _reason(notes[-1])
    if state in ACTIVE and notes and notes[-1].kind in WAITING:
        return {"phase": notes[-1].kind, "subject": str(notes[-1].data.get("reason", ""))}
    if state in ACTIVE:
        activity = facts.get("activity", asdict(Activity("starting")))
        return _text(activity) if isinstance(activity, str) else dict(activity)
    return _reason(notes[-1]) if notes else {}


def _since_queued(notes: Sequence[Annotation]) -> Sequence[Annotation]:
    """The annotations of the newest worker."""
    begins = [index for index, note in enumerate(notes) if note.kind == "queued"]
    return notes[begins[-1] :] if begins else notes


def silence(state: State, facts: Mapping[str, Any], now: float) -> int | None:
    """Whole seconds until `now` (since 1970) without news from a worker that should have some; None where all is well."""
    activity, heard = facts.get("activity"), facts.get("heard")
    waits = isinstance(activity, Mapping) and activity.get("phase") == "waiting_device"
    if heard is None or state not in ("queued", "running") or waits:
        return None
    rate = facts.get("progress", {}).get("steps_per_second", 0.0) if state == "running" else 0.0
    bound = max(_SILENT_SECONDS, _SILENT_STEPS / rate) if rate > 0 else _SILENT_SECONDS_AT_FIRST
    return int(now - heard) if now - heard > bound else None


def _reason(note: Annotation) -> dict[str, Any]:
    if note.text:
        return _text(note.text)
    details = dict(note.data)
    return {"reason": details.pop("reason", "user" if details.get("who") else ""), "details": details}


def _text(sentence: str) -> dict[str, Any]:
    """The sentence that an older version recorded."""
    return {"reason": "text", "details": {"text": sentence}}
