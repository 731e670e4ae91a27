"""Numbers that strangers give: in an address, where nonsense is left out, and to an endpoint, where it is refused."""

from __future__ import annotations

from collections.abc import Mapping

from ganlab.analysis.explore.latents import MAX_SEED


def whole(query: Mapping[str, str], name: str, default: int = 0, most: int = MAX_SEED) -> int:
    """The whole number from 0 to `most` that an address gives by that name; else `default`."""
    text = query.get(name, "")
    # Not isdigit: that also takes the raised 2 of x², which int() refuses.
    return int(text) if text.isdecimal() and len(text) <= len(str(most)) and int(text) <= most else default


def between(query: Mapping[str, str], name: str, low: float, high: float, default: float) -> float:
    """The number from `low` to `high` that an address gives by that name; else `default`."""
    try:
        value = float(query.get(name, ""))
    except ValueError:
        return default
    return value if low <= value <= high else default


def seed_of(value: float | None) -> int:
    """A seed as an endpoint or a widget gives it, None being 0; ValueError for what no seed can be."""
    return within("seed", value, 0, MAX_SEED)


def within(name: str, value: float | None, low: int, high: int) -> int:
    """A whole number from `low` to `high`, None being 0; ValueError, one sentence, for any other."""
    value = value or 0
    if not low <= value <= high or value != int(value):
        raise ValueError(f"{name} = {value:g} is not a whole number from {low} to {high}.")
    return int(value)
