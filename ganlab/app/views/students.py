"""What a student of a class can do on each page, in one line; the teacher, who can do everything, reads none."""

from __future__ import annotations

import streamlit as st

from ganlab.app.security import sandbox
from ganlab.app.security.rights import Action
from ganlab.app.views.permissions import may

_LINES = {
    "home": "You can watch what your teacher trains, and play with every model here.",
    "train": "You can see what trains now and what each recipe does. Only the teacher can start runs.",
    "watch": "You can zoom the curves, scrub through the pictures, compare and export.",
    "runs": "You can watch, compare, play with and export every run. Only the teacher can start or delete runs.",
    "evaluate": "You can read, compare and take along what was measured. Only the teacher can start measurements.",
    "play": "You can try everything here: nothing that you do changes a model, or what others see.",
}
# While the sandbox is open.
_LINES_OPEN = {
    "home": "You can train a small GAN of your own, watch what your teacher trains, and play with every model here.",
    "train": "You can train one small GAN at a time; it is yours to pause, stop and delete.",
    "runs": "You can watch, compare, play with and export every run; those that you have started are yours to stop and delete.",
    "watch": "You can zoom the curves, scrub through the pictures, compare and export; and pause or stop a run of your own.",
}


def line(page: str) -> None:
    """Show a student what can be done on this page."""
    if not may(Action.LAUNCH):
        text = (_LINES_OPEN if sandbox.is_open() else _LINES).get(page, _LINES[page])
        st.caption(text, text_alignment="center" if page == "home" else "left")
