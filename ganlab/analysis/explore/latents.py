"""A latent that travels as JSON: {"model": "digits-quick", "z": [0.1, …], "label": null}. Sums of latents."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from ganlab.models.pipeline import Pipeline

MAX_TEXT = 200_000  # characters of a pasted latent
MAX_NUMBERS = 8192  # of z
MAX_NAME = 200  # characters of a model or a label
FARTHEST = 1000.0  # of any number of z; the normal distribution does not reach 10
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Latent:
    """z of a model by name, and the label (a class by name) where the model takes one."""

    model: str
    z: tuple[float, ...]
    label: str | None = None

    @classmethod
    def of(cls, model: str, z: Tensor, label: str | None = None) -> Self:
        """z (z_dim,); the numbers are the shortest decimals that mean these float32, so that the text stays short."""
        return cls(model, tuple(float(str(number)) for number in z.detach().cpu().numpy().astype(np.float32)), label)

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `dump` wrote; ValueError, one sentence, for anything else."""
        if len(text) > MAX_TEXT:
            raise ValueError(f"This is too long for a latent: {len(text):,} characters, at most {MAX_TEXT:,} are read.")
        try:
            values = json.loads(text, parse_int=float, parse_constant=_no_number, object_pairs_hook=_without_repeats)
        except RecursionError:
            raise ValueError("This is not a latent: it is nested too deeply.") from None
        except json.JSONDecodeError as error:
            raise ValueError(f"This is not JSON (line {error.lineno}, column {error.colno}); copy a latent again.") from None
        if not isinstance(values, dict) or not {"model", "z"} <= values.keys() <= {"model", "z", "label"}:
            raise ValueError('A latent is written as {"model": …, "z": […], "label": …}; this is something else.')
        return cls(_name("model", values["model"]), _numbers(values["z"]), _label(values.get("label")))

    def dump(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def tensor(self) -> Tensor:
        """z (z_dim,)."""
        return torch.tensor(self.z)


def _no_number(text: str) -> float:
    raise ValueError(f"z holds {text}, which is no number.")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("This latent says something twice; copy it again.")
    return values


def _name(what: str, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise ValueError(f"The {what} of a latent is a name of 1 to {MAX_NAME} characters.")
    return value


def _label(value: Any) -> str | None:
    return None if value is None else _name("label", value)


def _numbers(values: Any) -> tuple[float, ...]:
    if not isinstance(values, list) or not 0 < len(values) <= MAX_NUMBERS:
        raise ValueError(f"z of a latent is a list of 1 to {MAX_NUMBERS:,} numbers.")
    for place, value in enumerate(values, start=1):
        if not isinstance(value, float) or not abs(value) <= FARTHEST:
            raise ValueError(f"Number {place} of z is not a number between -{FARTHEST:g} and {FARTHEST:g}.")
    return tuple(map(float, values))


def read(pipeline: Pipeline, text: str) -> Tensor:
    """A seed or a pasted latent -> z (z_dim,) for `pipeline`; ValueError, one sentence, for what is neither or does not fit.

    A latent of another model is taken where its z has the right size: two checkpoints of a run share their z.
    """
    text = text.strip()
    if not text:
        raise ValueError("Give a seed (a whole number) or paste a latent.")
    if text.isdecimal():
        return pipeline.latents(1, seed(text))[0]
    latent = Latent.parse(text)
    if len(latent.z) != pipeline.z_dim:
        raise ValueError(
            f"This latent of {latent.model} has {len(latent.z)} numbers, but {pipeline.name} wants {pipeline.z_dim}."
        )
    return latent.tensor()


def seed(text: str) -> int:
    """ "7" -> 7; ValueError for anything but a whole number that seeds may be."""
    text = text.strip()
    if not text.isdecimal() or len(text) > len(str(MAX_SEED)) or int(text) > MAX_SEED:
        raise ValueError(f"{text[:20]!r} is not a seed: a whole number from 0 to {MAX_SEED}.")
    return int(text)


def class_of(pipeline: Pipeline, name: str | None) -> int | None:
    """The class called `name`; the first one for a conditional model without a name, None for a model that takes no label.

    ValueError names the classes there are.
    """
    if not pipeline.conditional:
        return None
    if not name:
        return 0
    if name not in pipeline.labels:
        raise ValueError(f"{pipeline.name} has no class {name[:40]!r}; it knows {', '.join(pipeline.labels)}.")
    return pipeline.labels.index(name)


def combine(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """A - B + C, all (z_dim,), shortened to the longest of the three: farther out G has seen nothing in training.

    Vector arithmetic as Radford et al. 2016 (section 6.3.2) do it on faces; A - A + C is C to the bit.
    """
    total = a - b + c
    longest = torch.stack([a, b, c]).norm(dim=1).max()
    return total * (longest / total.norm().clamp(min=1e-12)).clamp(max=1)
