"""Pictures as HTML that Gradio shows at once: figures whose click copies their latent, links, refusals in one sentence."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import gradio as gr
from torch import Tensor

from ganlab.analysis.explore.latents import Latent
from ganlab.analysis.explore.scores import NO_DISCRIMINATOR, scores
from ganlab.app.playground.failures import refusal
from ganlab.app.playground.gradio_events import QUIET, SLOW
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.core.images import png, sheet, to_pil
from ganlab.core.names import message
from ganlab.core.threads import in_background
from ganlab.models.pipeline import Pipeline

HOME = "http://localhost:8501/playground/"


def figure(image: Tensor, caption: str = "", latent: Latent | None = None, *, alt: str = "") -> str:
    """uint8 (C, H, W) with words below; a button that copies `latent` where there is one."""
    picture = f'<img src="{data_uri(png(to_pil(image)))}" alt="{html.escape(alt or caption, quote=True)}">'
    if latent is not None:
        text = html.escape(latent.dump(), quote=True)
        picture = f'<button type="button" class="latent" title="Copy this latent" data-latent="{text}">{picture}</button>'
    return f"<figure>{picture}<figcaption>{html.escape(caption)}</figcaption></figure>"


def row(figures: Sequence[str], kind: str = "") -> str:
    """Figures side by side, as many as fit."""
    return f'<div class="figures {kind}" style="--count: {len(figures)}">{"".join(figures)}</div>'


def data_uri(data: bytes, mime: str = "image/png") -> str:
    """A file inside an address."""
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def links(query: Mapping[str, Any], download: Tensor | None = None, columns: int = 1, name: str = "ganlab") -> str:
    """A link that restores `query`; images (N, C, H, W) are offered as one PNG of `columns`."""
    given = urlencode({key: value for key, value in query.items() if value is not None})
    saving = ""
    if download is not None:
        scale = max(1, min(4, 512 // download.shape[-1]))
        href = data_uri(png(sheet(download, columns, scale=scale), compress_level=6))
        saving = f'<a href="{href}" download="{html.escape(name, quote=True)}.png">Download</a>'
    return f'<div class="links">{saving}<a class="copy-link" href="?{html.escape(given, quote=True)}">Copy link</a></div>'


def score_captions(pipeline: Pipeline, images: Tensor, label: Any = None) -> list[str]:
    """D's score of each as a caption; empty ones where no D is at hand."""
    found = scores(pipeline, images, label)
    return [""] * len(images) if found is None else [f"D {score:.2f}" for score in found]


def score_note(pipeline: Pipeline) -> str:
    """What the scores below the pictures mean, or why there are none."""
    if pipeline.discriminators.get("D") is None:
        return f'<p class="quiet">{NO_DISCRIMINATOR}</p>'
    return '<p class="quiet">D: the score that the discriminator gives the picture, on the scale of the live charts.</p>'


def showing_refusal(draw: Callable[..., str]) -> Callable[..., str]:
    """`draw` with a ValueError shown where the picture would be: the user may still be typing."""

    def drawn(*values: Any) -> str:
        try:
            return draw(*values)
        except ValueError as error:
            return f'<p class="wrong">{html.escape(message(error))}</p>'

    return drawn


def as_gradio_error(answer: Callable[..., Any]) -> Callable[..., Any]:
    """`answer` with a ValueError as the one sentence that a caller of the API gets."""

    @wraps(answer)  # Gradio reads the parameters' names, and gradio_client takes them as keywords
    def answered(*values: Any) -> Any:
        try:
            return answer(*values)
        except ValueError as error:
            raise refusal(error) from None

    return answered


def pipeline_of(model: str | None) -> Pipeline:
    """The model of that name that draws from z; ValueError for none."""
    if not model:
        raise ValueError("Choose a model first.")
    pipeline = PIPELINES.get(model)
    if pipeline.translates:
        raise ValueError(f"{model} translates photos: it draws nothing from z.")
    return pipeline


def home(request: gr.Request | None) -> str:
    """The playground's address as the visitor's browser sees it."""
    return (request.headers.get("referer") or HOME).split("?")[0] if request is not None else HOME


def from_python(example: str, demo: gr.Blocks | None = None, **values: Any) -> gr.Code:
    """The panel's named endpoint, ready to copy; with `demo`, the visitor's own address is in it once the page is there."""
    with gr.Accordion("Use it from Python", open=False):
        code = gr.Code(
            in_python(example, HOME, **values), language="python", interactive=False, buttons=["copy"], show_label=False
        )

    def here(request: gr.Request) -> str:
        return in_python(example, home(request), **values)

    if demo is not None:
        demo.load(here, None, code, **QUIET)
    return code


def in_python(example: str, address: str, **values: Any) -> str:
    """An example for gradio_client; {name} in it becomes that value as a literal.

    Names of models and classes come from strangers, and users copy this and run it: they stay inside their quotes.
    """

    def literal(match: re.Match[str]) -> str:
        return json.dumps(values[match[1]], ensure_ascii=False) if match[1] in values else match[0]

    filled = re.sub(r"\{(\w+)\}", literal, example)
    return f"from gradio_client import Client\n\nclient = Client({json.dumps(address, ensure_ascii=False)})\n{filled}"


def endpoint(
    answer: Callable[..., Any],
    inputs: Sequence[Callable[[], Any]],
    outputs: Sequence[Callable[[], Any]],
    name: str,
    queue: str = "explore-slowly",
) -> None:
    """/`name` for gradio_client, with inputs of its own: the panel's menus take only what they show one visitor.

    One call at a time of those that share a `queue`.
    """
    with gr.Row(visible=False):
        given, made, call = [make() for make in inputs], [make() for make in outputs], gr.Button()
    call.click(as_gradio_error(_behind_others(answer)), given, made, api_name=name, **SLOW | {"concurrency_id": queue})


def _behind_others(answer: Callable[..., Any]) -> Callable[..., Any]:
    """`answer`, which may take seconds, in a thread that pages and sliders go before."""

    @wraps(answer)
    def behind(*given: Any) -> Any:
        return in_background(answer, *given)

    return behind
