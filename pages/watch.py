"""Watch: the live view of one run, or of up to four side by side."""

from __future__ import annotations

import streamlit as st

from ganlab.app.views import students
from ganlab.app.views.watch import watch

wanted = st.query_params.to_dict()
ids = watch.asked(wanted)
if not ids:
    watch.nothing_yet()
    st.stop()
left, right = st.columns([2, 3], vertical_alignment="center")
with left:
    ids = watch.choose(ids)
with right:
    watch.bar(ids)
students.line("watch")
watch.live_view(ids)
watch.fork_wanted(ids, wanted)
