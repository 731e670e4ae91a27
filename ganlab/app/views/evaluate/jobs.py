"""The Evaluate page's list of jobs: which one is shown, how far the active ones are, stopping and deleting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from ganlab.analysis.jobs import Job, Status, jobs
from ganlab.app.security.rights import Action
from ganlab.app.views import url_state
from ganlab.app.views.evaluate import results, subjects
from ganlab.app.views.job_wording import progress_text
from ganlab.app.views.permissions import attempt, may, redacted, requires, show_failure
from ganlab.app.views.wording import age, escaped
from ganlab.core.text import duration

PAGE = "evaluate"
REFRESH_SECONDS = 1.0
_SHOWN = 4  # rows before the others are folded away
_SELECTED = "evaluate.job"
_STATES = {
    "stopped": ":material/stop_circle: Stopped",
    "failed": ":red[:material/error: Failed]",
    "lost": ":red[:material/error: Lost]",
}


def selected() -> Job | None:
    """The job that the address names, else the one chosen before, else the newest; writes it into the address."""
    known = {job.id: job for job in jobs()}
    asked = url_state.asked().get("job", "")
    if url_state.changed_outside(PAGE) and asked:
        if asked not in known:
            st.warning("The measurement in this link is not here." + (" The newest one is shown." if known else ""))
        st.session_state[_SELECTED] = asked
    chosen = st.session_state.get(_SELECTED)
    if chosen not in known:
        chosen = next(iter(known), None)
    if chosen is None:
        return None
    return known[chosen]


def select(id: str) -> None:
    """Show this job from the next run of the page on."""
    st.session_state[_SELECTED] = id
    url_state.write(PAGE, {"job": id})


def arguments(job: Job) -> Mapping[str, Any]:
    """What a measuring job was asked; empty for other kinds and damaged ones."""
    try:
        facts = job.facts
    except ValueError:
        return {}
    found: Mapping[str, Any] = facts["arguments"] if facts["kind"] == "evaluate" else {}
    return found


def listed(shown: Job) -> None:
    """All jobs, newest first; the list refreshes only while one of them is active."""
    select(shown.id)
    st.subheader("Measurements", anchor=False)
    active = {job.id for job in jobs() if job.status().active}
    st.fragment(_rows, run_every=REFRESH_SECONDS if active else None)(shown, active)


def _rows(shown: Job, active: set[str]) -> None:
    """The list, and below it what the shown job has measured so far, while it is active."""
    known = [(job, job.status()) for job in jobs()]
    if {job.id for job, status in known if status.active} != active:
        st.rerun()  # one has begun or ended: charts and downloads belong to the whole page
    with st.container(border=True, gap="xsmall"):
        for job, status in known[:_SHOWN]:
            _row(job, status, shown)
    if len(known) > _SHOWN:
        with st.expander(f"{len(known) - _SHOWN} older", expanded=shown.id in {job.id for job, _ in known[_SHOWN:]}):
            for job, status in known[_SHOWN:]:
                _row(job, status, shown)
    if shown.id in active:
        results.show_values(shown)


def _row(job: Job, status: Status, shown: Job) -> None:
    try:
        facts = job.facts
    except ValueError:
        facts = {"title": "Damaged", "arguments": {}, "created": 0.0}
    notes = [subjects.described(facts["arguments"]), age(facts["created"]), _STATES.get(status.state, "")]
    title = escaped(facts["title"])
    if job.id == shown.id:
        title = f":primary[:material/visibility: **{title}**]"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{title}  \n:gray[:small[{', '.join(map(escaped, filter(None, notes)))}]]", width="stretch")
        if job.id != shown.id:
            key, icon = f"evaluate.show/{job.id}", ":material/visibility:"
            st.button("Show", key=key, icon=icon, type="tertiary", on_click=select, args=(job.id,))
        _end_button(job, status)
    show_failure(job.id)
    if status.active:
        _bar(job, status)


def _bar(job: Job, status: Status) -> None:
    """How far it is, in a bar and in words."""
    progress = status.progress
    titles = subjects.titles(job.facts["arguments"].get("subjects", ()), subjects.models_here())
    words = [progress_text(replace(progress, subject=titles.get(progress.subject, progress.subject)))]
    if progress.total:
        words.append(f"{progress.done:,} of {progress.total:,} {progress.unit}")
    if progress.rate:
        words.append(f"{progress.rate:,.0f} a second")
    if progress.seconds_left is not None:
        words.append(f"{duration(progress.seconds_left)} left")
    st.progress(min(progress.done / progress.total, 1.0) if progress.total else 0.0, escaped(redacted(", ".join(words))))


def _end_button(job: Job, status: Status) -> None:
    if status.active and may(Action.MEASURE):
        asked = job.stop_requested()
        stop, key, act = "Stopping" if asked else "Stop", f"evaluate.stop/{job.id}", (job.id, _stop, job)
        st.button(stop, key=key, on_click=attempt, args=act, icon=":material/stop:", type="tertiary", disabled=asked)
    if status.active or not may(Action.DELETE):
        return
    if st.button("Delete", key=f"evaluate.delete/{job.id}", icon=":material/delete:", type="tertiary"):
        _confirm(job)


@st.dialog("Delete this measurement?")
def _confirm(job: Job) -> None:
    st.markdown("Its numbers are removed from the disk; the models stay.")
    with st.container(horizontal=True):
        sure = st.button("Delete", type="primary", key="evaluate.sure", on_click=attempt, args=(job.id, _delete, job))
        if sure or st.button("Keep"):
            st.rerun()


@requires(Action.DELETE)
def _delete(job: Job) -> None:
    job.delete()


@requires(Action.MEASURE)
def _stop(job: Job) -> None:
    job.request_stop()
