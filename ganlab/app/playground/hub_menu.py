"""Models of the Hub in the menu: what is not here yet is downloaded when it is picked, or when its address is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from ganlab.app.compat import current_cookies
from ganlab.app.playground.failures import warn
from ganlab.app.playground.fitting import Kind, label
from ganlab.app.security import rights
from ganlab.app.security.rights import Action
from ganlab.app.security.visitor import visitor
from ganlab.app.serving.hub_models import HUB_MODELS, playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.thumbnails import THUMBNAILS
from ganlab.app.views.loading_wording import doing_text
from ganlab.core.progress import Work
from ganlab.core.text import byte_size
from ganlab.models.entry import ModelEntry

_HELP = """An address such as org/name, org/name@revision, org/name/file.pth or spaces/org/name, or a link to its page. Weights
are read as tensors only; nothing of a repository is executed."""


def menu(found: Sequence[ModelEntry], kind: Kind) -> list[tuple[str, str]]:
    """The choices of a menu: the models that are here, then those of the catalogue that this visitor may download."""
    catalogue = [] if no_download() else HUB_MODELS.absent()
    away = [entry for entry in catalogue if kind == "any" or (kind != "labelled" and entry.translates == (kind == "translates"))]
    known = {model.name for model in found}
    return [(label(model), model.name) for model in found] + [
        (f"{entry.title} ({_where(entry)})", entry.name) for entry in away if entry.name not in known
    ]


def no_download() -> str:
    """Why this visitor must not download models, in one sentence; empty when they may.

    The visitor is that of the request that is being answered: menus are made far from the functions that Gradio hands it to.
    While the page is built there is none, and in a classroom that counts as a stranger's.
    """
    return rights.refusal(visitor(current_cookies()).role, Action.PULL)


def _where(entry: ModelEntry) -> str:
    if entry.state == "offline":
        return "Hub, offline"
    return f"Hub, download {byte_size(entry.size)}" if entry.size else "Hub, download"


def hub_box() -> tuple[gr.Accordion, gr.Textbox, gr.Button]:
    """Lay the box for addresses out where it is called: the box, for those who may download, the address and its button."""
    with gr.Accordion("Another model from the Hub", open=False, visible=not no_download()) as box, gr.Row(elem_classes="seed"):
        address = gr.Textbox(label="Address on the Hub", placeholder="org/name", max_length=300, min_width=240, info=_HELP)
        fetch = gr.Button("Fetch it", min_width=120, scale=0)
    return box, address, fetch


def fetched(name: str | None, last: str | None, progress: Callable[..., Any] = lambda *_, **__: None) -> str | None:
    """`name` where it can be played with, downloaded where need be; else `last`, and a visitor reads why in one sentence."""
    name = (name or "").strip()
    if PIPELINES.keeps(name):
        return name
    try:
        if name not in {model.name for model in playable()}:
            if refusal := no_download():
                raise ValueError(refusal)
            _download(name, progress)
        return name
    except ValueError as error:
        warn(error)
        return last or None


def _download(name: str, progress: Callable[..., Any]) -> None:
    progress(0, desc=f"Asking the Hub for {name[:80]}")
    work = Work(HUB_MODELS.fetching(name))
    for event in work:
        if event.total:
            done = f"{byte_size(event.done)} of {byte_size(event.total)}"
            progress((event.done, event.total), desc=f"Downloading {done}", unit="bytes")
        else:
            progress(0, desc=doing_text(event))
    THUMBNAILS.of(work.result)  # Home will want its picture
