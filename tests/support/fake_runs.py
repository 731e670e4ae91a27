"""Run directories as a worker leaves them, without training: for tests of everything that only reads them."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import torch

from ganlab.core.events import Checkpoint, Finished, Loading, Point, Progress, Samples, Started
from ganlab.core.lock import FileLock
from ganlab.runtime.recorder import Recorder
from ganlab.runtime.run import Run
from ganlab.runtime.status import Activity
from ganlab.training.families import load_config

WAITING = Activity("waiting_device", "cpu", ahead=1)
RATE = 100.0  # steps per second of the pretended training
PATIENCE = 3600.0  # seconds that nobody takes it amiss when a test is slow to report again


class FakeRun:
    """A run whose worker is this process: `start`, `train` some steps, then `finish`, `fail`, `stop` or `kill`."""

    def __init__(
        self,
        root: Path,
        *,
        recipe: str = "",
        group: str = "",
        group_size: int = 1,
        owner: str = "",
        phase: float = 0.0,
        **config: Any,
    ) -> None:
        settings = load_config({"steps": 1000, "sample_every": 100, "dataset": "shapes", **config})
        self.run = Run.create(settings, recipe=recipe, group=group, group_size=group_size, owner=owner, root=root)
        self.config, self.phase, self.step = settings, phase, 0
        self._lock = FileLock(self.run.lock_path)
        self._recorder: Recorder | None = None

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def recorder(self) -> Recorder:
        assert self._recorder is not None, "start or queue the run first"
        return self._recorder

    def queue(self, activity: Activity = WAITING) -> FakeRun:
        """A worker has claimed the run but has not begun."""
        assert self._lock.acquire()
        self._recorder = Recorder(self.run, lock=self._lock)
        write = self._recorder._writer.write
        heard = lambda state: {"heard": time.time() + PATIENCE} | dict(state or {})  # noqa: E731
        self._recorder._writer.write = lambda points=(), sheets=(), state=None: write(points, sheets, heard(state))  # type: ignore[method-assign]
        self._recorder.annotate("queued")
        self._recorder.report(activity)
        return self

    def load(self, done: int, total: int) -> FakeRun:
        """The worker reads its data."""
        self.recorder.record(Loading("reading", "shapes", done, total))
        return self

    def start(self, step: int = 0) -> FakeRun:
        """The worker is about to train after `step`."""
        if self._recorder is None:
            self.queue()
        self.step = step
        self.recorder.record(Started(step, self.config.steps, "cpu", 6400, {"G": 1000, "D": 900}))
        if step == 0:
            self.sheet()
        return self

    def train(self, steps: int) -> FakeRun:
        """Train `steps` more: points, sheets and one report."""
        points = []
        for step in range(self.step + 1, self.step + steps + 1):
            self.step = step
            if step % self.config.log_every == 0:
                points.append(self.point(step))
            if step % self.config.sample_every == 0:
                self.sheet()
        if points:
            points[-1] = (
                points[-1][0],
                {**points[-1][1], "time/seconds": self.step / RATE, "speed/images_per_second": RATE * 64},
            )
        self.report(points)
        return self

    def point(self, step: int) -> Point:
        """Losses and scores that fall and wobble like real ones."""
        near, wobble = math.exp(-step / 400), math.sin(step * 12.9898 + self.phase) * 43758.5453 % 1 - 0.5
        return step, {
            "loss/D/adversarial": 1.1 - 0.8 * near + 0.3 * wobble + 0.1 * math.sin(step / 90 + self.phase),
            "loss/G/adversarial": 0.9 + 1.6 * near - 0.4 * wobble + 0.1 * math.cos(step / 70 + self.phase),
            "score/real": 0.6 + 0.3 * near + 0.1 * wobble,
            "score/fake": 0.4 - 0.3 * near + 0.1 * wobble,
        }

    def report(self, points: list[Point]) -> None:
        """Write points as one report; sheets encoded before it are on record afterwards."""
        for _, encoded in self.recorder._sheets:
            encoded.result()
        progress = Progress(self.step, self.config.steps, tuple(points), RATE, RATE * 64, self.step / RATE, 400 * 2**20)
        self.recorder.record(progress)

    def sheet(self) -> None:
        """Discs that come out of noise; every step's sheet differs."""
        size, clear = self.config.image_size, 1 - math.exp(-self.step / 300)
        y, x = torch.meshgrid(*[torch.linspace(-1, 1, size)] * 2, indexing="ij")
        radius = torch.arange(1, 17).view(-1, 1, 1, 1) / 20
        discs = ((x.square() + y.square()).sqrt() < radius).float()
        noise = torch.rand(discs.shape, generator=torch.Generator().manual_seed(self.step))
        images = ((discs * clear + noise * (1 - clear)) * 255).byte()
        self.recorder.record(Samples(self.step, images, 4))

    def checkpoint(self) -> FakeRun:
        """Keep what can be used and resumed."""
        spec = {"image_size": self.config.image_size, "channels": 1, "conditioning": "label", "num_classes": 2}
        made = [intervention.to_dict() for intervention in self.run.interventions()]
        state = {"step": self.step, "padding": torch.zeros(1024), "interventions": made}
        model = {"G.weight": torch.zeros(256, 256)}
        self.recorder.record(Checkpoint(self.step, model, state, spec, ("disc", "ring")))
        return self

    def finish(self, reason: str = "finished") -> FakeRun:
        """End in good order."""
        self.recorder.record(Finished(self.step, reason))
        self.release()
        return self

    def fail(self, sentence: str) -> FakeRun:
        """End as a worker whose training raised."""
        self.recorder.annotate("failed", {"reason": "message", "text": sentence})
        self.release()
        return self

    def release(self) -> None:
        """Let go without a word, like a worker that was killed; harmless twice."""
        if self._recorder is not None:
            self._recorder.__exit__(None, None, None)
            self._recorder = None
        self._lock.release()
