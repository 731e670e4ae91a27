"""Models as cards: a picture, what it is, and the two things to do with it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import streamlit as st
from PIL import Image
from PIL.Image import DecompressionBombError

from ganlab.app.security.rights import Action
from ganlab.app.views.metric_wording import distance_text
from ganlab.app.views.permissions import error_text, may
from ganlab.app.views.titles import what
from ganlab.app.views.train_links import train_query
from ganlab.app.views.wording import age, escaped, model_remarks, progress
from ganlab.core.files import read_bounded
from ganlab.core.images import MOST_SHEET_BYTES
from ganlab.models.entry import ModelEntry
from ganlab.runtime import checkpoint
from ganlab.runtime.run import UNREADABLE, Run

PER_ROW = 4
_CARD_WIDTH = 210  # pixels
MOST = 12


def gallery(found: list[ModelEntry]) -> None:
    """Rows of cards; what is missing in the last row stays empty."""
    for start in range(0, min(len(found), MOST), PER_ROW):
        for column, model in zip(st.columns(PER_ROW), found[start : start + PER_ROW], strict=False):
            with column:
                card(model)
    if len(found) > MOST:
        st.page_link("pages/play.py", label=f"{len(found) - MOST} more in Play", icon=":material/arrow_forward:")


def card(model: ModelEntry) -> None:
    """One model; a damaged or just deleted one says so instead of breaking the page."""
    with st.container(border=True, height="stretch"):
        try:
            info = checkpoint.read_info(model.folder)
            picture = model.picture
            run = Run.open(model.name) if model.origin == "run" else None
            origin = f"{progress(run.status())}, {age(run.settings.created)}" if run else f"{info.step:,} steps, shipped"
            name = run.labels.name if run else ""
        except UNREADABLE as error:
            st.caption(error_text(error) if model.folder.exists() else f"{escaped(model.title)} was deleted.")
            return
        if picture:
            middle = model.origin == "shipped" and model.translates  # between the photo and the way back
            show(picture, f"Samples of {model.title}", model.name, middle=middle)
        title, data = name or what(info.recipe, info.config), what("", info.config)
        below = "" if title == data else f"  \n:small[{escaped(data)}]"
        st.markdown(f"**{escaped(title)}**{below}  \n:gray[:small[{origin}]]")
        if remarks := model_remarks(model) or (distance_text(run) if run else ""):
            st.caption(escaped(remarks))
        with st.container(gap="xxsmall"):
            st.page_link("pages/play.py", label="Play with this", icon=":material/tune:", query_params={"model": model.name})
            if may(Action.LAUNCH):
                query = train_query(info.recipe, info.config)
                st.page_link("pages/train.py", label="Train this", icon=":material/model_training:", query_params=query)


def show(picture: Path, alt: str, key: str, *, middle: bool = False) -> None:
    """A picture on a card: all of it, or its `middle`; a damaged one costs its place alone."""
    try:
        data = read_bounded(picture, MOST_SHEET_BYTES)
        with Image.open(BytesIO(data)) as opened:
            small = opened.width <= _CARD_WIDTH  # else its pixels are not whole ones of the screen
        with st.container(key=f"pixels{'-middle' if middle else '-small' if small else ''}-{key}"):
            st.image(data, width="stretch", alt=alt)
    except (*UNREADABLE, DecompressionBombError):
        st.caption("Its newest picture is damaged.")
