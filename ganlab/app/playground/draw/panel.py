"""The Draw panel: a sketch, what D and a classifier make of it, and G's closest picture, found while the user watches."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image

from ganlab.analysis.explore.invert import SECONDS, Inversion, invert
from ganlab.analysis.explore.scores import best_score
from ganlab.app.compat_queue import queue_counter
from ganlab.app.playground.choice import Panel
from ganlab.app.playground.draw.pad import on_paper, pad, sheet_of
from ganlab.app.playground.draw.search import Search, beside, difference, enlarged, progress, shots
from ganlab.app.playground.draw.sketch import pixels, reading, says, shown
from ganlab.app.playground.failures import refusal
from ganlab.app.playground.gradio_events import QUIET
from ganlab.app.playground.html import endpoint, from_python, links, pipeline_of
from ganlab.app.playground.model_info import info_of
from ganlab.app.playground.parse import seed_of, whole, within
from ganlab.app.playground.photo import photo
from ganlab.app.playground.queueing import share
from ganlab.app.serving.priority import PRIORITY
from ganlab.core.images import ImageError, decode, png, to_pil
from ganlab.core.threads import every_core
from ganlab.models.pipeline import Pipeline

ANY = -1  # the label that lets the search choose
MOST_LABEL = 100_000
QUEUE = "invert"
SHORTEST = 3.0  # seconds of a search while many wait: what is found later is seldom much nearer
EVERY = 4  # steps from one picture to the next
_LONGEST_LINK = 4000  # characters of a drawing in an address
_HINT = """Draw with the mouse, a finger or a pen, or drop a picture; with the keyboard, arrow keys move the pen and Space puts it
down. The model sees it small; digits are centred and scaled as in MNIST. The search moves z until G draws the closest picture
it can."""
_EXAMPLE = """from gradio_client import handle_file

closest, residual, found = client.predict(
    photo=handle_file("drawing.png"), model={model}, label=-1, seed=0, api_name="/draw_closest")
print(found["reading"], found["score"], found["error"], found["z"])"""
_IDLE = '<p class="quiet">The search takes some seconds.</p>'


@dataclass(frozen=True)
class Widgets:
    """The parts that events read and write."""

    model: gr.Textbox
    label: gr.Radio
    sheet: gr.Textbox
    find: gr.Button
    stop: gr.Button
    shots: gr.HTML
    status: gr.HTML
    words: gr.HTML
    links: gr.HTML
    search: gr.State


def draw_panel(demo: gr.Blocks, panel: Panel) -> None:
    """Lay the panel out where it is called; it is filled when it gets a model."""
    widgets, filled = _layout(demo, panel.model), gr.State("")
    asked = [widgets.sheet, widgets.model, widgets.label]
    searched = [*asked, widgets.search]
    results = [widgets.shots, widgets.status, widgets.words, widgets.links]
    at_once: dict[str, Any] = {"concurrency_id": "draw", "api_visibility": "private"}
    describe_settings = at_once | {"trigger_mode": "always_last", "show_progress": "hidden"}
    entering = [widgets.model, widgets.label, filled]
    restored = widgets.model.change(enter, entering, [widgets.label, widgets.sheet, filled], **QUIET)
    painted = restored.then(None, widgets.sheet, js="(sheet) => window.ganlabPad.paint(sheet)", **QUIET)
    painted.then(describe, searched, results, **describe_settings)
    # At once, while `describe` may be in the queue: by the time that a search begins, it must be known what is drawn.
    gr.on([widgets.sheet.change, widgets.model.change, widgets.label.change], replaced, searched, None, **QUIET)
    gr.on([widgets.sheet.change, widgets.label.input], describe, searched, results, **describe_settings)
    slow = at_once | {"concurrency_id": QUEUE, "show_progress": "minimal", "show_progress_on": widgets.status}
    widgets.find.click(run, searched, [widgets.shots, widgets.status, widgets.stop, widgets.links], **slow)
    widgets.stop.click(Search.stop, widgets.search, None, **QUIET)
    _endpoint()


def _endpoint() -> None:
    """/draw_closest for gradio_client."""
    inputs: list[Callable[[], Any]] = [
        lambda: photo(label="Photo"),
        lambda: gr.Textbox(label="Model"),
        lambda: gr.Number(ANY, label="Label", precision=0),
        lambda: gr.Number(0, label="Seed", precision=0),
    ]
    outputs: list[Callable[[], Any]] = [lambda: gr.Image(format="png"), lambda: gr.Image(format="png"), gr.JSON]
    endpoint(answer, inputs, outputs, "draw_closest", queue=QUEUE)


def _layout(demo: gr.Blocks, model: gr.Textbox) -> Widgets:
    label = gr.Radio([], label="Search among", visible=False)
    with gr.Row(elem_classes="draw"):
        with gr.Column(min_width=300, scale=2):
            sheet = pad()
            with gr.Row():
                find = gr.Button("Find G's closest picture", variant="primary", min_width=180, scale=2)
                stop = gr.Button("Stop", min_width=80, interactive=False)
            gr.HTML(_HINT, elem_classes="quiet")
        with gr.Column(min_width=300, scale=3):
            figures = gr.HTML(shots(None))
            status = gr.HTML(_IDLE, elem_id="search")
            words = gr.HTML(elem_id="answer")
            link = gr.HTML(links({"tab": "draw"}))
            from_python(_EXAMPLE, demo, model="digits-quick")
    return Widgets(model, label, sheet, find, stop, figures, status, words, link, gr.State(Search()))


def replaced(sheet: str | None, model: str | None, label: int | None, search: Search) -> None:
    """Something else is drawn, or is to be searched with another model: the search underway is over."""
    search.replace((sheet, model, label))


def describe(sheet: str | None, model: str | None, label: int | None, search: Search) -> list[Any]:
    """A new drawing: what the model is shown, what D and the LeNet say; the last search is ended and wiped."""
    replaced(sheet, model, label, search)
    search.wait()
    empty = [shots(None), _IDLE, "", links({"tab": "draw", "model": model})]
    try:
        image = on_paper(sheet)
        if image is None or not model:
            return empty
        pipeline = pipeline_of(model)
        picture = shown(pipeline, image)
    except ImageError:  # an empty sheet is no mistake
        return empty
    except ValueError as error:
        raise refusal(error) from None
    words = says(pipeline, picture, _label(pipeline, label))
    return [shots(picture), _IDLE, words, links(_state(pipeline, label, picture))]


def run(sheet: str | None, model: str | None, label: int | None, search: Search) -> Iterator[list[Any]]:
    """The search, picture by picture: G's closest, where it differs, how far it is; Stop works while it lasts.

    Once something else is drawn it ends without another word, for then `describe` has shown that.
    """
    silent = [gr.skip(), gr.skip(), gr.update(interactive=False), gr.skip()]
    try:
        image = on_paper(sheet)
        if image is None:
            raise ImageError("Nothing is drawn yet: draw something first.")
        pipeline = pipeline_of(model)
        picture = shown(pipeline, image)
        steps = invert(pipeline, picture, label=_label(pipeline, label), every=EVERY, seconds=_time_limit())
        with search.going_on():
            for found in _in_turns(steps):
                if search.asked != (sheet, model, label):
                    yield silent
                    return
                stopped = search.stopped and not found.finished
                address, differs = _state(pipeline, label, picture), difference(found)
                yield [
                    shots(picture, found),
                    progress(pipeline, found, stopped),
                    gr.update(interactive=not (found.finished or stopped)),
                    links(address, pixels(beside(picture, found, differs))[None]),
                ]
                if stopped:
                    return
    except ValueError as error:
        raise refusal(error) from None


def _in_turns(search: Iterator[Inversion]) -> Iterator[Inversion]:
    """The search, whose parts take turns with the pictures of those who drag a slider."""
    while True:
        with every_core():  # not across a yield: the next one may be another thread's
            found = next(search, None)
        if found is None:
            return
        yield found
        PRIORITY.step_aside()


def answer(photo: Image.Image | None, model: str, label: float | None, seed: float | None) -> list[Any]:
    """Return the search's end and the scores of the drawing, for other programs. ValueError, one sentence, where it cannot be."""
    if photo is None:
        raise ImageError("Give a photo: the drawing as an image file.")
    pipeline = pipeline_of(model)
    picture, chosen = shown(pipeline, photo), _label(pipeline, ANY if label is None else within("label", label, ANY, MOST_LABEL))
    *_, found = _in_turns(invert(pipeline, picture, label=chosen, seed=seed_of(seed), every=EVERY, seconds=_time_limit()))
    score_captions, read = best_score(pipeline, pixels(picture), chosen), reading(pipeline, picture)
    return [
        enlarged(to_pil(found.picture)),
        difference(found),
        {
            "score": score_captions.value if score_captions else None,
            "reading": read[0][0] if read else None,
            "label": found.label,
            "error": round(found.error, 5),
            "z": [round(float(number), 5) for number in found.z],
        },
    ]


def _time_limit() -> Callable[[], float]:
    """How long this search may take: it is shorter while others wait for theirs."""
    others = queue_counter(QUEUE)
    return lambda: share(SECONDS, SHORTEST, others())


def _label(pipeline: Pipeline, label: int | None) -> int | None:
    return None if label is None or label == ANY or not pipeline.conditional else int(label)


def _state(pipeline: Pipeline, label: int | None, picture: Image.Image) -> dict[str, Any]:
    """The address of the panel as it is; a small drawing is in it."""
    small = base64.urlsafe_b64encode(png(picture, compress_level=9)).decode().rstrip("=")
    chosen = _label(pipeline, label)
    return {"tab": "draw", "model": pipeline.name, "label": chosen, "drawing": small if len(small) <= _LONGEST_LINK else None}


def enter(name: str, label: int | None, filled: str, request: gr.Request) -> list[Any]:
    """The label and drawing that the address asks for, else an empty sheet; later what another model changes."""
    if filled:
        return [labels(name, ANY if label is None else label), gr.skip(), name]
    query = dict(request.query_params) if request.query_params.get("tab") == "draw" else {}
    return [labels(name, whole(query, "label", ANY)), _drawn(query), name]


def _drawn(query: Mapping[str, str]) -> Any:
    text = query.get("drawing", "")[:_LONGEST_LINK]
    if not text:
        return gr.skip()
    try:
        return sheet_of(decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), max_pixels=2**16, formats=("PNG",)))
    except (ImageError, binascii.Error, ValueError):
        return gr.skip()


def labels(name: str, label: int = ANY) -> Any:
    """The choice of classes of a conditional model; none for the others."""
    known = info_of(name).labels
    choices = [("all classes", ANY), *[(text, index) for index, text in enumerate(known)]]
    return gr.update(choices=choices, value=label if label < len(known) else ANY, visible=bool(known))
