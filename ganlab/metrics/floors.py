"""What real images read: the best that any generator can. Measured once for each protocol and kept by content."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import torch

from ganlab.core.devices import resolve
from ganlab.core.events import Loading
from ganlab.core.names import name_of
from ganlab.data.cache import entry, keep_file
from ganlab.data.dataset import Dataset
from ganlab.metrics.catalogue import KINDS, metric
from ganlab.metrics.features.extractor import Source
from ganlab.metrics.features.image_folder import ImageFolder
from ganlab.metrics.features.open import open_extractor
from ganlab.metrics.measure import Measuring, measure, usual_metrics, whole
from ganlab.metrics.reference import Reference, chosen, dataset_source, halves
from ganlab.metrics.value import Value

LEAST = KINDS["frechet"].fewest  # images on a side
_FORMAT = 1  # of what is kept; part of its name


def floors(
    data: Dataset,
    other: Dataset | None,
    metrics: Sequence[str] | None = None,
    *,
    n: int = 10_000,
    parts: tuple[str, str] = ("train", "test"),
    device: str = "auto",
    partial: bool = False,
) -> Measuring:
    """`n` random images of the `other` part against `data`, and of one random half of `data` against the other.

    `parts` are what `data` and `other` are of their data set. Values in that order, each for all metrics.
    """
    metrics = usual_metrics(data.name, resolve(device)) if metrics is None else metrics
    values: list[Value] = []
    part, _ = parts
    if other is not None:
        values += yield from _of_other_part(data, other, parts, metrics, n, device, partial)
    first, second = halves(data)
    some_half = _shuffled(first, n)
    reference = Reference.of_dataset(second, f"{part}, second half")
    subject, digest = f"real images ({data.name} {part}, first half)", some_half.digest()
    values += yield from _floor(lambda: dataset_source(some_half), digest, reference, metrics, n, subject, device, partial)
    return values


def folder_floors(
    folder: ImageFolder,
    metrics: Sequence[str] | None = None,
    *,
    n: int | None = None,
    device: str = "auto",
    partial: bool = False,
) -> Measuring:
    """One random half of a folder against the other; a folder has no other part, and no labels."""
    metrics = usual_metrics(name_of(folder.path), resolve(device)) if metrics is None else metrics
    wanted = [name for name in metrics if KINDS[metric(name).kind].statistics != "classes"]
    if not wanted:
        return []
    first, second = folder.halves()
    some = first if n is None else first.some(n, 0)
    reference = Reference.of_folder(second, "second half")
    subject = f"real images ({name_of(folder.path)}, first half)"
    return (yield from _floor(lambda: some, some.digest(), reference, wanted, some.count, subject, device, partial))


def comparable(data: Dataset, other: Dataset | None, n: int, part: str = "train") -> tuple[Reference, int]:
    """What to hold at most `n` fakes against, and how many of them, so that a floor has the same protocol.

    All of `data` where the `other` part has as many real images as a half of it, or `n`; else its second half, with which
    `floors` compares the first. The whole of `data` where it is too small to be halved.
    """
    half, beside = (len(data.images) + 1) // 2, 0 if other is None else len(other.images)
    if len(data.images) - half < LEAST:
        return Reference.of_dataset(data, part), n
    if min(n, beside) >= min(n, half):
        return Reference.of_dataset(data, part), min(n, beside)
    return Reference.of_dataset(halves(data)[1], f"{part}, second half"), min(n, half)


def floor_alone(data: Dataset, other: Dataset, name: str, n: int, device: str) -> Generator[Loading, None, Value]:
    """What `n` random images of the test part `other` read against the training part `data` by the metric `name`."""
    (value,) = yield from whole(_of_other_part(data, other, ("train", "test"), (name,), n, device, False))
    return value


def _of_other_part(
    data: Dataset, other: Dataset, parts: tuple[str, str], metrics: Sequence[str], n: int, device: str, partial: bool
) -> Measuring:
    """`n` random images of `other` against `data`; `parts` are what `data` and `other` are of their data set."""
    some, reference = _shuffled(other, n), Reference.of_dataset(data, parts[0])
    subject = f"real images ({other.name} {parts[1]})"
    return (yield from _floor(lambda: dataset_source(some), some.digest(), reference, metrics, n, subject, device, partial))


def _floor(
    source: Callable[[], Source],
    digest: str,
    reference: Reference,
    metrics: Sequence[str],
    n: int,
    subject: str,
    device: str,
    partial: bool,
) -> Measuring:
    """Measured now, or what was kept; with `partial` without the metrics whose features cannot be had."""
    identities: dict[str, tuple[str, str, str]] = {}
    for space in dict.fromkeys(metric(name).space for name in metrics):
        with suppress(*[ValueError] * partial):
            extractor = yield from open_extractor(space, reference.dataset, resolve(device))
            identities[space] = (extractor.name, extractor.sha, extractor.resize)
    metrics = [name for name in metrics if metric(name).space in identities]
    if not metrics:
        return []
    facts = (digest, reference.name, reference.digest, tuple(metrics), list(identities.values()), n, subject)
    path = entry("floors", _FORMAT, *facts).with_suffix(".json")
    kept = _recall(path)
    if kept:
        return kept
    measured = yield from measure(source(), reference, metrics, n=n, subject=subject, device=device, partial=partial)
    values = [replace(value, floor=True) for value in measured]
    keep_file(path, lambda partial: partial.write_text(json.dumps([value.to_dict() for value in values]), "utf-8"))
    return values


def _recall(path: Path) -> list[Value]:
    """What was kept; nothing where there is nothing of use."""
    try:
        return [Value.from_dict(fields) for fields in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def _shuffled(data: Dataset, n: int) -> Dataset:
    """`n` random images: data sets may come sorted."""
    return chosen(data, torch.randperm(len(data.images), generator=torch.Generator().manual_seed(0))[:n])
