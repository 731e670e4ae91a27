"""Choosing what to learn from: a data set that fits the family, and whether it is here."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ganlab.app.views.train import own_pictures
from ganlab.core.config import TrainConfig, Value
from ganlab.data import DATASETS, DataSource
from ganlab.data.sets import folder
from ganlab.training.families import FAMILIES

FOLDER = folder.FOLDER.name
_LARGEST = 64  # pixels; photos come larger than a first training should be
_ORDER = ("ready", "download", "needs folder")


def choose(base: TrainConfig, asked: Mapping[str, str], *, key: str, own: bool) -> dict[str, Value]:
    """Draw the chooser and return what it changes in `base`. `own`: no recipe, so the image size follows the data set."""
    fitting = _fitting(base.family)
    widget = f"{key}/dataset"
    if widget not in st.session_state:
        wanted = asked.get("dataset", base.dataset)
        here = not own or "dataset" in asked or _state(wanted) == "ready"
        st.session_state[widget] = wanted if wanted in fitting and here else _nearest(fitting)
    name = st.selectbox("Data set", fitting, key=widget, format_func=lambda name: DATASETS[name].title)
    source = DATASETS[name]
    st.caption(f"{source.note}  \n{status(source)}")
    changes: dict[str, Value] = {} if name == base.dataset else {"dataset": name}
    if own and source.image_size:
        changes["image_size"] = _image_size(base, source)
    return changes


def _image_size(base: TrainConfig, source: DataSource) -> int:
    """What is quick to learn where images are drawn from z; translators keep their own size if the data has it."""
    if FAMILIES[base.family].conditioning.between_images:
        return min(base.image_size, max(source.image_size, _LARGEST))
    return min(source.image_size, _LARGEST)


def status(source: DataSource) -> str:
    """Whether the data set is here, in a few words."""
    available = source.available()
    if available.state == "download":
        return f":orange[:material/download:] The run will download {available.megabytes} MB first."
    if available.state == "needs folder":
        return ":gray[:material/folder:] " + (
            "Needs a folder or a zip of images." if source.name == FOLDER else "Not on this machine."
        )
    return ":green[:material/check:] Ready."


def missing(config: TrainConfig) -> str:
    """What is still needed before a run can start, in one sentence; empty when nothing is."""
    if _state(config.dataset) != "needs folder":
        return ""
    return own_pictures.lacking(config.data_path) if config.dataset == FOLDER else DATASETS[config.dataset].absence


def _fitting(family: str) -> list[str]:
    """The data sets that the family can learn, what is here first."""
    names = [name for name, source in DATASETS.items() if FAMILIES[family].accepts(source.conditionings)]
    return sorted(names, key=lambda name: (_ORDER.index(_state(name)), DATASETS[name].title))


def _nearest(names: list[str]) -> str:
    """The shapes, which are always here, where they fit."""
    return "shapes" if "shapes" in names else names[0]


def _state(name: str) -> str:
    return DATASETS[name].available().state
