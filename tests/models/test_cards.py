"""Model cards, read by huggingface_hub's own classes: every shipped one, and those that a push writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganlab.metrics.value import Value
from ganlab.models.cards.facts import Facts
from ganlab.models.cards.head import head, hub_type, renewed
from ganlab.models.cards.write import extend, metric_names, write
from ganlab.models.catalogue import NAMES, SHIPPED
from ganlab.runtime import checkpoint

huggingface_hub = pytest.importorskip("huggingface_hub")
REFERENCE = "mnist test, 28 px"
VALUES = [
    Value("lenet-mnist distance", 3.21, 0.4, 1000, 1000, REFERENCE, "lenet-mnist b16aa83b", "bilinear 28", 0, "x", 20),
    Value("FID", 12.5, 0.1, 500, 900, REFERENCE, "inception 1234", "clean", 3, "x", 20),
    Value("lenet-mnist kernel distance", float("nan"), 0.1, 500, 900, REFERENCE, "lenet-mnist b16aa83b", "bilinear 28", 0),
]


def read(card: str) -> Any:
    """The card's data, by the Hub's client, which refuses a head that is not valid."""
    return huggingface_hub.ModelCard(card).data


def facts_of(name: str, **changes: Any) -> Facts:
    return replace(Facts("org/name", checkpoint.read_info(SHIPPED / name), 1000, values=VALUES), **changes)


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_card_is_valid(name: str) -> None:
    text = (SHIPPED / name / "README.md").read_text()
    data = read(text)
    assert data.get("library_name") == "ganlab" and data.license in ("mit", "other")
    assert data.license_name or data.license == "mit"
    assert (data.datasets is None) == (name == "shapes-quick")
    results = data.eval_results or []
    assert len(results) == sum(" images" in line and "±" in line for line in text.splitlines() if line.startswith("- "))
    for result in results:
        assert f": {result.metric_value:g}" in text.replace("0 ±", " ±") or f": {result.metric_value}" in text
        assert data.model_name == name and result.metric_type in ("frechet", "kid", "coverage", "accuracy")
        assert result.metric_name in text and result.metric_args["extractor"] in text and result.dataset_split == "train"


@pytest.mark.parametrize("name", ["digits-cgan", "horse2zebra-light", "shapes-quick"])
def test_a_pushed_card_is_valid(name: str) -> None:
    info = checkpoint.read_info(SHIPPED / name)
    began = replace(info, config=info.config | {"start_from": "org/base@v1"}, packages={"family": "ganlab-hinge"})
    text = write(facts_of(name, info=began, licence="cc-by-4.0"))
    data = read(text)
    assert (data.license, data.license_name, data.base_model) == ("cc-by-4.0", None, "org/base")
    task = "image-to-image" if name == "horse2zebra-light" else "unconditional-image-generation"
    assert data.pipeline_tag == task and {one.task_type for one in data.eval_results} == {task}
    first, second = data.eval_results  # what is no number is left out
    assert (first.metric_type, first.metric_value, first.metric_name) == ("frechet", 3.21, "lenet-mnist distance")
    assert first.metric_args == {
        "error": 0.4,
        "n_fake": 1000,
        "n_real": 1000,
        "reference": REFERENCE,
        "extractor": "lenet-mnist b16aa83b",
        "resize": "bilinear 28",
        "seed": 0,
        "step": 20,
        "higher_is_better": False,
        "floor": False,
    }
    assert second.metric_type == "fid" and first.dataset_split == "test"
    assert "pip install ganlab-studio ganlab-hinge huggingface-hub\n" in text
    assert read(write(facts_of(name, values=()))).eval_results is None


def test_a_card_that_is_there_takes_the_licence_and_the_new_values() -> None:
    card = (SHIPPED / "digits-cgan" / "README.md").read_text()
    data = read(extend(card, facts_of("digits-cgan", licence="other")))
    assert (data.license, data.license_name) == ("other", "terms-of-the-data")
    assert [one.metric_value for one in data.eval_results] == [3.21, 12.5] and data.model_name == "org/name"
    assert read(extend(card, facts_of("digits-cgan", values=()))).eval_results == read(card).eval_results
    assert renewed("no head at all", facts_of("digits-cgan")) == "no head at all"


@settings(max_examples=12)
@given(st.text(min_size=1, max_size=40), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=40))
def test_any_value_makes_a_valid_head(metric: str, number: float, reference: str) -> None:
    value = replace(VALUES[0], metric=metric, value=number, reference=reference)
    facts = facts_of("digits-cgan", values=[value], summary=reference)
    data = read("\n".join([*head(facts), "", "# Title"]))
    (result,) = data.eval_results
    assert (result.metric_value, result.metric_name, data.to_dict().get("summary", "")) == (number, metric, reference)


def test_a_card_asks_again_for_what_our_own_networks_read() -> None:
    photos = replace(VALUES[0], metric="photo-encoder distance", extractor="photo-encoder 4115ed98")
    assert metric_names([*VALUES, photos]) == ["frechet-lenet", "kid-lenet", "frechet-photos"]


def test_kinds() -> None:
    titles = [
        "lenet-mnist kernel distance",
        "pixels distance",
        "KID",
        "lenet-x distance within classes",
        "frechet-lenet",
        "the column's FID",
        "other",
    ]
    assert [hub_type(title) for title in titles] == ["kid", "frechet", "kid", "intra", "frechet", "column-fid", "other"]
