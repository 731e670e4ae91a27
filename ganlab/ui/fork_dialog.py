"""The dialog that forks a run: from which checkpoint, and what shall be different."""

from __future__ import annotations

import streamlit as st

from ganlab.fork import fork, forkable, may_change
from ganlab.run import Run
from ganlab.ui import form
from ganlab.ui.wording import run_label


def fork_button(run: Run) -> None:
    """Where there is a checkpoint to go on from."""
    hint = "A new run that goes on from one of this run's checkpoints, with other settings."
    if forkable(run) and st.button("Fork", icon=":material/fork_right:", help=hint):
        _ask(run)


@st.dialog("Fork a run", width="large")
def _ask(run: Run) -> None:
    steps = forkable(run)
    try:
        base = run.config_now
    except ValueError as error:
        st.error(str(error))
        return
    st.caption(f"{run_label(run)} stays as it is; the fork shows its curves up to the checkpoint and goes on from there.")
    step = st.selectbox("From step", steps, format_func=lambda step: f"{step:,}", key=f"fork/{run.id}/step")
    changes, wrong = form.some(base, may_change(base), f"fork/{run.id}")
    if st.button("Start the fork", type="primary", icon=":material/fork_right:", disabled=bool(wrong or step is None)):
        try:
            made = fork(run, step, **changes)
        except ValueError as error:
            st.error(str(error))
            return
        st.switch_page("pages/watch.py", query_params={"run": made.id})
