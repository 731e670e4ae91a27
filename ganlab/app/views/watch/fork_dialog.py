"""The dialog that forks a run: from which checkpoint, and what shall be different."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views.permissions import FAILURES, error_text, may, requires
from ganlab.app.views.setting_titles import setting_title
from ganlab.app.views.train import form
from ganlab.app.views.wording import escaped, run_label
from ganlab.core.config import TrainConfig, Value
from ganlab.core.names import located, shown
from ganlab.core.text import byte_size, counted
from ganlab.runtime.checkpoint import STATES_BUDGET
from ganlab.runtime.fork import fork, forkable, may_change, settings_at
from ganlab.runtime.run import Run
from ganlab.training.families import FAMILIES

_WANTED = "fork.wanted"


def fork_button(run: Run) -> None:
    """Where there is a checkpoint to go on from."""
    help = "A new run that continues from one of this run's checkpoints, with other settings."
    if may(Action.FORK) and forkable(run) and st.button("Fork", icon=":material/fork_right:", help=help):
        _ask(run)


@requires(Action.FORK)
def _fork(run: Run, step: int, changes: Mapping[str, Value]) -> Run:
    return fork(run, step, **changes)


@st.cache_data(max_entries=50, ttl=30, show_spinner=False)
def _settings_at(path: str, step: int) -> TrainConfig:
    """Not read anew at every touch of a widget."""
    return settings_at(Run(located(path)), step)


def fork_asked(run: Run, asked: Mapping[str, str]) -> None:
    """Open the dialog for an address with `fork` (a step) and settings in it, as the doctor's button leads to.

    The page clears its address at once and a browser that has just come runs it twice, so the wish is kept until it is dismissed.
    """
    if "fork" in asked:
        st.session_state[_WANTED] = {**asked, "run": run.id}
    wanted = st.session_state.get(_WANTED)
    if wanted and wanted["run"] == run.id and forkable(run) and may(Action.FORK):
        _ask(run, wanted)


def _forget() -> None:
    st.session_state.pop(_WANTED, None)


@st.dialog("Fork a run", width="large", on_dismiss=_forget)
def _ask(run: Run, asked: Mapping[str, str] = MappingProxyType({})) -> None:
    steps = forkable(run)
    st.caption(
        f"{escaped(run_label(run))} stays as it is; the fork shows its curves up to the checkpoint and continues from there."
    )
    key = f"fork/{run.id}/step"
    wanted = asked.get("fork", str(steps[0]))
    if wanted in map(str, steps):
        st.session_state.setdefault(key, int(wanted))
    else:
        st.warning(f"The link asks for step {escaped(wanted[:20])}, which has no checkpoint to continue from: choose another.")
    step = st.selectbox("From step", steps, format_func=lambda step: f"{step:,}", key=key)
    _explain_missing(run, steps)
    if step is None:
        return
    try:
        base = _settings_at(shown(str(run.path)), step)
    except ValueError as error:
        st.error(error_text(error))
        return
    offered = [
        setting for setting in FAMILIES[base.family].settings() if setting.name in asked and setting.name in may_change(base)
    ]
    filled = [setting for setting in offered if not form.beginning(setting, getattr(base, setting.name), asked)[1]]
    if filled:
        st.info(
            f"The doctor's advice is filled in: {', '.join(setting_title(setting.name) for setting in filled)}.",
            icon=":material/healing:",
        )
    changes, wrong = form.some(base, may_change(base), f"fork/{run.id}/{step}", asked)
    if st.button("Start the fork", type="primary", icon=":material/fork_right:", disabled=bool(wrong)):
        try:
            made = _fork(run, step, changes)
        except FAILURES as error:
            st.error(error_text(error))
            return
        _forget()
        st.switch_page("pages/watch.py", query_params={"run": made.id})


def _explain_missing(run: Run, steps: Sequence[int]) -> None:
    """Why there is not every checkpoint to choose."""
    missing = len(run.checkpoints()) - len(steps)
    if missing > 0:
        kept = f"the newest checkpoints, up to {byte_size(STATES_BUDGET)} per run, and cleaning up leaves fewer"
        st.caption(
            f"{counted(missing, 'other checkpoint')} can be played with, not forked: a fork needs the state kept with {kept}."
        )
