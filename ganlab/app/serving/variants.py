"""A model's name with what is assumed of it, "org/name?activation=relu", or of which step it is, "run?step=2000": how pages and
routes ask for foreign weights, and for a checkpoint that is not the newest.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from ganlab.models.adapters.foreign import Decision

STEP = "step"
_MARK = "?"  # in no run's id, no address on the Hub and no shipped name


def variant(name: str, assume: Mapping[str, str] | str) -> str:
    """The name of the model under these assumptions, given by setting or as an address has them."""
    query = assume if isinstance(assume, str) else urlencode(assume)
    return f"{name}{_MARK}{query}" if query else name


def parts(name: str) -> tuple[str, dict[str, str]]:
    """The inverse: the model's own name, and the values by setting."""
    base, _, query = name.partition(_MARK)
    return base, dict(parse_qsl(query))


def query_of(name: str) -> str:
    """The assumptions in a name, as an address has them; "" for none."""
    return name.partition(_MARK)[2]


def can_change(decisions: tuple[Decision, ...]) -> list[Decision]:
    """The decisions with more than one option."""
    return [decision for decision in decisions if len(decision.options) > 1]
