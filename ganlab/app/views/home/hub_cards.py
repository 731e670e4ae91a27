"""The catalogue's models on the Hub as cards: those that are here beside our own, the others with what they would cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.serving.hub_models import HUB_MODELS
from ganlab.app.serving.thumbnails import THUMBNAILS
from ganlab.app.views.home.cards import show
from ganlab.app.views.home.placeholder import placeholder
from ganlab.app.views.permissions import may
from ganlab.app.views.titles import data_title
from ganlab.app.views.wording import escaped, model_remarks
from ganlab.core.text import byte_size
from ganlab.models.entry import NOT_STATED, ModelEntry

Card = TypeVar("Card")
PER_ROW = 4
REFRESH_SECONDS = 2.0  # while pictures are being drawn


def on_hub() -> None:
    """What the Hub has: what was pulled, with its pictures, and what this visitor may pull, behind one line."""
    here, away = HUB_MODELS.models(), HUB_MODELS.absent() if may(Action.PULL) else []
    if here:
        st.subheader("From the Hub, on this machine", anchor=False)
        drawn = [THUMBNAILS.of(model) for model in here]
        waits = any(path is None and THUMBNAILS.underway(model) for path, model in zip(drawn, here, strict=True))
        st.fragment(_pulled, run_every=REFRESH_SECONDS if waits else None)(here, waits)
    if away:
        offline = all(entry.state == "offline" for entry in away)
        how = "out of reach while this server is offline" if offline else "downloaded when you pick one in Play"
        with st.expander(f"On the Hub: {len(away)}{' more' if here else ''}, {how}", icon=":material/cloud_download:"):
            for row in _rows(away):
                for column, entry in zip(st.columns(PER_ROW), row, strict=False):
                    with column:
                        _absent(entry)


def _rows(cards: Sequence[Card]) -> list[Sequence[Card]]:
    return [cards[start : start + PER_ROW] for start in range(0, len(cards), PER_ROW)]


def _pulled(models: list[ModelEntry], waited: bool) -> None:
    """Draw the cards of what is here; refreshed until the last picture is drawn."""
    for row in _rows(models):
        for column, model in zip(st.columns(PER_ROW), row, strict=False):
            with column:
                _present(model)
    if waited and not any(map(THUMBNAILS.underway, models)):
        st.rerun()


def _present(model: ModelEntry) -> None:
    path = THUMBNAILS.of(model)
    with st.container(border=True, height="stretch"):
        if path:
            show(path, f"{'Before and after' if model.translates else 'Samples'}: {model.title}", f"hub-{model.name}")
        else:
            note = "its picture is being drawn …" if THUMBNAILS.underway(model) else "on this machine"
            st.html(placeholder(model, note))
        _words(model, f"{_megabytes(model)}from the Hub")
        st.caption(escaped(model_remarks(model)))
        st.page_link("pages/play.py", label="Play with this", icon=":material/tune:", query_params={"model": model.name})


def _absent(entry: ModelEntry) -> None:
    offline = entry.state == "offline"
    with st.container(border=True, height="stretch"):
        st.html(placeholder(entry, "offline" if offline else "not downloaded"))
        size = "" if entry.size else ", size not known"
        _words(entry, _megabytes(entry) + ("out of reach: offline" if offline else f"to download{size}"))
        st.caption(escaped(model_remarks(entry)))
        if not offline:
            panel = {"tab": "translate" if entry.translates else "latent"}
            st.page_link("pages/play.py", label="Pick it in Play", icon=":material/cloud_download:", query_params=panel)


def _words(entry: ModelEntry, where: str) -> None:
    known = entry.data not in ("", NOT_STATED)
    data = f"  \n:small[{escaped(data_title(entry.data))}]" if known else ""
    st.markdown(f"**{escaped(entry.title)}**{data}  \n:gray[:small[{where}]]")


def _megabytes(entry: ModelEntry) -> str:
    return f"{byte_size(entry.size)} " if entry.size else ""
