"""One training step: the protocol the engine drives, and the adversarial step that every noise-to-image family shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from ganlab.config import TrainConfig
from ganlab.core import Batch, Conditioning, DataSpec
from ganlab.objectives import Objective

Network = TypeVar("Network", bound=nn.Module)
Metrics = dict[str, Tensor]  # {"loss/D/adversarial": scalar tensor on the training device}
Terms = dict[str, Tensor]  # {"adversarial": scalar tensor with a graph}


class Training(Protocol):
    """What the engine needs of a method: one step, one sheet, and all of its state."""

    networks: nn.ModuleDict
    averaged: nn.ModuleDict
    optimizers: dict[str, torch.optim.Optimizer]

    def step(self, batches: Iterator[Batch]) -> Metrics:
        """One generator update with its D updates."""

    def sheet(self) -> tuple[Tensor, int]:
        """Images (N, C, H, W) in [-1, 1] of the averaged generator on fixed inputs, and the columns to lay them out in."""

    def set_rate(self, factor: float) -> None:
        """Scale every optimizer's configured rate by `factor`."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resume needs, as tensors and plain containers."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state_dict`."""


def descend(optimizer: torch.optim.Optimizer, network: str, terms: Terms) -> Metrics:
    """Sum the terms, backpropagate once, step; each term comes back detached as `loss/<network>/<term>`."""
    optimizer.zero_grad(set_to_none=True)
    torch.stack([term.float() for term in terms.values()]).sum().backward()
    optimizer.step()
    return {f"loss/{network}/{name}": term.detach() for name, term in terms.items()}


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Spare the gradients of `network`'s own weights while it only passes gradients on to its input."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


@torch.no_grad()
def ema_update(averaged: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """averaged <- decay * averaged + (1 - decay) * network, buffers copied (batch-norm statistics).

    The decay grows with the step as min(decay, (1 + step) / (10 + step)), so that the first minutes are not spent
    remembering random weights (TensorFlow's ExponentialMovingAverage).
    """
    decay = min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), 1 - decay)
    for kept, new in zip(averaged.buffers(), network.buffers(), strict=True):
        kept.copy_(new)


def channels_last(network: Network) -> Network:
    """The network with its convolutions' weights laid out as both CPUs and GPUs compute them fastest."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def adam(network: nn.Module, lr: float, betas: tuple[float, float]) -> torch.optim.Optimizer:
    """Adam in one fused kernel where the device has one."""
    device = next(network.parameters()).device.type
    return torch.optim.Adam(network.parameters(), lr=lr, betas=betas, fused=device in ("cuda", "cpu"))


class AdversarialTraining:
    """G against D on an Objective; families override the terms, rarely the step."""

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        objective: Objective,
        config: TrainConfig,
        spec: DataSpec,
        device: str,
        bf16: bool = False,
    ) -> None:
        self.objective, self.config, self.spec, self.device, self.bf16 = objective, config, spec, device, bf16
        self.networks = channels_last(nn.ModuleDict(networks).to(device))
        # Without averaging the generator itself is sampled and kept, not a copy of it.
        self.averaged = nn.ModuleDict({"G": deepcopy(self.G) if config.ema_decay else self.G})
        self.rates = {"G": config.lr, "D": config.lr * config.d_lr_ratio}
        self.optimizers = {name: adam(self.networks[name], rate, config.betas) for name, rate in self.rates.items()}
        self.steps_done = 0
        self.noise = torch.Generator(device).manual_seed(config.seed)

    @property
    def G(self) -> nn.Module:
        return self.networks["G"]

    @property
    def D(self) -> nn.Module:
        return self.networks["D"]

    def step(self, batches: Iterator[Batch]) -> Metrics:
        """D's updates and G's, in the order that the recipe wants; one pass of G serves both unless it wants fresh fakes."""
        batch = next(batches)
        if self.config.update_order == "g-then-d":
            fake = self.fakes(batch)
            metrics = self.generator_step(batch, fake) | self.discriminator_step(batch, fake.detach())
            for _ in range(self.config.d_steps - 1):
                metrics |= self.discriminator_step(next(batches))
        else:
            for _ in range(self.config.d_steps - 1):
                self.discriminator_step(batch)
                batch = next(batches)
            if self.config.fresh_fakes:
                metrics = self.discriminator_step(batch) | self.generator_step(batch, self.fakes(batch))
            else:
                fake = self.fakes(batch)
                metrics = self.discriminator_step(batch, fake.detach()) | self.generator_step(batch, fake)
        self.steps_done += 1
        return metrics

    def fakes(self, batch: Batch) -> Tensor:
        """G's answer to fresh z and the batch's condition, with its graph."""
        with self._autocast():
            return self.G(self.z(len(batch.real)), batch.condition)

    def discriminator_step(self, batch: Batch, fake: Tensor | None = None) -> Metrics:
        """One D update on `batch.real` and on `fake` (default: fresh ones)."""
        if fake is None:
            with torch.no_grad():
                fake = self.fakes(batch)
        with self._autocast():
            real_logits, fake_logits = self.D(batch.real, batch.condition), self.D(fake, batch.condition)
            terms = self.discriminator_terms(batch, fake, real_logits, fake_logits)
        losses = descend(self.optimizers["D"], "D", terms)
        score = self.objective.score
        return losses | {"score/real": score(real_logits.detach()).mean(), "score/fake": score(fake_logits.detach()).mean()}

    def generator_step(self, batch: Batch, fake: Tensor) -> Metrics:
        """One G update on `fake`, which still has its graph."""
        with frozen(self.D):
            with self._autocast():
                terms = self.generator_terms(batch, fake, self.D(fake, batch.condition))
            losses = descend(self.optimizers["G"], "G", terms)
        if self.config.ema_decay:
            ema_update(self.averaged["G"], self.G, self.config.ema_decay, self.steps_done)
        return losses

    def discriminator_terms(self, batch: Batch, fake: Tensor, real_logits: Tensor, fake_logits: Tensor) -> Terms:
        """What D minimises; `d_loss` decides whether the real and the fake half are added or averaged."""
        real_half, fake_half = self.objective.discriminator(real_logits.float(), fake_logits.float())
        total = real_half + fake_half
        return {"adversarial": total / 2 if self.config.d_loss == "mean" else total}

    def generator_terms(self, batch: Batch, fake: Tensor, fake_logits: Tensor) -> Terms:
        """What G minimises."""
        return {"adversarial": self.objective.generator(fake_logits.float())}

    def z(self, count: int) -> Tensor:
        """Standard normal z (count, z_dim) from the run's own stream, whatever else draws random numbers."""
        return torch.randn(count, self.config.z_dim, generator=self.noise, device=self.device)

    @torch.no_grad()
    def sheet(self) -> tuple[Tensor, int]:
        """`samples` images of z fixed by the seed; with labels, one column per class and the last row filled up."""
        count, label = self.config.samples, None
        columns = round(count**0.5)
        if self.spec.conditioning is Conditioning.LABEL:
            columns = self.spec.num_classes
            count += -count % columns
            label = torch.arange(count, device=self.device) % columns
        # Drawn on the CPU: the same seed shows the same z on every device.
        z = torch.randn(count, self.config.z_dim, generator=torch.Generator().manual_seed(self.config.seed)).to(self.device)
        generator = self.averaged["G"].eval()
        with self._autocast():
            images = torch.cat([generator(*part) for part in _chunks(z, label)])
        generator.train(generator is self.G)
        return images.float(), columns

    def set_rate(self, factor: float) -> None:
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.rates[name] * factor

    def state_dict(self) -> dict[str, Any]:
        return {
            "networks": self.networks.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            "noise": self.noise.get_state(),
            "steps_done": self.steps_done,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.networks.load_state_dict(state["networks"])
        self.averaged.load_state_dict(state["averaged"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        self.noise.set_state(state["noise"])
        self.steps_done = state["steps_done"]

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.bf16)


def _chunks(z: Tensor, label: Tensor | None, size: int = 64) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Sheets of any length at a bounded cost of memory."""
    for start in range(0, len(z), size):
        yield z[start : start + size], None if label is None else label[start : start + size]
