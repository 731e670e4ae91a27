"""The Evaluate page's form: what is measured, by which metrics, against what; and the panel that starts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ganlab.analysis.jobs import Job, launch
from ganlab.app.security.rights import Action
from ganlab.app.views import run_actions, start_run, url_state
from ganlab.app.views.evaluate import jobs, reproduce
from ganlab.app.views.evaluate.subjects import (
    GENERAL,
    TRAINED_ON,
    cheap_metrics,
    check_reach,
    inception_metrics,
    metric_help,
    metric_title,
    read_by,
    references,
    titles,
    to_download,
    trained_on,
    without_classifier,
)
from ganlab.app.views.evaluate.summary_panel import PARTS, summary
from ganlab.app.views.permissions import FAILURES, error_text, may, redacted, requires
from ganlab.app.views.train.datasets import FOLDER
from ganlab.app.views.wording import escaped
from ganlab.core.devices import devices
from ganlab.metrics.catalogue import KINDS
from ganlab.models.entry import ModelEntry

DEFAULTS: Mapping[str, Any] = {
    "metrics": ["frechet-lenet", "kid-lenet"],
    "n": None,
    "reference": TRAINED_ON,
    "split": "train",
    "seed": 0,
    "floors": True,
    "device": "auto",
}

LEAST = KINDS["frechet"].fewest  # images


def nothing_yet() -> None:
    """There is no model at all."""
    begin = "Train a generator, and" if may(Action.LAUNCH) else "Once your teacher has trained a generator,"
    st.info(f"There is nothing to measure yet. {begin} see here how close its pictures come to real ones.")
    run_actions.train_link()


def form(found: Mapping[str, ModelEntry], selected: Job | None) -> None:
    """Draw the form and the panel beside it; pressing the button leads to the new job."""
    _begin(found, selected)
    settings, panel = st.columns([13, 7], gap="large")
    with settings:
        subjects = _subjects(found)
        metrics = _metrics()
        arguments = {"subjects": subjects, "metrics": metrics, **_reference()}
        with st.expander("More settings", expanded=bool(st.session_state["evaluate.others"])):
            arguments["subjects"] = subjects = [*subjects, *_others(subjects)]
            arguments |= _details(arguments["reference"])
            reader = _reader(arguments, found)
        _explain_reader(arguments, found, reader)
    with panel:
        with st.container(border=True):
            wrong = summary(arguments, found, reader)
            icon = ":material/straighten:"
            pressed = st.button("Measure", type="primary", icon=icon, width="stretch", disabled=wrong, key="evaluate.go")
        if not pressed and not reproduce.pressed():
            start_run.fresh_token()
        reproduce.panel()
    if not pressed:
        return
    arguments["metrics"] = read_by(metrics, reader)
    try:
        with st.spinner("Starting …"):
            check_reach(arguments, found)
            job = start_run.once(lambda: _launch(arguments, _title(subjects, found)))
    except FAILURES as error:
        st.error(error_text(error))
        return
    jobs.select(job.id)
    st.rerun()


@requires(Action.MEASURE)
def _launch(arguments: dict[str, Any], title: str) -> Job:
    return launch("evaluate", arguments, title)


def _begin(found: Mapping[str, ModelEntry], selected: Job | None) -> None:
    """On a first visit, or when the address has changed, fill the form from the selected job or the address."""
    if "evaluate.models" in st.session_state and not url_state.changed_outside(jobs.PAGE):
        return
    kept = redacted(jobs.arguments(selected)) if selected else {}
    known = [name for name in kept.get("subjects", []) if name in found]
    others = [name for name in kept.get("subjects", []) if name not in found]
    wanted = url_state.asked().get("model", "")
    st.session_state["evaluate.models"] = [wanted] if wanted in found else known or ([] if others else [_first(found)])
    st.session_state["evaluate.others"] = "\n".join(others)
    values = {**DEFAULTS, **kept}
    metrics = [_plain(name) for name in values["metrics"]]
    st.session_state["evaluate.cheap"] = [name for name in metrics if name in cheap_metrics()]
    st.session_state["evaluate.inception"] = [name for name in metrics if name in inception_metrics()]
    reference = values["reference"]
    st.session_state["evaluate.reference"] = reference if reference in references() else FOLDER
    st.session_state["evaluate.folder"] = "" if reference in references() else reference
    for name in ("n", "split", "seed", "floors"):
        st.session_state[f"evaluate.{name}"] = values[name]
    st.session_state["evaluate.n"] = values["n"] and max(LEAST, values["n"])  # of a version that let fewer pass
    if not selected:
        url_state.write(jobs.PAGE, url_state.asked())  # it has been followed: only another one begins anew


def _first(found: Mapping[str, ModelEntry]) -> str:
    """The newest model of one's own, else the one that Home recommends, else any."""
    first, shipped = next(iter(found.values())), start_run.recommended()
    return first.name if first.origin == "run" or shipped not in found else shipped


def _plain(name: str) -> str:
    """The metric without the data set whose classifier reads."""
    kind, lenet, _ = name.replace(f"-{GENERAL}", "-lenet").partition("-lenet")
    return f"{kind}{lenet}"


def _subjects(found: Mapping[str, ModelEntry]) -> list[str]:
    return st.multiselect(
        "Models",
        list(found),
        key="evaluate.models",
        format_func=lambda name: found[name].title,
        placeholder="Choose models",
        wrap=True,
    )


def _others(chosen: list[str]) -> list[str]:
    """What is in no list of models."""
    typed = st.text_area(
        "Also measure, one per line",
        key="evaluate.others",
        height=68,
        placeholder="a folder of images, a file of weights, org/name on the Hub",
        help="Folders and zips of images are measured as they are; choose a reference for them below.",
    )
    return [line for line in dict.fromkeys(map(str.strip, typed.splitlines())) if line and line not in chosen]


def _metrics() -> list[str]:
    """The chosen ones, in the catalogue's order."""
    cheap = st.pills(
        "Metrics in the features of GANLab's own networks",
        cheap_metrics(),
        selection_mode="multi",
        key="evaluate.cheap",
        format_func=metric_title,
        wrap=True,
    )
    with st.expander("FID and its relatives, in Inception's features", expanded=bool(st.session_state["evaluate.inception"])):
        inception = st.pills(
            "Metrics in Inception's features",
            inception_metrics(),
            selection_mode="multi",
            key="evaluate.inception",
            format_func=metric_title,
            label_visibility="collapsed",
            wrap=True,
        )
        st.caption(to_download(inception or ["fid"]))
    chosen = [*cheap, *inception]
    if chosen:
        st.caption(metric_help(chosen))
    return chosen


def _reference() -> dict[str, Any]:
    """Ask for the reference, the number of images, and whether real ones are measured too."""
    options = references()
    left, right = st.columns(2)
    reference = left.selectbox("Reference", list(options), key="evaluate.reference", format_func=options.__getitem__)
    n = right.number_input(
        "Images per model",
        LEAST,
        1_000_000,
        value=None,
        step=1000,
        key="evaluate.n",
        placeholder="Automatic",
        help="Automatic takes as many fakes as there are real images to measure beside them, 10,000 at most, so that the two can "
        "be compared. With fewer images, distances come out larger.",
    )
    has_parts = reference != FOLDER
    if not has_parts:
        typed = st.text_input("Folder or zip of real images", key="evaluate.folder", placeholder="/home/me/pictures")
        reference = typed.strip() or FOLDER
    floors = st.checkbox(
        "Floors: the scores of real images",
        key="evaluate.floors",
        disabled=not has_parts,
        help="The best score that a generator can hope for: real test images compared with training images, and one half of the "
        "training images with the other. A folder has no such parts. Where a part has fewer images than requested, its floor "
        "gets a table of its own.",
    )
    return {"n": None if n is None else int(n), "reference": reference, "floors": floors and has_parts}


def _details(reference: str) -> dict[str, Any]:
    """What is seldom changed."""
    left, right = st.columns(2)
    has_parts = reference in references() and reference != FOLDER
    split = left.selectbox(
        "Part of the reference", list(PARTS), key="evaluate.split", format_func=PARTS.__getitem__, disabled=not has_parts
    )
    seed = right.number_input("Seed", 0, 2**31 - 1, key="evaluate.seed", help="Determines z and the random subsets.")
    return {"split": split, "seed": int(seed), "device": _device()}


def _device() -> str:
    found = devices()
    if len(found) == 1:
        return "auto"
    names = {"auto": f"Automatic: {found[0].title}", **{device.name: device.title for device in found}}
    return st.selectbox("Device", list(names), key="evaluate.device", format_func=names.__getitem__)


def _reader(arguments: Mapping[str, Any], found: Mapping[str, ModelEntry]) -> str:
    """What reads the images: "" for the data set's own classifier, where each has one; else the encoder of photos.

    The classifier of other data is no choice: it takes any image for one of its own kind.
    """
    if not any(name in cheap_metrics() for name in arguments["metrics"]):
        return ""
    if _without_classifier(arguments, found):
        return GENERAL
    names = {"": "The data set's own classifier", GENERAL: "The encoder of photos"}
    return st.selectbox(
        "Read by",
        list(names),
        key="evaluate.reader",
        format_func=names.__getitem__,
        help="Metrics compare what a network sees in the images, not their pixels: one that learned the classes of the data set, "
        "or one that learned photos of any kind.",
    )


def _explain_reader(arguments: Mapping[str, Any], found: Mapping[str, ModelEntry], reader: str) -> None:
    """Say so where there is no classifier of the data."""
    lacking = _without_classifier(arguments, found)
    if lacking and reader:
        used = "an encoder that GANLab trained on photos reads the pictures"
        st.caption(f"There is no classifier for {' and '.join(map(escaped, lacking))} here, so {used}.")


def _without_classifier(arguments: Mapping[str, Any], found: Mapping[str, ModelEntry]) -> list[str]:
    reference = arguments["reference"]
    datasets = [reference] if reference else [trained_on(found[name]) for name in arguments["subjects"] if name in found]
    return without_classifier(dict.fromkeys(datasets))


def _title(subjects: list[str], found: Mapping[str, ModelEntry]) -> str:
    """The first two by name."""
    names = list(titles(subjects, found).values())
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more
