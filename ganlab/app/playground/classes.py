"""The Classes panel: every class of one z, many z of every class, and two classes mixed. For models that take a label."""

from __future__ import annotations

import html
import random
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

import gradio as gr
import torch
from PIL import Image

from ganlab.analysis.explore.latents import MAX_SEED, Latent, class_of
from ganlab.analysis.explore.scores import scores
from ganlab.app.playground.choice import Panel
from ganlab.app.playground.gradio_events import QUIET, SOON, TURNING, by_name
from ganlab.app.playground.html import (
    data_uri,
    endpoint,
    figure,
    from_python,
    home,
    in_python,
    links,
    pipeline_of,
    row,
    score_captions,
    score_note,
    showing_refusal,
)
from ganlab.app.playground.model_info import info_of
from ganlab.app.playground.parse import between, seed_of, whole
from ganlab.core.images import png, sheet, to_pil
from ganlab.models.pipeline import Pipeline

MOST_ROWS, MOST_CLASSES = 12, 40
STEPS = 9  # of the strip from one class to the other
_PIXELS = 2**22  # of a grid
_STAGE = """<figure id="mixture-stage"><canvas id="mixture" role="img" aria-label="The mixture of both classes"></canvas>
<figcaption id="mixture-caption" aria-live="polite"></figcaption></figure>"""
_HELP = """The same z in every class keeps what is not in the label, such as slant and stroke. A mixture gives G a bit of both
labels, which it never saw in training."""
_CODE = """grid = client.predict({model}, 0, 4, 1, api_name="/classes_grid")
mixed = client.predict({model}, 0, {first}, {second}, 0.5, 1, api_name="/classes_mix")"""


def classes_panel(panel: Panel) -> None:
    """Lay the panel out where it is called; it is filled when it gets a model."""
    model, turn, filled = panel.model, gr.State(0), gr.State("")
    with gr.Row(elem_classes="asks seed"):
        seed = gr.Number(0, label="Seed", precision=0, minimum=0, maximum=MAX_SEED, min_width=120)
        resample = gr.Button("Resample", variant="primary", min_width=140, scale=0)
        truncation = gr.Slider(0, 1.5, 1, step=0.05, label="Truncation", buttons=[], min_width=180)
    with gr.Row():
        with gr.Column(min_width=240, scale=1):
            gr.HTML(_STAGE)
            share = gr.Slider(0, 1, 0.5, step=0.01, label="Share of the second class", buttons=[], elem_id="mixture-share")
        with gr.Column(min_width=300, scale=3):
            gr.HTML("<h3>Mix two classes</h3>")
            first = gr.Radio([], label="First class", elem_id="mixture-first")
            second = gr.Radio([], label="Second class")
            blend = gr.HTML(elem_classes="shown")
    one = gr.HTML(elem_classes="shown")
    with gr.Row(elem_classes="asks"):
        rows = gr.Slider(2, MOST_ROWS, 4, step=1, label="Rows of the grid, one z per row", buttons=[], min_width=180)
        with_scores = gr.Checkbox(False, label="D's score", info="below every picture of the grid and the mixture", min_width=180)
    grid = gr.HTML(elem_classes="shown")
    gr.HTML(_HELP, elem_classes="quiet")
    example = from_python(_CODE, model="shapes-quick", first="circle", second="heart")
    mixed = {"model": model, "seed": seed, "truncation": truncation, "first": first, "second": second, "share": share}
    asked = [*mixed.values(), rows, with_scores]
    outputs = [first, second, turn, filled, seed, truncation, share, rows, with_scores, example]

    def enter(name: str, turn: int, filled: str, first: str | None, second: str | None, request: gr.Request) -> list[Any]:
        if filled:
            return [*choose(name, turn, first, second), name, *[gr.skip() for _ in range(6)]]
        return restore(name, turn, dict(request.query_params), home(request))

    model.change(enter, [model, turn, filled, first, second], outputs, **TURNING)
    resample.click(lambda: random.randrange(10**6), None, seed, **QUIET)
    changes = [turn.change, seed.change, truncation.input, first.input, second.input]
    gr.on(changes, **by_name("window.ganlabMix.draw", mixed), **QUIET)
    gr.on([*changes, share.release, with_scores.input], showing_refusal(draw_blend), asked, blend, **SOON)
    gr.on([turn.change, seed.change, truncation.input], showing_refusal(draw_row), asked, one, **SOON)
    gr.on(
        [turn.change, seed.change, truncation.input, rows.input, with_scores.input],
        showing_refusal(draw_grid),
        asked,
        grid,
        **SOON,
    )
    picture, text = lambda: gr.Image(format="png"), lambda: gr.Textbox()
    numbers = [lambda: gr.Number(0, precision=0), lambda: gr.Number(4, precision=0)]
    endpoint(answer_grid, [text, *numbers, lambda: gr.Number(1)], [picture], "classes_grid")
    halves = [lambda: gr.Number(0.5), lambda: gr.Number(1)]
    endpoint(answer_mix, [text, numbers[0], text, text, *halves], [picture], "classes_mix")


def restore(name: str, turn: int, query: Mapping[str, str], address: str) -> list[Any]:
    """What depends on the model, and all that the address says."""
    chosen = choose(name, turn, query.get("first"), query.get("second"))
    seed = whole(query, "seed")
    numbers = [between(query, "truncation", 0, 1.5, 1.0), between(query, "share", 0, 1, 0.5)]
    rows = int(between(query, "rows", 2, MOST_ROWS, 4))
    first, second = (radio["value"] for radio in chosen[:2])
    code = in_python(_CODE, address, model=name, first=first, second=second)
    return [*chosen, name, seed, *numbers, rows, query.get("scores") == "1", code]


def choose(name: str, turn: int, first: str | None = None, second: str | None = None) -> list[Any]:
    """The classes to mix by name, as before where the model has them, and that everything is drawn anew."""
    names = list(info_of(name).labels)
    values = [first if first in names else next(iter(names), None), second if second in names else next(iter(names[1:]), None)]
    radios = [gr.update(choices=[(text, text) for text in names], value=value) for value in values]
    return [*radios, turn + 1]


def _z(pipeline: Pipeline, seed: float | None, count: int, truncation: float) -> torch.Tensor:
    return truncation * pipeline.latents(count, seed_of(seed))


def of_every_class(model: str | None, seed: float | None, rows: float, truncation: float) -> tuple[Pipeline, torch.Tensor]:
    """The pipeline and images (rows * classes, C, S, S), a row per z; at most MOST_CLASSES classes. ValueError where too many."""
    pipeline = pipeline_of(model)
    if not pipeline.conditional:
        raise ValueError(f"{model} takes no label, so it has no classes to show.")
    shown = min(pipeline.spec.num_classes, MOST_CLASSES)
    if not 1 <= rows <= MOST_ROWS or rows * shown * pipeline.spec.image_size**2 > _PIXELS:
        raise ValueError(f"A grid of {rows:g} rows cannot be drawn; choose 1 to {MOST_ROWS}, fewer for large pictures.")
    z = _z(pipeline, seed, int(rows), truncation)
    return pipeline, pipeline.generate(z.repeat_interleave(shown, dim=0), list(range(shown)) * int(rows))


def draw_row(model: str | None, seed: float | None, truncation: float, *_: Any) -> str:
    """One z through all classes, each under its name."""
    pipeline, images = of_every_class(model, seed, 1, truncation)
    z = _z(pipeline, seed, 1, truncation)[0]
    named = zip(images, pipeline.labels, score_captions(pipeline, images, list(range(len(images)))), strict=False)
    figures = [figure(image, _caption(name, score), Latent.of(str(model), z, name)) for image, name, score in named]
    few = "" if len(images) == len(pipeline.labels) else f" (the first {len(images)} of {len(pipeline.labels)})"
    return f"<h3>One z in every class{few}</h3>{row(figures, 'along')}{score_note(pipeline)}"


def draw_grid(
    model: str | None, seed: float | None, truncation: float, first: Any, second: Any, share: Any, rows: float, with_scores: bool
) -> str:
    """A column per class under its name, a row per z; `with_scores` with D's score below each picture."""
    pipeline, images = of_every_class(model, seed, rows, truncation)
    columns = len(images) // int(rows)
    heads = "".join(f"<span>{html.escape(name)}</span>" for name in pipeline.labels[:columns])
    found = scores(pipeline, images, list(range(columns)) * int(rows)) if with_scores else None
    if found is None:
        picture = f'<img src="{data_uri(png(sheet(images, columns, padding=0)))}" alt="{int(rows)} z, each in every class">'
    else:
        cells = (
            figure(image, f"{score:.2f}", alt=name)
            for image, score, name in zip(images, found, _names(pipeline, columns), strict=False)
        )
        picture = f'<div class="cells">{"".join(cells)}</div>'
    table = f'<div class="classes" style="--columns: {columns}"><div class="heads">{heads}</div>{picture}</div>'
    saved = links(_query(model, seed, truncation, first, second, share, rows, with_scores), images, columns)
    return f"<h3>Many z, one row each</h3>{table}{saved}{score_note(pipeline) if with_scores else ''}"


def _names(pipeline: Pipeline, columns: int) -> Iterator[str]:
    """Those of the columns, row after row."""
    return cycle(pipeline.labels[:columns])


def draw_blend(
    model: str | None,
    seed: float | None,
    truncation: float,
    first: str,
    second: str,
    share: float,
    rows: float,
    with_scores: bool,
) -> str:
    """The way from one class to the other, `with_scores` with D's score of each step, and the links of this mixture."""
    pipeline = pipeline_of(model)
    shares = torch.linspace(0, 1, STEPS)
    z = _z(pipeline, seed, 1, truncation).expand(STEPS, -1)
    mixed = _mixture(pipeline, first, second, shares.tolist())
    images = pipeline.generate(z, mixed)
    captions = score_captions(pipeline, images, mixed) if with_scores else [""] * STEPS
    steps = zip(images, shares.tolist(), captions, strict=True)
    figures = [figure(image, _caption(f"{100 * part:.0f} %", score)) for image, part, score in steps]
    query = _query(model, seed, truncation, first, second, share, rows, with_scores)
    return row(figures, "along") + links(query, images, STEPS, f"{first}-to-{second}")


def _caption(name: str, score: str) -> str:
    return f"{name} · {score}" if score else name


def _mixture(pipeline: Pipeline, first: str, second: str, share: float | list[float]) -> torch.Tensor:
    ends = [class_of(pipeline, name) for name in (first, second)]
    return pipeline.mixture(ends[0] or 0, ends[1] or 0, share)


def _query(
    model: str | None, seed: Any, truncation: float, first: str, second: str, share: float, rows: float, with_scores: bool
) -> dict[str, Any]:
    shown = {"first": first, "second": second, "share": share, "rows": int(rows), "scores": 1 if with_scores else None}
    return {"tab": "classes", "model": model, "seed": int(seed or 0), "truncation": truncation, **shown}


def answer_grid(model: str, seed: float, rows: float, truncation: float) -> Image.Image:
    """/classes_grid: a column per class, a row per z, as one picture."""
    _, images = of_every_class(model, seed, rows, truncation)
    return sheet(images, len(images) // int(rows), scale=2)


def answer_mix(model: str, seed: float, first: str, second: str, share: float, truncation: float) -> Image.Image:
    """/classes_mix: one z in a mixture of two classes by name, `share` 0 to 1 of the second."""
    pipeline = pipeline_of(model)
    if not 0 <= share <= 1:
        raise ValueError(f"share = {share:g} is not between 0 and 1.")
    return to_pil(pipeline.generate(_z(pipeline, seed, 1, truncation), _mixture(pipeline, first, second, share))[0])
