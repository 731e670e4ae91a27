"""Metrics of a training: kept as tensors on its device, turned into points, rates and times when it is time to report."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch

from ganlab.core.config import TrainConfig
from ganlab.core.devices import memory_used
from ganlab.core.events import Point, Progress
from ganlab.training.state import Metrics

FLUSH_SECONDS = 0.25


class Diverged(ArithmeticError):
    """The `metric` (or, where empty, a weight) was not a finite number at `step`."""

    def __init__(self, step: int, metric: str = "") -> None:
        self.step, self.metric = step, metric
        at = f"{metric} stopped being a number at" if metric else "A weight stopped being a number by"
        super().__init__(f"{at} step {step:,}: try a lower learning rate.")


class Meter:
    """Collects metric tensors and turns them into points, rates and times when it is time to report."""

    def __init__(
        self,
        config: TrainConfig,
        device: str,
        step: int,
        seconds: float,
        waited: Callable[[], float] = lambda: 0.0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.config, self.device, self._waited, self._clock = config, device, waited, clock
        self._waited_before = waited()  # seconds in which the training had to wait for its data
        self._pending: list[tuple[int, Metrics]] = []
        self._earlier = seconds  # trained before a resume
        self._start = self._reported = clock()
        self._looked = self._start - FLUSH_SECONDS  # once at first: commands of an earlier worker wait, and few steps may be left
        self._reported_step = step

    def due(self) -> bool:
        """Whether it is time to look up from the training, for screens and commands; then not for FLUSH_SECONDS.

        A clock of its own: a run that saves often reports often, and must hear a stop all the same.
        """
        now = self._clock()
        if now - self._looked < FLUSH_SECONDS:
            return False
        self._looked = now
        return True

    @property
    def seconds(self) -> float:
        """Seconds this run has trained, over all its resumes."""
        return self._earlier + self._clock() - self._start

    def forget(self, seconds: float) -> None:
        """Leave a pause of so many seconds out of times and rates."""
        self._start += seconds
        self._reported += seconds

    def add(self, step: int, metrics: Metrics) -> None:
        """Keep one step's metrics as they are, on the device."""
        self._pending.append((step, metrics))

    def report(self, step: int) -> Progress:
        """Everything since the last report; Diverged when a metric is not finite."""
        points = self._points()
        now, waited = self._clock(), self._waited()
        passed = max(now - self._reported, 1e-9)
        rate = (step - self._reported_step) / passed
        share = min(1.0, max(0.0, waited - self._waited_before) / passed)
        self._reported, self._reported_step, self._waited_before = now, step, waited
        if points:
            speed = {
                "speed/images_per_second": rate * self._images_per_step,
                "time/seconds": self.seconds,
                "time/waiting_for_data": share,
            }
            points[-1] = (points[-1][0], {**points[-1][1], **speed})
        return Progress(
            step=step,
            steps=self.config.steps,
            points=tuple(points),
            steps_per_second=rate,
            images_per_second=rate * self._images_per_step,
            seconds=self.seconds,
            memory=memory_used(self.device),
        )

    @property
    def _images_per_step(self) -> int:
        return self.config.batch_size * self.config.d_steps

    def _points(self) -> list[Point]:
        """One transfer for all pending metrics."""
        if not self._pending:
            return []
        values = torch.stack([value.float() for _, metrics in self._pending for value in metrics.values()]).tolist()
        points: list[Point] = []
        for step, metrics in self._pending:
            points.append((step, {name: values.pop(0) for name in metrics}))
            bad = [name for name, value in points[-1][1].items() if not math.isfinite(value)]
            if bad:
                raise Diverged(step, bad[0])
        self._pending = []
        return points
