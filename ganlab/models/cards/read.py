"""The facts of a model card: for menus, and for the card that will replace it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:  # comes with the Hub's client
    yaml = None

from ganlab.core.files import read_bounded
from ganlab.core.names import shown

IN_WORDS = "## In words"
DISTANCE = "frechet"  # the `type` of a Fréchet distance among a head's metrics
_MOST_BYTES = 2**20  # of a card
_MOST_HEAD = 2**16  # characters
_SENTENCE = re.compile(r"(?<=[.:])\s+(?=[A-Z])")
_UNPRINTABLE = re.compile("[\\x7f-\\x9f\\u2028\\u2029\\ufeff\\ufffe\\uffff\\ud800-\\udfff]")  # YAML takes them escaped
_LOOK = "How it looks: "


@dataclass(frozen=True)
class CardFacts:
    """`summary` is one sentence on how good it is, `words` the author's Markdown, `measured` the first number as it stands there;
    "" if absent. `distance` is the first Fréchet distance of the head's `model-index`.
    """

    title: str = ""
    licence: str = ""
    summary: str = ""
    words: str = ""
    measured: str = ""
    distance: float | None = None


def read(card: Path) -> CardFacts:
    """The head's `license` and `summary`, the title, the words under "In words", a number; nothing where there is no card.

    Where the head has no summary (`verdict` on cards of older versions), the first sentence of the words is it.
    """
    try:
        content = read_bounded(card, _MOST_BYTES)
    except OSError:
        return CardFacts()
    text = content.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    _, head, body = text.split("---\n", 2) if text.startswith("---\n") and text.count("---\n") > 1 else ("", "", text)
    found = {name: _plain(value) for name, value in re.findall(r"^(license|summary|verdict): *(.+?) *$", head, re.MULTILINE)}
    title, words = re.search(r"^# (.+)$", body, re.MULTILINE), _words(body)
    measured = re.search(r"^## Measured\n\n- (.+? \([^;)]+)", body, re.MULTILINE)
    return CardFacts(
        shown(title[1]) if title else "",
        shown(found.get("license", "")),
        shown(found.get("summary") or found.get("verdict") or _first_sentence(words)),
        words,
        shown(f"{measured[1]}).") if measured else "",
        next((value for kind, value in _metrics(head) if kind == DISTANCE), None),
    )


def _metrics(head: str) -> Iterator[tuple[str, float]]:
    """The (type, value) of each metric in the head's `model-index`; none where it has another form."""
    if yaml is None or "model-index" not in head or len(head) > _MOST_HEAD:
        return
    with suppress(yaml.YAMLError, RecursionError, ValueError, TypeError, KeyError, AttributeError):
        for model in yaml.load(head, getattr(yaml, "CSafeLoader", yaml.SafeLoader))["model-index"]:
            for metric in (metric for result in model["results"] for metric in result["metrics"]):
                if _is_number(value := metric.get("value")):
                    yield str(metric.get("type")), float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def quoted(sentence: str) -> str:
    """A sentence as the value of a card's head, which is YAML."""
    text = json.dumps(sentence, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value.strip('"')


def _words(body: str) -> str:
    """What stands under the heading up to the next; on cards of older kinds the paragraph on the look."""
    if section := re.search(rf"^{IN_WORDS}\n+(.*?)(?=^## |\Z)", body, re.MULTILINE | re.DOTALL):
        return section[1].strip()
    return next((part.strip() for part in body.split("\n\n") if part.startswith(_LOOK)), "")


def _first_sentence(words: str) -> str:
    first = _SENTENCE.split(" ".join(words.removeprefix(_LOOK).split()))[0]
    return first[:1].upper() + first[1:]
