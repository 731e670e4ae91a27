"""What can be measured and how it is called on a screen: models, metrics, references, classifiers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import streamlit as st

from ganlab.app.views.titles import data_title
from ganlab.app.views.train.datasets import FOLDER
from ganlab.app.views.wording import model_label
from ganlab.core.errors import NotFetched
from ganlab.core.text import duration
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS
from ganlab.data.download import answers, no_answer
from ganlab.data.sets.folder import is_here
from ganlab.metrics.catalogue import KINDS, METRICS, PHOTOS, metric
from ganlab.metrics.features.classifier import has_classifier
from ganlab.metrics.features.inception_weights import TENSORFLOW, TORCHVISION, Published, at_hand
from ganlab.models.catalogue import models
from ganlab.models.entry import ModelEntry
from ganlab.runtime.run import UNREADABLE

GENERAL = PHOTOS  # what reads the images where no classifier is wanted
TRAINED_ON = ""  # as a reference: what each model learned
_RESIZES = {"-clean": ", clean resize", "-tf": ", TensorFlow's resize"}
_LABELLED = ("accuracy", "intra")


def models_here() -> dict[str, ModelEntry]:
    """{name: model} of one's own models, newest first, and the shipped ones; translators only where their images are here.

    Their titles are those of the screen, and differ.
    """
    found = {}
    for model in models():
        if model.family and (not model.translates or _here(model)):
            with suppress(*UNREADABLE):  # deleted meanwhile, or damaged
                found[model.name] = replace(model, title=model_label(model))
    times = Counter(model.title for model in found.values())
    return {name: replace(one, title=f"{one.title} ({name})") if times[one.title] > 1 else one for name, one in found.items()}


def _here(model: ModelEntry) -> bool:
    """Whether the images that a model learned are on this machine."""
    if model.data_path:
        return is_here(model.data_path)
    return model.data in DATASETS and DATASETS[model.data].available().state == "ready"  # its package may be gone


def trained_on(model: ModelEntry) -> str:
    """The data set or folder that a model learned."""
    return model.data_path or model.data


def titles(names: Iterable[str], found: Mapping[str, ModelEntry]) -> dict[str, str]:
    """What subjects are called; the last part of a path, and other names as they are."""
    return {name: found[name].title if name in found else name.rstrip("/").rsplit("/", 1)[-1] or name for name in names}


def metric_title(name: str) -> str:
    """A metric's name as a person says it, the features left out: "Distance", "FID, clean resize"."""
    one = metric(name)
    space = one.space.partition("-")[0]
    text = one.title(space).removeprefix(f"{space} ")
    ending = next((words for ending, words in _RESIZES.items() if name.endswith(ending)), "")
    return text[:1].upper() + text[1:] + ending


def metric_help(names: Sequence[str]) -> str:
    """What each kind of these metrics tells, in Markdown lines."""
    kinds = {metric(name).kind: metric_title(name) for name in names}
    better = {kind: "higher" if KINDS[kind].higher_is_better else "lower" for kind in kinds}
    return "  \n".join(f"**{title}**, {better[kind]} is better. {KINDS[kind].help}" for kind, title in kinds.items())


def cheap_metrics() -> list[str]:
    """Those in the features of our own classifiers."""
    return [name for name in METRICS if metric(name).space.startswith("lenet")]


def inception_metrics() -> list[str]:
    """Those that need Inception's weights."""
    return [name for name in METRICS if not metric(name).space.startswith(("lenet", GENERAL))]


def read_by(names: Iterable[str], classifier: str) -> list[str]:
    """The same metrics with what reads the images named: the classifier of a data set, or GENERAL; "" is the reference's own."""
    if classifier == GENERAL:
        return [f"{metric(name).kind}-{GENERAL}" if metric(name).space == "lenet" else name for name in names]
    return [f"{name}-{classifier}" if classifier and metric(name).space == "lenet" else name for name in names]


def references() -> dict[str, str]:
    """{what a reference is called in a job: what on the screen}; a folder is asked for beside it."""
    plain = {Conditioning.NONE, Conditioning.LABEL}
    sets = {
        name: source.title
        for name, source in DATASETS.items()
        if name != FOLDER and source.conditionings & plain and source.available().state != "needs folder"
    }
    return {TRAINED_ON: "What each was trained on", **sets, FOLDER: "A folder or zip of images"}


def without_classifier(datasets: Iterable[str]) -> list[str]:
    """Titles of the data sets (or names of folders) for which no classifier was trained."""
    return [titles([name], {})[name] if "/" in name else data_title(name) for name in datasets if not has_classifier(name)]


def problem(metrics: Sequence[str], chosen: Sequence[ModelEntry], foreign: bool) -> str:
    """Why these metrics cannot be had for these models, in one sentence; `foreign`: another data set's classifier reads them."""
    kinds = {metric(name).kind for name in metrics}
    asked = [metric_title(name).lower() for name in metrics if metric(name).kind in _LABELLED]
    plain = [subject.title for subject in chosen if not subject.conditional]
    if asked and plain:
        return f"{plain[0]} takes no label, so it has no {asked[0]}: leave one of them out."
    if "accuracy" in kinds and foreign:
        return "Label accuracy needs the data set's own classifier: leave it out."
    return ""


def to_download(metrics: Sequence[str]) -> str:
    """What must be downloaded first for these metrics, and how long they take, in one sentence; empty for the cheap ones."""
    files = _weights(metrics)
    missing = sum(file.megabytes for file in files if not _at_hand(file.file))
    if not files:
        return ""
    slow = "Inception is large: without a GPU it reads about ten images per second, those of the reference included."
    return f"{slow} Its weights ({missing} MB) are downloaded first." if missing else slow


def _weights(metrics: Sequence[str]) -> list[Published]:
    """The files of weights that read images for these metrics."""
    spaces = {metric(name).space for name in metrics if name in inception_metrics()}
    return [TORCHVISION] * ("column" in spaces) + [TENSORFLOW] * bool(spaces - {"column"})


def check_reach(arguments: Mapping[str, Any], found: Mapping[str, ModelEntry]) -> None:
    """Raise NotFetched, one sentence, where weights or images that a measurement needs would be downloaded and cannot be now."""
    if any(not _at_hand(file.file) and not answers([file.url]) for file in _weights(arguments["metrics"])):
        raise NotFetched(
            f"Inception's weights cannot be downloaded now ({no_answer()}): choose metrics of our own classifiers, which need no "
            "network, or try again later.",
            "inception",
        )
    reference = arguments["reference"]
    learned = {trained_on(found[name]) for name in arguments["subjects"] if name in found}
    for name in sorted({reference} if reference else learned):
        if name in DATASETS:
            DATASETS[name].check_reach("choose another model or reference")


@st.cache_data(ttl=60, show_spinner=False)
def _at_hand(file: str) -> bool:
    """Remembered for a minute: the whole file is read for its checksum."""
    try:
        return at_hand(next(one for one in (TENSORFLOW, TORCHVISION) if one.file == file))
    except ValueError:
        return False


def _count(n: int | None) -> str:
    return "automatic number of images" if n is None else f"{n:,} images each"


def described(arguments: Mapping[str, Any]) -> str:
    """What a job was asked for, in a few words."""
    if "subjects" not in arguments:
        budget = arguments.get("budget")
        return f"{duration(budget)} of training" if budget else ""
    names = [metric_title(name) for name in arguments["metrics"]]
    reference = arguments["reference"]
    against = f" against {titles([reference], {})[reference] if '/' in reference else data_title(reference)}" if reference else ""
    part = " (test part)" if arguments["split"] == "test" else ""
    return f"{', '.join(names)}; {_count(arguments['n'])}{against}{part}"
