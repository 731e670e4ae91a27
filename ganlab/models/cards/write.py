"""The model card of what is pushed: what it is, how it was made, what it measures, and the commands to use it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganlab.core.flags import as_flag
from ganlab.core.text import counted
from ganlab.data import DATASETS
from ganlab.metrics.catalogue import METRICS, PHOTOS, kind_of
from ganlab.metrics.gauge import COUNT
from ganlab.metrics.value import Value
from ganlab.models.cards.facts import Facts
from ganlab.models.cards.head import head, renewed
from ganlab.models.cards.read import IN_WORDS
from ganlab.runtime.checkpoint import Info
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import RECIPES

_PRIVATE = ("family", "dataset", "data_path", "device", "start_from")
_LIVE = "distance/"
_LICENCES = {
    "": "not stated by its author; the data's terms hold too",
    "other": "other: the terms of the data, and of what it began from, hold",
}
_SPACES = {"lenet-": "lenet", "photo-encoder ": PHOTOS}  # by the beginning of an extractor's name
_HOW_TO_GET = re.compile(r" (Fetched by hand|Made here)\b.*$")


def write(facts: Facts) -> str:
    """README.md of the repository."""
    return "\n".join([*_head(facts), *_table(facts), *_words(facts), *_measured(facts), *_usage(facts), *_again(facts)])


def extend(card: str, facts: Facts) -> str:
    """A card that there is already, with the licence that is stated, what was measured, and how to use it from the Hub."""
    measured = _measured(facts) if facts.values else ()
    return "\n".join([renewed(card, facts).rstrip(), "", *measured, *_usage(facts)])


def _head(facts: Facts) -> Iterator[str]:
    config, recipe = facts.info.config, facts.info.recipe
    yield from (*head(facts), "")
    title = RECIPES[recipe].title if recipe in RECIPES else f"{_family(config)} on {_data(config)[0]}"
    yield from (f"# {title}", "")
    if facts.pictured:
        yield from ("![Samples](samples.png)", "")


def _table(facts: Facts) -> Iterator[str]:
    info, config = facts.info, facts.info.config
    title, note = _data(config)
    status = facts.run.status() if facts.run else None
    took = f", {status.seconds:,.0f} s on {status.device or 'an unknown device'}" if status and status.seconds else ""
    rows = {
        "recipe": f"`{info.recipe}`" if info.recipe else "none; every setting is in `config.json`",
        "family": _paper(config),
        "data": f"{title}. {note}" if note else title,
        "pictures": f"{info.spec['image_size']} px, {'colour' if info.spec['channels'] == 3 else 'grey'}",
        "training": f"{info.step:,} steps of {counted(config['batch_size'], 'image')}{took}; seed {config['seed']}",
        "kept": f"the averaged generator, {facts.parameters:,} parameters",
        "licence": _LICENCES.get(facts.licence, facts.licence),
    }
    if config.get("start_from"):
        kept = f", whose {config['keep']} stayed as it was" if config.get("keep") else ""
        rows["began from"] = f"the weights of {Path(str(config['start_from'])).name}{kept}"
    yield from ("| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows.items()), "")


def _words(facts: Facts) -> Iterator[str]:
    if facts.words:
        yield from (IN_WORDS, "", facts.words, "")


def _measured(facts: Facts) -> Iterator[str]:
    lines = [f"- {value}" for value in facts.values] + list(_live(facts))
    yield from ("## Measured", "", *(lines or ["Nothing was measured."]), "")


def _live(facts: Facts) -> Iterator[str]:
    """The last value of the live curve up to the step that is pushed, with what it was measured on."""
    if facts.run is None:
        return
    names = [name for name in facts.run.metric_names() if name.startswith(_LIVE)]
    for name, series in facts.run.series(names).items():
        known = series.steps <= facts.info.step
        if known.any():
            step, value, features = series.steps[known][-1], series.values[known][-1], name.removeprefix(_LIVE)
            protocol = f"Fréchet distance in the features of {features}, {COUNT:,} images against the training images"
            yield f"- {name}: {value:.4g} at step {step:,} ({protocol}, read during training; more images read lower)"


def _usage(facts: Facts) -> Iterator[str]:
    """How to use it: from the Hub, or a shipped one by its name alone."""
    repo = facts.repo
    shipped = "/" not in repo
    if facts.translates:
        command, picture = f"ganlab translate photo.jpg --model {repo} -o made.png", "from PIL import Image\n\n"
        call = 'pipeline.translate(Image.open("photo.jpg"))'
    else:
        command, picture, call = f"ganlab sample {repo} -n 64 --seed 7 -o sheet.png", "", "pipeline.sample(8, seed=7)"
    packages = dict.fromkeys(["ganlab-studio", *facts.info.packages.values(), "huggingface-hub"])
    install = "" if shipped else f"pip install {' '.join(packages)}\n"
    yield from ("## Use it" if shipped else "## Use it from the Hub", "", f"```sh\n{install}{command}\n```", "")
    if shipped:
        if facts.values:
            names = ",".join(metric_names(facts.values))
            yield from (f"Measure it again: `ganlab evaluate {repo} --metrics {names}`.", "")
        return
    code = f'from ganlab import Pipeline\n\npipeline = Pipeline.from_pretrained("{repo}")\npictures = {call}'
    yield from (f"```python\n{picture}{code}\n```", "", "Or as a plain module, by huggingface_hub's PyTorchModelHubMixin:", "")
    mixin = f'from ganlab import Generators\n\nnetworks = Generators.from_pretrained("{repo}")'
    yield from (f"```python\n{mixin}\n```", "")


def metric_names(values: Sequence[Value]) -> list[str]:
    """The names that `ganlab evaluate --metrics` takes for values in the features of our own networks."""
    read = [(value, space) for value in values for reader, space in _SPACES.items() if value.extractor.startswith(reader)]
    names = [f"{kind_of(value.metric)}-{space}" for value, space in read]
    return [name for name in names if name in METRICS]


def _again(facts: Facts) -> Iterator[str]:
    yield from ("## Train it again", "", f"```sh\n{train_command(facts.info)}\n```", "")


def train_command(info: Info) -> str:
    """What trains this again: the recipe or the family, and each setting that differs from theirs."""
    config = info.config
    if info.recipe in RECIPES:
        base, start = RECIPES[info.recipe].config.to_dict(), f"ganlab train --recipe {info.recipe}"
        data = "" if config["dataset"] == base["dataset"] else f" {config['dataset']}"
    else:
        base = FAMILIES[config["family"]].config.to_dict()
        start, data = f"ganlab train --family {config['family']}", f" {config['dataset']}"
    changed = {name: value for name, value in config.items() if name not in _PRIVATE and _plain(base.get(name)) != _plain(value)}
    return " ".join([f"{start}{data}", *(as_flag(name, value) for name, value in changed.items())])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _family(config: Mapping[str, Any]) -> str:
    return FAMILIES[config["family"]].title if config["family"] in FAMILIES else str(config["family"])


def _paper(config: Mapping[str, Any]) -> str:
    family = FAMILIES.get(config["family"])
    return f"{family.title} ({family.paper}, {family.year})" if family else str(config["family"])


def _data(config: Mapping[str, Any]) -> tuple[str, str]:
    """Its title, and what is known of it; of a user's own folder, nothing."""
    if config["dataset"] == "folder" or config["dataset"] not in DATASETS:
        return "a folder of images of the author's own", ""
    source = DATASETS[config["dataset"]]
    return source.title, _HOW_TO_GET.sub("", source.note)
