"""train(config) -> events. Knows no path, no database and no screen; whoever consumes the events decides what is kept.

Nothing reads a loss back per step: metrics stay tensors and cross to the host by time, in one transfer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, Literal

import torch
from torch import nn

from ganlab.config import TrainConfig
from ganlab.core import Batch, Conditioning
from ganlab.data import DATASETS, Batches, Loader, load
from ganlab.devices import memory_used, resolve, supports_bf16
from ganlab.events import Checkpoint, Event, Finished, Loading, Point, Progress, Samples, Started
from ganlab.families import FAMILIES
from ganlab.images import to_uint8
from ganlab.metrics.live import open_gauge
from ganlab.nn.layers import count_parameters
from ganlab.training import Training
from ganlab.training_state import Metrics

FLUSH_SECONDS = 0.25


class Diverged(ArithmeticError):
    """A loss stopped being a number."""


class Meter:
    """Collects metric tensors and turns them into points, rates and times when it is time to report."""

    def __init__(self, config: TrainConfig, device: str, step: int, seconds: float) -> None:
        self.config, self.device = config, device
        self._pending: list[tuple[int, Metrics]] = []
        self._earlier = seconds  # trained before a resume
        self._start = self._reported = time.perf_counter()
        self._reported_step = step

    @property
    def due(self) -> bool:
        """Whether the screens have waited long enough."""
        return time.perf_counter() - self._reported >= FLUSH_SECONDS

    @property
    def seconds(self) -> float:
        """Seconds this run has trained, over all its resumes."""
        return self._earlier + time.perf_counter() - self._start

    def add(self, step: int, metrics: Metrics) -> None:
        """Keep one step's metrics as they are, on the device."""
        self._pending.append((step, metrics))

    def report(self, step: int) -> Progress:
        """Everything since the last report; Diverged when a metric is not finite."""
        points = self._points()
        now = time.perf_counter()
        rate = (step - self._reported_step) / max(now - self._reported, 1e-9)
        self._reported, self._reported_step = now, step
        if points:
            speed = {"speed/images_per_second": rate * self._images_per_step, "time/seconds": self.seconds}
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
                raise Diverged(f"{bad[0]} stopped being a number at step {step:,}: try a lower learning rate.")
        self._pending = []
        return points


def train(
    config: TrainConfig,
    *,
    resume: dict[str, Any] | None = None,
    initial: Mapping[str, nn.Module] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Train `config` and yield what happens; `resume` is an earlier Checkpoint's `state`, `initial` trained generators.

    Asked a few times a second, `should_stop` ends the run after a checkpoint. Raises ValueError for settings that do not
    fit together or data that cannot be had, Diverged when a loss stops being a number.
    """
    device = resolve(config.device)
    family = FAMILIES[config.family]
    torch.manual_seed(config.seed)
    dataset = yield from _load(config, round(config.image_size * (1 + config.jitter)))
    spec = replace(dataset.spec(family.conditioning), image_size=config.image_size)
    yield Loading("Building the networks")
    bf16 = config.precision == "bf16" or (config.precision == "auto" and supports_bf16(device))
    training = family.build(config, spec, device, bf16)
    examples = (yield from _examples(config, training, device)) if training.examples else None
    if initial is not None:
        training.start_from(initial)
    gauge = (yield from open_gauge(config, dataset, spec, device)) if config.fid_every else None
    position, step, seconds = 0, 0, 0.0
    if resume is not None:
        training.load_state_dict(resume["training"])
        position, step, seconds = resume["position"], resume["step"], resume["seconds"]
        _set_rng(resume["rng"], device)
        if gauge:
            gauge.best = resume.get("best", gauge.best)
    crop = config.image_size if config.jitter else 0
    batches = Batches(
        dataset,
        family.conditioning,
        config.batch_size,
        config.seed,
        device,
        flip=config.flip,
        crop=crop,
        position=position,
        layout=training.layout,
    )
    parameters = {name: count_parameters(network) for name, network in training.networks.items()}
    yield Started(step, config.steps, device, len(dataset.images), parameters)

    names = domains(config) or tuple(dataset.label_names)

    def checkpoint(best: bool, whole: bool) -> Checkpoint:
        state = {"training": training.state_dict(), "position": batches.position, "step": step, "seconds": meter.seconds}
        state |= {"rng": _get_rng(device)} | ({"best": gauge.best} if gauge else {})
        return Checkpoint(step, _flat(training), state if whole else {}, asdict(spec), names, best)

    meter = Meter(config, device, step, seconds)
    saved, best = step if resume is not None else -1, False
    if step == 0:
        yield _samples(config, training, examples, step)
    while step < config.steps:
        training.set_rate(rate_factor(config, step))
        metrics = training.step(batches)
        step += 1
        last, saving, best = step == config.steps, step % config.checkpoint_every == 0, False
        if gauge and (last or gauge.due(step, meter.seconds)):
            with training.evaluating() as generators:
                distance, best = gauge.measure(generators["G"])
            metrics = metrics | {gauge.name: torch.tensor(distance, device=device)}
        if step % config.log_every == 0 or saving or last or (gauge and gauge.name in metrics):
            meter.add(step, metrics)
        if step % config.sample_every == 0 or last:
            yield _samples(config, training, examples, step)
        if (saving or best) and not last:
            yield meter.report(step)  # first the metrics: they raise before a NaN can reach a checkpoint
            yield checkpoint(best, saving)
            saved = step if saving else saved
        if meter.due:
            yield meter.report(step)
            if should_stop():
                break
    yield meter.report(step)
    if saved != step:
        yield checkpoint(best, True)
    yield Finished(step, "finished" if step == config.steps else "stopped")


def rate_factor(config: TrainConfig, step: int) -> float:
    """The learning rate at `step` relative to `lr`: one, then linearly towards zero over the last `lr_decay` of the run."""
    if not config.lr_decay:
        return 1.0
    return min(1.0, (1 - step / config.steps) / config.lr_decay)


def _load(config: TrainConfig, image_size: int, split: Literal["train", "test"] = "train", limit: int = 0) -> Loader:
    return load(
        config.dataset,
        image_size=image_size,
        channels=config.channels,
        conditioning=FAMILIES[config.family].conditioning,
        data_path=config.data_path,
        split=split,
        limit=limit,
    )


def _examples(config: TrainConfig, training: Training, device: str) -> Generator[Loading, None, Batch]:
    """Fixed images of the test part."""
    assert training.examples is not None
    test = yield from _load(config, training.examples.size, "test", training.examples.count)
    return next(Batches(test, FAMILIES[config.family].conditioning, len(test.images), 0, device, layout=training.layout))


def domains(config: TrainConfig) -> tuple[str, ...]:
    """What the data set calls the two kinds of images that it leads between; empty for families that draw from z."""
    conditioning = FAMILIES[config.family].conditioning
    between_images = conditioning in (Conditioning.PAIRED, Conditioning.UNPAIRED)
    return DATASETS[config.dataset].domains.get(conditioning, ("A", "B")) if between_images else ()


def _samples(config: TrainConfig, training: Training, examples: Batch | None, step: int) -> Samples:
    sheet = training.sheet(examples)
    a, b = domains(config) or ("", "")
    return Samples(step, to_uint8(sheet.images).cpu(), sheet.columns, tuple(title.format(A=a, B=b) for title in sheet.titles))


def _flat(training: Training) -> dict[str, torch.Tensor]:
    """The averaged generators' tensors as `G.<name>`."""
    return dict(training.averaged.state_dict())


def _get_rng(device: str) -> dict[str, torch.Tensor]:
    """States of the global generators, which only dropout draws from."""
    states = {"cpu": torch.get_rng_state()}
    return states | ({"cuda": torch.cuda.get_rng_state(device)} if device.startswith("cuda") else {})


def _set_rng(states: dict[str, torch.Tensor], device: str) -> None:
    torch.set_rng_state(states["cpu"])
    if device.startswith("cuda") and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
