"""What is broken on purpose around a run, and what is done to it while it trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ganlab.core.events import Samples
from ganlab.core.images import to_uint8
from ganlab.core.interventions import Intervention
from ganlab.runtime.recorder import Recorder
from ganlab.runtime.run import Run
from ganlab.runtime.store import Writer
from ganlab.training.adversarial import AdversarialTraining


@contextmanager
def asking(labels: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[None]:
    """Fakes are asked for labels of their own, made from those of the real pictures of their batch."""
    asked = AdversarialTraining.asked
    AdversarialTraining.asked = lambda self, batch: labels(batch.condition)  # type: ignore[method-assign, arg-type]
    try:
        yield
    finally:
        AdversarialTraining.asked = asked  # type: ignore[method-assign]


def all_alike(labels: torch.Tensor) -> torch.Tensor:
    """Every one of ten as often as the others, if those of the real pictures are any mixture at all."""
    return (labels + torch.arange(len(labels), device=labels.device)) % 10


def other_half(labels: torch.Tensor) -> torch.Tensor:
    """Five to nine for none to four: the same classes under other numbers."""
    return (labels + 5) % 10


@contextmanager
def slow_disk() -> Iterator[None]:
    """From the hundredth batch on every batch waits 60 ms inside its drawing."""
    from ganlab.data import batches

    take, count = batches._Images.take, 0

    def slow(self: Any, draw: Any) -> Any:
        nonlocal count
        count += 1
        if count > 100:
            time.sleep(0.06)
        return take(self, draw)

    batches._Images.take = slow  # type: ignore[method-assign]
    try:
        yield
    finally:
        batches._Images.take = take  # type: ignore[method-assign]


@contextmanager
def broken_weight() -> Iterator[None]:
    """A weight of D stops being a number at step 150."""
    step = AdversarialTraining.step

    def breaking(self: AdversarialTraining, batches: Iterator[Any]) -> Any:
        if self.steps_done == 150:
            with torch.no_grad():
                next(self.D.parameters()).view(-1)[0] = torch.nan
        return step(self, batches)

    AdversarialTraining.step = breaking  # type: ignore[method-assign]
    try:
        yield
    finally:
        AdversarialTraining.step = step  # type: ignore[method-assign]


def foreign_collapsed(run: Run, seed: int) -> None:
    """Sheets of a published CGAN that is known to have collapsed to one digit of each class."""
    from ganlab.models.pipeline import Pipeline

    weights = Path(__file__).resolve().parents[3] / "shared" / "weights" / "cgan-collapsed" / "generator.pth"
    pipeline = Pipeline.load(weights)
    with Recorder(run) as recorder:
        recorder.annotate("queued")
        for step in (125, 250):
            images = pipeline.generate(pipeline.latents(100, seed + step))
            recorder.record(Samples(step, images if images.dtype == torch.uint8 else to_uint8(images), 10))


def swinging_rate(run: Run) -> None:
    """Every 25 steps D's rate turns from far below G's to far above it, or back."""
    changing(*((step, "d_lr_ratio", 5.0 if turn % 2 else 0.01) for turn, step in enumerate(range(25, 300, 25))))(run)


def changing(*changes: tuple[int, str, Any]) -> Callable[[Run], None]:
    """Settings that are changed while the run trains: after a step, a name and its new value."""

    def prepare(run: Run) -> None:
        writer = Writer(run.database)
        for change in changes:
            writer.intervene(Intervention(*change).to_dict())
        writer.close()

    return prepare
