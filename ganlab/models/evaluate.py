"""From a name (a run, a checkpoint, foreign weights, a folder of images) to measured values, and to what real images read."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ganlab.core.devices import resolve
from ganlab.core.events import Loading
from ganlab.core.names import is_there, located, name_of, shown
from ganlab.data import DATASETS
from ganlab.metrics.catalogue import metric
from ganlab.metrics.features.extractor import Source
from ganlab.metrics.features.image_folder import ImageFolder
from ganlab.metrics.floors import floors, folder_floors
from ganlab.metrics.measure import Measuring, measure, samples
from ganlab.metrics.reference import Reference
from ganlab.models.catalogue import find
from ganlab.models.learned import FAKES, Learned, Split, as_trained, of_data_set, parts_of
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import checkpoint


@dataclass(frozen=True)
class Asked:
    """How to measure: `n` fakes of `seed` against the `split` part of `reference`, a data set's name or a folder of images.

    None is a whole folder, and of a model 10,000 fakes, or as many as real images can be read beside them (`comparable`). No
    `metrics` are those that are usual for the reference. `assume` settles what files of weights leave open. With `partial`
    metrics that cannot be had are yielded as Lacking, and the others returned.
    """

    metrics: Sequence[str] | None = None
    n: int | None = None
    reference: str = ""
    split: Split = "train"
    seed: int = 0
    device: str = "auto"
    assume: Mapping[str, str] = field(default_factory=dict)
    partial: bool = False

    @property
    def count(self) -> int:
        """How many fakes a model draws where nothing else bounds them."""
        return FAKES if self.n is None else self.n


def evaluate(subject: str, asked: Asked) -> Measuring:
    """Yield progress; return one Value for each metric, in their order.

    `subject` is what `Pipeline.load` takes, or a folder or zip of images. Without a `reference` a model is compared with the data
    it was trained on. ValueError, one sentence, for what cannot be measured.
    """
    subject = _expanded(subject)
    for name in asked.metrics or ():
        metric(name)  # before anything is read
    if _is_images(located(subject)):
        if not asked.reference:
            raise ValueError(f"{subject} is a folder of images: name what to compare it with as its reference.")
        whole = ImageFolder(located(subject))
        folder = whole if asked.n is None else whole.some(asked.n, asked.seed)
        yield from _remarked(whole)
        reference = yield from _reference(asked, asked.reference)
        return (yield from _measured(folder, reference, asked, name_of(located(subject)), folder.count))
    yield Loading("loading_model", subject)
    place = find(subject)
    foreign = place.is_file()
    pipeline = Pipeline.load(place, resolve(asked.device), name=subject, assume=asked.assume if foreign else None)
    if asked.reference and pipeline.translates:
        raise ValueError(
            f"{subject} translates images, and is measured on those that it learned: leave the reference out, or translate a "
            "folder with it first, then evaluate that folder."
        )
    if asked.reference and _expanded(asked.reference) not in DATASETS:
        reference, n = (yield from _reference(asked, asked.reference)), asked.count
        made = samples(pipeline, n, asked.seed)
    else:
        learned = yield from _learned(place, pipeline, asked)
        reference, n = learned.against(asked.n)
        made = learned.translated(pipeline, n) if pipeline.translates else samples(pipeline, n, asked.seed)
    labels = pipeline.labels if pipeline.conditional and not foreign else ()  # foreign weights only number theirs
    values = yield from _measured(made, reference, asked, subject, n, None if foreign else pipeline.step, labels)
    decisions = tuple((decision.setting, decision.value, str(decision.basis)) for decision in pipeline.decisions)
    return [replace(value, decisions=decisions, unused=len(pipeline.unused)) for value in values]


def evaluate_floors(subject: str, asked: Asked) -> Measuring:
    """What real images read under the same metrics: those of the data set's other part, and one half of this part.

    Of a folder that is named as the reference, which has no parts, only the halves.
    """
    subject, reference = _expanded(subject), _expanded(asked.reference)
    if reference and reference not in DATASETS:
        _checked_folder(reference)
        folder = ImageFolder(located(reference))
        return (yield from folder_floors(folder, asked.metrics, n=asked.n, device=asked.device, partial=asked.partial))
    if _is_images(located(subject)):
        learned = yield from parts_of(partial(of_data_set, reference), asked.split)
        n = asked.n or ImageFolder(located(subject)).count
    else:
        learned = yield from _learned(find(subject), Pipeline.load(subject), asked)
        n = learned.against(asked.n)[1]
    facts = {"n": n, "parts": learned.names, "device": asked.device, "partial": asked.partial}
    return (yield from floors(learned.data, learned.other, asked.metrics, **facts))  # type: ignore[arg-type]


def _learned(place: Path, pipeline: Pipeline, asked: Asked) -> Generator[Loading, None, Learned]:
    """The data set that is named as the reference, at the size and with the channels of the model, or what it was trained on."""
    if asked.reference:
        size, channels = pipeline.spec.image_size, pipeline.spec.channels
        load = partial(of_data_set, _expanded(asked.reference), image_size=size, channels=channels)
        return (yield from parts_of(load, asked.split))
    return (yield from parts_of(partial(as_trained, place, pipeline), asked.split))


def _measured(
    source: Source,
    reference: Reference,
    asked: Asked,
    subject: str,
    n: int,
    step: int | None = None,
    labels: Sequence[str] = (),
) -> Measuring:
    facts = {"n": n, "subject": subject, "seed": asked.seed, "step": step, "device": asked.device, "labels": labels}
    facts |= {"partial": asked.partial}
    return (yield from measure(source, reference, asked.metrics, **facts))  # type: ignore[arg-type]


def _expanded(name: str) -> str:
    """`~` is the home folder, also where no shell has seen it."""
    return shown(str(located(name)) if name.startswith("~") else name)


def _is_images(path: Path) -> bool:
    """A folder or zip that is no run and no checkpoint."""
    if path.suffix.lower() == ".zip":
        return path.is_file()
    return path.is_dir() and not (path / checkpoint.INFO).is_file()


def _reference(asked: Asked, name: str) -> Generator[Loading, None, Reference]:
    """A data set at its own size, or a folder of files as they are."""
    name = _expanded(name)
    if name in DATASETS:
        return Reference.of_dataset((yield from of_data_set(name, asked.split)), asked.split)
    _checked_folder(name)
    yield Loading("looking_through", name)
    folder = ImageFolder(located(name))
    yield from _remarked(folder)
    return Reference.of_folder(folder)


def _remarked(folder: ImageFolder) -> Generator[Loading, None, None]:
    """Progress with what is to be known of the files of a folder, if there is anything."""
    if folder.remarks:
        yield Loading("data_read", name_of(folder.path), folder.count, folder.count, remarks=folder.remarks)


def _checked_folder(name: str) -> None:
    """ValueError where there is nothing of this name."""
    if not is_there(name):
        raise ValueError(f"reference = {name!r} is neither one of {', '.join(DATASETS)} nor a folder or zip that exists.")
