"""Whose classifier reads the images, where metrics in a classifier's features are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ganlab.app.views.evaluate import subjects as measurable
from ganlab.app.views.evaluate.subjects import Subject
from ganlab.app.views.wording import escaped


def choose(arguments: Mapping[str, Any], found: Mapping[str, Subject]) -> str:
    """Whose classifier reads the images: "" for the reference's own, where each has one."""
    titles, lacking = measurable.classifiers(), _without_classifier(arguments, found)
    options = list(titles) if lacking else ["", *titles]
    names = {"": "The data set's own classifier", **titles}
    if not any(name in measurable.cheap_metrics() for name in arguments["metrics"]) or not options:
        return ""
    if len(options) == 1:
        return options[0]
    return st.selectbox("Images read by", options, key=f"evaluate.reader/{bool(lacking)}", format_func=names.__getitem__)


def explain(arguments: Mapping[str, Any], found: Mapping[str, Subject], reader: str) -> None:
    """Say so where another data set's classifier has to read the images."""
    lacking = _without_classifier(arguments, found)
    if lacking and reader:
        name = measurable.classifiers()[reader]
        st.caption(f"There is no classifier of {' and '.join(map(escaped, lacking))} here, so {name} reads the images.")


def _without_classifier(arguments: Mapping[str, Any], found: Mapping[str, Subject]) -> list[str]:
    reference = arguments["reference"]
    datasets = [reference] if reference else [found[name].dataset for name in arguments["subjects"] if name in found]
    return measurable.without_classifier(dict.fromkeys(datasets))
