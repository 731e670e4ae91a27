"""Evaluate: measure models in the background, see how far they are from real images, take the numbers along."""

from __future__ import annotations

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views.evaluate import form as evaluate_form
from ganlab.app.views.evaluate import jobs as evaluate_jobs
from ganlab.app.views.evaluate import results as evaluate_results
from ganlab.app.views.evaluate import subjects as measurable
from ganlab.app.views.permissions import may

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
