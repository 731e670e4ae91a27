"""The address bar as a page's state: written by the page, and read back only when it was changed from outside.

A browser that is busy sends a click along with an address that the page has meanwhile rewritten. Such a stale address is
one that the page itself wrote, and must not undo what the visitor has just done. Back and Forward lead to addresses that the
page wrote too, and are followed: Streamlit says which they are. What makes a new entry of the history stands in
ganlab/app/static/shared/history.js.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ganlab.app.compat import is_history_navigation

_KEPT = 100


def asked() -> dict[str, str]:
    """The query in the address bar."""
    return dict(st.query_params.items())


def changed_outside(page: str) -> bool:
    """Whether the address bar says something that `page` did not write in this session."""
    return bool(asked()) and (is_history_navigation() or asked() not in st.session_state.get(f"{page}.written", []))


def write(page: str, query: Mapping[str, str]) -> None:
    """Let the address bar lead back to the page as it is."""
    written = [*st.session_state.get(f"{page}.written", []), dict(query)]
    st.session_state[f"{page}.written"] = written[-_KEPT:]
    if asked() != query:
        st.query_params.from_dict(query)


def last(page: str) -> dict[str, str]:
    """What `page` wrote last in this session; nothing on a first visit."""
    return next(iter(st.session_state.get(f"{page}.written", [])[-1:]), {})
