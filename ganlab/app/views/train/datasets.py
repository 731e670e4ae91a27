"""Choosing what to learn from: a data set that fits the family, whether it is here, and one's own folder or zip."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views.permissions import error_text, requires
from ganlab.app.views.train import zip_upload
from ganlab.core.config import TrainConfig, Value
from ganlab.core.names import is_there
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, DataSource
from ganlab.training.families import FAMILIES

FOLDER = "folder"
_LARGEST = 64  # pixels; photos come larger than a first training should be
LAYOUTS = {
    Conditioning.NONE: "Subfolders have no meaning, except train and test.",
    Conditioning.LABEL: "One subfolder for each class, named after it.",
    Conditioning.PAIRED: "Pairs: images twice as wide as high, source on the left, or two folders with the same file names.",
    Conditioning.UNPAIRED: "Two folders of images, by any names, or trainA and trainB; testA and testB are optional.",
}
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
    if name == FOLDER:
        st.caption(LAYOUTS[FAMILIES[base.family].conditioning])
        changes["data_path"] = _path(asked, key)
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
    if config.dataset != FOLDER:
        return DATASETS[config.dataset].absence
    if not config.data_path:
        return "Name a folder or a zip of images, or upload one, to train on your own pictures."
    found = is_there(config.data_path)
    return "" if found else f"data_path = {config.data_path!r} does not exist on this machine."


def _path(asked: Mapping[str, str], key: str) -> str:
    """One's own images: a path on this machine, or an upload."""
    widget = f"{key}/data_path"
    st.session_state.setdefault(widget, asked.get("data_path", ""))
    typed = st.text_input("Folder or zip on this machine", key=widget, placeholder="/home/me/pictures")
    upload = st.file_uploader("or upload a zip", type="zip", key=f"{key}/upload", max_upload_size=zip_upload.MAX_MEGABYTES)
    if upload is None:
        return typed.strip()
    kept = f"{key}/kept/{upload.file_id}"
    try:
        if kept not in st.session_state:  # the page runs again with every change of a setting
            st.session_state[kept] = str(_keep(upload.getvalue()))
        return st.session_state[kept]
    except ValueError as error:
        st.error(error_text(error))
        return ""


@requires(Action.UPLOAD)
def _keep(data: bytes) -> Path:
    return zip_upload.keep(data)


def _fitting(family: str) -> list[str]:
    """The data sets that the family can learn, what is here first."""
    names = [name for name, source in DATASETS.items() if FAMILIES[family].accepts(source.conditionings)]
    return sorted(names, key=lambda name: (_ORDER.index(_state(name)), DATASETS[name].title))


def _nearest(names: list[str]) -> str:
    """The shapes, which are always here, where they fit."""
    return "shapes" if "shapes" in names else names[0]


def _state(name: str) -> str:
    return DATASETS[name].available().state
