"""Watch: the live view of one run, or of up to four side by side."""

from __future__ import annotations

import streamlit as st

from ganlab.app.views.watch import watch as watching

wanted = st.query_params.to_dict()
ids = watching.asked(wanted)
if not ids:
    watching.nothing_yet()
    st.stop()
left, right = st.columns([2, 3], vertical_alignment="center")
with left:
    ids = watching.choose(ids)
with right:
    watching.bar(ids)
watching.live_view(ids)
watching.fork_wanted(ids, wanted)
