"""The first thing a newcomer sees."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from ganlab.app.security import sandbox
from ganlab.app.security.rights import Action
from ganlab.app.views import start_run, students
from ganlab.app.views.permissions import may
from ganlab.app.views.train.pace import pace
from ganlab.app.views.train_links import DIGITS, SHAPES
from ganlab.core.text import duration
from ganlab.data import Availability
from ganlab.training.recipes import configs_of

Kind = Literal["primary", "secondary"]
_NO_DIGITS = "home.no_digits"
_OFFER = (
    "The digits cannot be downloaded now: there is no network, or their server does not answer. "
    "**Train shapes** needs no network, and shows the same: ten kinds of pictures, learned from noise."
)


def hero(digits: Availability) -> None:
    """What this is, and a button that starts training; the digits where they can be had, the shapes in any case."""
    trains = may(Action.LAUNCH) or sandbox.is_open()
    with st.container(horizontal_alignment="center"):
        st.title("Watch a machine learn to draw", anchor=False, text_alignment="center")
        st.markdown(
            "Two networks play against each other: the **generator** draws pictures out of noise, the **discriminator** "
            "tries to tell them from real ones. Both get better, until the pictures look real. "
            f"{'Train one here, watch it learn' if trains else 'Watch one learn here'}, then play with what it has learned.",
            width=720,
            text_alignment="center",
        )
        if not may(Action.LAUNCH):
            _in_the_classroom()
            return
        refused = st.session_state.get(_NO_DIGITS, False)  # until the next click, which these buttons must outlive
        with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
            kinds: tuple[Kind, Kind] = ("secondary", "primary") if refused else ("primary", "secondary")
            digits_pressed = st.button("Train digits now", type=kinds[0], icon=":material/play_arrow:")
            shapes_pressed = st.button("Train shapes", type=kinds[1], icon=":material/category:")
            st.page_link("pages/train.py", label="All recipes and settings", icon=":material/settings:")
        if refused:
            st.warning(_OFFER, icon=":material/cloud_off:", width=720)
        else:
            st.caption(_digits_hint(digits), text_alignment="center")
    if digits_pressed or shapes_pressed:
        st.session_state.pop(_NO_DIGITS, None)
        start_run.start_and_watch(configs_of(DIGITS if digits_pressed else SHAPES), _offer_shapes)
    else:
        start_run.fresh_token()


def _offer_shapes() -> None:
    """Draw the page anew, with the shapes as the thing to press."""
    st.session_state[_NO_DIGITS] = True
    st.rerun()


def _in_the_classroom() -> None:
    """What a student can do."""
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        if st.button("Watch the training", type="primary", icon=":material/monitoring:"):
            st.switch_page("pages/watch.py")
        if sandbox.is_open():
            st.page_link("pages/train.py", label="Train a small GAN", icon=":material/model_training:")
        st.page_link("pages/play.py", label="Play with a model", icon=":material/tune:")
    students.line("home")


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
        return f"MNIST's handwritten digits are on this machine. {_how_long(DIGITS)}"
    shapes = "The shapes are generated here and need no network."
    return f"The digits are downloaded first ({digits.megabytes} MB). {shapes} {_how_long(SHAPES)}"


def _how_long(recipe: str) -> str:
    """Measured in an earlier run of this machine; else what it took on others (docs/results.md and the shipped model's page)."""
    config = configs_of(recipe)[recipe]
    if measured := pace(config):
        return f"A training takes about {duration(config.steps * measured.seconds)}, as measured here."
    return "A first training takes one to three minutes on two processor cores."
