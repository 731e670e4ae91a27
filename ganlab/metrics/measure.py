"""Measuring generated images against real ones: one pass over the images, as many metrics as wanted, values with protocols."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from ganlab.core.devices import resolve
from ganlab.core.errors import Mistakes
from ganlab.core.events import Loading
from ganlab.core.progress import Work
from ganlab.core.text import counted
from ganlab.metrics.catalogue import CHEAP, GENERAL, KINDS, Metric, Part, metric
from ganlab.metrics.compute import COMPUTE, Comparison
from ganlab.metrics.features.classifier import ClassifierExtractor, usual_space
from ganlab.metrics.features.extractor import Extractor, Images, Source, portions
from ganlab.metrics.features.inception_weights import TENSORFLOW, at_hand
from ganlab.metrics.features.open import open_extractor
from ganlab.metrics.reference import Reference, reference_statistics
from ganlab.metrics.set_statistics import SAMPLE, Statistics
from ganlab.metrics.value import Estimate, Value


@dataclass(frozen=True)
class Lacking:
    """A metric that cannot be had of `subject`, and why, in one sentence; the others go on."""

    metric: str
    subject: str
    reason: str


Measuring = Generator[Loading | Lacking, None, list[Value]]


def whole(measuring: Measuring) -> Generator[Loading, None, list[Value]]:
    """The same for a caller that wants all metrics or none: ValueError for the first that is lacking."""
    work = Work(measuring)
    for event in work:
        if isinstance(event, Lacking):
            raise ValueError(event.reason)
        yield event
    return work.result


def usual_metrics(dataset: str, device: str = "cpu") -> tuple[str, ...]:
    """Those that are measured where none is named: in the features of the data set's own classifier, else in those of photos.

    The latter are joined by FID where Inception's weights are on this machine and `device` is a GPU: a CPU reads ten images a
    second. Nothing is ever downloaded for them.
    """
    if usual_space(dataset) == "lenet":
        return CHEAP
    return (*GENERAL, "fid") if device.startswith("cuda") and at_hand(TENSORFLOW) else GENERAL


class Draws(Protocol):
    """What `samples` needs of a loaded generator; ganlab.Pipeline is one."""

    @property
    def conditional(self) -> bool: ...
    @property
    def labels(self) -> tuple[str, ...]: ...

    def latents(self, n: int, seed: int) -> Tensor:
        """z (n, z_dim)."""

    def generate(self, z: Tensor, label: Sequence[int] | None = None) -> Tensor:
        """-> images (n, C, S, S) uint8."""


def samples(generator: Draws, n: int, seed: int, batch_size: int = 500) -> Iterator[Images]:
    """`n` fakes of a seed, a batch at a time; a conditional generator is asked for all its classes in turn."""
    z = generator.latents(n, seed)
    for start in range(0, n, batch_size):
        part = z[start : start + batch_size]
        if generator.conditional:
            labels = torch.arange(start, start + len(part)) % len(generator.labels)
            yield Images(generator.generate(part, labels.tolist()), labels)
        else:
            yield Images(generator.generate(part))


def measure(
    fake: Source,
    reference: Reference,
    metrics: Sequence[str] | None = None,
    *,
    n: int | None = 10_000,
    subject: str = "",
    seed: int = 0,
    step: int | None = None,
    device: str = "auto",
    labels: Sequence[str] = (),
    partial: bool = False,
) -> Measuring:
    """Yield how far it is; return one Value for each of `metrics` (names in ganlab.metrics.catalogue.METRICS), in their order.

    Without names, those that are usual for the reference. The first `n` images of `fake` (None: all) are read once, whatever the
    metrics, and none is kept. The reference is read only the first time, and only if a metric compares. `seed` is the one that
    made the fakes; it also draws the random subsets. `labels` are the names of the classes that were asked for, where they are
    known. ValueError or DataError, one sentence, when something is missing or does not fit; with `partial` that metric is yielded
    as Lacking, before anything is read where that can be known, and the others are returned: Mistakes where there is none.
    """
    device = resolve(device)
    wanted = [metric(name) for name in (usual_metrics(reference.dataset, device) if metrics is None else metrics)]
    lacking = _Lacks(subject, partial)
    extractors: dict[str, Extractor] = {}
    for space in dict.fromkeys(one.space for one in wanted):
        with lacking.of(*(one for one in wanted if one.space == space)):
            extractors[space] = yield from open_extractor(space, reference.dataset, device)
    for one in lacking.left(wanted):
        with lacking.of(one):
            _check_labels(one, extractors[one.space], reference, tuple(labels))
            _check_count(one, extractors[one.space], n, reference)
    wanted = lacking.left(wanted)
    yield from lacking.new()
    real = {}
    for space in dict.fromkeys(one.space for one in wanted if KINDS[one.kind].compares):
        real[space] = yield from reference_statistics(reference, extractors[space])
    parts = {space: {KINDS[one.kind].statistics for one in wanted if one.space == space} for space in extractors}
    used = {space: extractor for space, extractor in extractors.items() if parts[space]}
    read = yield from _read(fake, used, parts, n, seed, subject)
    compared = {space: Comparison(read[space], real.get(space), seed) for space in used}
    values = []
    for done, one in enumerate(wanted):
        extractor = extractors[one.space]
        title = one.title(extractor.name)
        yield Loading("computing", title, done, len(wanted), "metrics")
        with lacking.of(one):
            estimate = yield from _estimate(one, compared[one.space], title)
            values.append(_value(one, estimate, extractor, compared[one.space], reference, subject, seed, step))
    lacking.left(wanted)
    yield from lacking.new()
    return values


class _Lacks:
    """The metrics of `subject` that cannot be had; unless only a part is wanted, the first is an error."""

    def __init__(self, subject: str, partial: bool) -> None:
        self._subject, self._partial = subject, partial
        self._reasons: dict[str, str] = {}
        self._yielded = 0

    @contextmanager
    def of(self, *metrics: Metric) -> Iterator[None]:
        """Inside the block, a ValueError means that `metrics` cannot be had."""
        try:
            yield
        except ValueError as error:
            if not self._partial:
                raise
            self._reasons |= {one.name: str(error) for one in metrics}

    def left(self, metrics: Sequence[Metric]) -> list[Metric]:
        """Those that can be had; Mistakes where there is none."""
        left = [one for one in metrics if one.name not in self._reasons]
        if not left and self._reasons:
            raise Mistakes(*dict.fromkeys(self._reasons.values()))
        return left

    def new(self) -> Iterator[Lacking]:
        """Those that were found since the last call, where others are left."""
        reasons = list(self._reasons.items())[self._yielded :]
        self._yielded = len(self._reasons)
        yield from (Lacking(name, self._subject, reason) for name, reason in reasons)


def _estimate(one: Metric, compared: Comparison, title: str) -> Generator[Loading, None, Estimate]:
    """Yield progress where it takes long, so that it can be stopped."""
    added = KINDS[one.kind].compute
    computing = _added(one, compared, added) if added else COMPUTE[one.kind](compared)
    if isinstance(computing, Estimate):
        return computing
    work = Work(computing)
    for done, total in work:
        if done:
            yield Loading("computing", title, done, total, "distances")
    return work.result


def _added(one: Metric, compared: Comparison, compute: Callable[[Any], Any]) -> Estimate:
    """What the metric of a package reads; ValueError names the package where it fails, so that the others go on."""
    try:
        estimate = compute(compared)
        if not isinstance(estimate, Estimate):
            raise TypeError(f"{type(estimate).__name__} is no Estimate")
        return estimate
    except Exception as error:
        package = KINDS.packages.get(one.kind, "ganlab")
        raise ValueError(f"{one.name}, of the package {package}, failed with {type(error).__name__}: {error}.") from error


def _check_labels(one: Metric, extractor: Extractor, reference: Reference, labels: tuple[str, ...]) -> None:
    """ValueError where the classes asked for are not those that they would be held against: the number would be chance."""
    if one.kind == "accuracy" and isinstance(extractor, ClassifierExtractor):
        known, whose = extractor.about.labels, f"the classifier {extractor.name} knows"
    elif one.kind == "intra":
        known, whose = reference.labels, f"{reference.name} has"
    else:
        return
    if labels and known and labels != known:
        raise ValueError(
            f"{one.name} needs the same classes on both sides: requested were {_few(labels)}, but {whose} {_few(known)}."
        )


def _check_count(one: Metric, extractor: Extractor, n: int | None, reference: Reference) -> None:
    """ValueError where there are too few images on a side; `n` None is not known yet."""
    kind = KINDS[one.kind]
    needed, real = kind.needed(extractor.dims), reference.count if kind.compares else None
    if min(needed if count is None else count for count in (n, real)) < needed:
        sides = " and ".join(f"{count:,} {what}" for count, what in ((n, "to measure"), (real, "real ones")) if count is not None)
        raise ValueError(f"{one.name} needs at least {counted(needed, 'image')} on each side; there are {sides}.")


def _few(labels: Sequence[str]) -> str:
    return ", ".join(labels[:3]) + (", …" if len(labels) > 3 else "")


def _read(
    fake: Source, extractors: Mapping[str, Extractor], parts: Mapping[str, set[Part]], n: int | None, seed: int, subject: str
) -> Generator[Loading, None, dict[str, Statistics]]:
    """One pass over the fakes, for all extractors."""
    made: dict[str, Statistics] = {}
    done = 0
    for images in portions(fake, min(extractor.batch_size for extractor in extractors.values()), n):
        yield Loading("reading_images", subject, done, n or 0)
        for space, extractor in extractors.items():
            features = extractor(images.pixels)
            if space not in made:
                sizes = extractor.dims, features.logits.shape[1]
                made[space] = Statistics.empty(*sizes, seed, extractor.device, parts[space])
            made[space].add(features, images.labels)
        done += len(images.pixels)
    if not made:
        raise ValueError(f"{subject or 'The source'} gave no images, so there is nothing to measure.")
    return made


def _value(
    one: Metric,
    estimate: Estimate,
    extractor: Extractor,
    compared: Comparison,
    reference: Reference,
    subject: str,
    seed: int,
    step: int | None,
) -> Value:
    kind = KINDS[one.kind]
    counts = compared.fake.count, reference.count if kind.compares else 0
    n_fake, n_real = (min(count, SAMPLE) for count in counts) if kind.sampled else counts
    return Value(
        metric=one.title(extractor.name),
        value=estimate.value,
        error=estimate.error,
        n_fake=n_fake,
        n_real=n_real,
        reference=reference.name,
        extractor=f"{extractor.name} {extractor.sha}",
        resize=extractor.resize,
        seed=seed,
        subject=subject,
        step=step,
        higher_is_better=kind.higher_is_better,
    )
