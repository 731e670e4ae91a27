"""Watch: the live view of one run, or of up to four side by side."""

from __future__ import annotations

import streamlit as st

from ganlab.ui import watching

ids = watching.asked(st.query_params)
if not ids:
    watching.nothing_yet()
    st.stop()
if len(ids) == 1:
    ids = [watching.choose(ids[0])]
watching.bar(ids)
watching.live_view(ids)
