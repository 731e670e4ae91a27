"""Measure a model or a folder of images in this process: what `ganlab.evaluate` is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from ganlab.core.events import Loading
from ganlab.core.guesses import explained
from ganlab.core.guesses import whole as whole_number
from ganlab.core.names import is_there
from ganlab.core.progress import finish
from ganlab.data import DATASETS
from ganlab.metrics.measure import whole
from ganlab.metrics.value import Value
from ganlab.models import evaluate as measuring
from ganlab.models.evaluate import Asked, Split
from ganlab.models.pipeline import Pipeline
from ganlab.runtime.run import Run


@explained
def evaluate(
    subject: str | Path | Run | Pipeline,
    metrics: Sequence[str] | str | None = None,
    *,
    n: int | None = None,
    reference: str | Path = "",
    split: Split = "train",
    seed: int = 0,
    device: str = "auto",
    assume: Mapping[str, str] | None = None,
    report: Callable[[Loading], object] | None = None,
) -> list[Value]:
    """Measure a run, a model, or a folder or zip of images: one value for each metric, with its error and its protocol.

    Without `metrics`, those that are usual for the data that it was trained on; `n` images (10,000 of a model, all of a folder)
    against the `split` part of a `reference`, a data set or a folder. `report` is handed the progress. ValueError, one sentence,
    for what cannot be measured.
    """
    if not isinstance(subject, str | Path | Run | Pipeline):
        raise ValueError(
            f"subject is of type {type(subject).__name__}: name a run, a model or a folder; ganlab.fid(fake, real) takes images."
        )
    if not isinstance(reference, str | Path):
        raise ValueError(f"reference is of type {type(reference).__name__}: name a data set or a folder of images.")
    if split not in get_args(Split):
        raise ValueError(f"split = {split!r} is not one of {', '.join(get_args(Split))}.")
    n = None if n is None else whole_number("n", n, 1)
    names = [metrics] if isinstance(metrics, str) else metrics
    if isinstance(metrics, str) and not reference and (metrics in DATASETS or is_there(metrics)):
        raise ValueError(f"metrics = {metrics!r} is a data set or a folder: write reference={metrics!r} to compare with it.")
    asked = Asked(names, n, str(reference), split, seed, device, assume or {})
    return finish(whole(measuring.evaluate(_place(subject), asked)), report)


def _place(subject: str | Path | Run | Pipeline) -> str:
    """What `Pipeline.load` opens: a pipeline's own name is what it was opened with."""
    return subject.name if isinstance(subject, Pipeline) else str(subject.path if isinstance(subject, Run) else subject)
