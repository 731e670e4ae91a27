"""One training step: the protocol the engine drives, and the adversarial step that every noise-to-image family shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ganlab.core.config import TrainConfig
from ganlab.core.types import Batch, Conditioning, DataSpec
from ganlab.training.augment import Augmentation
from ganlab.training.held_out import HeldOut, logits_without_trace
from ganlab.training.penalties import zero_centred_penalty
from ganlab.training.state import ExamplesWanted, Metrics, Terms, TrainingState, descend, frozen

R1_EVERY = 16  # steps


@dataclass(frozen=True)
class Sheet:
    """`images` (N, C, H, W) in [-1, 1], in rows of `columns`; `titles` are the kinds of what each shows."""

    images: Tensor
    columns: int
    titles: tuple[str, ...] = ()


class Training(Protocol):
    """What the engine needs of a method: one step, one sheet, and all of its state."""

    layout: torch.memory_format
    spec: DataSpec
    networks: nn.ModuleDict
    averaged: nn.ModuleDict
    optimizers: dict[str, torch.optim.Optimizer]

    @property
    def examples(self) -> ExamplesWanted | None:
        """The test images that `sheet` wants to be given; None where it draws from z."""

    def start_from(self, networks: Mapping[str, nn.Module]) -> None:
        """Take the weights of trained networks instead of random ones; ValueError when they do not fit."""

    def step(self, batches: Iterator[Batch]) -> Metrics:
        """One generator update with its D updates."""

    def update_only(self, network: str, batches: Iterator[Batch]) -> Metrics:
        """One update of the generators ("G") or of the discriminators ("D") alone; the step does not count."""

    def reconfigure(self, config: TrainConfig) -> None:
        """Go on with other rates, weights and `d_steps`; the networks stay."""

    def sheet(self, examples: Batch | None) -> Sheet:
        """What the averaged generator makes of fixed inputs: z of its own, or for images `examples` from the test part."""

    def evaluating(self) -> AbstractContextManager[nn.ModuleDict]:
        """The averaged generators, in evaluation mode and without gradients for as long as the block lasts."""

    def gradient_norms(self) -> Metrics:
        """The length of each network's last gradient, as `gradient/<network>`."""

    def label_scores(self) -> Metrics:
        """D's mean score by labels alone, as `labels/<whose>`; empty where the labels of real and fake are the same."""

    def known_scores(self, held_out: HeldOut) -> Metrics:
        """D's mean scores of real images that it learns from and of others, as `known/trained` and `known/held_out`."""

    def set_rate(self, factor: float) -> None:
        """Scale every optimizer's configured rate by `factor`."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resume needs, as tensors and plain containers."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state_dict`."""


class AdversarialTraining(TrainingState):
    """G against D on an Objective; families override the terms, rarely the step."""

    _last_labelled: tuple[Batch, Tensor, Tensor] | None = None
    """The last batch, its fakes and the labels asked of them, where these differ from the labels of the batch."""

    def __init__(self, *values: Any, **more: Any) -> None:
        super().__init__(*values, **more)
        between = None if self.objective.relativistic else self.objective.indifferent  # of a pair no output has a meaning
        self.augmentation = Augmentation(self.config.augment, between, self.noise)
        self.r1 = torch.zeros((), device=self.device)  # as it was last computed: it is rarely, see `_r1_terms`

    @property
    def G(self) -> nn.Module:
        return self.networks["G"]

    @property
    def D(self) -> nn.Module:
        return self.networks["D"]

    def step(self, batches: Iterator[Batch]) -> Metrics:
        """Update D `d_steps` times and G once, in the configured order; one pass of G serves both unless `fresh_fakes` is set.

        Images are (B, C, H, W) in [-1, 1], z is (B, z_dim); the metrics are scalars on the training device.
        """
        batches = self.prepared(batches)
        batch = next(batches)
        if self.config.update_order == "g-then-d":  # the order of some published code: see `recipes.py`
            fake = self.fakes(batch)  # (B, C, H, W), with G's graph
            # D's loss stops at its input: detached, it spares the backward pass through G.
            metrics = self.generator_step(batch, fake) | self.discriminator_step(batch, fake.detach())
            for _ in range(self.config.d_steps - 1):
                metrics |= self.discriminator_step(next(batches))
        else:  # Goodfellow et al. 2014, Algorithm 1: D learns first, on fresh data each time
            # D's extra updates come first, each on its own batch; the last of its batches is also G's.
            for _ in range(self.config.d_steps - 1):
                self.discriminator_step(batch)
                batch = next(batches)
            if self.config.fresh_fakes:  # as in Algorithm 1: another z for G's update
                metrics = self.discriminator_step(batch) | self.generator_step(batch, self.fakes(batch))
            else:  # one pass of G serves both updates: cheaper, and what most code does
                fake = self.fakes(batch)
                metrics = self.discriminator_step(batch, fake.detach()) | self.generator_step(batch, fake)
        self.steps_done += 1
        return metrics

    def update_only(self, network: str, batches: Iterator[Batch]) -> Metrics:
        """One update of G or of D alone."""
        batch = next(self.prepared(batches))
        return self.discriminator_step(batch) if network == "D" else self.generator_step(batch, self.fakes(batch))

    def prepared(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The batches in the form that this family trains on."""
        return batches

    def asked(self, batch: Batch) -> Tensor | None:
        """The condition of the fakes: that of the real images, or the labels alone would give the fakes away."""
        return batch.condition

    def fakes(self, batch: Batch) -> Tensor:
        """G's images (B, C, H, W) of fresh z and the condition of the fakes, with their graph."""
        with self.autocast():
            return self.G(self.z(len(batch.real)), self.asked(batch))

    def logits(self, images: Tensor, condition: Tensor | None) -> Tensor:
        """D's logits for images (B, C, H, W) in G's step, as D sees them: augmented where the run wants it."""
        logits: Tensor = self.D(self.augmentation(images), condition)
        return logits

    def discriminator_step(self, batch: Batch, fake: Tensor | None = None) -> Metrics:
        """One D update on `batch.real` and on `fake` (default: fresh ones)."""
        if fake is None:
            with torch.no_grad():  # only D learns here
                fake = self.fakes(batch)
        asked = self.asked(batch)  # None, labels (B,) or source images (B, C', H, W)
        # From here on everything is about what D sees.
        batch, fake = Batch(self.augmentation(batch.real), batch.condition), self.augmentation(fake)
        self._last_labelled = None if asked is None or asked is batch.condition else (batch, fake.detach(), asked)
        with self.autocast():
            # Two passes, not one of both: batch norm then normalises real and fake each by itself.
            real_logits, fake_logits = self.D(batch.real, batch.condition), self.D(fake, asked)  # (B, 1) each
            terms = self.discriminator_terms(batch, fake, real_logits, fake_logits)
        terms |= self._r1_terms(batch)
        losses = descend(self.optimizers["D"], "D", terms) | self.augmentation.observe(real_logits, fake_logits)
        if self.config.r1_weight:
            losses["loss/D/r1"] = self.r1  # what it is on average, at every step: of the steps without it the newest
        # For people: a logit as the objective reads it, such as a probability; detached, it costs no memory of the graph.
        score = self.objective.score
        return losses | {"score/real": score(real_logits.detach()).mean(), "score/fake": score(fake_logits.detach()).mean()}

    def generator_step(self, batch: Batch, fake: Tensor) -> Metrics:
        """One G update on `fake`, which still has its graph."""
        with frozen(self.D):  # gradients flow through D to the fakes; its own weights need none
            with self.autocast():
                terms = self.generator_terms(batch, fake, self.logits(fake, self.asked(batch)))
            losses = descend(self.optimizers["G"], "G", terms)
        self.update_averages()  # after every update of G, see `ema.py`
        return losses

    def discriminator_terms(self, batch: Batch, fake: Tensor, real_logits: Tensor, fake_logits: Tensor) -> Terms:
        """What D minimises; `d_loss` decides whether the real and the fake half are added or averaged."""
        return {"adversarial": self.objective.d_loss(real_logits, fake_logits, self.config.d_loss)}  # scalar

    def _r1_terms(self, batch: Batch) -> Terms:
        """R1 on `batch.real`, lazily (Karras et al. 2020, StyleGAN2): in one step of R1_EVERY, and as many times stronger."""
        if not self.config.r1_weight or self.steps_done % R1_EVERY:
            return {}
        x = batch.real.detach().float().requires_grad_()  # and no autocast: bf16 has too few bits for squared gradients
        penalty = self.config.term_weights["r1"] * zero_centred_penalty(x, self.D(x, batch.condition))
        self.r1 = penalty.detach()
        return {"r1": R1_EVERY * penalty}

    def generator_terms(self, batch: Batch, fake: Tensor, fake_logits: Tensor) -> Terms:
        """What G minimises; `fake` as G made it, `fake_logits` as D saw it."""
        # A relativistic loss compares each fake with a real image; D's output for that has no gradient here, so none is kept.
        real_logits = self.logits(batch.real, batch.condition) if self.objective.relativistic else None
        return {"adversarial": self.objective.g_loss(fake_logits, real_logits)}  # scalar; families add terms beside it

    @torch.no_grad()
    def label_scores(self) -> Metrics:
        """D's mean scores of the same pictures, real and fake, with labels of real ones (`labels/of_real`) and of fakes
        (`labels/of_fake`), dealt out by one place. Nothing where fakes are asked for the labels of the batch.

        In evaluation mode: measuring must change neither batch norm's averages nor dropout's random numbers.
        """
        if self._last_labelled is None:
            return {}
        batch, fake, asked = self._last_labelled
        assert batch.condition is not None
        labels = {"labels/of_real": batch.condition, "labels/of_fake": asked}
        pictures = torch.cat([batch.real, fake.to(batch.real.dtype)])  # (2 B, C, H, W)
        self.D.eval()  # no gradients either: see the decorator
        with self.autocast():
            # Labels moved by one picture: none keeps its own but by chance, so that only the labels make a difference.
            logits = {name: self.D(pictures, own.roll(1).repeat(2)) for name, own in labels.items()}
        self.D.train()
        return {name: self.objective.score(found.float()).mean() for name, found in logits.items()}

    @torch.no_grad()
    def known_scores(self, held_out: HeldOut) -> Metrics:
        """D's mean scores of real images that it learns from and of others, as they are and so normalised as in training."""
        found: Metrics = {}
        for name, images in (("trained", held_out.known), ("held_out", held_out.unknown)):
            batch = next(self.prepared(iter([images])))
            with self.autocast():
                logits = logits_without_trace(self.D, batch)
            found[f"known/{name}"] = self.objective.score(logits.float()).mean()
        return found

    def state_dict(self) -> dict[str, Any]:
        augmentation = self.augmentation.state_dict()
        more = ({"augmentation": augmentation} if augmentation else {}) | ({"r1": self.r1} if self.config.r1_weight else {})
        return super().state_dict() | more

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        super().load_state_dict(state)
        self.augmentation.load_state_dict(state.get("augmentation", {}))
        self.r1 = state.get("r1", self.r1).to(self.device)

    def z(self, count: int) -> Tensor:
        """Standard normal z (count, z_dim) from the run's own stream, whatever else draws random numbers."""
        return torch.randn(count, self.config.z_dim, generator=self.noise, device=self.device)

    def sheet(self, examples: Batch | None = None) -> Sheet:
        """`samples` images of z fixed by the seed; with labels, one column per class and the last row filled up."""
        config = self.config
        z, label, columns = sheet_inputs(config.samples, config.z_dim, config.seed, self.spec)
        z, label = z.to(self.device), None if label is None else label.to(self.device)
        with self.evaluating() as generators:
            images = torch.cat([generators["G"](*part) for part in _chunks(z, label)])
        return Sheet(images.float(), columns)


def sheet_inputs(samples: int, z_dim: int, seed: int, spec: DataSpec) -> tuple[Tensor, Tensor | None, int]:
    """z (n, z_dim) of every sheet of a run, labels (n,) or None, and the number of columns.

    With labels, one column per class: n is `samples` up to the next whole row.
    """
    count, label = samples, None
    columns = round(count**0.5)
    if spec.conditioning is Conditioning.LABEL:
        columns = spec.num_classes
        count += -count % columns
        label = torch.arange(count) % columns  # (count,): 0, 1, ..., 0, 1, ...
    # Drawn on the CPU: the same seed shows the same z on every device.
    return torch.randn(count, z_dim, generator=torch.Generator().manual_seed(seed)), label, columns


def _chunks(z: Tensor, label: Tensor | None, size: int = 64) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Sheets of any length at a bounded cost of memory."""
    for start in range(0, len(z), size):
        yield z[start : start + size], None if label is None else label[start : start + size]
