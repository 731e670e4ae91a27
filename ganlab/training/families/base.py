"""A family = networks x objective x conditioning x training step; the data is chosen at run time among what it accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from torch import nn

from ganlab.core import plugins
from ganlab.core.config import Setting, TrainConfig
from ganlab.core.types import Conditioning, DataSpec
from ganlab.training.adversarial import AdversarialTraining, Training
from ganlab.training.networks.architectures import ARCHITECTURES
from ganlab.training.objectives import Objective

OF_Z = frozenset({"z_dim", "augment", "r1_weight", "held_out"})  # settings that mean nothing to families that do not draw from z


class TrainingFactory(Protocol):
    """How a family makes its training: AdversarialTraining or a subclass of it."""

    def __call__(
        self,
        networks: Mapping[str, nn.Module],
        objective: Objective,
        config: TrainConfig,
        spec: DataSpec,
        device: str,
        bf16: bool = ...,
    ) -> Training: ...


def adversarial_networks(config: TrainConfig, spec: DataSpec) -> dict[str, nn.Module]:
    """The pair that `config.architecture` names, for images of `spec`; ValueError when it does not fit."""
    classes = spec.num_classes if spec.conditioning is Conditioning.LABEL else 0
    return ARCHITECTURES[config.architecture].build(
        z_dim=config.z_dim, width=config.width, image_size=spec.image_size, channels=spec.channels, num_classes=classes
    )


@dataclass(frozen=True, kw_only=True)
class Family:
    """A method. `config` holds the paper's defaults; its type holds the settings."""

    name: str
    title: str
    paper: str
    year: int
    conditioning: Conditioning = Conditioning.NONE
    objective: Objective
    config: TrainConfig
    architectures: Mapping[str, Any] = field(default_factory=lambda: ARCHITECTURES)  # choices of the `architecture` setting
    unused: frozenset[str] = frozenset()  # settings that mean nothing to this family: no screen asks for them
    networks: Callable[[TrainConfig, DataSpec], dict[str, nn.Module]] = adversarial_networks
    training: TrainingFactory = AdversarialTraining
    clustered: bool = False  # whether its G draws clusters of its own, which no other network does
    drawn: tuple[int, ...] = ()  # columns of a sheet that G drew from what is beside them; none: all are drawn from z

    def __post_init__(self) -> None:
        if self.conditioning.between_images:
            object.__setattr__(self, "unused", self.unused | OF_Z)

    def __repr__(self) -> str:
        return f"<Family {self.name}: {self.title}, {self.paper}, {self.year}>"

    def settings(self) -> Iterator[Setting]:
        """Every setting of this family, with the choices only the registries know filled in and this family's defaults."""
        for item in type(self.config).settings():
            if item.name in self.unused:
                continue
            choices = tuple(self.architectures) if item.name == "architecture" else item.choices
            yield replace(item, default=getattr(self.config, item.name), choices=choices)

    def accepts(self, conditionings: frozenset[Conditioning]) -> bool:
        """Whether a data set that offers `conditionings` can train this family."""
        return self.conditioning in conditionings

    @property
    def takes_own_pair(self) -> bool:
        """Whether it can train any G and D in place of its own."""
        return not (self.conditioning.between_images or self.clustered)

    def build_networks(self, config: TrainConfig, spec: DataSpec) -> dict[str, nn.Module]:
        """Untrained, by name; ValueError when the settings do not make any."""
        if config.architecture not in self.architectures:
            raise ValueError(f"architecture = {config.architecture!r} is not one of {', '.join(self.architectures)}.")
        return self.networks(config, spec)

    def build(
        self,
        config: TrainConfig,
        spec: DataSpec,
        device: str = "cpu",
        bf16: bool = False,
        networks: Mapping[str, nn.Module] | None = None,
    ) -> Training:
        """Networks, or those given, and optimizers for `config` on images of `spec`, placed on `device`.

        Given networks have the names of the family's own, and are called as those are.
        """
        return self.training(networks or self.build_networks(config, spec), self.objective, config, spec, device, bf16)


FAMILIES = plugins.Registry(plugins.FAMILIES, Family)


def register(family: Family) -> Family:
    """Make the family known to the CLI, the form, the charts and the tests."""
    assert family.name not in FAMILIES
    admit(family)
    FAMILIES[family.name] = family
    return family


def admit(family: Family) -> None:
    """Make its settings the defaults of its name; ValueError where they are those of another."""
    if family.config.family != family.name:
        raise ValueError(f"its config is one of {family.config.family!r}")
    family.config.of_family()
