"""Whatever a model learned, it is measured without a flag and without a network, beside what real images read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import ganlab
from ganlab.analysis.jobs.measuring import measure_all
from ganlab.analysis.jobs.messages import PartFailed
from ganlab.cli.main import main
from ganlab.core.config import TrainConfig
from ganlab.core.types import Conditioning, DataSpec
from ganlab.data import DATASETS, Dataset, Wanted
from ganlab.data.registry import Availability
from ganlab.metrics.features.classifier import ClassifierExtractor
from ganlab.metrics.standing import standing
from ganlab.metrics.value import Value
from ganlab.models.learned import Learned
from ganlab.runtime import checkpoint
from ganlab.training.families import FAMILIES
from tests.support.folders import picture, zipped
from tests.support.small import small

TRAIN, TEST = 40, 22


def noise(count: int, channels: int, size: int, seed: int) -> torch.Tensor:
    made = torch.randint(0, 256, (count, channels, size, size), generator=torch.Generator().manual_seed(seed))
    return made.byte()


def tiny(wanted: Wanted) -> Iterator[Any]:
    """Noise in the form that is asked for."""
    yield from ()
    count, channels, size = TRAIN if wanted.split == "train" else TEST, wanted.channels or 3, wanted.image_size
    images = noise(count, channels, size, len(wanted.split))
    labels = torch.arange(count) % 10 if wanted.conditioning is Conditioning.LABEL else None
    sources = noise(count - 2 * (wanted.conditioning is Conditioning.UNPAIRED), channels, size, 9)
    names = tuple(map(str, range(10))) if labels is not None else ()
    return Dataset("tiny", images, labels, names, sources if wanted.conditioning.between_images else None)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_encoder: ClassifierExtractor) -> None:
    """No network, no data, and a fast encoder."""

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("ganlab.models.learned.FAKES", TRAIN)
    monkeypatch.setattr(ClassifierExtractor, "of_photos", lambda device: small_encoder)


def fill(folder: Path, names: list[str], size: tuple[int, int] = (20, 24)) -> str:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture((5 * number % 256, 9 * number % 256, 77), size))
    return str(folder)


def model(folder: Path, config: TrainConfig) -> str:
    """An untrained checkpoint of a config."""
    family = FAMILIES[config.family]
    classes = 10 if family.conditioning is Conditioning.LABEL else 0
    spec = DataSpec(config.image_size, config.channels, family.conditioning, classes)
    networks = {name: net for name, net in family.build_networks(config, spec).items() if name.startswith("G")}
    labels = tuple(map(str, range(classes)))
    info = checkpoint.Info(config.to_dict(), asdict(spec), labels, 5)
    folder.mkdir(parents=True)
    checkpoint.write(folder, info, nn.ModuleDict(networks).state_dict())
    return str(folder)


def measured(subject: str) -> list[Value]:
    """Without a flag; nothing may fail."""
    values: list[Value] = []
    for event in (work := measure_all([subject], device="cpu")):
        assert not isinstance(event, PartFailed), event
        values += getattr(event, "values", ())
    del work
    return values


def check(values: list[Value], extractor: str) -> None:
    mine = [value for value in values if not value.floor]
    assert [value.metric for value in mine] == [f"{extractor} distance", f"{extractor} kernel distance"]
    assert all(standing(value, values) for value in mine), values


OTHERS = [name for name in DATASETS if name not in ("folder", "shapes")]
ONE_OF_A_KIND = ("pix2pix", "cyclegan", "cgan", "dcgan")  # of which a data set takes the first that fits
FITTING = [(name, next(one for one in ONE_OF_A_KIND if FAMILIES[one].accepts(DATASETS[name].conditionings))) for name in OTHERS]


@pytest.mark.parametrize(("dataset", "family"), [*FITTING, *(("shapes", family) for family in FAMILIES)])
def test_every_data_set_and_every_family_is_measured(
    dataset: str, family: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ready = replace(DATASETS[dataset], loader=tiny, available=lambda: Availability("ready"))
    monkeypatch.setitem(DATASETS, dataset, ready)
    values = measured(model(tmp_path / "model", small(family, dataset=dataset, image_size=28 if family == "gan" else 32)))
    check(values, "photo-encoder")  # the tiny sets are called otherwise, so that no classifier is theirs
    unpaired = FAMILIES[family].conditioning is Conditioning.UNPAIRED
    assert {value.n_fake for value in values if not value.floor} == {TEST - 2 * unpaired}


@pytest.mark.parametrize("kind", ["plain", "classes", "zip", "pairs", "domains"])
def test_every_kind_of_folder_is_measured(kind: str, tmp_path: Path) -> None:
    names = [f"{number:02d}.png" for number in range(TRAIN)]
    size = (48, 24) if kind == "pairs" else (20, 24)
    if kind == "classes":
        names = [f"{'ab'[number % 2]}/{number:02d}.png" for number in range(TRAIN)]
    elif kind == "domains":
        names = [f"{part}{domain}/{number}.png" for part in ("train", "test") for domain in "AB" for number in range(40)]
    place = fill(tmp_path / "pictures", names, size)
    if kind == "zip":
        files = {path.name: path.read_bytes() for path in Path(place).iterdir()}
        place = str(zipped(tmp_path / "pictures.zip", files))
    family = {"pairs": "pix2pix", "domains": "cyclegan"}.get(kind, "dcgan")
    values = measured(model(tmp_path / "model", small(family, dataset="folder", data_path=place, image_size=32, channels=3)))
    check(values, "photo-encoder")
    assert {value.n_real for value in values if not value.floor} == {40 if kind == "domains" else 20}  # else a half


def test_images_in_memory_are_measured_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ganlab.data.sets import in_memory

    name = in_memory.named(Dataset.from_tensors(noise(TRAIN, 3, 32, 1)))
    try:
        place = model(tmp_path / "model", small(dataset=name, image_size=32, channels=3))
        check(measured(place), "photo-encoder")
    finally:
        monkeypatch.delitem(DATASETS, name)
    with pytest.raises(ValueError, match=r"is no data set here: name a reference\. Images in memory"):
        ganlab.evaluate(place)


def test_what_is_gone_is_one_sentence_with_what_to_do(tmp_path: Path) -> None:
    pictures = fill(tmp_path / "pictures", ["a.png", "b.png"])
    place = model(tmp_path / "model", small(dataset="folder", data_path=pictures, channels=3))
    shutil.rmtree(pictures)
    with pytest.raises(ValueError, match=r"are not at .*pictures any more: name another reference\.$"):
        ganlab.evaluate(place)


def test_a_data_set_of_the_hub_is_asked_for_where_it_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    place = model(tmp_path / "model", small(dataset="folder", data_path="hf://datasets/org/none", channels=3))
    with pytest.raises(ValueError, match="org/none is not in the cache, and HF_HUB_OFFLINE forbids to fetch it"):
        ganlab.evaluate(place)


def test_a_translator_has_no_other_reference(tmp_path: Path) -> None:
    place = model(tmp_path / "model", small("pix2pix"))
    with pytest.raises(ValueError, match="leave the reference out, or translate a folder"):
        ganlab.evaluate(place, reference="shapes")


def test_the_other_direction_of_pairs_makes_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ganlab.models.learned import as_trained
    from ganlab.models.pipeline import Pipeline
    from tests.support.loading import drain

    monkeypatch.setitem(DATASETS, "shapes", replace(DATASETS["shapes"], loader=tiny))
    there, back = (model(tmp_path / way, small("pix2pix", direction=way)) for way in ("AtoB", "BtoA"))
    one, other = (drain(as_trained(Path(place), Pipeline.load(place), "train"))[0] for place in (there, back))
    assert torch.equal(one.images, other.sources) and torch.equal(one.sources, other.images)


def test_a_few_images_of_the_test_part_are_no_yardstick() -> None:
    """Where the halves have more images, they are compared: 10 test images of 1,000 would say little."""
    data, other = (Dataset("x", noise(count, 3, 8, count)) for count in (100, 10))
    reference, n = Learned(data, other, ("train", "test")).against(None)
    assert (reference.count, n) == (50, 40) and "second half" in reference.name
    reference, n = Learned(data, other, ("train", "test")).against(7)
    assert (reference.count, n) == (100, 7)
    assert Learned(other.first(4), None, ("train", "test")).against(None)[0].count == 4  # too few for halves


def test_the_command_says_what_was_read_and_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = model(tmp_path / "model", small(dataset="folder", data_path=fill(tmp_path / "p", [f"{n}.png" for n in range(TRAIN)])))
    assert main(["evaluate", place]) == 0
    printed = capsys.readouterr()
    distance, kernel = printed.out.splitlines()[-2:]
    assert "photo-encoder distance is" in distance and "what real images read (" in distance and "lower is better." in kernel
    assert "an encoder that GANLab trained on 20,000 photos of CIFAR-10" in printed.err
    assert "no FID, which --metrics fid measures: it downloads 96 MB first." in printed.err
