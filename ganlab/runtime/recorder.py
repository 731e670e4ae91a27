"""Recorder: turns the engine's events into a run directory. The only writer of a run."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ganlab.core.errors import LimitReached, classify, kernel_kills
from ganlab.core.events import Checkpoint, Continued, Event, Finished, Intervened, Loading, Paused, Progress, Samples, Started
from ganlab.core.images import png, sheet
from ganlab.core.names import to_json
from ganlab.runtime import checkpoint
from ganlab.runtime.disk import LIMIT, bytes_of, limit
from ganlab.runtime.run import Run
from ganlab.runtime.status import Activity
from ganlab.runtime.store import Annotation, Damaged, Writer

_BALLAST = 2**19  # bytes: enough for SQLite to say that the disk is full


class Recorder:
    """The writer of a claimed run; `record` each event in the order in which the engine yields them.

    `report` is called with what the worker does or waits for while it trains no step.
    """

    def __init__(self, run: Run, report: Callable[[Activity], None] = lambda activity: None) -> None:
        self.run, self._report = run, report
        self._writer = opened(run)
        self.step = run.last_step
        self._writer.write(state={"kernel_kills": kernel_kills()})  # a higher count when this process is gone hints at why
        self._make_ballast()
        self._encoder = ThreadPoolExecutor(1, "sheets")  # PNG encoding leaves the training thread alone
        self._sheets: list[tuple[Samples, Future[None]]] = []
        self.waiting = False  # for room on the disk
        self._waited, self._waits_since = 0.0, 0.0  # seconds
        self._paused = self._failed = False

    def clock(self) -> float:
        """Seconds that stand still while there is no room."""
        return (self._waits_since if self.waiting else time.perf_counter()) - self._waited

    def record(self, event: Event) -> None:
        """Write one event; when this returns, it is on disk (sheets: within the next Progress)."""
        match event:
            case Loading():
                self.report(Activity(event.phase, event.subject, event.done, event.total, event.unit, event.names))
                self._remark([remark.to_dict() for remark in event.remarks])
            case Started():
                self.step = event.step
                self._protocols(event)
                facts = {"device": event.device, "num_images": event.num_images, "parameters": dict(event.parameters)}
                progress = {"step": event.step, "seconds": event.seconds}  # metrics beyond it stay until they are made again
                self._writer.write(state={**facts, "activity": asdict(Activity("training")), "progress": progress})
                self._writer.annotate(event.step, "started", {"moved": True} if event.moved else None)
            case Progress():
                self._progress(event)
            case Samples():
                self._sheets.append((event, self._encoder.submit(self._save_sheet, event)))
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
                self._writer.annotate(event.step, event.reason)

    def report(self, activity: Activity) -> None:
        """Record what the worker does before it trains."""
        self._writer.write(state={"activity": asdict(activity)})
        self._report(activity)

    def enqueue(self, device: str) -> None:
        """Record that the run waits for `device`."""
        self._writer.enqueue(self.step, device)

    def threads(self, count: int, before: int | None, why: str, step: int) -> None:
        """Record how many threads the run trains with after `step`, and whether that is another number than `before`."""
        self._writer.write(state={"threads": count})
        if before not in (None, count):
            self._writer.annotate(step, "threads_changed", {"before": before, "now": count, "reason": why})

    def annotate(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        """Record something that is not an event of the engine: queued, failed."""
        self._writer.annotate(self.step, kind, data)

    def fail(self, reason: str, details: Mapping[str, Any] | None = None) -> None:
        """Record why the run ends; where even that cannot be written, print it to the log."""
        self._failed = True
        self._ballast.unlink(missing_ok=True)
        data = {"reason": reason, **(details or {})}
        try:
            self.annotate("failed", data)
        except (OSError, sqlite3.Error):
            with suppress(OSError):
                print(to_json(data), file=sys.stderr)

    def wait_for_room(self, error: Exception) -> None:
        """Record that the disk is full, or the limit reached; this takes the room that was kept for it."""
        self._ballast.unlink(missing_ok=True)
        if not self.waiting:
            with suppress(OSError, sqlite3.OperationalError):
                reason, _ = classify(error)
                self._writer.annotate(self.step, "waiting_room", {"reason": reason})
                self.waiting, self._waits_since = True, time.perf_counter()
                self._report(Activity("waiting_room", reason))

    @property
    def has_room(self) -> bool:
        """Whether another try is worth it; the room that was kept for recording a full disk does not count."""
        return shutil.disk_usage(self.run.path).free > 2 * _BALLAST

    def go_on(self) -> None:
        """There is room again; a run that was paused before stays paused."""
        self.waiting = False
        self._waited += time.perf_counter() - self._waits_since
        self._make_ballast()
        self._writer.annotate(self.step, "paused" if self._paused else "continued", {"reason": "room"})

    @property
    def _ballast(self) -> Path:
        return self.run.path / "ballast"

    def _make_ballast(self) -> None:
        with suppress(OSError):
            self._ballast.write_bytes(os.urandom(_BALLAST))  # what a compressing file system cannot make small

    def _checkpoint(self, event: Checkpoint) -> None:
        folder, settings = self.run.path / "checkpoints", self.run.settings
        if (most := limit(self.run.path.parent)) is not None and bytes_of(self.run.path.parent) >= most:
            raise LimitReached(errno.EDQUOT, f"{LIMIT} is reached")
        self._finish_sheets()  # or a resume from here would not draw them again
        folder.mkdir(exist_ok=True)  # without its parents: a run that was moved leaves nothing where it was
        checkpoint.save(folder, event, settings.config, settings.recipe)
        if event.best:
            self._writer.write(state={"best": event.step})
        checkpoint.drop_old_states(folder)
        checkpoint.thin_out(folder, settings.keep_checkpoints, self.run.best, settings.checkpoint_every)

    def _protocols(self, event: Started) -> None:
        """Record the protocols of the curves, and each that differs from before: its points are not comparable."""
        before = self.run.protocols
        self._writer.write(state={"protocols": before | dict(event.protocols)})
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
        if self._paused:  # nothing comes after a sheet that was drawn now, and there is time to wait for it
            self._finish_sheets()
        done = [sheet.step for sheet, future in self._sheets if future.done()]
        self._raise_sheets(wait=False)
        self._writer.write(event.points, done, {"progress": progress})
        self._sheets = [item for item in self._sheets if item[0].step not in done]

    def _raise_sheets(self, *, wait: bool) -> None:
        """What went wrong while a sheet was written must not vanish in a thread; it is tried again."""
        for index, (event, future) in enumerate(self._sheets):
            if (wait or future.done()) and future.exception():
                self._sheets[index] = (event, self._encoder.submit(self._save_sheet, event))
                future.result()

    def _save_sheet(self, event: Samples) -> None:
        path = self.run.sample_path(event.step)
        partial = path.with_suffix(".partial")
        partial.write_bytes(png(sheet(event.images, event.columns)))
        partial.rename(path)

    def _finish_sheets(self) -> None:
        self._raise_sheets(wait=True)
        self._writer.write(sheets=[sheet.step for sheet, _ in self._sheets])
        self._sheets = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._encoder.shutdown()
        ended_badly = kind is not None or self._failed
        with (
            suppress(OSError, sqlite3.OperationalError) if ended_badly else nullcontext()
        ):  # the first error is the one to report
            if self._sheets:  # the run failed: what was drawn before is still worth showing
                self._writer.write(sheets=[sheet.step for sheet, future in self._sheets if not future.exception()])
            self._writer.close()
        self._ballast.unlink(missing_ok=True)


def opened(run: Run) -> Writer:
    """The run's record, to write to; where it is damaged or gone a new one begins with what can be found again."""
    new, aside = not run.database.exists(), run.database.with_name(f"damaged-{run.database.name}")
    try:
        writer = Writer(run.database)
    except Damaged:
        new = True
        for path in (run.database, *run.path.glob(f"{run.database.name}-*")):
            path.replace(path.with_name(f"damaged-{path.name}"))
        writer = Writer(run.database)
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
