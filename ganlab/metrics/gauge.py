"""The distance of a generator in training to the images it learns: cheap enough for the live curves."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ganlab.core.config import TrainConfig
from ganlab.core.events import Loading
from ganlab.core.images import to_uint8
from ganlab.core.progress import Work
from ganlab.core.types import Conditioning, DataSpec
from ganlab.data.dataset import Dataset
from ganlab.data.registry import load_test_part
from ganlab.metrics.distances.fid import frechet_distance
from ganlab.metrics.features.classifier import usual_space
from ganlab.metrics.features.extractor import Extractor
from ganlab.metrics.features.open import open_extractor
from ganlab.metrics.floors import floor_alone
from ganlab.metrics.reference import Reference, reference_statistics
from ganlab.metrics.statistics.gaussian import Gaussian, gather
from ganlab.metrics.value import versus

COUNT = 1000  # fakes; fewer than a table's, so a curve reads higher than a table
BUDGET = 0.05  # of the time that the run has trained
_BATCH = 100


class Gauge:
    """Measures as often as it is asked to, as far as that takes no more than 5 % of the time; remembers the `best` value.

    `protocol` describes the numbers: curves of other protocols are not to be compared. `reading` holds the numbers of images and
    the `floor`, what real images read under this protocol, where it is known.
    """

    def __init__(
        self,
        extractor: Extractor,
        real: Gaussian,
        config: TrainConfig,
        spec: DataSpec,
        device: str,
        reference: str = "",
        floor: float | None = None,
    ) -> None:
        self.reading = {"fakes": COUNT, "real": real.count} | ({} if floor is None else {"floor": floor})
        self.name = f"distance/{extractor.name}"
        counts = versus(COUNT, real.count, reference)
        self.protocol = f"{counts}; {extractor.name} {extractor.sha}; resize {extractor.resize}"
        self.best = float("inf")
        self._extractor, self._real = extractor, real
        # Drawn on the CPU by a generator of its own: the same z at every step, and training's stream stays as it is.
        z = torch.randn(COUNT, config.z_dim, generator=torch.Generator().manual_seed(config.seed))
        labels = torch.arange(COUNT) % spec.num_classes if spec.conditioning is Conditioning.LABEL else None
        self._z, self._labels = z.to(device), None if labels is None else labels.to(device)
        self._spent = self._cost = 0.0

    def due(self, step: int, every: int, seconds: float) -> bool:
        """Whether `step` is to be measured, where every so many are, after `seconds` of training; `every` 0 is never."""
        return bool(every) and step % every == 0 and self._spent + self._cost <= BUDGET * seconds

    def spend(self, seconds: float) -> None:
        """Count what else was done because of a measurement: keeping its generator."""
        self._spent += seconds

    def state(self) -> dict[str, float | str]:
        """What a resumed run goes on with."""
        return {"best": self.best, "spent": self._spent, "protocol": self.protocol}

    def restore(self, state: Mapping[str, Any], seconds: float) -> None:
        """The inverse of `state`, after `seconds` of training. The best of another protocol, of a classifier that has since been
        trained anew, says nothing; where earlier spending is not on record, it was all that it might be."""
        if state.get("protocol", self.protocol) == self.protocol:
            self.best = state.get("best", self.best)
        self._spent = state.get("spent", BUDGET * seconds)

    def measure(self, generator: nn.Module) -> tuple[float, bool]:
        """-> the distance, and whether nothing was better so far; `generator` is in evaluation mode."""
        begin = time.perf_counter()
        fake = gather(self._features(generator), self._extractor.dims)
        distance = frechet_distance(fake, self._real)
        self._cost = time.perf_counter() - begin
        self._spent += self._cost
        better = distance < self.best
        self.best = min(distance, self.best)
        return distance, better

    def _features(self, generator: nn.Module) -> Iterator[Tensor]:
        for start in range(0, COUNT, _BATCH):
            part = slice(start, start + _BATCH)
            fake = generator(self._z[part], None if self._labels is None else self._labels[part])
            yield self._extractor(to_uint8(fake.float())).rows.cpu()


def open_gauge(config: TrainConfig, dataset: Dataset, spec: DataSpec, device: str) -> Generator[Loading, None, Gauge]:
    """The gauge of a run: in the features of the data set's own classifier, else in those of photos."""
    space = usual_space(config.dataset)
    extractor = yield from open_extractor(space, dataset.name, device)
    reference = Reference.of_dataset(dataset, "train")
    real = yield from reference_statistics(reference, extractor)
    named = f"{reference.name} ({reference.digest[:8]})"  # two folders have one name
    floor = yield from _floor(config, dataset, spec, device, f"frechet-{space}")
    return Gauge(extractor, real.groups.whole, config, spec, device, named, floor)


def _floor(
    config: TrainConfig, dataset: Dataset, spec: DataSpec, device: str, name: str
) -> Generator[Loading, None, float | None]:
    """What as many test images as there are fakes read; None where there are not so many. Kept on the disk, so measured once."""
    work = Work(load_test_part(config.dataset, dataset, spec.conditioning, config.data_path))
    for event in work:
        yield replace(event, floors=True)
    if work.result is None or len(work.result.images) < COUNT:
        return None
    value = yield from floor_alone(dataset, work.result, name, COUNT, device)
    return value.value
