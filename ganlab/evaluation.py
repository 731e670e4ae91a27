"""From what a person names (a run, a checkpoint, foreign weights, a folder of images) to measured values."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganlab import checkpoint
from ganlab.core import Conditioning
from ganlab.data import DATASETS, Dataset, load
from ganlab.events import Loading
from ganlab.metrics.catalogue import metric
from ganlab.metrics.features import Source
from ganlab.metrics.folders import ImageFolder
from ganlab.metrics.measure import CHEAP, Measuring, floors, measure, samples
from ganlab.metrics.reference import Reference
from ganlab.models import find
from ganlab.pipeline import Pipeline

Split = Literal["train", "test"]


@dataclass(frozen=True)
class Asked:
    """How to measure: `n` fakes of `seed` against the `split` part of `reference`, a data set's name or a folder of images."""

    metrics: Sequence[str] = CHEAP
    n: int = 10_000
    reference: str = ""
    split: Split = "train"
    seed: int = 0
    device: str = "auto"


def evaluate(subject: str, asked: Asked) -> Measuring:
    """Yield how far it is; return one Value for each metric, in their order.

    `subject` is what `Pipeline.load` takes, or a folder or zip of images. Without a `reference` a model is held against the data
    it was trained on. ValueError, one sentence, for what cannot be measured.
    """
    for name in asked.metrics:
        metric(name)  # before anything is read
    if _is_images(Path(subject)):
        if not asked.reference:
            raise ValueError(f"{subject} is a folder of images: name what to hold it against as its reference.")
        folder = ImageFolder(Path(subject))
        reference = yield from _reference(asked, asked.reference, 0, 0)
        count = min(asked.n, folder.count)
        return (yield from _measured(folder, reference, asked, Path(subject).name, count))
    yield Loading(f"Loading {subject}")
    pipeline = Pipeline.load(subject, asked.device if asked.device != "auto" else "cpu")
    if pipeline.translates:
        raise ValueError(f"{subject} translates images: translate a folder with it first, then evaluate that folder.")
    reference = yield from _reference(
        asked, asked.reference or _trained_on(subject), pipeline.spec.image_size, pipeline.spec.channels
    )
    made = samples(pipeline, asked.n, asked.seed)
    return (yield from _measured(made, reference, asked, subject, asked.n, pipeline.step))


def evaluate_floors(subject: str, asked: Asked) -> Measuring:
    """What real images of the reference read under the same metrics: the test part, and one half of the train part.

    ValueError where the reference is a folder, which has no parts.
    """
    dataset = asked.reference or _trained_on(subject)
    if dataset not in DATASETS:
        raise ValueError(f"Floors need a data set with a train and a test part as the reference; {dataset} has none.")
    spec = None if _is_images(Path(subject)) else Pipeline.load(subject).spec
    image_size, channels = (spec.image_size, spec.channels) if spec else (DATASETS[dataset].image_size, 0)
    train = yield from _dataset(dataset, image_size, channels, "train")
    test = yield from _dataset(dataset, image_size, channels, "test")
    return (yield from floors(train, test, asked.metrics, n=asked.n, device=asked.device))


def _measured(source: Source, reference: Reference, asked: Asked, subject: str, n: int, step: int | None = None) -> Measuring:
    return (
        yield from measure(
            source, reference, asked.metrics, n=n, subject=subject, seed=asked.seed, step=step, device=asked.device
        )
    )


def _is_images(path: Path) -> bool:
    """A folder or zip that is no run and no checkpoint."""
    if path.suffix.lower() == ".zip":
        return path.is_file()
    return path.is_dir() and not (path / checkpoint.INFO).is_file()


def _trained_on(subject: str) -> str:
    """The data set in a checkpoint's config; ValueError for foreign weights, which do not say."""
    place = find(subject)
    if place.is_file():
        raise ValueError(f"{place.name} does not say what it was trained on: name a reference.")
    config = checkpoint.read_info(place).config
    return str(config.get("data_path") or config["dataset"])


def _reference(asked: Asked, name: str, image_size: int, channels: int) -> Generator[Loading, None, Reference]:
    """A data set at the size and with the channels of what is measured, or a folder of files as they are."""
    if name not in DATASETS:
        if not Path(name).exists():
            raise ValueError(f"reference = {name!r} is neither one of {', '.join(DATASETS)} nor a folder or zip that exists.")
        yield Loading(f"Looking through {name}")
        return Reference.of_folder(Path(name))
    source = DATASETS[name]
    data = yield from _dataset(name, image_size or source.image_size, channels, asked.split)
    return Reference.of_dataset(data, asked.split)


def _dataset(name: str, image_size: int, channels: int, split: Split) -> Generator[Loading, None, Dataset]:
    """With its labels where it has any: label accuracy and distances within classes need them."""
    labelled = Conditioning.LABEL in DATASETS[name].conditionings
    conditioning = Conditioning.LABEL if labelled else Conditioning.NONE
    return (yield from load(name, image_size=image_size, channels=channels, conditioning=conditioning, split=split))
