"""Models of the Hub in a panel's menu: what is not here yet is downloaded when it is picked, or when its address is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import gradio as gr

from ganlab.app.compat import current_cookies
from ganlab.app.playground.failures import warn
from ganlab.app.playground.gradio_events import QUIET
from ganlab.app.security import rights
from ganlab.app.security.rights import Action
from ganlab.app.security.visitor import visitor
from ganlab.app.serving.hub_models import HUB_MODELS, playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.thumbnails import THUMBNAILS
from ganlab.app.views.loading_wording import doing_text
from ganlab.app.views.wording import model_label
from ganlab.core.progress import Work
from ganlab.core.text import byte_size
from ganlab.models.entry import ModelEntry
from ganlab.runtime.run import UNREADABLE

Kind = Literal["draws", "labelled", "translates", "any"]
_ELSEWHERE = {
    "draws": "translates photos: use it under Translate photos",
    "labelled": "takes no label: use it under another tab",
    "translates": "draws from z: use it under Draw from z",
}
_BOX = "another"
_HELP = """An address such as org/name, org/name@revision, org/name/file.pth or spaces/org/name, or a link to its page. Weights
are read as tensors only; nothing of a repository is executed."""


def menu(found: Sequence[ModelEntry], kind: Kind) -> list[tuple[str, str]]:
    """The choices of a menu: the models that are here, then those of the catalogue that this visitor may download."""
    catalogue = [] if no_download() else HUB_MODELS.absent()
    away = [entry for entry in catalogue if kind == "any" or (kind != "labelled" and entry.translates == (kind == "translates"))]
    known = {model.name for model in found}
    return [(_label(model), model.name) for model in found] + [
        (f"{entry.title} ({_where(entry)})", entry.name) for entry in away if entry.name not in known
    ]


def _label(model: ModelEntry) -> str:
    try:
        return model_label(model)
    except UNREADABLE:  # deleted meanwhile, or damaged: choosing it says so
        return model.title


def no_download() -> str:
    """Why this visitor must not download models, in one sentence; empty when they may.

    The visitor is that of the request that is being answered: menus are made far from the functions that Gradio hands it to.
    While the page is built there is none, and in a classroom that counts as a stranger's.
    """
    return rights.refusal(visitor(current_cookies()).role, Action.PULL)


def boxes(demo: gr.Blocks) -> list[gr.Accordion]:
    """The boxes for addresses of all panels; they are shown to those who may download."""
    return [block for block in demo.blocks.values() if isinstance(block, gr.Accordion) and _BOX in block.elem_classes]


def _where(entry: ModelEntry) -> str:
    if entry.state == "offline":
        return "Hub, offline"
    return f"Hub, download {byte_size(entry.size)}" if entry.size else "Hub, download"


def arrivals(model: gr.Dropdown, kind: Kind, found: Callable[[], Sequence[ModelEntry]]) -> list[Any]:
    """Lay the box for addresses out where it is called; the events after which what was picked or typed is here.

    `found` gives the models that the panel's menu shows. A failure is shown in one sentence, and the menu goes back
    to what it showed before.
    """
    last = gr.State(None)
    model.change(partial(still_here, found), [model, last], last, **QUIET)
    box = gr.Accordion("Another model from the Hub", open=False, visible=not no_download(), elem_classes=_BOX)
    with box, gr.Row(elem_classes="seed"):
        address = gr.Textbox(label="Address on the Hub", placeholder="org/name", max_length=300, min_width=240, info=_HELP)
        fetch = gr.Button("Fetch it", min_width=120, scale=0)
    settings: dict[str, Any] = {
        "concurrency_id": "hub",
        "show_progress": "full",
        "show_progress_on": [model],
        "api_visibility": "private",
    }
    get = partial(fetched, kind, found)
    return [
        model.input(_signed(get), [model, last], [model, last], **settings),
        gr.on([fetch.click, address.submit], _signed(get), [address, model], [model, last], **settings),
    ]


def still_here(found: Callable[[], Sequence[ModelEntry]], name: str | None, last: str | None) -> str | None:
    """What the menu goes back to: `name` where it can be played with at once, else still `last`."""
    return name if name in {model.name for model in found()} or PIPELINES.keeps(name or "") else last


def _signed(get: Callable[..., Any]) -> Callable[..., Any]:
    """With the parameters that Gradio looks at: a partial has them, but no progress to inject."""

    def got(
        name: str | None,
        last: str | None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> list[Any]:
        return get(name, last, progress)

    return got


def fetched(
    kind: Kind,
    found: Callable[[], Sequence[ModelEntry]],
    name: str | None,
    last: str | None,
    progress: Callable[..., Any] = lambda *_, **__: None,
) -> list[Any]:
    """The menu with the model called `name`, downloaded where need be, else with `last`; and which of them it is."""
    name = (name or "").strip()
    here = {model.name for model in found()}
    if name in here or PIPELINES.keeps(name):
        return [gr.skip(), name]
    try:
        if name not in {model.name for model in playable()}:
            if refusal := no_download():
                raise ValueError(refusal)
            _download(name, progress)
        _insist(kind, name)
    except ValueError as error:
        warn(error)
        name = last if last in here else next(iter(model.name for model in found()), "")
    return [gr.update(choices=menu(found(), kind), value=name or None), name or None]


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


def _insist(kind: Kind, name: str) -> None:
    """ValueError where the model is for another panel."""
    pipeline = PIPELINES.get(name)
    fits = {"draws": not pipeline.translates, "translates": pipeline.translates, "labelled": pipeline.conditional, "any": True}
    if not fits[kind]:
        raise ValueError(f"{name} is here now, but it {_ELSEWHERE[kind]}.")
