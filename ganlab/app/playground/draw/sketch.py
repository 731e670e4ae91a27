"""What the Draw panel knows of a drawing: how the model is shown it, what D says, what the LeNet reads. HTML comes out."""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from PIL import Image

from ganlab.analysis.explore.drawing import as_digit, as_picture, on_dark
from ganlab.analysis.explore.scores import NO_DISCRIMINATOR, Scale, best_score, scale
from ganlab.app.serving.hub_models import training_of
from ganlab.metrics.features.classifier import ClassifierExtractor, has_classifier
from ganlab.models.pipeline import Pipeline

_SHOWN = 3  # of the LeNet's readings
_NO_DATA = " Scores of real images are not known: the data set is not on this machine."


@lru_cache(maxsize=4)
def _config(pipeline: Pipeline) -> Mapping[str, Any]:
    """What is known of how a model of the menu was trained."""
    return training_of(pipeline)


@lru_cache(maxsize=4)
def _dark(pipeline: Pipeline) -> bool:
    """Whether this generator draws on dark paper."""
    return on_dark(pipeline.generate(pipeline.latents(16, 0)).float().mean(dim=1).byte().numpy())


@lru_cache(maxsize=4)
def _scale(pipeline: Pipeline) -> Scale | None:
    return scale(pipeline, _config(pipeline))


@lru_cache(maxsize=4)
def _reader(dataset: str) -> ClassifierExtractor:
    return ClassifierExtractor.load(dataset)


def shown(pipeline: Pipeline, image: Image.Image) -> Image.Image:
    """The drawing as the model knows pictures; digits are placed as in MNIST. ImageError where nothing is drawn."""
    spec = pipeline.spec
    if _config(pipeline).get("dataset") == "mnist":
        return as_digit(image, spec.image_size).convert("L" if spec.channels == 1 else "RGB")
    return as_picture(image, spec.image_size, spec.channels, dark=_dark(pipeline))


def pixels(picture: Image.Image) -> torch.Tensor:
    """PIL -> uint8 (C, S, S)."""
    array = np.array(picture)
    return torch.from_numpy(array.reshape(*array.shape[:2], -1)).permute(2, 0, 1)


def reading(pipeline: Pipeline, picture: Image.Image) -> list[tuple[str, float]]:
    """What the LeNet of the model's data reads, with its probability, the likeliest first; [] where there is none."""
    dataset = str(_config(pipeline).get("dataset"))
    if not has_classifier(dataset):
        return []
    reader = _reader(dataset)
    chances = reader(pixels(picture)[None]).logits.softmax(dim=1)[0]
    return [(reader.about.labels[index], float(chances[index])) for index in chances.argsort(descending=True)[:_SHOWN].tolist()]


def says(pipeline: Pipeline, picture: Image.Image, label: int | None) -> str:
    """D's score and the LeNet's reading of the picture that the model is given."""
    return _scored(pipeline, picture, label) + _read(pipeline, picture)


def _scored(pipeline: Pipeline, picture: Image.Image, label: int | None) -> str:
    found = best_score(pipeline, pixels(picture), label)
    known = _scale(pipeline) if found else None
    if found is None or known is None:
        return f'<p class="answer">{html.escape(NO_DISCRIMINATOR)}</p>'
    as_class = f" as {html.escape(_class(pipeline, found.label))}" if found.label is not None else ""
    words = f"D gives this drawing <b>{found.value:.2f}</b>{as_class}: {_nearer(found.value, known)}."
    bands = [_band("fake", "G's own", known.fake)] + ([] if known.real is None else [_band("real", "real images", known.real)])
    return f'<p class="answer">{words}</p>{_strip(found.value, known, bands)}{_NO_DATA if known.real is None else ""}'


def _nearer(score: float, known: Scale) -> str:
    """On which side of the two it lies, in words."""
    share = float((known.fake < score).mean())
    if known.real is None:
        return f"higher than for {share:.0%} of G's own pictures"
    real, fake = float(np.median(known.real)), float(np.median(known.fake))
    if abs(real - fake) < 0.05 * float(np.ptp(np.concatenate([known.real, known.fake])) or 1):
        return "D cannot tell real images from G's own, so this means little"
    side = "D takes it for real" if (score > (real + fake) / 2) == (real > fake) else "D takes it for a fake"
    return f"{side}; half of the real images score above {real:.2f}, half of G's own above {fake:.2f}"


def _band(kind: str, title: str, scores: np.ndarray) -> tuple[str, str, float, float]:
    low, high = np.quantile(scores, [0.25, 0.75])
    return kind, title, float(low), float(high)


def _strip(score: float, known: Scale, bands: list[tuple[str, str, float, float]]) -> str:
    """A line from the least to the greatest score, with the middle half of each kind, and a mark for the drawing."""
    parts = [known.fake, *([] if known.real is None else [known.real])]
    ends = np.quantile(np.concatenate(parts), [0.01, 0.99])
    low, high = min(float(ends[0]), score), max(float(ends[1]), score)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return 100 * (min(max(value, low), high) - low) / span

    rows = "".join(
        f'<div class="band"><span>{title}</span><div><i class="{kind}" style="left:{place(start):.1f}%;'
        f'width:{max(place(end) - place(start), 0.8):.1f}%"></i><b style="left:{place(score):.1f}%"></b></div></div>'
        for kind, title, start, end in bands
    )
    numbers = f'<div class="band ends"><span></span><div><span>{low:.2f}</span><span>{high:.2f}</span></div></div>'
    about = '<p class="quiet">Each bar spans the middle half of 256 scores; the line marks your drawing.</p>'
    return f'<div class="strip" aria-hidden="true">{rows}{numbers}</div>{about}'


def _read(pipeline: Pipeline, picture: Image.Image) -> str:
    found = reading(pipeline, picture)
    if not found:
        return ""
    bars = "".join(
        f'<div class="band"><span>{html.escape(name)}</span><div><i class="read" style="width:{100 * chance:.1f}%"></i></div>'
        f"<span>{100 * chance:.0f} %</span></div>"
        for name, chance in found
    )
    name, chance = found[0]
    sure = "reads" if chance > 0.5 else "is not sure; its best guess is"
    words = f"The LeNet, a classifier trained on this data, {sure} <b>{html.escape(name)}</b>."
    return f'<p class="answer">{words}</p><div class="strip">{bars}</div>'


def _class(pipeline: Pipeline, label: int) -> str:
    return pipeline.labels[label] if label < len(pipeline.labels) else str(label)
