"""Runs: everything that was ever started, and what to do with it."""

from __future__ import annotations

import streamlit as st

from ganlab.ui import run_table

st.title("Runs", anchor=False)
run_table.table()
