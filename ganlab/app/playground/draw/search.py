"""The search for G's closest picture as the Draw panel shows it: figures, how far it is, the curve of its loss."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import numpy as np
from PIL import Image

from ganlab.analysis.explore.invert import Inversion
from ganlab.app.playground.html import data_uri
from ganlab.core.images import png, to_pil
from ganlab.models.pipeline import Pipeline
from ganlab.models.translation import heat

_PATIENCE = 1.0  # seconds; from one picture of a search to the next it is usually a tenth of that
_FULL = 0.5  # of the range: from here on a difference is drawn in the brightest colour


class Search:
    """What a page asks of its search; kept by the page, a gr.State. `asked` is what is drawn there now, and how to search."""

    def __init__(self) -> None:
        self.asked: object = None
        self.stopped = False
        self._over = Event()
        self._over.set()

    def __deepcopy__(self, _: object) -> Search:
        """Each page begins with one of its own."""
        return Search()

    def stop(self) -> None:
        """End it with its next picture. Gradio's own cancelling lets pictures underway arrive after it."""
        self.stopped = True

    def replace(self, asked: object) -> None:
        """Something else is drawn: the search for what was drawn before shows no further picture."""
        self.asked = asked

    def wait(self) -> None:
        """Until a search that was replaced has ended."""
        self._over.wait(_PATIENCE)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """While the block lasts, the page searches."""
        self.stopped = False
        self._over.clear()
        try:
            yield
        finally:
            self._over.set()


def progress(pipeline: Pipeline, found: Inversion, stopped: bool = False) -> str:
    """How far the search is, or was when it was `stopped`, in words, a bar and the curve of its best loss."""
    at = f"{'Stopped at step' if stopped else 'Step'} {found.step} of {found.steps}"
    taken = len(found.curve) - 1
    end = "Found" if taken == found.steps else f"Time is up; the best of {taken} steps"
    words = end if found.finished else at
    as_class = f", drawn as {pipeline.labels[found.label]}" if found.label is not None and pipeline.labels else ""
    done = (
        f'role="progressbar" aria-label="The search" aria-valuemin="0" aria-valuemax="{found.steps}" aria-valuenow="{found.step}"'
    )
    bar = f'<div class="bar" {done}><i style="width:{100 * found.step / found.steps:.1f}%"></i></div>'
    return f'{bar}<p class="quiet">{words}: {100 * found.error:.1f} % off on average{as_class}.</p>{_curve(found)}'


def _curve(found: Inversion) -> str:
    """The best loss after each step, on a logarithmic scale, as a line that fills its box."""
    values = np.log(np.maximum(found.curve, 1e-9))
    low, high = float(values.min()), float(values.max())
    heights = 28 - 26 * (values - low) / ((high - low) or 1)
    points = " ".join(f"{100 * step / found.steps:.1f},{height:.1f}" for step, height in enumerate(heights))
    return (
        '<svg class="curve" viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label="The best loss, falling">'
        f'<polyline points="{points}" vector-effect="non-scaling-stroke"/></svg>'
    )


def difference(found: Inversion) -> Image.Image:
    """The residual as a heat map."""
    return enlarged(heat(np.clip(found.residual / _FULL, 0, 1)))


def enlarged(picture: Image.Image) -> Image.Image:
    """Small pictures by whole pixels, to about 256."""
    scale = max(1, 256 // picture.width)
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def beside(picture: Image.Image, found: Inversion, differs: Image.Image) -> Image.Image:
    """The drawing as the model is shown it, G's closest and the difference, for the download."""
    parts = [enlarged(picture).convert("RGB"), enlarged(to_pil(found.picture)).convert("RGB"), differs]
    row = Image.new("RGB", (sum(part.width for part in parts) + 8 * 2, parts[0].height), "white")
    for index, part in enumerate(parts):
        row.paste(part, (index * (parts[0].width + 8), 0))
    return row


def shots(picture: Image.Image | None, found: Inversion | None = None) -> str:
    """What the model is shown, G's closest picture and where they differ; empty frames for what is not there yet."""
    closest, differs = (to_pil(found.picture), difference(found)) if found else (None, None)
    figures = (
        shot(picture, "What the model sees", "Draw something"),
        shot(closest, "G's closest picture", "Not searched yet"),
        shot(differs, "Where they differ", "Bright: large difference"),
    )
    return f'<div class="shots">{"".join(figures)}</div>'


def shot(picture: Image.Image | None, caption: str, hint: str = "") -> str:
    """One figure; an empty frame with a hint where there is no picture yet."""
    words = f"<figcaption>{html.escape(caption)}</figcaption>"
    if picture is None:
        return f'<figure class="shot"><div class="blank">{html.escape(hint)}</div>{words}</figure>'
    alt = html.escape(caption, quote=True)
    return f'<figure class="shot"><img src="{data_uri(png(picture))}" alt="{alt}">{words}</figure>'
