"""The first thing a newcomer sees."""

from __future__ import annotations

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views import start_run
from ganlab.app.views.permissions import hint, may
from ganlab.data import Availability
from ganlab.training.recipes import configs_of


def hero(digits: Availability) -> None:
    """What this is, and a button that starts training; the digits where they can be had, the shapes in any case."""
    with st.container(horizontal_alignment="center"):
        st.title("Watch a machine learn to draw", anchor=False, text_alignment="center")
        st.markdown(
            "Two networks play against each other: the **generator** draws pictures out of noise, the **discriminator** "
            "tries to tell them from real ones. Both get better, until the pictures look real. "
            "Train one here, watch it learn, then play with what it has learned.",
            width=720,
            text_alignment="center",
        )
        if not may(Action.LAUNCH):
            _in_the_classroom()
            return
        with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
            digits_pressed = st.button("Train digits now", type="primary", icon=":material/play_arrow:")
            shapes_pressed = st.button("Train shapes", icon=":material/category:")
            st.page_link("pages/train.py", label="All recipes and settings", icon=":material/settings:")
        st.caption(_digits_hint(digits), text_alignment="center")
    if digits_pressed or shapes_pressed:
        start_run.start_and_watch(configs_of(start_run.DIGITS if digits_pressed else start_run.SHAPES))
    else:
        start_run.fresh_token()


def _in_the_classroom() -> None:
    """What a student can do."""
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        if st.button("Watch the training", type="primary", icon=":material/monitoring:"):
            st.switch_page("pages/watch.py")
        st.page_link("pages/play.py", label="Play with a model", icon=":material/tune:")
    st.caption(hint(Action.LAUNCH), text_alignment="center")


def how_it_goes() -> None:
    """Show the three steps while no run was ever started."""
    st.subheader("How it goes", anchor=False)
    begin = "Press a button above." if may(Action.LAUNCH) else "Your teacher starts a run."
    steps = (
        ("model_training", "Train", f"{begin} Training goes on in the background, even with this page closed."),
        ("monitoring", "Watch", "See the sheet of samples turn from noise into pictures, and the two losses fight."),
        ("tune", "Play", "Move sliders through what the generator has learned, while it is still learning."),
    )
    for column, (icon, title, text) in zip(st.columns(3), steps, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"#### :material/{icon}: {title}")
            st.markdown(text)


def _digits_hint(digits: Availability) -> str:
    if digits.state == "ready":
        return "MNIST's handwritten digits are on this machine. A first training takes a minute or two on a laptop."
    return f"The digits are downloaded first ({digits.megabytes} MB). The shapes are generated here and need no network."
