"""A newcomer's lookup: ten concepts of the field lead to a place, and every place that the documents name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import ROOT

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
ROW = re.compile(r"^\| (?P<words>[^|]+) \| [^|]+ \| `(?P<path>[^`]+)`(?: `(?P<name>[^`]+)`)? \|$", re.MULTILINE)
ROWS = [(row["words"], row["path"], row["name"]) for row in ROW.finditer(GLOSSARY)]
CONCEPTS = (
    *("FID", "EMA", "learning-rate schedule", "MNIST", "authorisation"),
    *("queue", "live polling", "interpolation", "pretrained models", "checkpoint clean-up"),
)
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
PLACE = re.compile(r"`((?:ganlab|tests|pages|benchmarks|docs|checkpoints)/[\w./-]+)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_concept_leads_to_a_file(concept: str) -> None:
    """Its own file name, or one line of the glossary."""
    stem = re.sub(r"\W", "_", concept.lower())
    assert list((ROOT / "ganlab").rglob(f"{stem}.*")) or any(concept in words for words, _, _ in ROWS)


def test_the_glossary_is_read_whole() -> None:
    lines = [line for line in GLOSSARY.splitlines() if line.startswith("| ") and not line.startswith("| word")]
    assert len(ROWS) == len(lines) > 50


@pytest.mark.parametrize(("words", "path", "name"), ROWS, ids=[words for words, _, _ in ROWS])
def test_a_line_of_the_glossary_leads_to_its_place(words: str, path: str, name: str | None) -> None:
    assert (ROOT / path).exists()
    if name:
        assert re.search(rf"\b{re.escape(name)}\b", (ROOT / path).read_text()), f"{path} has no {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_place_and_link_of_a_document_exists(document: Path) -> None:
    text = document.read_text()
    missing = [place for place in PLACE.findall(text) if "NAME" not in place and not (ROOT / place).exists()]
    missing += [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert not missing, f"{document.name} names {missing}"
