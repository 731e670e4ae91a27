"""Train: choose a recipe or a family, change what you like, start."""

from __future__ import annotations

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views import start_run
from ganlab.app.views.permissions import may
from ganlab.app.views.train import choice, form, proposed, student, summary_panel

st.title("Train a GAN", anchor=False)
if not may(Action.LAUNCH):
    student.page()
    st.stop()
asked = choice.restore_from_url()
settings, panel = st.columns([13, 7], gap="large")
with settings:
    chosen = choice.choose(asked)
    filled = st.container()
    changes, wrong = form.settings(chosen.base, asked, chosen.key)
    with filled:
        waits = proposed.apply(chosen.base, changes, None if chosen.recipe else chosen.found)
with panel, st.container(border=True):
    device, ready = summary_panel.panel(chosen, changes, asked, wrong, waits)
    changes |= device
    pressed = st.button("Start training", type="primary", icon=":material/play_arrow:", width="stretch", disabled=not ready)
    if pressed:
        start_run.start_and_watch(chosen.configs(changes))
    else:
        start_run.fresh_token()
choice.write_to_url(chosen, changes)
