"""What every method keeps while it trains: networks, their averages, their optimizers, and a stream of noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, nn

from ganlab.core.config import TrainConfig
from ganlab.core.types import DataSpec
from ganlab.training.adam import adam
from ganlab.training.ema import averaged_copies, ema_update
from ganlab.training.lr_schedule import initial_rates
from ganlab.training.objectives import Objective
from ganlab.training.warm_start import chosen, first_difference

if TYPE_CHECKING:
    from ganlab.training.held_out import HeldOut

Network = TypeVar("Network", bound=nn.Module)
Metrics = dict[str, Tensor]  # {"loss/D/adversarial": scalar tensor on the training device}
Terms = dict[str, Tensor]  # {"adversarial": scalar tensor with a graph}


@dataclass(frozen=True)
class ExamplesWanted:
    """How many test images of each kind, and their side in pixels."""

    count: int
    size: int


class TrainingState:
    """Networks by name: those that begin with G are generators and are averaged, with D discriminators; others help to train."""

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
        self.layout = memory_layout(spec, device)
        self.networks = laid_out(nn.ModuleDict(networks).to(device), self.layout)
        generators = {name: network for name, network in self.networks.items() if name.startswith("G")}
        self.averaged = averaged_copies(generators, config.ema_decay)
        self.rates = initial_rates(config, self.networks)
        self.optimizers = {name: adam(self.networks[name], rate, config.betas) for name, rate in self.rates.items()}
        self.steps_done = 0
        # A stream of z of its own: whatever else draws random numbers, the same seed draws the same z.
        self.noise = torch.Generator(device).manual_seed(config.seed)

    @property
    def examples(self) -> ExamplesWanted | None:
        """What this method's sheets show test images of; None for those that draw from z."""
        return None

    def start_from(self, networks: Mapping[str, nn.Module]) -> None:
        """Take the weights of trained networks, by name; ValueError when unfit.

        A lone generator starts every generator; a discriminator that is not among them begins with random weights.
        """
        for name, network in self.networks.items():
            given = chosen(networks, name)
            if given is None and name in self.averaged:
                raise ValueError(f"start_from has the networks {', '.join(networks)}, but this run trains {name}.")
            if given is None:
                continue
            if tensor := first_difference(given, network, name):
                raise ValueError(f"start_from does not fit the networks of this run: {tensor}.")
            network.load_state_dict(given.state_dict())
            if name in self.averaged:
                self.averaged[name].load_state_dict(given.state_dict())

    def update_averages(self) -> None:
        """Move the averages towards the networks; called after each generator update."""
        if self.config.ema_decay:
            for name, averaged in self.averaged.items():
                ema_update(averaged, self.networks[name], self.config.ema_decay, self.steps_done)

    def reconfigure(self, config: TrainConfig) -> None:
        """Go on with other rates, weights and `d_steps`; the networks stay."""
        self.config, self.rates = config, initial_rates(config, self.networks)

    def set_rate(self, factor: float) -> None:
        """Scale every optimizer's configured rate by `factor`."""
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.rates[name] * factor

    @torch.no_grad()
    def gradient_norms(self) -> Metrics:
        """The length of each network's last gradient, as `gradient/<network>`; nothing of a network that had none."""
        found: Metrics = {}
        for name, network in self.networks.items():
            gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
            if gradients:
                # The norm of the tensors' norms is the norm of all their numbers: one kernel for all tensors, then one more.
                found[f"gradient/{name}"] = torch.stack(torch._foreach_norm(gradients)).norm()
        return found

    def known_scores(self, held_out: HeldOut) -> Metrics:
        """D's scores of real images that it knows and of others; empty where there is no one D."""
        return {}

    def label_scores(self) -> Metrics:
        """D's scores by labels alone; empty where there are none."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resume needs, as tensors and plain containers."""
        return {
            "networks": self.networks.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            "noise": self.noise.get_state(),
            "steps_done": self.steps_done,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.networks.load_state_dict(state["networks"])
        self.averaged.load_state_dict(state["averaged"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        self.steps_done = state["steps_done"]
        if state["noise"].shape == self.noise.get_state().shape:
            self.noise.set_state(state["noise"])
        else:  # another kind of device draws other noise
            self.noise.manual_seed(self.config.seed + self.steps_done)

    @contextmanager
    def evaluating(self) -> Iterator[nn.ModuleDict]:
        """The averaged generators, in evaluation mode for as long as the block lasts, and without gradients."""
        try:
            with torch.no_grad(), self.autocast():
                yield self.averaged.eval()
        finally:
            # Averages never train; without averaging they are the generators themselves, which go on training.
            self.averaged.train(not self.config.ema_decay)

    def autocast(self) -> AbstractContextManager[Any]:
        """bf16 where the run wants it."""
        return torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.bf16)


def all_finite(tree: Any) -> bool:
    """Whether every floating-point tensor in nested dicts and lists is finite."""
    by_device: dict[torch.device, list[Tensor]] = {}
    for tensor in _tensors(tree):
        if tensor.is_floating_point():
            by_device.setdefault(tensor.device, []).append(tensor.isfinite().all())
    return all(bool(torch.stack(finite).all()) for finite in by_device.values())  # one transfer per device


def _tensors(tree: Any) -> Iterator[Tensor]:
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, Mapping | list | tuple):
        for branch in tree.values() if isinstance(tree, Mapping) else tree:
            yield from _tensors(branch)


def descend(optimizer: torch.optim.Optimizer, network: str, terms: Terms) -> Metrics:
    """Sum the terms, backpropagate once, step; each term comes back detached as `loss/<network>/<term>`."""
    return descend_together([optimizer], {f"{network}/{name}": term for name, term in terms.items()})


def descend_together(optimizers: list[torch.optim.Optimizer], terms: Terms) -> Metrics:
    """Like `descend`, for networks that share terms; the terms' names say whose they are: `G_AB/adversarial`."""
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)  # no memory to fill with zeros first
    # One backward pass for all terms: shared parts of the graph are walked through once.
    torch.stack([term.float() for term in terms.values()]).sum().backward()
    for optimizer in optimizers:
        optimizer.step()
    return {f"loss/{name}": term.detach() for name, term in terms.items()}


@contextmanager
def frozen(*networks: nn.Module) -> Iterator[None]:
    """Spare the gradients of the networks' own weights while they only pass gradients on to their input."""
    for network in networks:
        network.requires_grad_(False)
    try:
        yield
    finally:
        for network in networks:
            network.requires_grad_(True)


def memory_layout(spec: DataSpec, device: str) -> torch.memory_format:
    """How images and convolutions' weights should lie in memory: channels last, except for image to image on a CPU.

    There instance norm and reflection padding turn everything back and forth, which costs a sixth to a quarter of a step.
    """
    between_images = spec.conditioning.between_images
    return torch.contiguous_format if between_images and device == "cpu" else torch.channels_last


def laid_out(network: Network, layout: torch.memory_format) -> Network:
    """The network with its convolutions' weights in that layout."""
    return network if layout is torch.contiguous_format else network.to(memory_format=layout)  # type: ignore[call-overload]
