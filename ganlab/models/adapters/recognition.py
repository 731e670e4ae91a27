"""Which networks a file's tensors are: whose names they have once wrappers are taken off, one network or several."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor, nn

from ganlab.core.types import Conditioning
from ganlab.core.untrusted_tensors import read
from ganlab.models.adapters import (
    coursera_resnet,
    generators,
    huggan_unet,
    residual,
    translators,
    unet,
)
from ganlab.models.adapters.foreign import Foreign
from ganlab.models.adapters.layout import Layout, Tensors, in_order
from ganlab.models.adapters.names import Role, meaning

_KNOWN = (residual, unet, huggan_unet, coursera_resnet)  # by their authors' names
_STRUCTURAL = (generators, translators)
LAYOUTS: tuple[Layout, ...] = tuple(module.LAYOUT for module in (*_KNOWN, *_STRUCTURAL))
_MAX_WRAPPERS = 8
_OPTIMIZER = ("exp_avg", "exp_avg_sq", "momentum_buffer", "square_avg")


@dataclass(frozen=True)
class _Found:
    """One generator, the names of its tensors, and the meaning of the names around it.

    `nested`: its layers are wrapped once more ("model.1.weight").
    """

    foreign: Foreign
    names: frozenset[str]
    direction: str
    averaged: bool
    nested: bool


@dataclass(frozen=True)
class _Near:
    """The layout that came furthest, and the first tensor, by its full name, that does not fit it."""

    title: str
    fitted: int
    tensor: str


def load(path: Path, assume: Mapping[str, str] | None = None) -> Foreign:
    """A foreign checkpoint from a file; ValueError, one sentence, when it cannot be read or is of no layout known here."""
    return recognise(read(path), path.name, assume)


def recognise(tensors: Tensors, name: str = "This file", assume: Mapping[str, str] | None = None) -> Foreign:
    """The networks that `tensors` (dotted names) belong to; ValueError, one sentence about `name`, when no layout fits.

    `assume` settles decisions that the file leaves open, by setting: {"activation": "relu"}; ValueError for others.
    """
    # What names tell is certain: structure is asked only where no layout knows them, however they are wrapped.
    search = _Search(LAYOUTS[: len(_KNOWN)], assume or {})
    found = search.networks(tensors, "", _Around())
    if not found:
        search = _Search(LAYOUTS[len(_KNOWN) :], assume or {})
        found = search.networks(tensors, "", _Around())
    if not found:
        raise ValueError(_unknown(tensors, name, search.nearest))
    foreign, used = _combined(found, name)
    if assume and not foreign.decisions:
        raise ValueError(f"{name} leaves nothing open that can be assumed: it is a {foreign.layout}.")
    for network in foreign.generators.values():
        if not all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values()):
            raise ValueError(f"{name} has weights that are not finite numbers: its training diverged or the file is damaged.")
    counters = (key for key in tensors if key not in used and not key.endswith("num_batches_tracked"))
    return replace(foreign, unused=tuple(counters))


@dataclass(frozen=True)
class _Around:
    """What the names around a network say."""

    direction: str = ""
    averaged: bool = False
    nested: bool = False
    depth: int = 0


class _Search:
    """Looks for generators among tensors, and remembers which layout came nearest."""

    def __init__(self, layouts: Sequence[Layout], assume: Mapping[str, str]) -> None:
        self.layouts, self.assume = layouts, assume
        self.nearest: _Near | None = None

    def networks(self, tensors: Tensors, prefix: str, around: _Around) -> list[_Found]:
        """Every generator among the tensors, looked for under names that can hold one."""
        foreign = self._read(tensors, prefix)
        if foreign:
            names = frozenset(prefix + name for name in tensors if name not in foreign.unused)
            return [_Found(foreign, names, around.direction, around.averaged, around.nested)]
        groups: defaultdict[str, dict[str, Tensor]] = defaultdict(dict)
        for name, tensor in tensors.items():
            start, _, rest = name.partition(".")
            groups[start][rest] = tensor
        found = []
        for start, group in groups.items() if around.depth < _MAX_WRAPPERS else ():
            named = meaning(start)
            # A name without a meaning is looked into only where it is the only one: parts of a network are no networks.
            alone = named.role is Role.UNKNOWN and len(groups) == 1 and "" not in group
            if named.role in (Role.GENERATOR, Role.WRAPPER) or alone:
                inside = _Around(
                    named.direction or around.direction,
                    around.averaged or named.averaged,
                    named.role is not Role.GENERATOR,
                    around.depth + 1,
                )
                found += self.networks(group, f"{prefix}{start}.", inside)
        return found

    def _read(self, tensors: Tensors, prefix: str) -> Foreign | None:
        for layout in self.layouts:
            found = layout.read(tensors, self.assume)
            if isinstance(found, Foreign):
                return found
            if found and (self.nearest is None or found.fitted > self.nearest.fitted):
                self.nearest = _Near(layout.title, found.fitted, prefix + found.tensor)
        return None


def _combined(found: list[_Found], name: str) -> tuple[Foreign, frozenset[str]]:
    """One Foreign of all networks found, and its tensors' names: the only one, or a CycleGAN's two; averaged ones first."""
    averaged = [one for one in found if one.averaged]
    found = averaged or found
    ways = {_way(one): one.foreign for one in found}
    if len(found) == 1:
        return found[0].foreign, found[0].names
    if len(found) == 2 and set(ways) == {"AB", "BA"}:
        there, back = ways["AB"], ways["BA"]
        if there.layout == back.layout and there.spec == back.spec and there.spec.conditioning.between_images:
            networks: dict[str, nn.Module] = {"G_AB": there.generators["G"], "G_BA": back.generators["G"]}
            spec = replace(there.spec, conditioning=Conditioning.UNPAIRED)
            return replace(there, generators=networks, spec=spec), found[0].names | found[1].names
    layouts = ", ".join(one.foreign.layout for one in found[:4])
    raise ValueError(f"{name} holds {len(found)} generators ({layouts}) that are no pair; save the one you want by itself.")


def _way(one: _Found) -> str:
    """The direction, AB or BA. G_A leads from A in CycleGAN's own code but to A in UPIT, whose layers lack the "model."."""
    if one.direction in ("A", "B"):
        return "AB" if (one.direction == "A") == one.nested else "BA"
    return one.direction


def _unknown(tensors: Tensors, name: str, nearest: _Near | None) -> str:
    """One sentence on why nothing was recognised."""
    parts = [part for key in tensors for part in key.split(".")]
    if any(part in _OPTIMIZER for part in parts) and not any(part == "weight" for part in parts):
        return f"{name} holds an optimizer's state, not a network."
    roles = {role for key in tensors if (role := _role(key)) is not Role.UNKNOWN}
    if (roles and roles <= {Role.DISCRIMINATOR, Role.TRAINING}) or _is_discriminator(tensors):
        return f"{name} holds a discriminator, which scores images but makes none; load the generator that was saved with it."
    if nearest is None or nearest.tensor not in tensors:
        return f"{name} is of no layout known here."
    return (
        f"{name} is of no layout known here: nearest is {nearest.title}, but {_described(tensors, nearest.tensor)} does not fit."
    )


def _described(tensors: Tensors, key: str) -> str:
    return f"{_printable(key)} ({'×'.join(map(str, tensors[key].shape)) or 'one number'})"


def _role(name: str) -> Role:
    """The role that the outer parts of a name stand for, the first that has one."""
    roles = (meaning(part).role for part in name.split(".")[:-1])
    return next((role for role in roles if role in (Role.GENERATOR, Role.DISCRIMINATOR, Role.TRAINING)), Role.UNKNOWN)


def _is_discriminator(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the weights lead from a picture to one number."""
    weights = [tensors[key] for key in in_order(tensors) if key.endswith("weight") and tensors[key].ndim in (2, 4)]
    return len(weights) > 1 and weights[-1].shape[0] == 1 and (weights[0].ndim == 4 or weights[0].shape[1] > 200)


def _printable(name: str) -> str:
    return re.sub(r"[^\w.-]", "?", name)[:60]
