"""What can be done with a run, wherever it is shown."""

from __future__ import annotations

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views.permissions import attempt, may, requires
from ganlab.app.views.train_links import shapes_link
from ganlab.runtime.fork import repeat
from ganlab.runtime.launch import resume
from ganlab.runtime.run import Run
from ganlab.runtime.status import Status

RESUMABLE = ("stopped", "failed", "lost")


def train_link() -> None:
    """To the Train page, for those who may start runs."""
    if may(Action.LAUNCH):
        st.page_link("pages/train.py", label="Train a GAN", icon=":material/model_training:")


def play_button(run: Run) -> None:
    """To the playground, as soon as there is a checkpoint."""
    if run.checkpoints() and st.button("Play with this", icon=":material/tune:"):
        st.switch_page("pages/play.py", query_params={"model": run.id})


def resume_button(run: Run, state: str) -> None:
    """Go on with a run that has ended early; inside a fragment."""
    if state not in RESUMABLE or not may(Action.RESUME):
        return
    if st.button("Resume", icon=":material/play_arrow:", help="Continues from the newest checkpoint."):
        attempt(run.id, _resume, run)
        st.rerun(scope="fragment")


def instead_link(run: Run, status: Status) -> None:
    """Offer what needs no network, where a run failed since its data cannot be downloaded."""
    if status.state == "failed" and status.reason == "not_fetched" and may(Action.LAUNCH):
        shapes_link(run.settings.recipe, run.settings.config)


def repeat_button(run: Run) -> None:
    """Train it once more from the start."""
    help = "Trains it again from the start: the same settings, the same changes at the same steps."
    if may(Action.LAUNCH) and st.button("Repeat", icon=":material/replay:", help=help):
        if made := attempt(run.id, _repeat, run):
            st.switch_page("pages/watch.py", query_params={"run": made.id})
        st.rerun(scope="fragment")


@requires(Action.LAUNCH)
def _repeat(run: Run) -> Run:
    return repeat(run)


@requires(Action.RESUME)
def _resume(run: Run) -> None:
    resume(run)
