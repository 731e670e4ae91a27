"""A run's name, notes and tags: shown to everyone, changed by those who may."""

from __future__ import annotations

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views.permissions import FAILURES, error_text, may, redacted, requires
from ganlab.app.views.titles import what
from ganlab.app.views.wording import escaped
from ganlab.runtime.labels import MOST_NAME, MOST_NOTES, MOST_TAG, MOST_TAGS, Labels, keep_labels
from ganlab.runtime.run import Run


def notes(run: Run) -> None:
    """The notes on a run, and its tags, as they were typed."""
    labels = run.labels
    if labels.tags:
        st.markdown(" ".join(f":gray-badge[{escaped(redacted(tag))}]" for tag in labels.tags))
    if labels.notes:
        st.text(redacted(labels.notes))


def label_button(run: Run) -> None:
    """To the dialog; those who may not change anything have no button, for they see what there is."""
    if may(Action.LABEL) and st.button("Name and notes", icon=":material/edit_note:"):
        _dialog(run)


@st.dialog("Name and notes")
def _dialog(run: Run) -> None:
    labels, settings = run.labels, run.settings
    key = f"runs.label/{run.id}"
    usual = what(settings.recipe, settings.config)
    st.text_input("Name", labels.name, max_chars=MOST_NAME, placeholder=usual, key=f"{key}/name")
    st.text_area("Notes", labels.notes, max_chars=MOST_NOTES, height=160, key=f"{key}/notes")
    help = f"Up to {MOST_TAGS} of up to {MOST_TAG} characters, with commas between them."
    st.text_input("Tags", ", ".join(labels.tags), help=help, placeholder="digits, lesson 3", key=f"{key}/tags")
    saved = st.button("Save", type="primary", key=f"{key}/save", on_click=_save, args=(run, key))
    if refused := st.session_state.get(f"{key}/refused"):
        st.error(refused)
    elif saved:
        st.rerun()


def _save(run: Run, key: str) -> None:
    """Keep what the dialog holds; what keeps it from that is shown in the dialog."""
    name, text, tags = (str(st.session_state.get(f"{key}/{field}", "")) for field in ("name", "notes", "tags"))
    st.session_state[f"{key}/refused"] = ""
    try:
        _keep(run, Labels.of(name, text, [tags]))
    except FAILURES as error:
        st.session_state[f"{key}/refused"] = error_text(error)


@requires(Action.LABEL)
def _keep(run: Run, labels: Labels) -> None:
    keep_labels(run.path, labels)
