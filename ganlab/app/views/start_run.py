"""Starting runs and jobs from a button: one click is one start, however often it arrives."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views.permissions import FAILURES, error_text, redacted, requires
from ganlab.app.views.train_links import DIGITS, SHAPES, shapes_link
from ganlab.app.views.wording import escaped
from ganlab.core.config import TrainConfig
from ganlab.core.errors import Mistakes
from ganlab.data import DATASETS
from ganlab.models.launch import launch_together
from ganlab.runtime.run import Run

_TOKEN = "start_token"
_REMEMBERED = 1000
_started: OrderedDict[str, Any] = OrderedDict()
Started = TypeVar("Started")


def recommended() -> str:
    """The recipe to begin with: digits where they are on this machine, else what needs no download."""
    return DIGITS if DATASETS["mnist"].available().state == "ready" else SHAPES


def fresh_token() -> None:
    """Call where a page is drawn without its start button having been pressed: the next click is a new one.

    Streamlit runs a page again for the second half of a double click, before the browser has left it. Both runs carry the
    same token, so the second finds what the first has started.
    """
    if st.session_state.get(_TOKEN) in _started or _TOKEN not in st.session_state:
        st.session_state[_TOKEN] = secrets.token_hex(8)


def once(make: Callable[[], Started]) -> Started:
    """What `make` starts; asked again for the same click, what it has started."""
    token = st.session_state[_TOKEN]
    if token not in _started:
        _started[token] = make()
        while len(_started) > _REMEMBERED:
            _started.popitem(last=False)
    made: Started = _started[token]
    return made


@requires(Action.LAUNCH)
def start(configs: Mapping[str, TrainConfig]) -> list[Run]:
    """Launch {recipe name or "": config}, several of them together; ValueError in one sentence when it cannot be."""
    return once(lambda: launch_together(configs))


def start_and_watch(configs: Mapping[str, TrainConfig], offer: Callable[[], None] | None = None) -> None:
    """Start, then land on the live view; a failure is shown where the visitor is.

    Where what a run needs cannot be downloaded, `offer` shows what can be trained instead: the same on shapes, by default.
    """
    try:
        with st.spinner("Starting the worker …"):
            started = start(configs)
    except Mistakes as error:
        st.error("  \n".join(map(escaped, map(redacted, error.sentences))))
        if error.lacking:
            if offer:
                offer()
            else:
                recipe, config = next(iter(configs.items()))
                shapes_link(recipe, config.to_dict())
        return
    except FAILURES as error:
        st.error(error_text(error))
        return
    ids = ",".join(run.id for run in started)
    st.switch_page("pages/watch.py", query_params={"runs" if len(started) > 1 else "run": ids})
