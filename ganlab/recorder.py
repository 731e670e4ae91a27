"""Recorder: turns the engine's events into a run directory. The only writer of a run."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from ganlab import checkpoint
from ganlab.config import TrainConfig
from ganlab.events import Checkpoint, Event, Finished, Loading, Progress, Samples, Started
from ganlab.run import Run
from ganlab.store import Writer


class Recorder:
    """Open while a worker has the run in hand; `record` each event in the order the engine yields them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.step = 0
        self._writer = Writer(run.database)
        self._encoder = ThreadPoolExecutor(1, "sheets")  # PNG encoding leaves the training thread alone
        self._sheets: list[tuple[int, Future[None]]] = []

    def record(self, event: Event) -> None:
        """Write one event; when this returns, what it says is on disk (sheets: within the next Progress)."""
        match event:
            case Loading():
                self.say(_loading(event))
            case Started():
                self.step = event.step
                self._writer.rewind(event.step)
                facts = {"device": event.device, "num_images": event.num_images, "parameters": dict(event.parameters)}
                self._writer.write(state={**facts, "activity": "Training."})
                self._writer.annotate(event.step, "started", f"Resumed after step {event.step}." if event.step else "Started.")
            case Progress():
                self._progress(event)
            case Samples():
                self._sheets.append((event.step, self._encoder.submit(self._save_sheet, event)))
                self._writer.write(state={"sheet_titles": list(event.titles)})
            case Checkpoint():
                recipe = self.run.settings["recipe"]
                folder, config = self.run.path / "checkpoints", self.run.settings["config"]
                checkpoint.save(folder, event, config, recipe)
                if event.best:
                    self._writer.write(state={"best": event.step})
                checkpoint.drop_old_states(folder)
                checkpoint.thin_out(folder, config.get("keep_checkpoints", TrainConfig.keep_checkpoints), self.run.best)
            case Finished():
                self._finish_sheets()
                word = "All steps done." if event.reason == "finished" else f"Stopped after step {event.step:,}."
                self._writer.annotate(event.step, event.reason, word)

    def say(self, activity: str) -> None:
        """Tell the screens in one sentence what the worker is doing before it trains."""
        self._writer.write(state={"activity": activity})

    def annotate(self, kind: str, text: str) -> None:
        """Record something that is not an event of the engine: queued, failed."""
        self._writer.annotate(self.step, kind, text)

    def _progress(self, event: Progress) -> None:
        self.step = event.step
        keys = ("step", "steps_per_second", "images_per_second", "seconds", "memory")
        progress: dict[str, Any] = {key: getattr(event, key) for key in keys}
        done = [step for step, future in self._sheets if future.done()]
        for _, future in self._sheets:
            if future.done():
                future.result()  # a full disk must fail the run, not vanish in a thread
        self._writer.write(event.points, done, {"progress": progress})
        self._sheets = [item for item in self._sheets if item[0] not in done]

    def _save_sheet(self, event: Samples) -> None:
        from ganlab.images import png, sheet

        path = self.run.sample_path(event.step)
        partial = path.with_suffix(".partial")
        partial.write_bytes(png(sheet(event.images, event.columns)))
        partial.rename(path)

    def _finish_sheets(self) -> None:
        for _, future in self._sheets:
            future.result()
        self._writer.write(sheets=[step for step, _ in self._sheets])
        self._sheets = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._encoder.shutdown()
        if self._sheets:  # the run failed: what was drawn before is still worth showing
            self._writer.write(sheets=[step for step, future in self._sheets if not future.exception()])
        self._writer.close()


def _loading(event: Loading) -> str:
    if event.total:
        return f"{event.what}: {event.done:,} of {event.total:,} {event.unit}."
    return f"{event.what}." if not event.done else f"{event.what}: {event.done:,} {event.unit}."
