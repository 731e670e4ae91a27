"""A button that trains a published table's systems and lays our numbers beside the published ones."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ganlab.analysis.jobs import Job, launch
from ganlab.analysis.reproduce.reproduce import TABLES, seconds
from ganlab.app.security.rights import Action
from ganlab.app.views import permissions, start_run
from ganlab.app.views.evaluate import jobs

_TITLES = {"column": "Column: GAN, DCGAN, LSGAN and CGAN on MNIST", "duel": "Duel: two losses on the same batches"}
_BUTTON = "evaluate.reproduce"


def pressed() -> bool:
    """Whether this run of the page is for this button."""
    return bool(st.session_state.get(_BUTTON))


@permissions.requires(Action.MEASURE)
def _launch(arguments: dict[str, Any], title: str) -> Job:
    return launch("reproduce", arguments, title)


def panel() -> None:
    """Choose the table and the time; pressing the button leads to the job, whose runs are on the Runs page."""
    with st.expander("Reproduce a published table"):
        table = st.selectbox("Table", list(TABLES), key="evaluate.table", format_func=lambda name: _TITLES.get(name, name))
        hint = (
            "Each system gets an equal share, and every row shows how far it got. Empty: as long as published, which takes days."
        )
        budget = st.text_input("Training time for all together", "10m", key="evaluate.budget", help=hint)
        st.caption("Its runs appear on the Runs page. Pressed again later, the button continues them.")
        if not st.button("Reproduce", icon=":material/replay:", width="stretch", key=_BUTTON):
            return
        try:
            arguments = {"name": table, "budget": seconds(budget) if budget.strip() else None}
            title = f"Reproduction: {_TITLES.get(table, table)}"
            with st.spinner("Starting …"):
                job = start_run.once(lambda: _launch(arguments, title))
        except permissions.FAILURES as error:
            st.error(permissions.error_text(error))
            return
        jobs.select(job.id)
        st.rerun()
