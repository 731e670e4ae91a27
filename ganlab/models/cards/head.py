"""The head of a model card: YAML that the Hub and our own menus read.

A value in `model-index` has its number as data, and in `args` the protocol that it was measured under.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ganlab.data import DATASETS
from ganlab.data.hub.address import HubError, parse
from ganlab.metrics.catalogue import METRICS, kind_of, metric
from ganlab.metrics.value import Value
from ganlab.models.cards.facts import Facts
from ganlab.models.cards.read import quoted

LICENCE_NAMES = {"": "not-stated", "other": "terms-of-the-data"}  # where the licence is none that the Hub knows
_ON_HUB = {
    "mnist": "ylecun/mnist",
    "fashion-mnist": "zalando-datasets/fashion_mnist",
    "cifar10": "uoft-cs/cifar10",
    "facades": "huggan/facades",
    "horse2zebra": "huggan/horse2zebra",
}
_PUBLISHED = {
    "FID": "fid",
    "FID, N → ∞": "fid-infinity",
    "KID": "kid",
    "Inception Score": "inception-score",
    "the column's FID": "column-fid",
}
_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)  # on the Hub; in a stranger's settings there may be anything
_SPLIT = re.compile(r"\b(train|test)\b")
_INDEX = re.compile(r"^model-index:\n(?:[ -].*\n)*", re.MULTILINE)


def head(facts: Facts) -> Iterator[str]:
    """The lines between `---` and `---`, both included."""
    config = facts.info.config
    yield from ("---", "library_name: ganlab", *_licence(facts.licence), f"pipeline_tag: {task(facts)}")
    tags = ", ".join(dict.fromkeys(["gan", config["family"], "pytorch_model_hub_mixin"]))
    yield f"tags: [{tags}]"
    if data := dataset_id(config):
        yield f"datasets: [{data}]"
    if base := _base(str(config.get("start_from") or "")):
        yield f"base_model: {base}"
    if facts.summary:
        yield f"summary: {quoted(facts.summary)}"
    yield from index(facts.repo, facts, facts.values)
    yield "---"


def renewed(card: str, facts: Facts) -> str:
    """A card that there is already with the licence that is stated, and with the values that were measured."""
    if facts.licence:
        lines = "\n".join(_licence(facts.licence))
        card = re.sub(r"^license: .*(\nlicense_name: .*)?$", lines, card, count=1, flags=re.MULTILINE)
    index_lines = "".join(f"{line}\n" for line in index(facts.repo, facts, facts.values))
    if not index_lines or not card.startswith("---\n"):
        return card
    _, kept, body = card.split("---\n", 2)
    return f"---\n{_INDEX.sub('', kept)}{index_lines}---\n{body}"


def task(facts: Facts) -> str:
    """The Hub's name for what the model does."""
    return "image-to-image" if facts.translates else "unconditional-image-generation"


def dataset_id(config: Any) -> str:
    """The data set's address on the Hub; "" where it has none."""
    named = str(config["dataset"])
    return _ON_HUB.get(named, named if _ID.fullmatch(named) else "")


def index(name: str, facts: Facts, values: Sequence[Value]) -> Iterator[str]:
    """The lines of `model-index`: one result for each reference, with its metrics; none where nothing was measured."""
    known = [value for value in values if math.isfinite(value.value)]
    if not known:
        return
    yield from ("model-index:", f"- name: {quoted(name)}", "  results:")
    for reference in dict.fromkeys(value.reference for value in known):
        yield f"  - task: {_flow({'type': task(facts)})}"
        yield f"    dataset: {_flow(_dataset(facts, reference))}"
        yield "    metrics:"
        yield from (f"    - {_flow(_metric(value))}" for value in known if value.reference == reference)


def _dataset(facts: Facts, reference: str) -> dict[str, str]:
    config = facts.info.config
    named = config["dataset"] if config["dataset"] in DATASETS and config["dataset"] != "folder" else ""
    title = DATASETS[named].title if named else "a folder of images"
    split = _SPLIT.search(reference)
    return {"type": dataset_id(config) or named or "imagefolder", "name": title} | ({"split": split[1]} if split else {})


def _metric(value: Value) -> dict[str, Any]:
    """A value as the Hub has it, its protocol as `args`."""
    args = {key: known for key, known in value.to_dict().items() if known not in (None, "", (), [])}
    if not value.unused:
        args.pop("unused")
    for key in ("metric", "value", "subject"):
        args.pop(key, None)
    return {"type": hub_type(value.metric), "name": value.metric, "value": value.value, "args": args}


def hub_type(title: str) -> str:
    """The kind of metric that is called so on a screen: frechet, kid, coverage ...; FID and its relatives by their own names."""
    if title in METRICS:
        return metric(title).kind
    return _PUBLISHED.get(title) or kind_of(title) or title


def _licence(licence: str) -> list[str]:
    """`license`, and its name where it is none of the Hub's list."""
    if licence not in LICENCE_NAMES:
        return [f"license: {licence}"]
    return ["license: other", f"license_name: {LICENCE_NAMES[licence]}"]


def _base(start_from: str) -> str:
    """The model on the Hub that it began from; "" for one that is not there."""
    try:
        return parse(start_from).repo if "/" in start_from else ""
    except HubError:
        return ""


def _flow(value: Any) -> str:
    """A value on one line of YAML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, float):  # without a point it would be read as text
        digits, exponent, power = repr(value).partition("e")
        return f"{digits}{'' if '.' in digits else '.0'}{exponent}{power}"
    return quoted(value) if isinstance(value, str) else json.dumps(value)
