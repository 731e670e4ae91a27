"""The meaning of a name for the network under it: `netG_A`, `gen_AB`, `disc_A`, `optimizer_G`, `model_state_dict`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d")
_GENERATOR = {"g", "gen", "generator", "generators"}
_JUDGE = {"d", "dis", "disc", "discr", "discriminator", "discriminators", "critic"}
_TRAINING = {"opt", "opts", "optim", "optimizer", "optimizers", "optimiser", "sched", "scheduler", "schedulers", "scaler"}
_TRAINING |= {"callbacks", "loops", "loss", "losses", "criterion", "pool", "rng"}
_WRAPPER = {"state", "dict", "states", "model", "models", "net", "nets", "network", "networks", "module", "params", "param"}
_WRAPPER |= {"weights", "checkpoint", "ema", "avg", "averaged", "shadow"}
_AVERAGED = {"ema", "avg", "averaged", "shadow"}


class Role(StrEnum):
    """What a network is for."""

    GENERATOR = "generator"
    DISCRIMINATOR = "discriminator"
    TRAINING = "training state"
    WRAPPER = "wrapper"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Meaning:
    """`direction` is "AB", "BA", "A" or "B" where the name has one; `averaged` for an average of the weights."""

    role: Role
    direction: str = ""
    averaged: bool = False


def meaning(name: str) -> Meaning:
    """Of one part of a dotted name."""
    words = [word.lower() for word in _WORD.findall(name)]
    known = set(words)
    if known & _TRAINING:
        return Meaning(Role.TRAINING)
    if known & _JUDGE:
        return Meaning(Role.DISCRIMINATOR)
    rest = "".join(word for word in words if word not in _WRAPPER | _GENERATOR | {"2"})  # "ab", "xtoy", "a"
    direction = rest.replace("to", "").replace("x", "a").replace("y", "b").upper()
    if direction not in ("AB", "BA", "A", "B"):
        direction = ""
    if known & _GENERATOR:
        return Meaning(Role.GENERATOR, direction, bool(known & _AVERAGED))
    if words and known <= _WRAPPER:
        return Meaning(Role.WRAPPER, "", bool(known & _AVERAGED))
    return Meaning(Role.UNKNOWN)
