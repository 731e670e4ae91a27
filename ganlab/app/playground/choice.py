"""The one model of Play: its menu above the panels, what is known of it, and what a panel says that cannot show it."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from ganlab.app.playground.fitting import Kind, kinds, label, near, why_not
from ganlab.app.playground.gradio_events import QUIET, by_name
from ganlab.app.playground.hub_menu import fetched, hub_box, menu
from ganlab.app.playground.left_open import LeftOpen, left_open, settled, updates
from ganlab.app.playground.model_info import described, named
from ganlab.app.playground.moments import listed, moments, slider
from ganlab.app.playground.weights_file import ONE_AT_A_TIME, Loaded, brought, weights_box
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.variants import STEP, parts, variant

REFRESH_SECONDS = 4.0
_NOTHING: dict[Kind, str] = {
    "draws": """<h2>No model to play with yet</h2>
<p>A model appears here with its first checkpoint, while it is still training.
<a href="../train" target="_top">Train one</a>; the shapes need no download. Or load weights from a file below.</p>""",
    "labelled": """<h2>No model that takes a label yet</h2>
<p><a href="../train" target="_top">Train a CGAN</a>; the shapes need no download.</p>""",
    "translates": """<h2>No model that translates yet</h2>
<p>Train Pix2Pix, CycleGAN or CUT, or load weights from a file below.</p>""",
}
_NOTHING["any"] = _NOTHING["draws"]


@dataclass(frozen=True)
class Panel:
    """A panel's place in a tab. `model` is the name of the model that it shows, and changes only while the panel is open."""

    key: str
    kind: Kind
    tab: gr.Tab
    model: gr.Textbox
    body: gr.Column
    notice: gr.Column
    why: gr.HTML
    near: gr.Button

    @property
    def outputs(self) -> list[Any]:
        """What `updates` is for."""
        return [self.body, self.notice, self.why, self.near]

    def updates(self, name: str | None, fits: frozenset[Kind]) -> list[Any]:
        """The panel itself, or why it cannot show the model and one that it can."""
        fit = self.kind in fits
        seen = [gr.update(visible=fit), gr.update(visible=not fit)]
        if fit:
            return [*seen, gr.skip(), gr.skip()]
        instead = near(name, self.kind)
        if instead is None or not name:
            return [*seen, f'<div class="nothing">{_NOTHING[self.kind]}</div>', gr.update(visible=False)]
        words = f"<p>{html.escape(why_not(name, self.kind))}</p>"
        return [*seen, words, gr.update(value=f"Use “{label(instead)}”", visible=True)]


@dataclass(frozen=True)
class Choice:
    """The widgets above the panels. `name` is the model's, with what is assumed of it; `served`, for choice.js, says which panels
    can show it; `moments` are those of a run, `moved` says that one was chosen; `shown` is what the menu and the slider hold,
    `loaded` what this visitor has brought.
    """

    menu: gr.Dropdown
    name: gr.Textbox
    about: gr.HTML
    moments: gr.HTML
    moved: gr.Button
    open: LeftOpen
    served: gr.Textbox
    shown: gr.State
    loaded: gr.State
    models: Mapping[str, gr.Textbox]
    panels: list[Panel] = field(default_factory=list)

    @property
    def outputs(self) -> list[Any]:
        """What `show` is for."""
        panels = [widget for panel in self.panels for widget in panel.outputs]
        return [self.menu, self.name, self.about, self.moments, *self.open.outputs, self.served, self.shown, *panels]

    def show(self, name: str | None, loaded: Loaded) -> list[Any]:
        """Updates for all that depends on the model alone."""
        found, fits = playable(), kinds(name)
        choices = [*loaded, *menu(found, "any")]
        served = json.dumps({"name": name or "", "panels": [panel.key for panel in self.panels if panel.kind in fits]})
        panels = [update for panel in self.panels for update in panel.updates(name, fits)]
        dropdown = gr.update(choices=choices, value=parts(name or "")[0] or None)
        known = moments(name)
        above = [dropdown, name or "", described(name), listed(name, known), *updates(name)]
        return [*above, served, [*(one.name for one in found), *known], *panels]

    def handed_over(self, function: str) -> dict[str, Any]:
        """The arguments of the event after which `function` of choice.js gives the open panel its model."""
        return by_name(function, {"served": self.served, **self.models}, list(self.models)) | QUIET

    @contextmanager
    def place(self, tab: gr.Tab, kind: Kind) -> Iterator[Panel]:
        """A panel of models of that kind, laid out in the block."""
        key = str(tab.id)
        with gr.Column(visible=False, elem_classes="refusal") as notice:
            why = gr.HTML()
            instead = gr.Button(variant="primary", min_width=200, scale=0)
        with gr.Column() as body:
            panel = Panel(key, kind, tab, self.models[key], body, notice, why, instead)
            yield panel
        self.panels.append(panel)


def lay_out(keys: list[str]) -> Choice:
    """The head of the page, for the panels of these names."""
    with gr.Row(elem_classes="top"):
        dropdown = gr.Dropdown([], label="Model", scale=2, min_width=280, elem_id="model")
        about = gr.HTML(elem_classes="quiet")
    known, moved = slider()
    left = left_open("left-open")
    shown, loaded = gr.State([]), gr.State([])
    name, served, *models = (
        gr.Textbox("", visible="hidden", show_label=False, elem_id=f"choice-{key}", elem_classes="unseen")
        for key in ("name", "served", *keys)
    )
    return Choice(dropdown, name, about, known, moved, left, served, shown, loaded, dict(zip(keys, models, strict=True)))


def wire(choice: Choice) -> gr.Accordion:
    """Let every way to choose a model choose it for all panels; the ways to bring one are laid out where this is called.

    Returns the box of those that may download.
    """
    handed = choice.handed_over("window.ganlabChoice.show")
    weights = weights_box("A checkpoint of a generator that draws from z, or of a CycleGAN, Pix2Pix or GAN Compression generator")
    box, address, fetch = hub_box()
    before = [choice.name, choice.loaded]
    slow: dict[str, Any] = {"concurrency_id": "hub", "show_progress": "full", "show_progress_on": [choice.menu]}
    slow |= {"api_visibility": "private"}

    def pick(
        name: str | None,
        before: str,
        loaded: Loaded,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 (how Gradio hands it over)
    ) -> list[Any]:
        return choice.show(fetched(name, before, progress), loaded)

    def load(file: str | None, before: str, loaded: Loaded) -> list[Any]:
        if file:
            loaded = [*loaded, brought(file)]
            before = loaded[-1][1]
        return [*choice.show(before, loaded), loaded]

    def settle(before: str, loaded: Loaded, *values: str | None) -> list[Any]:
        return choice.show(settled(before, list(values)), loaded)

    for event in (choice.menu.input, fetch.click, address.submit):
        given = choice.menu if event == choice.menu.input else address
        event(pick, [given, *before], choice.outputs, **slow).then(**handed)
    uploaded = weights.upload(
        load, [weights, *before], [*choice.outputs, choice.loaded], show_progress_on=weights, **ONE_AT_A_TIME
    )
    uploaded.then(**handed)
    for control in choice.open.controls:
        control.input(settle, [*before, *choice.open.controls], choice.outputs, **QUIET).then(**handed)
    held = {"name": choice.name, "served": choice.served, **choice.models}
    choice.moved.click(**by_name("window.ganlabMoments.choose", held, list(held)) | QUIET | {"trigger_mode": "always_last"})
    for panel in choice.panels:
        panel.near.click(_to_near(choice, panel.kind), before, choice.outputs, **QUIET).then(**handed)
        panel.tab.select(**choice.handed_over(f"((values) => window.ganlabChoice.open({json.dumps(panel.key)}, values))"))
    return box


def _to_near(choice: Choice, kind: Kind) -> Callable[..., list[Any]]:
    def to_near(name: str, loaded: Loaded) -> list[Any]:
        found = near(name, kind)
        return choice.show(found.name if found else name, loaded)

    return to_near


def refreshed(choice: Choice, name: str, shown: list[Any], loaded: Loaded) -> list[Any]:
    """What `show` gives when runs came or went; nothing at all otherwise, so that no open menu closes."""
    names = [model.name for model in playable()]
    if [*names, *moments(name)] == shown:
        return [gr.skip() for _ in choice.outputs]
    known = parts(name)[0] in [*names, *[key for _, key in loaded]]
    return choice.show(name if known else first("draws"), loaded)


def first(kind: Kind) -> str | None:
    """The model to begin with: the first of that kind, else any."""
    model = near(None, kind) or near(None, "any")
    return model.name if model else None


def asked_for(query: Mapping[str, str], kind: Kind) -> tuple[str | None, Loaded]:
    """The model that an address names, with what is assumed of it, else the first that its panel can show; and where this visitor
    has brought it, the entry of the menu.
    """
    asked = query.get("model", "")
    wanted = parts(asked)[0]
    if PIPELINES.keeps(wanted):
        return asked, [(PIPELINES.get(wanted).name, wanted)]
    model, step = named(wanted), query.get(STEP, "")
    if model and model.origin == "run" and step.isdecimal():
        asked = variant(wanted, {STEP: step[:9]})
    return (asked if model else first(kind)), []
