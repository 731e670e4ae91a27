"""Evaluate: measure models in the background, see how far they are from real images, take the numbers along."""

from __future__ import annotations

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views import fresh, students
from ganlab.app.views.evaluate import form, jobs, results, subjects
from ganlab.app.views.permissions import may

st.title("Evaluate", anchor=False)
students.line("evaluate")
found = subjects.models_here()
if not found:
    form.nothing_yet()
    fresh.when_changed(lambda: bool(subjects.models_here()), 5.0)
    st.stop()
selected = jobs.selected()
if not selected:
    begin = ": press **Measure** to see" if may(Action.MEASURE) else ". Once your teacher has measured, you see"
    st.info(f"Nothing has been measured here yet{begin} how close these pictures come to real ones.")
    fresh.when_changed(lambda: bool(jobs.jobs()), 3.0)
if may(Action.MEASURE):
    form.form(found, selected)
if selected:
    jobs.listed(selected)
    results.show(selected)
