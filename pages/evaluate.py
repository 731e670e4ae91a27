"""Evaluate: measure models in the background, see how far they are from real images, take the numbers along."""

from __future__ import annotations

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.ui import evaluate_form, evaluate_jobs, evaluate_results, measurable
from ganlab.ui.asking import may

st.title("Evaluate", anchor=False)
found = measurable.models_here()
if not found:
    evaluate_form.nothing_yet()
    st.stop()
selected = evaluate_jobs.selected()
if not selected:
    begin = ": press **Measure** to learn" if may(Action.MEASURE) else ". Once your teacher has measured, you see"
    st.info(f"Nothing has been measured here yet{begin} how near these pictures come to real ones.")
evaluate_form.form(found, selected)
if selected:
    evaluate_jobs.listed(selected)
    evaluate_results.show(selected)
