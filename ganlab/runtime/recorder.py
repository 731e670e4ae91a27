"""Recorder: turns the engine's events into a run directory. The only writer of a run."""

from __future__ import annotations

import errno
import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ganlab.core.errors import LimitReached, kernel_kills
from ganlab.core.events import Checkpoint, Continued, Event, Finished, Intervened, Loading, Paused, Progress, Samples, Started
from ganlab.core.images import png, sheet
from ganlab.core.lock import FileLock
from ganlab.runtime import checkpoint, lock_note
from ganlab.runtime.disk import LIMIT, bytes_of, limit
from ganlab.runtime.retry import WAITS, Attempt, Result, Retry, at_once
from ganlab.runtime.run import Run
from ganlab.runtime.status import GAVE_TURN, Activity
from ganlab.runtime.store import Annotation, Damaged, Writer


class Recorder:
    """The writer of a claimed run; `record` each event in the order in which the engine yields them.

    `report` is called with what the worker does or waits for while it trains no step, `stop` says whether the run is asked to
    stop. What cannot be in the record is noted in the `lock`: what is waited for right now, or why the run ended.
    """

    def __init__(
        self,
        run: Run,
        report: Callable[[Activity], None] = lambda activity: None,
        *,
        lock: FileLock | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self.run, self._report, self._lock = run, report, lock
        self.step, self.ended = 0, ("", dict[str, Any]())  # the annotation of the end, once there is one
        self._paused = self._started = self._opened = self._away = False
        present = lock.make_sure_it_is_there if lock else lambda: None
        self._retry = Retry(run.path, stop or run.stop_requested, self._waits, self._goes_on, present)
        self._waited_for: list[str] = []  # kinds of errors, until they can be recorded
        lock_note.leave(lock, 0, "", {})  # whatever an earlier worker waited for
        self._writer = opened(run, self._retry)
        self._opened = True
        self.step = self._retry(lambda: run.last_step)
        self._mark()
        self._writer.write(state={"kernel_kills": kernel_kills()})  # a higher count when this process is gone hints at why
        self._retry(run.mailbox.prepare)
        self._retry(self._retry.reserve)
        self._encoder = ThreadPoolExecutor(1, "sheets")  # PNG encoding leaves the training thread alone
        self._sheets: list[tuple[Samples, Future[bytes]]] = []

    def clock(self) -> float:
        """Seconds that stand still while the run waits for room or for its record."""
        return self._retry.clock()

    def record(self, event: Event) -> None:
        """Write one event; when this returns, it is on disk (sheets: within the next Progress)."""
        match event:
            case Loading():
                self.report(Activity(event.phase, event.subject, event.done, event.total, event.unit, event.names))
                self._remark([remark.to_dict() for remark in event.remarks])
            case Started():
                self.step, self._started, self._paused = event.step, True, False
                self._protocols(event)
                facts = {"device": event.device, "num_images": event.num_images, "parameters": dict(event.parameters)}
                progress = {"step": event.step, "seconds": event.seconds}  # metrics beyond it stay until they are made again
                self._writer.write(state={**facts, "activity": asdict(Activity("training")), "progress": progress})
                if event.real and not self.run.real_path.is_file():
                    self._retry(partial(_save, self.run.real_path, _drawn(event.real)))
                self._writer.annotate(event.step, "started", {"moved": True} if event.moved else None)
            case Progress():
                self._progress(event)
            case Samples():
                self._sheets.append((event, self._encoder.submit(_drawn, event)))
                self._writer.write(state={"sheet_titles": list(event.titles), "domains": list(event.domains)})
            case Checkpoint():
                self._checkpoint(event)
            case Paused() | Continued():
                self._paused = isinstance(event, Paused)
                if self._paused:
                    self._finish_sheets()
                kind = "paused" if self._paused else "continued"
                self._writer.annotate(event.step, kind, {"who": event.who} if event.who else None)
            case Intervened():
                self._intervened(event)
            case Finished():
                self._finish_sheets()
                self._end(event.reason, {})

    def report(self, activity: Activity) -> None:
        """Record what the worker does before it trains."""
        self._writer.write(state={"activity": asdict(activity)})
        self._report(activity)

    def enqueue(self, device: str, data: Mapping[str, Any] | None = None) -> None:
        """Record that the run waits for `device`; in `data`, who has asked a run that had given its turn to go on."""
        self._paused = self._started = self._away = False
        self._writer.enqueue(self.step, device, data)

    def give_turn(self, who: str) -> None:
        """Record that the run, which `who` has paused, has given its turn on the device to another run."""
        self._away = True
        self._writer.annotate(self.step, "paused", {"reason": GAVE_TURN} | ({"who": who} if who else {}))
        self._report(Activity("paused", GAVE_TURN))

    def threads(self, count: int, before: int | None, why: str, step: int) -> None:
        """Record how many threads the run trains with after `step`, and whether that is another number than `before`."""
        self._writer.write(state={"threads": count})
        if before not in (None, count):
            self._writer.annotate(step, "threads_changed", {"before": before, "now": count, "reason": why})

    def annotate(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        """Record something that is not an event of the engine: queued, failed."""
        self._writer.annotate(self.step, kind, data)

    def fail(self, reason: str, details: Mapping[str, Any] | None = None) -> None:
        """Record why the run ends; where even that cannot be written, note it in the lock and print it to the log."""
        self._retry.hurried = True
        self._retry.release()
        self._end("failed", {"reason": reason, **(details or {})})

    def keep(self, write: Callable[[], Result]) -> Result:
        """Do something that writes below the folder of runs as everything here is done: until it succeeds."""
        return self._retry(write)

    def _end(self, kind: str, data: dict[str, Any]) -> None:
        self.ended = kind, data
        try:
            self._writer.annotate(self.step, kind, data)
        except (OSError, sqlite3.Error):
            lock_note.leave_end(self._lock, self.step, kind, data)

    def _waits(self, kind: str) -> None:
        """A wait for what this kind of error means begins; "" ends it."""
        lock_note.leave(self._lock, self.step, WAITS.get(kind, ""), {"reason": kind})
        if kind:
            self._report(Activity(WAITS[kind], kind))

    def _goes_on(self, kinds: list[str]) -> None:
        self._waited_for += kinds
        if self._opened:
            self._mark()

    def _mark(self) -> None:
        """Record what was waited for; a run that was paused before stays paused, and one that has ended says nothing more."""
        if not self._waited_for or self.ended[0]:
            return
        kinds, self._waited_for = self._waited_for, []
        for kind in kinds:
            self._writer.annotate(self.step, WAITS[kind], {"reason": kind})
        state = "paused" if self._paused else "continued" if self._started else "queued"
        reason = GAVE_TURN if self._away else WAITS[kinds[-1]].removeprefix("waiting_")
        self._writer.annotate(self.step, state, {"reason": reason})
        self._writer.write()  # it is heard of again

    def _checkpoint(self, event: Checkpoint) -> None:
        folder, settings = self.run.path / "checkpoints", self.run.settings
        self._finish_sheets()  # or a resume from here would not draw them again
        self._retry(partial(self._save, event, folder))
        if event.best:
            self._writer.write(state={"best": event.step})
        self._retry(partial(checkpoint.drop_old_states, folder))
        most, regular = settings.keep_checkpoints, settings.checkpoint_every
        self._retry(partial(checkpoint.thin_out, folder, most, self.run.best, regular))

    def _save(self, event: Checkpoint, folder: Path) -> None:
        if (most := limit(self.run.path.parent)) is not None and bytes_of(self.run.path.parent) >= most:
            raise LimitReached(errno.EDQUOT, f"{LIMIT} is reached")
        folder.mkdir(exist_ok=True)  # without its parents: a run that was moved leaves nothing where it was
        checkpoint.save(folder, event, self.run.settings.config, self.run.settings.recipe)

    def _protocols(self, event: Started) -> None:
        """Record the protocols of the curves, and each that differs from before: its points are not comparable."""
        before = self.run.protocols
        readings = self.run.readings | {name: dict(numbers) for name, numbers in event.readings.items()}
        self._writer.write(state={"protocols": before | dict(event.protocols), "readings": readings})
        for name, protocol in event.protocols.items():
            if before.get(name, protocol) != protocol:
                self._writer.annotate(event.step, "protocol_changed", {"name": name, "protocol": protocol})

    def _remark(self, remarks: list[dict[str, Any]]) -> None:
        """Record what is remarked about the data; a resumed run reads them again, and has most on record."""
        known = [one for note in self.run.annotations() if note.kind == "data" for one in note.data["remarks"]] if remarks else []
        new = [one for one in json.loads(json.dumps(remarks)) if one not in known]  # tuples become lists
        if new:
            self._writer.annotate(self.step, "data", {"remarks": new})

    def _intervened(self, event: Intervened) -> None:
        """A change that is only made again is already on record; in a repeated run it is not yet on the charts."""
        step, effect = event.intervention.step, dict(event.effect)
        if not event.again:
            self._writer.intervene(event.intervention.to_dict(), effect)
        elif not any(_says(note, step, effect) for note in self.run.annotations()):
            self._writer.annotate(step, "changed", effect)

    def _progress(self, event: Progress) -> None:
        self.step = event.step
        keys = ("step", "steps_per_second", "images_per_second", "seconds", "memory")
        progress: dict[str, Any] = {key: getattr(event, key) for key in keys}
        saved = self._saved_sheets(wait=self._paused)  # nothing comes after one drawn in a pause, and there is time to wait
        self._writer.write(event.points, saved, {"progress": progress})
        self._sheets = self._sheets[len(saved) :]

    def _finish_sheets(self) -> None:
        saved = self._saved_sheets(wait=True)
        self._writer.write(sheets=saved)
        self._sheets = self._sheets[len(saved) :]

    def _saved_sheets(self, *, wait: bool) -> list[int]:
        """Put the sheets that are drawn into their files, the oldest first; their steps."""
        steps: list[int] = []
        for event, drawn in self._sheets:
            if not (wait or drawn.done()):
                break
            self._retry(partial(self._save_sheet, event.step, drawn.result()))
            steps.append(event.step)
        return steps

    def _save_sheet(self, step: int, data: bytes) -> None:
        _save(self.run.sample_path(step), data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._encoder.shutdown()
        self._retry.hurried = True
        self._sheets = [(event, drawn) for event, drawn in self._sheets if not drawn.exception()]
        with suppress(OSError, sqlite3.Error):  # the first error is the one to report
            if self._sheets:  # the run failed: what was drawn before is still worth showing
                self._finish_sheets()
        with suppress(OSError, sqlite3.Error):
            self._writer.close()
        self._retry.release()


def _save(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    half = path.with_suffix(".partial")
    half.write_bytes(data)
    half.rename(path)


def _drawn(event: Samples) -> bytes:
    return png(sheet(event.images, event.columns))


def opened(run: Run, attempt: Attempt = at_once) -> Writer:
    """The run's record, to write to; where it is damaged or gone a new one begins with what can be found again."""
    new, aside = not run.database.exists(), run.database.with_name(f"damaged-{run.database.name}")
    try:
        writer = Writer(run.database, attempt)
    except Damaged:
        new = True
        for path in (run.database, *run.path.glob(f"{run.database.name}-*")):
            path.replace(path.with_name(f"damaged-{path.name}"))
        writer = Writer(run.database, attempt)
        writer.salvage(aside)
        writer.annotate(0, "repaired", {"file": aside.name})
    if new or not run.samples():
        drawn = (re.fullmatch(r"step-([0-9]{1,18})\.png", path.name) for path in (run.path / "samples").glob("step-*.png"))
        writer.write(sheets=[int(name[1]) for name in drawn if name])
    return writer


def _says(note: Annotation, step: int, effect: Mapping[str, Any]) -> bool:
    """Whether an annotation records this change; one of an older version has only a sentence, which is taken for the same."""
    plain = json.loads(json.dumps(effect))  # tuples come back as lists
    return (note.kind, note.step) == ("changed", step) and (note.data == plain or bool(note.text))
