"""What every page has: title, mark and width; and our own pages inside Streamlit's: addresses that hold behind a proxy, and
frames that follow the theme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import streamlit as st

from ganlab.app.index_page import width
from ganlab.app.security import classroom

# A latent point on its way through a generator into pixels.
_BLOCK = '<rect x="{}" y="{}" width="6" height="6" rx="1.2" opacity="{}"/>'
_BLOCKS = "".join(_BLOCK.format(x, y, 1 if (x + y) % 2 == 0 else 0.35) for x in (22, 29) for y in (4, 11, 18))
_SIGN = f'<g fill="#0f7fc0"><circle cx="5" cy="14" r="3.2"/><path d="M11 14 L20 7 V21 Z" opacity=".75"/>{_BLOCKS}</g>'
_NAME = '<text x="43" y="20" font-family="sans-serif" font-size="18" font-weight="650" fill="#0f7fc0">GANLab</text>'
MARK = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 132 28" width="132" height="28">{_SIGN}{_NAME}</svg>'

# Inline: Streamlit would fetch an icon by name from the network.
ICON = "data:image/svg+xml," + quote(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -4 37 37">{_SIGN}</svg>')


def frame(title: str, pages: Sequence[Any] = ()) -> None:
    """Set the page up; what all pages look like is in static/shared/pages.css."""
    st.set_page_config(page_title=f"{title} · GANLab", page_icon=ICON, layout="wide")
    st.logo(MARK, size="large")
    st.html(width(title.lower()))
    with st.container(horizontal=True, gap=None, key="phone-nav"):  # on a phone Streamlit hides the pages behind an arrow
        for page in pages:
            st.page_link(page, label=page.title)
    if title != "Watch":  # there it is part of the live view
        class_line()


def class_line() -> None:
    """In a class, the line that follows the teacher, or counts the students."""
    if classroom.wanted():
        embed("live/class.html", {"theme": "dark" if dark() else "light"}, height=44, title="Class")


def address(path: str, query: Mapping[str, str] | None = None) -> str:
    """`path` (without a leading slash) as the browser must ask for it, whatever prefix this app is served under."""
    prefix = urlsplit(st.context.url or "").path.rsplit("/", 1)[0]
    return f"{prefix}/{path}" + (f"?{urlencode(query)}" if query else "")


def dark() -> bool:
    """Whether the visitor's theme is dark."""
    return st.context.theme.type == "dark"


def embed(path: str, query: Mapping[str, str], *, height: int, title: str) -> None:
    """A frame of full width; the page in it may set its own height later, since it has the same origin.

    Another address is another frame: one that is led elsewhere makes an entry of its own in the browser's history.
    """
    source = address(path, query)
    with st.container(key=f"frame-{blake2b(source.encode(), digest_size=6).hexdigest()}"):
        st.iframe(source, height=height, alt=title)
