"""The Translate panel: a photo through a Pix2Pix, CycleGAN or CUT model, and a close look at the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from ganlab.app.playground.choice import Choice, Panel
from ganlab.app.playground.failures import warn
from ganlab.app.playground.gradio_events import QUIET, TURNING
from ganlab.app.playground.html import from_python, links
from ganlab.app.playground.model_info import named
from ganlab.app.playground.parse import between
from ganlab.app.playground.photo import photo
from ganlab.app.playground.translate_many import many_photos
from ganlab.app.playground.translated import in_files, run
from ganlab.app.playground.weights_file import Loaded
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.variants import parts
from ganlab.models.framing import MAX_SIZE, MIN_SIZE

EXAMPLES = Path(__file__).parent / "examples"
# The two that this project drew; photos in the public domain, see README.md beside them.
_SHIPPED = (
    ("drawn-horse.png", "horse", "horse2zebra-light"),
    ("house-plan.png", "label map", "facades-light"),
    ("horses.jpg", "horse", "horse2zebra-light"),
    ("dog.jpg", "horse", "horse2zebra-light"),
    ("moose.jpg", "horse", "horse2zebra-light"),
    ("cow.jpg", "horse", "horse2zebra-light"),
)
SMALLEST = MIN_SIZE
_HINT = """The network sees the photo at about the area of a square of the working size, best the one it was trained at. What it
changes is laid on the photo at its own size, up to 24 megapixels; where nothing changed, the photo's details stay."""

_EXAMPLE = """from gradio_client import handle_file

made, words, *_ = client.predict(
    photo=handle_file("photo.png"), model={model}, direction={direction}, api_name="/translate")
print(made[1], words)"""
_ONE_WAY = "This model was trained in one direction: nothing in it leads back."
_LOOKS = """Error: the brighter a pixel, the more it changed on the way there and back. Patches: the brighter, the more real
they look to the discriminator, which sees 70 × 70 pixels at a time."""


@dataclass(frozen=True)
class Widgets:
    """The parts that events read and write."""

    model: gr.Textbox
    direction: gr.Radio
    size: gr.Slider
    original: gr.Checkbox
    photo: gr.Image
    examples: gr.Dataset
    run: gr.Button
    result: gr.ImageSlider
    status: gr.HTML
    closely: gr.Checkbox
    close: gr.Row
    back: gr.Image
    error: gr.Image
    patches: gr.Image
    link: gr.HTML


def translate_panel(demo: gr.Blocks, choice: Choice, panel: Panel) -> None:
    """Lay the panel out where it is called; it is filled when it gets a model."""
    widgets, filled = _layout(demo, panel.model), gr.State("")
    chosen = [widgets.direction, widgets.size]
    asked = [widgets.photo, widgets.model, widgets.direction, widgets.size, widgets.original, widgets.closely]
    made = [widgets.result, widgets.status, widgets.close, widgets.back, widgets.error, widgets.patches]
    once: dict[str, Any] = {"concurrency_id": "translate", "show_progress_on": widgets.result, "api_visibility": "private"}
    translated = in_files(run)
    widgets.model.change(enter, [widgets.model, filled], [*chosen, filled], **QUIET)
    widgets.run.click(translated, asked, made, **once)
    moved = [widgets.model.change, widgets.direction.change, widgets.size.change]
    gr.on(moved, linked, [widgets.model, *chosen], widgets.link, **QUIET | {"trigger_mode": "always_last"})
    _endpoint(made, widgets.original, widgets.closely)
    widgets.photo.input(translated, asked, made, **once)
    # Through the queue, which gr.Examples is not: outside it, Gradio loses the path that it is mounted at, and the picture.
    taken = widgets.examples.click(
        partial(take, choice), [widgets.examples, choice.name, choice.loaded], [widgets.photo, *choice.outputs], **TURNING
    )
    taken.then(**choice.handed_over("window.ganlabChoice.show")).then(translated, asked, made, **once)


def _endpoint(made: list[Any], original: gr.Checkbox, closely: gr.Checkbox) -> None:
    """/translate for gradio_client. Its own model and direction, since the menus take only what they show one visitor."""
    with gr.Row(visible=False):
        given, model, direction = photo(label="Photo"), gr.Textbox(label="Model"), gr.Textbox("AtoB", label="Direction")
        size, call = gr.Number(0, label="Size", precision=0), gr.Button()
    asked = [given, model, direction, size, original, closely]
    call.click(in_files(run), asked, made, api_name="translate", concurrency_id="translate", show_progress_on=made[0])


def _layout(demo: gr.Blocks, model: gr.Textbox) -> Widgets:
    with gr.Row(elem_classes="top"):
        direction = gr.Radio([], label="Direction", min_width=240)
        size = gr.Slider(SMALLEST, MAX_SIZE, 256, step=32, label="Working size in pixels", min_width=220)
    with gr.Row():
        with gr.Column(min_width=320):
            picture = photo(label="Photo", height=380, buttons=[])
            with gr.Row():
                run_button = gr.Button("Translate", variant="primary")
                closely = gr.Checkbox(True, label="Look closely", info="translate back, see the error and what convinces D")
                original = gr.Checkbox(True, label="Photo's own size", info="with its details; off: what the network drew")
            samples = [[str(EXAMPLES / file)] for file, *_ in _SHIPPED]
            examples = gr.Dataset(
                components=[picture],
                samples=samples,
                type="index",
                label="Examples: two drawings, and photos in the public domain",
            )
            gr.HTML(_HINT, elem_classes="quiet")
        with gr.Column(min_width=320):
            result = gr.ImageSlider(label="Before and after", max_height=560, format="png", buttons=["download", "fullscreen"])
            status = gr.HTML(elem_classes="quiet")
            link = gr.HTML(links({"tab": "translate"}))
            from_python(_EXAMPLE, demo, model="horse2zebra-light", direction="AtoB")
    with gr.Row(visible=False, elem_classes="looks") as close:
        back = gr.Image(label="Translated back", format="png", buttons=["download"], min_width=220)
        error = gr.Image(label="Error after translating back", format="png", buttons=["download"], min_width=220)
        patches = gr.Image(label="Which patches fool D", format="png", buttons=["download"], min_width=220)
        gr.HTML(_LOOKS, elem_classes="quiet")
    many_photos(demo, model, direction, size)
    values = (model, direction, size, original, picture, examples, run_button, result, status, closely)
    return Widgets(*values, close, back, error, patches, link)


def enter(name: str, filled: str, request: gr.Request) -> list[Any]:
    """The direction and size that the address asks for at first, else those of the model."""
    query = dict(request.query_params)
    return [*choose(name, query if not filled and parts(query.get("model", ""))[0] == parts(name)[0] else None), name]


def take(choice: Choice, example: int, name: str, loaded: Loaded) -> list[Any]:
    """One of our own pictures; the model stays where it was made for such pictures, else it becomes a shipped one that was."""
    file, domain, fitting = _SHIPPED[example]
    if named(fitting) and domain not in PIPELINES.get(name).labels:
        return [str(EXAMPLES / file), *choice.show(fitting, loaded)]
    return [str(EXAMPLES / file), *[gr.skip() for _ in choice.outputs]]


def linked(name: str | None, direction: str | None, size: float) -> str:
    """The link to model, direction and size; none to weights that only this visitor has."""
    known = name if name and named(name) else None
    chosen = {"direction": direction, "size": int(size)} if known else {}
    return links({"tab": "translate", "model": known, **chosen})


def choose(name: str | None, query: Mapping[str, str] | None = None) -> list[Any]:
    """What depends on the model: its directions, and the size it was trained at; or those that an address asks for."""
    query = query or {}
    try:
        pipeline = PIPELINES.get(name) if name else None
    except ValueError as error:
        warn(error)
        pipeline = None
    if pipeline is None:
        return [gr.update(choices=[], value=None, info=None, visible=False), gr.skip()]
    choices = [(pipeline.route_title(direction), direction) for direction in pipeline.routes]
    value = query["direction"] if query.get("direction") in pipeline.routes else choices[0][1] if choices else None
    size = int(between(query, "size", SMALLEST, MAX_SIZE, pipeline.size))
    info = _ONE_WAY if len(choices) == 1 else None
    return [gr.update(choices=choices, value=value, info=info, visible=len(choices) > 0), size]
