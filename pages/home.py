"""Home: what this is, one button to begin with, and everything there is to play with."""

from __future__ import annotations

import streamlit as st

from ganlab.app.views import fresh
from ganlab.app.views.home import cards, hub_cards, welcome
from ganlab.data import DATASETS
from ganlab.models.catalogue import models
from ganlab.runtime.run import runs

fresh.when_changed(lambda: (len(runs()), [bool(run.checkpoints()) for run in runs()[:3]]), 5.0)
welcome.hero(DATASETS["mnist"].available())
found = models()
if not any(model.origin == "run" for model in found):
    welcome.how_it_goes()
if found:
    st.subheader("Models here", anchor=False)
    cards.gallery(found)
hub_cards.on_hub()
