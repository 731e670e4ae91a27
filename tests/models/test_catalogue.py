"""The catalogue: every entry says what it is, where it is and how good it is, and nothing is asked of a network for that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ganlab.models import catalogue as models
from ganlab.models import pretrained as zoo

CARD = """---
library_name: ganlab
license: cc-by-4.0
---

# A title

| training | 3 steps |

"""


def test_every_entry_is_complete_and_has_a_name_of_its_own() -> None:
    entries = zoo.catalogue()
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.title and entry.family and entry.data and entry.licence and entry.layout
        assert entry.verdict.endswith(".") and "\n" not in entry.verdict, entry
        assert len(entry.domains) in (0, 2) and entry.translates == (entry.family in ("pix2pix", "cyclegan"))
    shipped = {entry.name: entry for entry in entries if isinstance(entry.source, zoo.Here)}
    assert shipped.keys() == {model.name for model in models.models()}
    for entry in shipped.values():
        assert zoo.state(entry) == "shipped" and entry.thumbnail and entry.thumbnail.is_file() and entry.size > 100_000
        assert not entry.needs_network


def test_what_is_on_the_hub_is_addressed_as_people_would_type_it() -> None:
    from ganlab.models import hub

    for entry in zoo.HUB:
        assert isinstance(entry.source, zoo.OnHub)
        address = entry.source.address
        assert hub.parse(str(address)) == address
        assert zoo.on_hub(entry.name) == entry.source and zoo.named(entry.name) is entry
    assert zoo.on_hub("org/name@v1/a.pth") == zoo.OnHub("org/name", "a.pth", revision="v1")
    assert zoo.on_hub("nothing") is None and zoo.named("digits-quick") is None


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("How it looks: sharp stripes. And more.", "Sharp stripes."),
        ("## Measured\n\n- distance of x: 3.2 ± 0.1 (100 images; lenet)\n- more", "distance of x: 3.2 ± 0.1 (100 images)."),
        ("Nothing of the kind.", "Trained for 7 steps; look at its samples."),
    ],
)
def test_a_card_gives_title_licence_and_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, verdict: str) -> None:
    source = models.SHIPPED / "shapes-quick"
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text((source / "config.json").read_text().replace('"step": 600', '"step": 7'))
    (folder / "model.safetensors").symlink_to(source / "model.safetensors")
    (folder / "README.md").write_text(CARD + body + "\n")
    monkeypatch.setattr(models, "SHIPPED", tmp_path)
    entry = zoo.catalogue()[0]
    assert (entry.name, entry.title, entry.licence, entry.verdict) == ("mine", "A title", "cc-by-4.0", verdict)
    assert entry.thumbnail is None
    (folder / "README.md").write_text(CARD.replace("license:", "verdict: Good for a start.\nlicense:") + body)
    assert zoo.catalogue()[0].verdict == "Good for a start."
    (folder / "README.md").unlink()
    assert zoo.catalogue()[0].licence == "not stated"
    (folder / "config.json").write_text("{}")
    assert [entry.name for entry in zoo.catalogue()] == [entry.name for entry in zoo.HUB]


def test_listing_imports_neither_torch_nor_the_client() -> None:
    code = "import sys\nfrom ganlab.models import pretrained\npretrained.catalogue()\n"
    code += "assert not {'torch', 'huggingface_hub'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)
