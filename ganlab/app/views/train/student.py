"""The Train page as a student sees it: what trains now, what the recipes do, and, in the sandbox, a small run of one's own."""

from __future__ import annotations

import streamlit as st

from ganlab.app.security import sandbox
from ganlab.app.security.rights import Action
from ganlab.app.serving import small_runs
from ganlab.app.views import start_run, students
from ganlab.app.views.permissions import FAILURES, attempt, error_text, mine, requires, show_failure, visitor_name, who
from ganlab.app.views.status_wording import status_text
from ganlab.app.views.train import choice
from ganlab.app.views.wording import escaped, progress, run_label
from ganlab.core.config import TrainConfig
from ganlab.data import DATASETS
from ganlab.runtime.device_queue import SANDBOX, queue
from ganlab.runtime.run import UNREADABLE, Run
from ganlab.runtime.status import ACTIVE
from ganlab.training.families import FAMILIES

REFRESH_SECONDS = 2.0
_RATES = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05)
_STEPS_BETWEEN = 50
_PROBLEM = "small.problem"


def page() -> None:
    """Draw it all."""
    opened = sandbox.is_open()
    students.line("train")
    if opened:
        _form()
    own = _own()
    if own:
        st.subheader("Your runs", anchor=False)
        _rows([run.id for run in own])
    st.subheader("Training now", anchor=False)
    _training(opened)
    if not opened:
        st.subheader("What the recipes do", anchor=False)
        name = st.selectbox("Recipe", choice.recipe_names(), format_func=choice.recipe_title, key="student.recipe")
        choice.about(name)


def _own() -> list[Run]:
    return [run for run in small_runs.all_runs() if mine(run)]


def _form() -> None:
    settings, panel = st.columns([13, 7], gap="large")
    with settings:
        left, right = st.columns(2)
        family = left.selectbox("Family", small_runs.SMALL_FAMILIES, format_func=_family_title, key="small.family")
        names = small_runs.datasets(family)
        dataset = right.selectbox("Data set", names, format_func=lambda name: DATASETS[name].title, key=f"small.data/{family}")
        left, right = st.columns(2)
        most = small_runs.most_steps()
        steps = left.slider("Steps", small_runs.LEAST_STEPS, most, min(400, most), _STEPS_BETWEEN, key="small.steps")
        rate = right.select_slider("Learning rate", _RATES, 0.002, format_func="{:g}".format, key="small.rate")
        st.caption(f"{FAMILIES[family].paper}  \n{DATASETS[dataset].note}")
    with panel, st.container(border=True):
        st.markdown(f"**{FAMILIES[family].title}** on **{DATASETS[dataset].title}**  \n{steps:,} steps, a small network")
        _starter(family, dataset, steps, rate)


@st.fragment(run_every=REFRESH_SECONDS)
def _starter(family: str, dataset: str, steps: int, rate: float) -> None:
    """The button, or why there is none; an error stays until the next try."""
    obstacle = small_runs.obstacle(who())
    st.caption(obstacle or _wait())
    pressed = not obstacle and st.button("Start my run", type="primary", icon=":material/play_arrow:", width="stretch")
    if pressed:
        try:
            with st.spinner("Starting …"):
                run = start_run.once(lambda: _start(small_runs.small(family, dataset, steps, rate)))
            st.session_state.pop(_PROBLEM, None)
            st.switch_page("pages/watch.py", query_params={"run": run.id})
        except FAILURES as error:
            st.session_state[_PROBLEM] = error_text(error)
    else:
        start_run.fresh_token()
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem)


def _family_title(name: str) -> str:
    return f"{FAMILIES[name].title} ({FAMILIES[name].year})"


def _wait() -> str:
    """How many are before a run that is started now."""
    before = sum(not place.away for slot, places in queue().items() if slot.endswith(SANDBOX) for place in places)
    if not before:
        return "The sandbox is free: your run begins at once."
    return f"{before} small run{'s are' if before > 1 else ' is'} before yours; each takes a minute or two."


@st.fragment(run_every=REFRESH_SECONDS)
def _rows(ids: list[str]) -> None:
    """One's own runs, with what can be done with them."""
    for id in ids:
        try:
            run = Run.open(id)
            status = run.status()
            label, text = run_label(run), f"{progress(status)}. {status_text(status)}"
        except UNREADABLE:  # deleted meanwhile
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{escaped(label)}**  \n:gray[:small[{escaped(text)}]]", width="stretch")
            st.page_link("pages/watch.py", label="Watch", icon=":material/monitoring:", query_params={"run": id})
            if status.state in ACTIVE:
                asked = run.stop_requested()
                if st.button("Stop", key=f"small.stop/{id}", icon=":material/stop:", type="tertiary", disabled=asked):
                    attempt(id, _stop, run)
                    st.rerun(scope="fragment")
            elif st.button("Delete", key=f"small.delete/{id}", icon=":material/delete:", type="tertiary"):
                _confirm(run, label)
        show_failure(id)


@st.dialog("Delete this run?")
def _confirm(run: Run, label: str) -> None:
    st.markdown(f"{escaped(label)}: its curves, pictures and checkpoints are removed.")
    with st.container(horizontal=True):
        sure = st.button("Delete", type="primary", key="small.sure", on_click=attempt, args=(run.id, _delete, run))
        if sure or st.button("Keep"):
            st.rerun()


@st.fragment(run_every=REFRESH_SECONDS)
def _training(opened: bool) -> None:
    """What trains or waits, with a way to watch it; when the teacher opens or closes the sandbox, the page is drawn anew."""
    if sandbox.is_open() != opened:
        st.rerun()
    places = [place for members in queue().values() for place in members if not mine(place.run)]
    if not places:
        st.caption("Nothing else trains right now.")
    for place in places:
        try:
            status, label = place.run.status(), run_label(place.run)
        except UNREADABLE:
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            text = f"{progress(status)}. {status_text(status)}"
            st.markdown(f"**{escaped(label)}**  \n:gray[:small[{escaped(text)}]]", width="stretch")
            st.page_link("pages/watch.py", label="Watch", icon=":material/monitoring:", query_params={"run": place.run.id})


@requires(Action.SANDBOX)
def _start(config: TrainConfig) -> Run:
    return small_runs.start(config, who())


@requires(Action.CONTROL)
def _stop(run: Run) -> None:
    run.request_stop(visitor_name())


@requires(Action.DELETE)
def _delete(run: Run) -> None:
    run.delete()
