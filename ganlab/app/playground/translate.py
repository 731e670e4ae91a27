"""The Translate panel: a photo through a Pix2Pix or CycleGAN model, and a close look at the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from ganlab.app.playground.failures import warn
from ganlab.app.playground.gradio_events import QUIET, TURNING
from ganlab.app.playground.html import from_python, links
from ganlab.app.playground.hub_menu import arrivals, menu
from ganlab.app.playground.left_open import LeftOpen, left_open, settled, updates
from ganlab.app.playground.model_info import show_notes
from ganlab.app.playground.parse import between
from ganlab.app.playground.photo import photo
from ganlab.app.playground.translate_many import many_photos
from ganlab.app.playground.translated import in_files, run, run_assuming
from ganlab.app.playground.weights_file import ONE_AT_A_TIME, Loaded, brought, weights_box
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.models.entry import ModelEntry
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
REFRESH_SECONDS = 5.0
SMALLEST = MIN_SIZE
_NOTHING = """<div class="nothing"><h2>No model that translates yet</h2>
<p>Train Pix2Pix or CycleGAN, or load weights from a file below.</p></div>"""
_HINT = """The network sees the photo at about the area of a square of the working size, best the one it was trained at. What it
changes is laid on the photo at its own size, up to 24 megapixels; where nothing changed, the photo's details stay."""

_EXAMPLE = """from gradio_client import handle_file

made, words, *_ = client.predict(
    photo=handle_file("photo.png"), model={model}, direction={direction}, api_name="/translate")
print(made[1], words)"""
_LOOKS = """Error: the brighter a pixel, the more it changed on the way there and back. Patches: the brighter, the more real
they look to the discriminator, which sees 70 × 70 pixels at a time."""


@dataclass(frozen=True)
class Widgets:
    """The parts that events read and write."""

    model: gr.Dropdown
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
    nothing: gr.HTML
    weights: gr.File
    link: gr.HTML
    loaded: gr.State
    shown: gr.State
    open: LeftOpen


def translate_panel(demo: gr.Blocks) -> None:
    """Lay the panel out where it is called, and fill it when `demo` loads."""
    widgets = _layout(demo)
    head = [widgets.model, widgets.nothing, widgets.shown]
    chosen = [widgets.direction, widgets.size]
    assume = widgets.open.assume
    asked = [widgets.photo, widgets.model, assume, widgets.direction, widgets.size, widgets.original, widgets.closely]
    made = [widgets.result, widgets.status, widgets.close, widgets.back, widgets.error, widgets.patches]
    demo.load(restore, None, [*head, *chosen], **QUIET)
    gr.Timer(REFRESH_SECONDS).tick(refresh, [widgets.model, widgets.loaded, widgets.shown], [*head, *chosen], **QUIET)
    for event in arrivals(widgets.model, "translates", _translating):
        event.then(choose, widgets.model, chosen, **QUIET)
    widgets.weights.upload(
        load_weights,
        [widgets.weights, widgets.loaded],
        [*head, *chosen, widgets.loaded],
        show_progress_on=widgets.weights,
        **ONE_AT_A_TIME,
    )
    once: dict[str, Any] = {"concurrency_id": "translate", "show_progress_on": widgets.result, "api_visibility": "private"}
    translated = in_files(run_assuming)
    widgets.run.click(translated, asked, made, **once)
    widgets.model.change(updates, widgets.model, widgets.open.outputs, **QUIET)
    for control in widgets.open.controls:
        changed = control.input(settle, [widgets.model, assume, *widgets.open.controls], widgets.open.outputs, **QUIET)
        changed.then(translated, asked, made, **once)
    moved = [widgets.model.change, widgets.direction.change, widgets.size.change]
    gr.on(moved, linked, [widgets.model, *chosen], widgets.link, **QUIET | {"trigger_mode": "always_last"})
    _endpoint(made, widgets.original, widgets.closely)
    widgets.photo.input(translated, asked, made, **once)
    # Through the queue, which gr.Examples is not: outside it, Gradio loses the path that it is mounted at, and the picture.
    taken = widgets.examples.click(take, [widgets.examples, widgets.model], [widgets.photo, widgets.model, *chosen], **TURNING)
    taken.then(translated, asked, made, **once)


def _endpoint(made: list[Any], original: gr.Checkbox, closely: gr.Checkbox) -> None:
    """/translate for gradio_client. Its own model and direction, since the menus take only what they show one visitor."""
    with gr.Row(visible=False):
        given, model, direction = photo(label="Photo"), gr.Textbox(label="Model"), gr.Textbox("AtoB", label="Direction")
        size, call = gr.Number(0, label="Size", precision=0), gr.Button()
    asked = [given, model, direction, size, original, closely]
    call.click(in_files(run), asked, made, api_name="translate", concurrency_id="translate", show_progress_on=made[0])


def _layout(demo: gr.Blocks) -> Widgets:
    shown, loaded = gr.State([]), gr.State([])
    with gr.Row(elem_classes="top"):
        model = gr.Dropdown([], label="Model", scale=2, min_width=280)
        direction = gr.Radio([], label="Direction", min_width=240)
        size = gr.Slider(SMALLEST, MAX_SIZE, 256, step=32, label="Working size in pixels", min_width=220)
    show_notes(model)
    left = left_open("translate-open")
    nothing = gr.HTML(_NOTHING, visible=False)
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
    weights = weights_box("A checkpoint of a CycleGAN, Pix2Pix or GAN Compression generator")
    values = (model, direction, size, original, picture, examples, run_button, result, status, closely)
    return Widgets(*values, close, back, error, patches, nothing, weights, link, loaded, shown, left)


def settle(name: str | None, assume: str, *values: str | None) -> list[Any]:
    """Updates for what the model's file leaves open, after one of its controls was changed."""
    return updates(settled(name, assume, list(values)))


def restore(request: gr.Request) -> list[Any]:
    """The model, direction and size that the address asks for, else the newest that translates, as it was trained."""
    query, found = dict(request.query_params), _translating()
    wanted = query.get("model")
    if wanted not in [model.name for model in found]:
        query, wanted = {}, next((model.name for model in found), None)
    return [*_menu(found, [], wanted), *choose(wanted, query)]


def take(example: int, name: str | None) -> list[Any]:
    """One of our own pictures; the model stays where it was made for such pictures, else it becomes a shipped one that was."""
    file, domain, fitting = _SHIPPED[example]
    known = {model.name for model in _translating()}
    if fitting in known and (name is None or domain not in PIPELINES.get(name).labels):
        name = fitting
    return [str(EXAMPLES / file), name, *choose(name)]


def linked(name: str | None, direction: str | None, size: float) -> str:
    """The link to model, direction and size; none to weights that only this visitor has."""
    known = name if name in {model.name for model in _translating()} else None
    chosen = {"direction": direction, "size": int(size)} if known else {}
    return links({"tab": "translate", "model": known, **chosen})


def refresh(name: str | None, loaded: Loaded, shown: list[str]) -> list[Any]:
    """The menu when runs came or went; nothing at all otherwise, so that no open menu closes."""
    found = _translating()
    if [model.name for model in found] == shown:
        return [gr.skip() for _ in range(5)]
    known = [model.name for model in found] + [key for _, key in loaded]
    if name in known:
        return [*_menu(found, loaded, name), gr.skip(), gr.skip()]
    name = next(iter(known), None)
    return [*_menu(found, loaded, name), *choose(name)]


def choose(name: str | None, query: Mapping[str, str] | None = None) -> list[Any]:
    """What depends on the model: its directions, and the size it was trained at; or those that an address asks for."""
    query = query or {}
    try:
        pipeline = PIPELINES.get(name) if name else None
    except ValueError as error:
        warn(error)
        pipeline = None
    if pipeline is None:
        return [gr.update(choices=[], value=None, visible=False), gr.skip()]
    choices = [(pipeline.route_title(direction), direction) for direction in pipeline.routes]
    value = query["direction"] if query.get("direction") in pipeline.routes else choices[0][1] if choices else None
    size = int(between(query, "size", SMALLEST, MAX_SIZE, pipeline.size))
    return [gr.update(choices=choices, value=value, visible=len(choices) > 0), size]


def load_weights(file: str | None, loaded: Loaded) -> list[Any]:
    """A foreign translator joins the menu of this visitor alone."""
    if not file:
        return [gr.skip() for _ in range(6)]
    title, name = brought(file, "translates")
    loaded = [*loaded, (title, name)]
    return [*_menu(_translating(), loaded, name), *choose(name), loaded]


def _translating() -> list[ModelEntry]:
    return [model for model in playable() if model.translates]


def _menu(found: list[ModelEntry], loaded: Loaded, name: str | None) -> list[Any]:
    choices = [*loaded, *menu(found, "translates")]
    return [gr.update(choices=choices, value=name), gr.update(visible=not (found or loaded)), [model.name for model in found]]
