"""The catalogue: every entry says what it is, where it is and how good it is, and nothing is asked of a network for that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.models import catalogue as models
from ganlab.models import pretrained
from ganlab.models.cards import read as cards

CARD = """---
library_name: ganlab
license: cc-by-4.0
---

# A title

| training | 3 steps |

"""


def test_every_entry_is_complete_and_has_a_name_of_its_own() -> None:
    entries = models.catalogue()
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.title and entry.family and entry.data and entry.licence and entry.layout
        assert entry.summary.endswith(".") and "\n" not in entry.summary, entry
        assert len(entry.domains) in (0, 2) and entry.translates == (entry.family in ("pix2pix", "cyclegan"))
    shipped = {entry.name: entry for entry in entries if entry.origin == "shipped"}
    assert shipped.keys() == {model.name for model in models.models()}
    for entry in shipped.values():
        assert entry.state == "shipped" and entry.picture and entry.picture.is_file() and entry.size > 100_000
        assert entry.path and entry.address is None


def test_what_is_on_the_hub_is_addressed_as_people_would_type_it() -> None:
    from ganlab.models import hub

    for entry in pretrained.HUB:
        address = entry.address
        assert entry.origin == "hub" and address
        assert hub.parse(str(address)) == address
        assert pretrained.on_hub(entry.name) is entry and pretrained.named(entry.name) is entry
    other = pretrained.on_hub("org/name@v1/a.pth")
    assert other and other.address == hub.Address("org/name", revision="v1", file="a.pth")
    assert pretrained.on_hub("nothing") is None and pretrained.named("digits-quick") is None


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        ("How it looks: sharp stripes. And more.", "Sharp stripes."),
        ("## Measured\n\n- distance of x: 3.2 ± 0.1 (100 images; lenet)\n- more", "distance of x: 3.2 ± 0.1 (100 images)."),
        ("Nothing of the kind.", "Trained for 7 steps; look at its samples."),
    ],
)
def test_a_card_gives_title_licence_and_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, summary: str) -> None:
    source = models.SHIPPED / "shapes-quick"
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text((source / "config.json").read_text().replace('"step": 600', '"step": 7'))
    (folder / "model.safetensors").symlink_to(source / "model.safetensors")
    (folder / "README.md").write_text(CARD + body + "\n")
    monkeypatch.setattr(models, "SHIPPED", tmp_path)
    entry = models.catalogue()[0]
    assert (entry.name, entry.title, entry.licence, entry.summary) == ("mine", "A title", "cc-by-4.0", summary)
    assert entry.picture is None
    (folder / "README.md").write_text(CARD.replace("license:", "summary: Good for a start.\nlicense:") + body)
    assert models.catalogue()[0].summary == "Good for a start."
    (folder / "README.md").unlink()
    assert models.catalogue()[0].licence == "not stated"
    (folder / "config.json").write_text("{}")
    assert [entry.name for entry in models.catalogue()] == [entry.name for entry in pretrained.HUB]


def test_listing_imports_neither_torch_nor_the_client() -> None:
    code = "import sys\nfrom ganlab.models import catalogue\ncatalogue.catalogue()\n"
    code += "assert not {'torch', 'huggingface_hub'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)


HEAD = """---
license: mit
model-index:
- name: x
  results:
  - task: {type: unconditional-image-generation}
    metrics:
    - {type: kid, name: "kernel distance", value: 0.1}
    - {type: frechet, name: "lenet-mnist distance", value: VALUE, args: {error: 0.25, n_fake: 2000}}
---
# Digits
"""


@pytest.mark.parametrize(("value", "distance"), [("5.2061", 5.2061), ("7", 7.0), (".nan", None), ("true", None), ("[1]", None)])
def test_a_distance_is_read_from_the_cards_head(value: str, distance: float | None, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(HEAD.replace("VALUE", value))
    assert cards.read(tmp_path / "README.md").distance == distance
    assert models._reading(distance, "mnist") == (f"Distance to real digits {distance:.4g}, lower is better." if distance else "")


@given(st.text(st.sampled_from("model-index:[]{}& *-\n \t#!a1.'\"|>%"), max_size=60))
def test_no_head_makes_reading_stumble(text: str) -> None:
    with TemporaryDirectory() as folder:
        card = Path(folder, "README.md")
        card.write_text(f"---\nmodel-index:{text}\n---\n# Title\n")
        assert cards.read(card).distance is None
