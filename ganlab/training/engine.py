"""train(config) -> events. Knows no path, no database and no screen; the consumer of the events decides what is kept.

Nothing reads a loss back per step: metrics stay tensors and cross to the host by time, in one transfer.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Literal

import torch
from torch import nn

from ganlab.core.config import TrainConfig
from ganlab.core.devices import resolve, supports_bf16
from ganlab.core.events import Checkpoint, Continued, Event, Finished, Intervened, Loading, Paused, Samples, Started
from ganlab.core.images import to_uint8
from ganlab.core.interventions import Command, Intervention, made_by
from ganlab.core.types import Batch
from ganlab.data import DATASETS, Batches, Dataset, Loader, load
from ganlab.metrics.gauge import Gauge, open_gauge
from ganlab.training.adversarial import Training
from ganlab.training.families import FAMILIES
from ganlab.training.held_out import HeldOut, held_out, set_apart
from ganlab.training.lr_schedule import rate_factor
from ganlab.training.meter import Diverged, Meter
from ganlab.training.networks.layers import count_parameters
from ganlab.training.real_sheet import real_sheet
from ganlab.training.state import Metrics, all_finite

Commands = Callable[[], Sequence[Command]]
_HELD_OUT_EVERY = 5  # points of the curves, for it costs two passes of D
_PAUSE_SECONDS = 0.05  # between two looks for commands while nothing trains


def train(
    config: TrainConfig,
    *,
    resume: Mapping[str, Any] | None = None,
    initial: Mapping[str, nn.Module] | None = None,
    networks: Mapping[str, nn.Module] | None = None,
    commands: Commands = lambda: (),
    record: Sequence[Intervention] = (),
    clock: Callable[[], float] = time.perf_counter,
) -> Generator[Event, None, None]:
    """Train `config` and yield what happens; `resume` is an earlier Checkpoint's `state`, `initial` trained networks.

    `networks` are trained in place of those of the family's own, by the same names: see `Family.build`.

    To go on bit for bit on a CPU takes as many threads as before (`state["threads"]`), which is left to the caller.
    `commands` is asked a few times a second, and while paused, for what a person wants: "stop" ends the run after a
    checkpoint. `record` holds what was changed in earlier lives of this run: it is changed again at the same steps. `clock`
    counts the seconds that are training. Raises ValueError for settings that do not fit together or data that cannot be
    had, Diverged when a loss stops being a number.
    """
    if config.start_from and initial is None and resume is None:
        raise ValueError(
            f"start_from = {config.start_from!r} names a model that was not loaded: give its networks as `initial`, such as "
            f"initial=ganlab.Pipeline.load({config.start_from!r}).networks, or start the run with ganlab.launch."
        )
    session = yield from _prepared(config, initial, networks, clock)
    yield from session.run(commands, record, resume)


class Session:
    """A training with everything around it: data, gauge, meter, and what it was asked to do."""

    def __init__(
        self,
        config: TrainConfig,
        training: Training,
        dataset: Dataset,
        device: str,
        examples: Batch | None,
        gauge: Gauge | None,
        held_out: HeldOut | None,
        clock: Callable[[], float],
    ) -> None:
        self.config, self.training, self.dataset, self.device = config, training, dataset, device
        self.examples, self.gauge, self.held_out, self.clock = examples, gauge, held_out, clock
        self.step = self.saved = 0
        self.paused = self.stopping = False
        self._made: list[Intervention] = []
        self._due: list[Intervention] = []  # of those on record, what is still to be made again
        self._commands: deque[Command] = deque()  # what was asked for and not done yet
        self._late: list[Command] = []  # of those, what comes after all that is on record
        self.batches = self._batches(0)
        self.meter = Meter(config, device, 0, 0.0, lambda: self.batches.waited, clock)

    def run(self, commands: Commands, record: Sequence[Intervention], resume: Mapping[str, Any] | None) -> Iterator[Event]:
        """Train from the beginning, or from the state `resume`, to the end or to a stop command."""
        self.saved, self._due = -1, sorted(record, key=lambda intervention: intervention.step)
        moved = self._restore(resume) if resume is not None else False
        parameters = {name: count_parameters(network) for name, network in self.training.networks.items()}
        images = len(self.dataset.images)
        protocols = {self.gauge.name: self.gauge.protocol} if self.gauge else {}
        readings = {self.gauge.name: self.gauge.reading} if self.gauge else {}
        # What a screen must know before the first point: sizes, and by which protocol a curve is measured.
        seconds = self.meter.seconds
        yield Started(
            self.step, self.config.steps, self.device, images, parameters, seconds, protocols, readings, moved, self._real()
        )
        if self.step == 0:  # the untrained generator, for comparison with all that follows
            yield self._samples()
        best = False
        while self.step < self.config.steps:
            yield from self._replay()  # first what is on record for this step, so that a resume equals not having stopped
            yield from self._obey(commands)
            if self.stopping:
                break
            best = yield from self._advance()
        yield self.meter.report(self.step)  # before the checkpoint: it raises Diverged where a loss is not finite
        if self.saved != self.step:
            yield self._checkpoint(best, True)
        yield Finished(self.step, "finished" if self.step == self.config.steps else "stopped")

    def _advance(self) -> Generator[Event, None, bool]:
        """Train one step; return whether its generator measured better than any before."""
        self.training.set_rate(rate_factor(self.config, self.step))
        metrics = self.training.step(self.batches)  # scalars that stay on the device: reading one would wait for the GPU
        self.step += 1
        step, config, best = self.step, self.config, False
        last, saving = step == config.steps, step % config.checkpoint_every == 0
        # The last step is always measured; others only while measuring costs less than its share of the time.
        measured = self.gauge is not None and (last or self.gauge.due(step, config.fid_every, self.meter.seconds))
        if measured:
            best = self._measure(metrics)
        # Gradient norms and label scores cost a pass over all tensors: only where a point is drawn anyway.
        if step % config.log_every == 0 or saving or last or measured:
            metrics |= self.training.gradient_norms() | self.training.label_scores()
            if self.held_out is not None and (step % (_HELD_OUT_EVERY * config.log_every) == 0 or saving or last):
                metrics |= self.training.known_scores(self.held_out)
            self.meter.add(step, metrics)
        if step % config.sample_every == 0 or last:
            yield self._samples()
        if (saving or best) and not last:
            yield self.meter.report(step)  # first the metrics: they raise before a NaN can reach a checkpoint
            began = self.clock()
            yield self._checkpoint(best, saving)
            if self.gauge and not saving:  # kept for its reading alone, so it counts as a cost of measuring
                self.gauge.spend(self.clock() - began)
            self.saved = step if saving else self.saved
        return best

    def _measure(self, metrics: Metrics) -> bool:
        assert self.gauge is not None
        with self.training.evaluating() as generators:
            distance, best = self.gauge.measure(generators["G"])
        # A tensor like every other metric: the meter sends all of them to the CPU in one transfer.
        metrics[self.gauge.name] = torch.tensor(distance, device=self.device)
        return best

    def _replay(self) -> Iterator[Event]:
        """Repeat the recorded changes due at this step; after the last of them, the late commands."""
        while self._due and self._due[0].step <= self.step:
            yield from self._intervene(self._due.pop(0), again=True)
        while self._late and not self._due:
            yield from self._do(self._late.pop(0))

    def _obey(self, commands: Commands) -> Iterator[Event]:
        """Report when it is time to, carry out the commands in order, and wait here while paused."""
        if not (self.paused or self.meter.due()):
            return
        yield self.meter.report(self.step)
        while True:
            self._sort(commands())
            while self._commands:
                command = self._commands.popleft()
                if command.command == "step" and self.paused:
                    return  # the rest after this step
                yield from self._do(command)
            if self.stopping or not self.paused:
                return
            time.sleep(_PAUSE_SECONDS)  # looks for commands again after this, so a click answers at once
            self.meter.forget(_PAUSE_SECONDS)

    def _sort(self, commands: Iterable[Command]) -> None:
        for command in commands:
            (self._late if command.late and self._due else self._commands).append(command)
        if any(command.command == "stop" for command in self._commands):  # which need not wait for steps
            self._commands = deque(command for command in self._commands if command.command != "step")

    def _do(self, command: Command) -> Iterator[Event]:
        if command.command == "stop":
            self.stopping = True
        elif command.command == "pause" and not self.paused:
            self.paused = True
            yield self.meter.report(self.step)
            yield Paused(self.step, command.who)
        elif command.command == "continue" and self.paused:
            self.paused = False
            yield Continued(self.step, command.who)
        elif command.command in ("update", "change"):
            yield from self._intervene(Intervention(self.step, command.name, command.value, command.who, command.id))

    def _intervene(self, intervention: Intervention, again: bool = False) -> Iterator[Event]:
        before = self.config
        if intervention.is_update:
            self.training.set_rate(rate_factor(self.config, self.step))
            metrics = self.training.update_only(intervention.name, self.batches)
            if self.step:
                self.meter.add(self.step, metrics)
                yield self.meter.report(self.step)
        else:
            self._reconfigure(intervention.applied_to(before))
        self._made.append(intervention)
        yield Intervened(intervention, intervention.effect(before), again)

    def _reconfigure(self, config: TrainConfig) -> None:
        self.config = self.meter.config = config
        self.training.reconfigure(config)

    def _restore(self, state: Mapping[str, Any]) -> bool:
        """Continue from a checkpoint's state; return whether it was made on another kind of device, where noise is drawn anew."""
        self._made = made_by(state, self._due)
        for intervention in self._made:
            self._due.remove(intervention)
        config = self.config
        for intervention in self._made:
            config = intervention.applied_to(config)
        self._reconfigure(config)
        self.training.load_state_dict(state["training"])
        self.step = self.saved = state["step"]
        self.batches = self._batches(state["position"])
        self.meter = Meter(config, self.device, self.step, state["seconds"], lambda: self.batches.waited, self.clock)
        _set_rng(state["rng"], self.device)
        if self.gauge:
            before = state.get("gauge", {"best": state["best"]} if "best" in state else {})  # as older versions kept it
            self.gauge.restore(before, state["seconds"])
        return ("cuda" in state["rng"]) != self.device.startswith("cuda")

    def _batches(self, position: int) -> Batches:
        return Batches(
            self.dataset,
            FAMILIES[self.config.family].conditioning,
            self.config.batch_size,
            self.config.seed,
            self.device,
            flip=self.config.flip,
            position=position,
            **_form(self.config, self.training),
        )

    def _checkpoint(self, best: bool, whole: bool) -> Checkpoint:
        """Return everything as it is now; raise Diverged where a weight is not finite, whether or not a loss was logged since."""
        training = self.training.state_dict()
        if not all_finite(training):
            raise Diverged(self.step)
        state = {
            "training": training,
            "position": self.batches.position,
            "step": self.step,
            "seconds": self.meter.seconds,
            "interventions": [intervention.to_dict() for intervention in self._made],
            "rng": _get_rng(self.device),
            "threads": torch.get_num_threads(),
        } | ({"gauge": self.gauge.state()} if self.gauge else {})
        names = self.dataset.domains or domains(self.config) or tuple(self.dataset.label_names)
        return Checkpoint(self.step, _flat(self.training), state if whole else {}, asdict(self.training.spec), names, best)

    def _real(self) -> Samples | None:
        return real_sheet(self.dataset, self.training.spec, self.config)

    def _samples(self) -> Samples:
        sheet = self.training.sheet(self.examples)
        names = self.dataset.domains or domains(self.config)
        return Samples(self.step, to_uint8(sheet.images).cpu(), sheet.columns, sheet.titles, names)


def _prepared(
    config: TrainConfig,
    initial: Mapping[str, nn.Module] | None,
    networks: Mapping[str, nn.Module] | None,
    clock: Callable[[], float],
) -> Generator[Event, None, Session]:
    """Load the data and build the networks; return the session."""
    device = resolve(config.device)
    family = FAMILIES[config.family]
    torch.manual_seed(config.seed)
    dataset = yield from _load(config, round(config.image_size * (1 + config.jitter)))
    dataset, apart = set_apart(config, dataset, family.conditioning)
    spec = replace(dataset.spec(family.conditioning), image_size=config.image_size)
    yield Loading("building")
    bf16 = config.precision == "bf16" or (config.precision == "auto" and supports_bf16(device))
    training = family.build(config, spec, device, bf16, networks)
    examples = (yield from _examples(config, training, device)) if training.examples else None
    if initial is not None:
        training.start_from(initial)
    gauge = (yield from open_gauge(config, dataset, spec, device)) if config.fid_every else None
    unseen = yield from held_out(config, dataset, apart, family.conditioning, device, **_form(config, training))
    return Session(config, training, dataset, device, examples, gauge, unseen, clock)


def _form(config: TrainConfig, training: Training) -> dict[str, Any]:
    """How batches lie in memory, and the side of what is cut out of each image."""
    return {"crop": config.image_size if config.jitter else 0, "layout": training.layout}


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
    between_images = conditioning.between_images
    return DATASETS[config.dataset].domains.get(conditioning, ("A", "B")) if between_images else ()


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
