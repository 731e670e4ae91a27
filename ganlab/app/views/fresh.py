"""Pages that are left open: computed again when what they show has changed, and only then."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st


def when_changed(look: Callable[[], object], seconds: float) -> None:
    """Compute the whole page again when `look`, asked every `seconds`, finds something else than at first; it must be cheap."""
    found: list[object] = []

    @st.fragment(run_every=seconds)
    def watching() -> None:
        now = look()
        if found and now != found[0]:
            st.rerun()
        found[:] = [now]

    watching()
