"""The teacher's switch of the sandbox, in which students start small runs of their own."""

from __future__ import annotations

import streamlit as st

from ganlab.app.security import classroom, sandbox
from ganlab.app.security.quotas import most
from ganlab.app.security.rights import Action
from ganlab.app.serving import small_runs
from ganlab.app.views.permissions import attempt, may, requires, show_failure, visitor_name
from ganlab.core.text import counted

_KEY = "runs.sandbox"


def switch() -> None:
    """Draw it for the teacher of a class; it shows what is, whatever page has switched it."""
    if not classroom.wanted() or not may(Action.OPEN):
        return
    st.session_state[_KEY] = sandbox.is_open()
    steps, together = most("sandbox steps", "seat"), most("sandbox runs", "server")
    st.toggle(
        "Sandbox: students may start small runs",
        key=_KEY,
        on_change=attempt,
        args=(_KEY, _toggle),
        help=f"Each student has one run at a time, of at most {steps:,} steps; {together} of the class train or wait, one after "
        "another and beside your own runs, whose turn they never take. Students can pause, stop and delete their own runs only.",
    )
    show_failure(_KEY)
    if not sandbox.is_open() and (kept := len(small_runs.all_runs())):
        st.caption(f"The sandbox is closed; {counted(kept, 'run')} of students {'is' if kept == 1 else 'are'} kept.")


@requires(Action.OPEN)
def _toggle() -> None:
    if st.session_state[_KEY]:
        sandbox.leave(opened=True)
    else:
        small_runs.close(visitor_name())
