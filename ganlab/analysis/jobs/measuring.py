"""The job behind the Evaluate page: several models or folders under one protocol, and what real images read under it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ganlab.analysis.jobs.messages import ADVICE, Measured, PartFailed, Working
from ganlab.core.errors import EXPECTED, explain
from ganlab.core.progress import Work
from ganlab.metrics.measure import CHEAP, Measuring
from ganlab.metrics.value import Value
from ganlab.models.evaluate import Asked, Split, evaluate, evaluate_floors


def measure_all(
    subjects: Sequence[str],
    metrics: Sequence[str] = CHEAP,
    n: int | None = None,
    reference: str = "",
    split: Split = "train",
    seed: int = 0,
    floors: bool = True,
    device: str = "auto",
    assume: Mapping[str, str] | None = None,
) -> Working:
    """Yield progress; return the values of all `subjects`, then the floors of every reference they were compared with.

    The values of each subject are yielded when they are known. One that cannot be measured is a PartFailed, and the others go on;
    floors that cannot are a minor one. `assume` settles what files of weights leave open. ValueError when nothing can be
    measured.
    """
    if not subjects or not metrics:
        raise ValueError("Choose at least one model or folder of images, and at least one metric.")
    names = list(dict.fromkeys(subjects))
    asked = Asked(tuple(metrics), n, reference, split, seed, device, assume or {})
    values: list[Value] = []
    references: dict[str, str] = {}  # and one subject that was compared with each
    sentences = []
    for place, subject in enumerate(names, 1):
        where = {"place": place, "places": len(names)} if len(names) > 1 else {}
        made = yield from _tried(lambda subject=subject: evaluate(subject, asked), subject, where)  # type: ignore[misc]
        if isinstance(made, str):
            sentences.append(made)
            continue
        values += made
        references.setdefault(made[0].reference, subject)
    if not values:
        raise ValueError(sentences[0])
    for subject in references.values() if floors else ():
        made = yield from _tried(lambda subject=subject: evaluate_floors(subject, asked), "", {"floors": True})  # type: ignore[misc]
        values += [] if isinstance(made, str) else made
    return values


def _tried(start: Callable[[], Measuring], subject: str, where: Mapping[str, Any]) -> Generator[object, None, list[Value] | str]:
    """The values, yielded once they are known; or the sentence that says why there are none."""
    try:
        values = yield from _placed(start(), where)
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


def _placed(measuring: Measuring, where: Mapping[str, Any]) -> Measuring:
    """The same work, with its place among others in each event."""
    work = Work(measuring)
    for event in work:
        yield replace(event, **where)
    return list(work.result)
