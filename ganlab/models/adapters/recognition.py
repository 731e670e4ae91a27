"""Which networks a file's tensors are: whose names they have once wrappers are taken off, one network or several."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor, nn

from ganlab.core.types import Conditioning
from ganlab.core.untrusted_tensors import read
from ganlab.models.adapters import (
    coursera_resnet,
    huggan_unet,
    label_embedding,
    mlp,
    residual,
    transposed,
    unet,
    upsampled,
)
from ganlab.models.adapters.foreign import Foreign
from ganlab.models.adapters.layout import Layout, Tensors, in_order
from ganlab.models.adapters.names import Role, meaning

LAYOUTS: tuple[Layout, ...] = tuple(
    module.LAYOUT for module in (residual, unet, huggan_unet, coursera_resnet, transposed, upsampled, mlp, label_embedding)
)
_MAX_WRAPPERS = 8
_OPTIMIZER = ("exp_avg", "exp_avg_sq", "momentum_buffer", "square_avg")


@dataclass(frozen=True)
class _Found:
    """One generator and the meaning of the names around it; `nested`: its layers are wrapped once more ("model.1.weight")."""

    foreign: Foreign
    direction: str
    averaged: bool
    nested: bool


def load(path: Path, assume: Mapping[str, str] | None = None) -> Foreign:
    """A foreign checkpoint from a file; ValueError, one sentence, when it cannot be read or is of no layout known here."""
    return recognise(read(path), path.name, assume)


def recognise(tensors: Tensors, name: str = "This file", assume: Mapping[str, str] | None = None) -> Foreign:
    """The networks that `tensors` (dotted names) belong to; ValueError, one sentence about `name`, when no layout fits.

    `assume` settles decisions that the file leaves open, by setting: {"activation": "relu"}; ValueError for others.
    """
    found = _networks(tensors, "", False)
    if not found:
        raise ValueError(_unknown(tensors, name))
    foreign = _combined(found, name)
    for network in foreign.generators.values():
        if not all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values()):
            raise ValueError(f"{name} has weights that are not finite numbers: its training diverged or the file is damaged.")
    return foreign


def _networks(tensors: Tensors, direction: str, averaged: bool, depth: int = 0, nested: bool = False) -> list[_Found]:
    """Every generator among the tensors, looked for under names that can hold one."""
    foreign = next((found for found in (layout.read(tensors) for layout in LAYOUTS) if found), None)
    if foreign:
        return [_Found(foreign, direction, averaged, nested)]
    groups: defaultdict[str, dict[str, Tensor]] = defaultdict(dict)
    for name, tensor in tensors.items():
        start, _, rest = name.partition(".")
        groups[start][rest] = tensor
    found = []
    for start, group in groups.items() if depth < _MAX_WRAPPERS else ():
        named = meaning(start)
        # A name without a meaning is looked into only where it is the only one: parts of a network are no networks.
        if named.role in (Role.GENERATOR, Role.WRAPPER) or (named.role is Role.UNKNOWN and len(groups) == 1 and "" not in group):
            inside = named.role is not Role.GENERATOR
            found += _networks(group, named.direction or direction, averaged or named.averaged, depth + 1, inside)
    return found


def _combined(found: list[_Found], name: str) -> Foreign:
    """One Foreign of all networks found: the only one, or the two of a CycleGAN; averaged ones before others."""
    averaged = [one for one in found if one.averaged]
    found = averaged or found
    ways = {_way(one): one.foreign for one in found}
    if len(found) == 1:
        return found[0].foreign
    if len(found) == 2 and set(ways) == {"AB", "BA"}:
        there, back = ways["AB"], ways["BA"]
        if there.layout == back.layout and there.spec == back.spec and there.spec.conditioning.between_images:
            networks: dict[str, nn.Module] = {"G_AB": there.generators["G"], "G_BA": back.generators["G"]}
            return replace(there, generators=networks, spec=replace(there.spec, conditioning=Conditioning.UNPAIRED))
    layouts = ", ".join(one.foreign.layout for one in found[:4])
    raise ValueError(f"{name} holds {len(found)} generators ({layouts}) that are no pair; save the one you want by itself.")


def _way(one: _Found) -> str:
    """The direction, AB or BA. G_A leads from A in CycleGAN's own code but to A in UPIT, whose layers lack the "model."."""
    if one.direction in ("A", "B"):
        return "AB" if (one.direction == "A") == one.nested else "BA"
    return one.direction


def _unknown(tensors: Tensors, name: str) -> str:
    """One sentence on why nothing was recognised."""
    parts = [part for key in tensors for part in key.split(".")]
    if any(part in _OPTIMIZER for part in parts) and not any(part == "weight" for part in parts):
        return f"{name} holds an optimizer's state, not a network."
    roles = {role for key in tensors if (role := _role(key)) is not Role.UNKNOWN}
    if (roles and roles <= {Role.DISCRIMINATOR, Role.TRAINING}) or _is_discriminator(tensors):
        return f"{name} holds a discriminator, which scores images but makes none; load the generator that was saved with it."
    seen = ", ".join(f"{_printable(key)} {'×'.join(map(str, tensors[key].shape))}" for key in in_order(tensors)[:4])
    known = "; ".join(layout.title for layout in LAYOUTS)
    return f"{name} is of no layout known here: it has {len(tensors)} tensors ({seen} …), and known are {known}."


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
