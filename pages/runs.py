"""Runs: everything that was ever started, and what to do with it."""

from __future__ import annotations

import streamlit as st

from ganlab.app.views.runs import lineage, queue, table

st.title("Runs", anchor=False)
queue.queue_view()
table.table()
lineage.family_tree()
