"""Runs: everything that was ever started, and what to do with it."""

from __future__ import annotations

import streamlit as st

from ganlab.app.views.runs import lineage as family_tree
from ganlab.app.views.runs import queue as queue_view
from ganlab.app.views.runs import table as run_table

st.title("Runs", anchor=False)
queue_view.queue_view()
run_table.table()
family_tree.family_tree()
