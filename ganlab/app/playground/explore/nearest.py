"""Explore, a close look: one latent as JSON, and the training images nearest to its picture."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from torch import Tensor

from ganlab.analysis.explore.latents import Latent, class_of, read
from ganlab.analysis.explore.neighbours import Likeness, Match, Neighbourhood, Neighbours
from ganlab.analysis.explore.training_images import absence, training_images
from ganlab.app.playground.explore.section import Chosen, Section, address, redraw
from ganlab.app.playground.gradio_events import SLOW, SOON
from ganlab.app.playground.html import (
    endpoint,
    figure,
    from_python,
    links,
    pipeline_of,
    row,
    score_captions,
    score_note,
    showing_refusal,
)
from ganlab.app.security import rights
from ganlab.app.security.rights import Action
from ganlab.app.security.visitor import visitor
from ganlab.app.serving.hub_models import training_of
from ganlab.app.views.loading_wording import doing_text
from ganlab.core.events import Loading
from ganlab.core.progress import finish
from ganlab.models.pipeline import Pipeline

Report = Callable[[Loading], None] | None
_HELP = """A generator that has memorised its training images draws copies of them. A distance means something only beside those
between real images, so both are shown. Distances by pixels are root mean squares, in % of the range from black to white."""
_CODE = 'found = client.predict({model}, "0", api_name="/explore_nearest")'
_LIKENESS: dict[Likeness, str] = {
    "copy": "a copy: a training image is the same",
    "near": "suspiciously near: hardly any two real images are so alike",
    "ordinary": "no copy: real images are as near to each other",
}
_NOT_SHOWN = "This model was trained on uploaded pictures; only the teacher can search them."
_last: dict[tuple[Any, ...], Neighbourhood] = {}  # the data set that was searched last stays in memory


def section(chosen: Chosen) -> Section:
    """Lay the section out where it is called."""
    with gr.Row():
        with gr.Column(min_width=260, scale=1):
            latent = gr.Textbox("0", label="A seed or a latent", max_length=200_000)
            shown = gr.HTML(elem_classes="shown")
            text = gr.Textbox(label="This latent as JSON", interactive=False, lines=3, max_lines=3, buttons=["copy"])
        with gr.Column(min_width=300, scale=3):
            find = gr.Button("Find the nearest training images", variant="primary")
            found = gr.HTML(_HELP, elem_classes="shown found")
    example = from_python(_CODE, model="digits-quick")
    asked = [chosen.model, chosen.label, latent]
    redraw(chosen, [latent], showing_refusal(draw), shown, **SOON)
    redraw(chosen, [latent], as_json, text, **SOON)
    redraw(chosen, [latent], lambda *_: f'<p class="quiet">{_HELP}</p>', found, **SOON)
    find.click(search, asked, found, api_visibility="private", show_progress="full", **SLOW)
    endpoint(answer, [lambda: gr.Textbox(), lambda: gr.Textbox(), lambda: gr.Textbox("")], [lambda: gr.JSON()], "explore_nearest")
    return Section("close", {"z": latent}, {"z": "0"}, {}, example, _CODE)


def _picture(model: str | None, label: str | None, text: str) -> tuple[Pipeline, Tensor, Tensor]:
    pipeline = pipeline_of(model)
    z = read(pipeline, text)
    return pipeline, z, pipeline.generate(z[None], class_of(pipeline, label))


def draw(model: str | None, label: str | None, text: str) -> str:
    """The picture of a latent; ValueError, one sentence, for none."""
    pipeline, z, images = _picture(model, label, text)
    caption = score_captions(pipeline, images, class_of(pipeline, label))[0]
    shown = row([figure(images[0], caption, Latent.of(str(model), z, label), alt="The picture of this latent")], "one")
    return shown + links(address("close", model, label, z=text), images, name="picture") + score_note(pipeline)


def as_json(model: str | None, label: str | None, text: str) -> str:
    """What to copy; empty while there is nothing to."""
    try:
        return Latent.of(str(model), read(pipeline_of(model), text), label).dump()
    except ValueError:
        return ""


def searched(
    model: str | None, label: str | None, text: str, report: Report, request: gr.Request | None = None
) -> tuple[Neighbourhood, Tensor]:
    """The training images, ready to be searched, and the latent's picture; ValueError, one sentence, where they are not here."""
    pipeline, _, images = _picture(model, label, text)
    config = training_of(pipeline)
    if config and str(config.get("data_path") or "") and not _may_see_uploads(request):
        raise ValueError(_NOT_SHOWN)
    if not config:
        raise ValueError(f"{model} does not say what it was trained on, so there are no training images to search.")
    if why := absence(config):
        raise ValueError(why)
    key = (config["dataset"], config["data_path"], config["image_size"], images.shape[1], config.get("flip"), config["family"])
    if key not in _last:
        dataset = finish(training_images(config, images.shape[1]), report)
        _last.clear()
        _last[key] = Neighbourhood(dataset, flip=bool(config.get("flip")))
    return _last[key], images[0]


def _may_see_uploads(request: gr.Request | None) -> bool:
    """Whether this visitor may see pictures that were uploaded to the server as training data."""
    return request is None or rights.may(visitor(dict(request.cookies)).role, Action.UPLOAD)


def search(
    model: str | None,
    label: str | None,
    text: str,
    request: gr.Request | None = None,
    progress: gr.Progress = gr.Progress(),  # noqa: B008 (how Gradio hands it over)
) -> Iterator[str]:
    """The neighbours as rows of figures, each row under a heading: pixels first, since features take longer."""

    def report(event: Loading) -> None:
        progress((event.done, event.total) if event.total else 0, desc=doing_text(event), unit="images")

    shown = ""
    try:
        known, image = searched(model, label, text, report, request)
        for measure in known.measures:
            shown += _described(known, image, finish(known.nearest(image, measure), report))
            yield shown
    except ValueError as error:
        yield f'{shown}<p class="wrong">{html.escape(str(error))}</p>'
        return
    if "features" not in known.measures:
        shown += f'<p class="quiet">No classifier was trained on {known.dataset.name}, so only pixels are compared.</p>'
    yield f'{shown}<p class="quiet">{_HELP}</p>'


def _described(known: Neighbourhood, image: Tensor, found: Neighbours) -> str:
    where = "By pixels" if found.measure == "pixels" else f"In the features of a classifier of {known.dataset.name}"
    edges = [found.yardstick[int(share * (len(found.yardstick) - 1))] for share in (0.05, 0.95)]
    values = (found.matches[0].distance, found.typical, *edges)
    distance, typical, low, high = (_distance(found, value) for value in values)
    words = (
        f"The nearest of {len(known.dataset.images):,} training images is at distance {distance}. From a real image to its "
        f"nearest neighbour it is typically {typical}, and {low} to {high} for nine in ten."
    )
    figures = [figure(image, "This picture")]
    figures += [figure(known.dataset.images[match.index], _caption(known, found, match)) for match in found.matches]
    return f"<h3>{html.escape(where)}: {html.escape(_LIKENESS[found.likeness])}</h3><p>{words}</p>{row(figures, 'near')}"


def _caption(known: Neighbourhood, found: Neighbours, match: Match) -> str:
    return " · ".join(filter(None, (known.label(match), _distance(found, match.distance))))


def _distance(found: Neighbours, value: float) -> str:
    """By pixels in shares of the range, in features as they are."""
    return f"{100 * value:.1f} %" if found.measure == "pixels" else f"{value:.2f}"


def answer(model: str, text: str, label: str, request: gr.Request | None = None) -> list[dict[str, Any]]:
    """/explore_nearest: by every measure the indices and distances of the nearest training images, and the yardstick."""
    known, image = searched(model, label or None, text, None, request)
    found = [finish(known.nearest(image, measure)) for measure in known.measures]
    return [
        {
            "measure": one.measure,
            "likeness": one.likeness,
            "typical distance between real images": one.typical,
            "nearest": [{"index": m.index, "distance": m.distance, "label": known.label(m)} for m in one.matches],
        }
        for one in found
    ]
