"""Our own pages inside Streamlit's: addresses that hold behind a proxy, and frames that follow the theme."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import streamlit as st


def address(path: str, query: Mapping[str, str] | None = None) -> str:
    """`path` (without a leading slash) as the browser must ask for it, whatever prefix this app is served under."""
    prefix = urlsplit(st.context.url or "").path.rsplit("/", 1)[0]
    return f"{prefix}/{path}" + (f"?{urlencode(query)}" if query else "")


def dark() -> bool:
    """Whether the visitor's theme is dark."""
    return st.context.theme.type == "dark"


def embed(path: str, query: Mapping[str, str], *, height: int, title: str) -> None:
    """A frame of full width; the page in it may set its own height later, since it has the same origin."""
    st.iframe(address(path, query), height=height, alt=title)
