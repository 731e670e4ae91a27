"""The panel beside the Evaluate form: what will be measured, against what, and what is still missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from ganlab.app.views.evaluate.subjects import TRAINED_ON, problem, references, to_download, trained_on
from ganlab.app.views.titles import data_title
from ganlab.app.views.train.datasets import FOLDER
from ganlab.app.views.wording import escaped
from ganlab.core.names import is_there
from ganlab.core.text import counted
from ganlab.models.entry import ModelEntry

PARTS = {"train": "Training part", "test": "Test part"}  # of a data set


def summary(arguments: Mapping[str, Any], found: Mapping[str, ModelEntry], reader: str) -> bool:
    """Show what will be measured; return whether something is still missing."""
    subjects, metrics, reference, n = (arguments[name] for name in ("subjects", "metrics", "reference", "n"))
    chosen = [found[name] for name in subjects if name in found]
    noun = "model" if len(chosen) == len(subjects) else "item"
    part = f", {PARTS[arguments['split']].lower()}" if reference in references() and reference != FOLDER else ""
    against = {TRAINED_ON: "what each was trained on", FOLDER: "a folder"}.get(reference) or escaped(_short(reference))
    images = "10,000 images each at most" if n is None else f"{counted(n, 'image')} each"
    lines = (
        f"**{counted(len(subjects), noun)}**, {images}",
        f"{counted(len(metrics), 'metric')}{', with floors' if arguments['floors'] else ''}",
        f"Reference: {against}{part}",
    )
    st.markdown("  \n".join(lines))
    if note := to_download(metrics):
        st.caption(note)
    foreign = bool(reader) and any(trained_on(subject) != reader for subject in chosen)
    lacking = _lacking(arguments) or problem(metrics, chosen, foreign)
    if lacking:
        st.info(escaped(lacking))
    return bool(lacking)


def _lacking(arguments: Mapping[str, Any]) -> str:
    """What is still to be chosen, in one sentence."""
    if not arguments["subjects"]:
        return "Choose a model, or name a folder of images."
    if not arguments["metrics"]:
        return "Choose a metric; Distance is a good first one."
    reference = arguments["reference"]
    if reference == FOLDER:
        return "Name the folder or zip of real images to compare with."
    if reference not in references() and not is_there(reference):
        return f"{reference} does not exist on this machine."
    return ""


def _short(reference: str) -> str:
    return Path(reference).name if "/" in reference else data_title(reference)
