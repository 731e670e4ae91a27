"""Play: the playground on a model; what the URL says is passed on to it."""

from __future__ import annotations

import streamlit as st

from ganlab.app.views import students
from ganlab.app.views.page_frame import dark, embed

st.title("Play", anchor=False)
students.line("play")
embed("playground/", {**st.query_params.to_dict(), "__theme": "dark" if dark() else "light"}, height=900, title="Playground")
