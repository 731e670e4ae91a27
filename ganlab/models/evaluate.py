"""From a name (a run, a checkpoint, foreign weights, a folder of images) to measured values."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from ganlab.core import plugins
from ganlab.core.devices import resolve
from ganlab.core.errors import DataError
from ganlab.core.events import Loading
from ganlab.core.names import is_there, located, name_of, shown
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS, Dataset, load
from ganlab.data.sets.folder import FOLDER
from ganlab.metrics.catalogue import metric
from ganlab.metrics.features.extractor import Source
from ganlab.metrics.features.image_folder import ImageFolder
from ganlab.metrics.floors import floors, folder_floors
from ganlab.metrics.measure import Measuring, measure, samples
from ganlab.metrics.reference import Reference
from ganlab.models.catalogue import find
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import checkpoint

Split = Literal["train", "test"]
FAKES = 10_000


@dataclass(frozen=True)
class Asked:
    """How to measure: `n` fakes of `seed` against the `split` part of `reference`, a data set's name or a folder of images.

    None is 10,000 fakes of a model, and a whole folder; no `metrics` are those that are usual for the reference. `assume` settles
    what files of weights leave open. With `partial` metrics that cannot be had are yielded as Lacking, and the others returned.
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
        """How many fakes a model draws."""
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
        reference = yield from _reference(asked, asked.reference, 0, 0)
        return (yield from _measured(folder, reference, asked, name_of(located(subject)), folder.count))
    yield Loading("loading_model", subject)
    place = find(subject)
    foreign = place.is_file()
    pipeline = Pipeline.load(place, resolve(asked.device), name=subject, assume=asked.assume if foreign else None)
    if pipeline.translates:
        raise ValueError(f"{subject} translates images: translate a folder with it first, then evaluate that folder.")
    if asked.reference:
        reference = yield from _reference(asked, asked.reference, pipeline.spec.image_size, pipeline.spec.channels)
    else:
        reference = Reference.of_dataset((yield from _as_trained(place, pipeline, asked.split)), asked.split)
    made = samples(pipeline, asked.count, asked.seed)
    labels = pipeline.labels if pipeline.conditional and not foreign else ()  # foreign weights only number theirs
    values = yield from _measured(made, reference, asked, subject, asked.count, None if foreign else pipeline.step, labels)
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
    pipeline = None if _is_images(located(subject)) else Pipeline.load(subject)

    def part(split: Split) -> Generator[Loading, None, Dataset]:
        if pipeline and not reference:
            return _as_trained(find(subject), pipeline, split)
        size, channels = (pipeline.spec.image_size, pipeline.spec.channels) if pipeline else (DATASETS[reference].image_size, 0)
        return _dataset(reference, size, channels, split)

    parts: tuple[Split, Split] = ("train", "test") if asked.split == "train" else ("test", "train")
    data = yield from part(parts[0])
    try:
        other = yield from part(parts[1])
    except DataError:  # it has no such part: the halves remain
        other = None
    return (yield from floors(data, other, asked.metrics, n=asked.count, parts=parts, device=asked.device, partial=asked.partial))


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


def _as_trained(place: Path, pipeline: Pipeline, split: Split) -> Generator[Loading, None, Dataset]:
    """The images that a checkpoint was trained on, cut and scaled as they were for that.

    ValueError for foreign weights, which do not record them, and for a folder that is not there any more.
    """
    if place.is_file():
        raise ValueError(f"{place.name} does not say what it was trained on: name a reference.")
    info = checkpoint.read_info(place)
    config, name, spec = info.config, str(info.config["dataset"]), pipeline.spec
    plugins.require(info.packages)
    if name not in DATASETS:
        raise ValueError(f"{name!r}, which it was trained on, is no data set here: name a reference.")
    if name != FOLDER.name:
        return (yield from _dataset(name, spec.image_size, spec.channels, split))
    path = str(config.get("data_path", ""))
    _checked_folder(path)
    wanted = {"image_size": spec.image_size, "channels": spec.channels, "conditioning": spec.conditioning, "split": split}
    data = yield from load(name, data_path=path, **wanted)  # type: ignore[arg-type]
    return replace(data, name=name_of(located(path)))


def _reference(asked: Asked, name: str, image_size: int, channels: int) -> Generator[Loading, None, Reference]:
    """A data set at the size and with the channels of what is measured, or a folder of files as they are."""
    name = _expanded(name)
    if name not in DATASETS:
        _checked_folder(name)
        yield Loading("looking_through", name)
        folder = ImageFolder(located(name))
        yield from _remarked(folder)
        return Reference.of_folder(folder)
    source = DATASETS[name]
    data = yield from _dataset(name, image_size or source.image_size, channels, asked.split)
    return Reference.of_dataset(data, asked.split)


def _remarked(folder: ImageFolder) -> Generator[Loading, None, None]:
    """Progress with what is to be known of the files of a folder, if there is anything."""
    if folder.remarks:
        yield Loading("data_read", name_of(folder.path), folder.count, folder.count, remarks=folder.remarks)


def _checked_folder(name: str) -> None:
    """ValueError where there is nothing of this name."""
    if not is_there(name):
        raise ValueError(f"reference = {name!r} is neither one of {', '.join(DATASETS)} nor a folder or zip that exists.")


def _dataset(name: str, image_size: int, channels: int, split: Split) -> Generator[Loading, None, Dataset]:
    """With its labels where it has any: label accuracy and distances within classes need them."""
    labelled = Conditioning.LABEL in DATASETS[name].conditionings
    conditioning = Conditioning.LABEL if labelled else Conditioning.NONE
    return (yield from load(name, image_size=image_size, channels=channels, conditioning=conditioning, split=split))
