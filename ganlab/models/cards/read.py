"""The facts of a model card: for menus, and for the card that will replace it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from ganlab.core.files import read_bounded
from ganlab.core.names import shown

IN_WORDS = "## In words"
_MOST_BYTES = 2**20  # of a card
_SENTENCE = re.compile(r"(?<=[.:])\s+(?=[A-Z])")
_LOOK = "How it looks: "


@dataclass(frozen=True)
class CardFacts:
    """`summary` is one sentence on how good it is, `words` the author's Markdown, `measured` the first number; "" if absent."""

    title: str = ""
    licence: str = ""
    summary: str = ""
    words: str = ""
    measured: str = ""


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
    )


def quoted(sentence: str) -> str:
    """A sentence as the value of a card's head, which is YAML."""
    return json.dumps(sentence, ensure_ascii=False)


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
