"""The job behind the Evaluate page: several models or folders under one protocol, and what real images read under it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ganlab.analysis.jobs.messages import ADVICE, Measured, PartFailed, Working
from ganlab.core.errors import EXPECTED, explain
from ganlab.core.events import Loading
from ganlab.core.progress import Work
from ganlab.metrics.measure import Measuring
from ganlab.metrics.value import Value
from ganlab.models.evaluate import Asked, Split, evaluate, evaluate_floors


def measure_all(
    subjects: Sequence[str],
    metrics: Sequence[str] | None = None,
    n: int | None = None,
    reference: str = "",
    split: Split = "train",
    seed: int = 0,
    floors: bool = True,
    device: str = "auto",
    assume: Mapping[str, str] | None = None,
) -> Working:
    """Yield progress; return the values of all `subjects`, then the floors of every reference they were compared with.

    The values of each subject are yielded when they are known. One that cannot be measured, or one of its metrics, is a
    PartFailed, and the others go on; floors that cannot, and metrics that were not asked for by name, are a minor one.
    `assume` settles what files of weights leave open. ValueError when nothing can be measured.
    """
    if not subjects or (metrics is not None and not metrics):
        raise ValueError("Choose at least one model or folder of images, and at least one metric.")
    names, named = list(dict.fromkeys(subjects)), None if metrics is None else tuple(metrics)
    asked = Asked(named, n, reference, split, seed, device, assume or {}, partial=True)
    values: list[Value] = []
    references: dict[str, str] = {}  # and one subject that was compared with each
    sentences = []
    lacking: set[str] = set()  # metrics
    for place, subject in enumerate(names, 1):
        where = {"place": place, "places": len(names)} if len(names) > 1 else {}
        work = _placed(lambda subject=subject: evaluate(subject, asked), where, lacking, named is None)  # type: ignore[misc]
        made = yield from _tried(work, subject)
        if isinstance(made, str):
            sentences.append(made)
            continue
        values += made
        references.setdefault(made[0].reference, subject)
    if not values:
        raise ValueError(sentences[0])
    for subject in references.values() if floors else ():
        work = _placed(lambda subject=subject: evaluate_floors(subject, asked), {"floors": True}, lacking)  # type: ignore[misc]
        made = yield from _tried(work, "")
        values += [] if isinstance(made, str) else made
    return values


def _tried(work: Working, subject: str) -> Generator[Loading | Measured | PartFailed, None, list[Value] | str]:
    """The values, yielded once they are known; or the sentence that says why there are none."""
    try:
        values = yield from work
    except Exception as error:
        if not isinstance(error, EXPECTED):
            traceback.print_exc()
        sentence = explain(error, ADVICE)
        if subject and subject not in sentence:
            sentence = f"{subject}: {sentence}"
        yield PartFailed(sentence if subject else f"No floors: {sentence}", minor=not subject)
        return sentence
    yield Measured(tuple(values))
    return values


def _placed(start: Callable[[], Measuring], where: Mapping[str, Any], lacking: set[str], minor: bool = True) -> Working:
    """The same work, with its place among others in each event; each metric that is `lacking` is a part that failed, once."""
    work, floors = Work(start()), bool(where.get("floors"))
    for event in work:
        if isinstance(event, Loading):
            yield replace(event, **where)
        elif event.metric not in lacking or not floors:
            yield PartFailed(f"{'No floors' if floors else event.subject}: {event.reason}", minor)
            lacking.add(event.metric)
    return list(work.result)
