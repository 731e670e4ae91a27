"""The Layers panel: what each layer of G and D makes of a z or of a picture, and what the networks weigh."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image

from ganlab.analysis.explore.inspect import Inspection, networks
from ganlab.analysis.explore.latents import MAX_SEED
from ganlab.analysis.explore.scores import NO_DISCRIMINATOR
from ganlab.app.playground.choice import Panel
from ganlab.app.playground.draw.search import shot
from ganlab.app.playground.failures import refusal, warn
from ganlab.app.playground.gradio_events import QUIET
from ganlab.app.playground.html import endpoint, from_python, links
from ganlab.app.playground.layers.inputs import seen_by
from ganlab.app.playground.layers.table import first_shown, grid, rows, table
from ganlab.app.playground.model_info import info_of
from ganlab.app.playground.parse import seed_of, whole, within
from ganlab.app.playground.photo import photo
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.variants import parts
from ganlab.app.views.model_wording import maps_text
from ganlab.models.pipeline import Pipeline

MOST_LABEL, MOST_LAYER = 100_000, 10_000
FIRST = 0  # the layer to show when none was chosen
_EXAMPLE = """picture, caption, table = client.predict(
    photo=None, model={model}, network="G", seed=7, label=0, layer=4, api_name="/layers_maps")
print(caption, table[-1]["parameters"])"""
_HINT = """Each map is scaled from its least value, black, to its greatest, white. The maps that vary most over the picture come
first. The arrow keys move the slider from layer to layer."""
_REVEAL = "() => window.ganlabLayers.reveal()"  # the chosen layer's row in the table
_INPUT = {  # by (translates, is a discriminator)
    (False, False): "Input: the z of this seed.",
    (False, True): "Input: your picture, or what G draws from this seed.",
    (True, False): "Input: your picture, or the example.",
    (True, True): "Input: what G makes of your picture, or of the example.",
}


@dataclass(frozen=True)
class Widgets:
    """The parts that events read and write."""

    model: gr.Textbox
    network: gr.Radio
    seed: gr.Number
    label: gr.Radio
    picture: gr.Image
    layer: gr.Slider
    maps: gr.Image
    caption: gr.HTML
    entering: gr.HTML
    table: gr.HTML
    links: gr.HTML
    wanted: gr.State

    @property
    def asked(self) -> list[gr.components.Component]:
        """What the maps depend on, but for the number of the layer."""
        return [self.model, self.network, self.seed, self.label, self.picture]

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What is shown of them."""
        return [self.layer, self.wanted, self.maps, self.caption, self.entering, self.table, self.links]


def layers_panel(demo: gr.Blocks, panel: Panel) -> None:
    """Lay the panel out where it is called; it is filled when it gets a model."""
    widgets, filled = _layout(demo, panel.model), gr.State("")
    menus = [widgets.network, widgets.seed, widgets.label, widgets.wanted, filled]
    once: dict[str, Any] = {"concurrency_id": "layers", "api_visibility": "private"}
    settings = once | {"trigger_mode": "always_last", "show_progress": "minimal", "show_progress_on": widgets.maps}
    anew = [
        panel.model.change(enter, [panel.model, *menus], menus, **QUIET),
        widgets.network.input(lambda: FIRST, None, widgets.wanted, **QUIET),
    ]
    for event in anew:
        event.then(show, [*widgets.asked, widgets.wanted], widgets.outputs, **settings).then(None, js=_REVEAL, **QUIET)
    changed = [widgets.seed.input, widgets.label.input, widgets.layer.input, widgets.picture.upload, widgets.picture.clear]
    gr.on(changed, show, [*widgets.asked, widgets.layer], widgets.outputs, **settings).then(None, js=_REVEAL, **QUIET)
    _endpoint()


def _endpoint() -> None:
    """/layers_maps for gradio_client."""
    inputs: list[Callable[[], Any]] = [
        lambda: photo(label="Photo"),
        lambda: gr.Textbox(label="Model"),
        lambda: gr.Textbox("G", label="Network"),
        lambda: gr.Number(0, label="Seed", precision=0),
        lambda: gr.Number(0, label="Label", precision=0),
        lambda: gr.Number(FIRST, label="Layer", precision=0),
    ]
    endpoint(answer, inputs, [lambda: gr.Image(format="png"), gr.Textbox, gr.JSON], "layers_maps")


def _layout(demo: gr.Blocks, model: gr.Textbox) -> Widgets:
    network = gr.Radio([], label="Network", min_width=240, scale=2)
    with gr.Row():
        with gr.Column(min_width=300, scale=2):
            seed = gr.Number(0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, min_width=110)
            label = gr.Radio([], label="Label", visible=False)
            entering = gr.HTML(elem_classes="entering")
            with gr.Accordion("A picture of your own", open=False):
                picture = photo(label="Photo", height=220, buttons=[])
            gr.HTML(_HINT, elem_classes="quiet")
        with gr.Column(min_width=300, scale=5):
            layer = gr.Slider(1, 2, 1, step=1, label="Layer", buttons=[], elem_id="layer")
            caption = gr.HTML(elem_id="layer-caption")
            maps = gr.Image(show_label=False, format="png", buttons=["download", "fullscreen"], elem_id="maps")
            link = gr.HTML(links({"tab": "layers"}))
            from_python(_EXAMPLE, demo, model="digits-quick")
    weights, wanted = gr.HTML(), gr.State(None)
    return Widgets(model, network, seed, label, picture, layer, maps, caption, entering, weights, link, wanted)


def show(
    model: str | None,
    network: str | None,
    seed: float | None,
    label: int | None,
    picture: Image.Image | None,
    layer: float | None,
) -> list[Any]:
    """The maps of one layer and everything around them; nothing without a model."""
    if not model:
        return [gr.skip() for _ in range(7)]
    try:
        pipeline = PIPELINES.get(model)
        network = network if network in networks(pipeline) else next(iter(pipeline.generators))
        seen = seen_by(pipeline, network, seed_of(seed), label, picture)
    except ValueError as error:
        raise refusal(error) from None
    maps = seen.activations.maps
    number = min(int(layer or FIRST), len(maps)) or first_shown(seen.activations)
    chosen = maps[number - 1]
    words = f'<p class="answer">{html.escape(maps_text(chosen))}</p>'
    state = {"tab": "layers", "model": model, "network": network, "seed": int(seed or 0), "label": label, "layer": number}
    slider = gr.update(value=number, maximum=max(2, len(maps)))
    return [
        slider,
        number,
        grid(chosen),
        words,
        _entering(pipeline, network, seen),
        table(seen.activations, number),
        links(state),
    ]


def answer(
    photo: Image.Image | None, model: str, network: str, seed: float | None, label: float | None, layer: float | None
) -> list[Any]:
    """One layer's maps, their caption and the table of all layers, for other programs."""
    pipeline = PIPELINES.get(model)
    chosen = within("label", label, 0, MOST_LABEL) if pipeline.conditional else None
    seen = seen_by(pipeline, network or next(iter(pipeline.generators)), seed_of(seed), chosen, photo).activations
    number = within("layer", layer, FIRST, MOST_LAYER) or first_shown(seen)
    if not 1 <= number <= len(seen.maps):
        raise ValueError(f"layer = {number} is out of range: {network} has 1 to {len(seen.maps)}.")
    return [grid(seen.maps[number - 1]), maps_text(seen.maps[number - 1]), rows(seen)]


def _entering(pipeline: Pipeline, network: str, seen: Inspection) -> str:
    """The picture that went in, or that it is z; and why there is no D, where there is none."""
    discriminates = network not in pipeline.generators
    figure = shot(seen.picture, "Input") if seen.picture else ""
    absent = "" if pipeline.discriminators else f'<p class="quiet">{html.escape(NO_DISCRIMINATOR)}</p>'
    return f'{figure}<p class="quiet">{_INPUT[pipeline.translates, discriminates]}</p>{absent}'


def enter(
    name: str,
    network: str | None,
    seed: float | None,
    label: int | None,
    layer: int | None,
    filled: str,
    request: gr.Request,
) -> list[Any]:
    """What the address asks for at first; then what depends on the model, as before where it is the same model."""
    if not filled:
        query = dict(request.query_params) if request.query_params.get("tab") == "layers" else {}
        seed, label, layer = (whole(query, key) for key in ("seed", "label", "layer"))
        network = query.get("network")
    elif parts(filled)[0] != parts(name)[0]:
        network, label, layer = None, 0, FIRST
    return [*_menus(name, network, int(seed or 0), label or 0), layer, name]


def _menus(name: str, network: str | None, seed: int, label: int) -> list[Any]:
    try:
        pipeline = PIPELINES.get(name)
    except ValueError as error:
        warn(error)
        return [gr.update(choices=[], value=None), gr.skip(), gr.skip()]
    return [_networks(pipeline, network), gr.update(value=seed, visible=not pipeline.translates), _labels(name, pipeline, label)]


def _networks(pipeline: Pipeline, network: str | None) -> Any:
    titles = networks(pipeline)
    choices = [(title, name) for name, title in titles.items()]
    return gr.update(choices=choices, value=network if network in titles else next(iter(titles)))


def _labels(name: str, pipeline: Pipeline, label: int) -> Any:
    known = () if pipeline.translates else info_of(name).labels
    choices = [(text, index) for index, text in enumerate(known)]
    return gr.update(choices=choices, value=(label if label < len(known) else 0) if known else None, visible=bool(known))
