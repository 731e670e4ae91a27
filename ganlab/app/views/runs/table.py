"""The table of runs: refreshes itself, keeps the selection, and offers what fits the selected runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views import run_actions
from ganlab.app.views.page_frame import address
from ganlab.app.views.permissions import attempt, failure, may, redacted, requires, show_failure, visitor_name
from ganlab.app.views.runs.label_dialog import label_button, notes
from ganlab.app.views.runs.rows import ROW_HEIGHT, Broken, Row, columns, found
from ganlab.app.views.status_wording import damage_text
from ganlab.app.views.watch.fork_dialog import fork_button
from ganlab.app.views.watch.watch import MOST
from ganlab.app.views.wording import escaped
from ganlab.core.names import shown
from ganlab.runtime.run import Run, damaged_runs, runs
from ganlab.runtime.status import ACTIVE

REFRESH_SECONDS = 3.0
_ROWS = 100  # on a page of the table: each takes two milliseconds to look at
_BROKEN = 20  # sentences below the table
_PAGE = "runs.page"
_SELECTED, _SEARCH = "runs.selected", "runs.search"
_FEW = 4  # runs


@st.fragment(run_every=REFRESH_SECONDS)
def table() -> None:
    """The table and, above it, what can be done with the selection."""
    everything = runs()
    known = found(everything, _searched(len(everything)))
    pages = max(1, -(-len(known) // _ROWS))
    number = min(st.session_state.get(_PAGE, 1), pages)
    looked_at = [Row.of(run) for run in known[(number - 1) * _ROWS : number * _ROWS]]
    rows = [row for row in looked_at if isinstance(row, Row)]
    damaged = [Broken(run, damage_text(run.id, damage)) for run, damage in damaged_runs().items()]
    broken = [*(row for row in looked_at if isinstance(row, Broken)), *damaged]
    if not everything and not broken:
        whose, actions = ("you start", "watch, resume") if may(Action.LAUNCH) else ("your teacher starts", "watch")
        st.info(f"No runs yet. Every run that {whose} is listed here; you can {actions}, compare and export it.")
        run_actions.train_link()
        return
    selected = st.session_state.setdefault(_SELECTED, [])
    bar = st.container(horizontal=True, vertical_alignment="center", height=60, border=False)
    below = st.container()
    chosen = _grid(rows, selected) if rows else []
    st.session_state[_SELECTED] = [row.run.id for row in chosen]
    if everything and not known:
        st.caption("No run has all these words in its name, notes, tags or settings.")
        return
    with bar:
        _offer(chosen)
    if len(chosen) == 1:
        with below:
            if chosen[0].message:  # whole, however narrow its column is
                st.markdown(f":red[:material/error:] {escaped(chosen[0].message)}")
            notes(chosen[0].run)
    with below:
        for row in chosen:
            show_failure(row.run.id)
    if pages > 1:
        st.session_state[_PAGE] = number  # fewer pages than before, where runs were deleted
        with st.container(horizontal=True, vertical_alignment="center"):
            st.pagination(pages, key=_PAGE)
            st.caption(f"{len(known):,} runs, newest first")
    for place, one in enumerate(broken[:_BROKEN]):
        _broken(place, one)
    if len(broken) > _BROKEN:
        st.caption(f"{len(broken) - _BROKEN:,} more cannot be shown.")


def _searched(many: int) -> str:
    """What is searched for; a few runs need no search."""
    if many < _FEW and not st.session_state.get(_SEARCH):
        return ""
    hint = "Name, note, tag, data, or a setting such as lr=0.002"
    return st.text_input(
        "Search", key=_SEARCH, placeholder=hint, label_visibility="collapsed", icon=":material/search:", width=420
    )


def _broken(place: int, one: Broken) -> None:
    """A run that cannot be shown can still be deleted."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(escaped(redacted(one.sentence)), width="stretch")
        key = f"runs.broken/{place}/{shown(one.run.id)}"
        if may(Action.DELETE) and st.button("Delete", key=key, icon=":material/delete:", type="tertiary"):
            _confirm([(one.run, shown(one.run.id))])
    show_failure(one.run.id)


def _grid(rows: Sequence[Row], selected: Sequence[str]) -> list[Row]:
    """The table; a list that has grown or shrunk is a new widget that starts with the same runs selected."""
    ids = [row.run.id for row in rows]
    event = st.dataframe(
        [row.cells for row in rows],
        key=f"runs/{hash(tuple(ids))}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(id) for id in selected if id in ids], "columns": [], "cells": []}},
        hide_index=True,
        row_height=ROW_HEIGHT,
        placeholder="–",
        column_config=columns(rows),
    )
    clicked = st.session_state.get("runs.open")
    if clicked is not None and clicked["row"] < len(rows):
        st.switch_page("pages/watch.py", query_params={"run": ids[clicked["row"]]})
    return [rows[index] for index in event["selection"]["rows"] if index < len(rows)]


def _offer(chosen: Sequence[Row]) -> None:
    if not chosen:
        actions = "watch, resume, export or delete" if may(Action.DELETE) else "watch or export"
        st.caption(f"Select a run to {actions} it; select up to {MOST} to compare them.")
        with st.container(key="by-keyboard"):
            st.caption("On the keyboard: ↓, Shift + Space, then W.")
        return
    ids = ",".join(row.run.id for row in chosen[:MOST])
    if len(chosen) == 1:
        _single(chosen[0])
    elif len(chosen) <= MOST:
        if st.button(f"Compare these {len(chosen)}", icon=":material/stacked_line_chart:", type="primary", shortcut="w"):
            st.switch_page("pages/watch.py", query_params={"runs": ids})
    else:
        st.caption(f"At most {MOST} runs can be compared.")
    if not may(Action.DELETE, *(row.run for row in chosen)):
        return
    if any(row.state in ACTIVE for row in chosen):
        st.caption("Stop it first to delete it." if len(chosen) == 1 else "Active runs cannot be deleted.")
    elif st.button("Delete", icon=":material/delete:"):
        _confirm([(row.run, row.label) for row in chosen])


def _single(row: Row) -> None:
    run = row.run
    if st.button("Watch", icon=":material/monitoring:", type="primary", shortcut="w"):
        st.switch_page("pages/watch.py", query_params={"run": run.id})
    run_actions.play_button(run)
    if row.state in ACTIVE and may(Action.CONTROL, run):
        _stop_button(run)
    run_actions.resume_button(run, row.state)
    run_actions.instead_link(run, run.status())
    fork_button(run)
    if row.state not in ACTIVE:
        run_actions.repeat_button(run)
    label_button(run)
    csv, archive = (address(f"api/runs/{run.id}/{name}") for name in ("metrics.csv", "export.zip"))
    st.link_button("CSV", csv, icon=":material/download:", help="All metrics, one row per step.")
    st.link_button("Zip", archive, icon=":material/folder_zip:", help="Settings, metrics, sheets and the newest model.")


def _stop_button(run: Run) -> None:
    if st.button("Stop", icon=":material/stop:", disabled=run.stop_requested()):
        attempt(run.id, _stop, run)
        st.rerun(scope="fragment")


@st.dialog("Delete for good?")
def _confirm(doomed: list[tuple[Run, str]]) -> None:
    for _, label in doomed:
        st.markdown(f"- {escaped(label)}")
    st.caption("Curves, sheets and checkpoints are removed from the disk.")
    with st.container(horizontal=True):
        if st.button(
            "Delete", type="primary", key="runs.delete", on_click=_delete, args=([run for run, _ in doomed],)
        ) or st.button("Keep"):
            st.rerun()


def _delete(doomed: list[Run]) -> None:
    left = list(doomed)
    while left:
        attempt(left[0].id, _delete_one, left[0])
        if failure(left[0].id):
            break
        left.pop(0)
    st.session_state[_SELECTED] = [run.id for run in left]


@requires(Action.DELETE)
def _delete_one(run: Run) -> None:
    run.delete()


@requires(Action.CONTROL)
def _stop(run: Run) -> None:
    run.request_stop(visitor_name())
