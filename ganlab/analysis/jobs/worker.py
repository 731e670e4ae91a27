"""Starting a job and doing it: one process for each, one of a kind at work at a time in each folder of runs."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ganlab.analysis.jobs.job import FAILURES, REMARKS, Job, Progress, jobs
from ganlab.analysis.jobs.kinds import KINDS
from ganlab.analysis.jobs.messages import Measured, PartFailed
from ganlab.core.errors import EXPECTED, classify
from ganlab.core.events import Loading
from ganlab.core.lock import FileLock, is_held
from ganlab.core.progress import Work
from ganlab.core.remarks import Remark
from ganlab.metrics.value import Value
from ganlab.runtime.spawn import signals_ask, start_detached

_POLL_SECONDS = 0.5
_REPORT_SECONDS = 0.25
_RATE_SECONDS = 0.5  # before that a rate means little


def launch(kind: str, arguments: dict[str, Any], title: str, root: Path | None = None) -> Job:
    """Start a job in a process of its own and return at once; it outlives this process and waits for other jobs.

    ValueError for a kind that there is not, and when the process could not start.
    """
    if kind not in KINDS:
        raise ValueError(f"kind = {kind!r} is not one of {', '.join(KINDS)}.")
    job = Job.create(kind, arguments, title, root)
    if not start_detached("job", job.path, log=job.path / "job.log", lock=job.lock_path) and job.status().state == "queued":
        _end(job, "failed", "no_process")
        raise ValueError("The process could not start; job.log in the folder of the job says why.")
    return job


def work(job: Job) -> None:
    """The main of a job's process: take it, wait for the others, do it, write everything down.

    A job that fails is recorded as failed, not raised. ValueError when another process has claimed it.
    """
    lock = FileLock(job.lock_path)
    if not lock.acquire(timeout=1.0):
        raise ValueError(f"{job.id} is already in the hands of another process.")
    try:
        with signals_ask(job.request_stop):
            try:
                job.write_progress(Progress("starting"))
                with _turn(job) as taken:
                    _end(job, *(_done(job) if taken else ("stopped", "not_begun")))
            except Exception as error:
                if not isinstance(error, EXPECTED):
                    traceback.print_exc()
                _end(job, "failed", *classify(error))
    finally:
        lock.release()


def _done(job: Job) -> tuple[str, str, dict[str, Any]]:
    """Do the work; return how it ended: the state, the reason and its details."""
    values: list[Value] = []
    failures: list[str] = []
    remarks: dict[str, tuple[Remark, ...]] = {}
    report = _Reporter(job.write_progress)
    work = Work(KINDS[job.facts["kind"]](**job.facts["arguments"]))
    with closing(iter(work)) as events:
        while not job.stop_requested():
            match next(events, None):
                case None:
                    _keep(job, work.result)
                    return ("finished", "parts_failed", {"parts": len(failures)}) if failures else ("finished", "", {})
                case Loading() as event:
                    report(event)
                    if event.remarks:
                        remarks[event.subject] = event.remarks
                        job.write(REMARKS, {name: [one.to_dict() for one in some] for name, some in remarks.items()})
                case Measured() as event:
                    _keep(job, values := [*values, *event.values])
                case PartFailed() as event:
                    failures.append(event.sentence)
                    job.write(FAILURES, failures)
    return "stopped", "values_kept" if values else "nothing_kept", {}


def _keep(job: Job, values: list[Value]) -> None:
    job.write("values.json", [value.to_dict() for value in values])


def _end(job: Job, state: str, reason: str, details: Mapping[str, Any] | None = None) -> None:
    job.write("outcome.json", {"state": state, "reason": reason, "details": details or {}, "ended": time.time()})


@contextmanager
def _turn(job: Job) -> Iterator[bool]:
    """Inside the block no other job of this kind works in this folder; False when a stop was requested while it waited.

    Each kind has a turn of its own: a reproduction may wait for days until its runs are trained.
    """
    lock = FileLock(job.path.parent / f".turn-{job.facts['kind']}")
    written = -1
    while (ahead := len(_before(job))) or not lock.acquire():
        if job.stop_requested():
            yield False
            return
        if ahead != written:
            job.write_progress(Progress("waiting_jobs", ahead=ahead))
            written = ahead
        time.sleep(_POLL_SECONDS)
    try:
        yield True
    finally:
        lock.release()


def _before(job: Job) -> list[Job]:
    """Older jobs of its kind that are worked on or wait."""
    older = [other for other in jobs(job.path.parent.parent) if other.id < job.id and is_held(other.lock_path)]
    return [other for other in older if _kind(other) == job.facts["kind"] and other.status().active]


def _kind(job: Job) -> str:
    try:
        return str(job.facts["kind"])
    except ValueError:  # damaged: it keeps no other waiting
        return ""


class _Reporter:
    """Writes progress down a few times a second; each new piece of work at once."""

    def __init__(self, write: Callable[[Progress], None]) -> None:
        self._write = write
        self._began, self._first, self._written = 0.0, 0, 0.0
        self._work: tuple[object, ...] = ()

    def __call__(self, event: Loading) -> None:
        now = time.monotonic()
        if event.work != self._work:
            self._work, self._began, self._first = event.work, now, event.done
        elif now - self._written < _REPORT_SECONDS:
            return
        self._written = now
        passed = now - self._began
        rate = (event.done - self._first) / passed if passed > _RATE_SECONDS else 0.0
        left = (event.total - event.done) / rate if rate > 0 and event.total else None
        self._write(Progress.from_dict({**vars(event), "rate": rate, "seconds_left": left}))
