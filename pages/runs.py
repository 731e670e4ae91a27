"""Runs: everything that was ever started, and what to do with it."""

from __future__ import annotations

import streamlit as st

from ganlab.app.views import students
from ganlab.app.views.runs import lineage, queue, sandbox, table

st.title("Runs", anchor=False)
students.line("runs")
sandbox.switch()
queue.queue_view()
table.table()
lineage.family_tree()
