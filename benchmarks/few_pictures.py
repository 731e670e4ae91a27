"""What helps on few real photos, and from how many steps on: augmentation of what D sees, always or as D overfits, and R1.

    OMP_NUM_THREADS=1 nice -n 15 python benchmarks/few_pictures.py FOLDER [--minutes 240]
    python benchmarks/few_pictures.py FOLDER --table

Trains DCGANs on 100 and 1,000 horses (horse2zebra under GANLAB_DATA) at 64 pixels, with every method and seed, in one thread,
and measures each at several lengths by the kernel distance (KID's formula) to held-out horses, which no run trains on, in
general features (layout, colours, contrast; each in units of its spread over 1,000 horses).

Each cell that is finished is a line of FOLDER/cells.jsonl and is skipped by the next call, so that it may be stopped at any
time; what is under way then is lost. --minutes is processor time, after which no further cell begins. The generators are kept
in FOLDER/generators, to be measured in other features: --features NAME --table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ganlab.core.config import TrainConfig
from ganlab.core.events import Checkpoint, Progress
from ganlab.core.images import to_uint8
from ganlab.core.progress import finish
from ganlab.core.types import Conditioning, DataSpec
from ganlab.data import load
from ganlab.data.dataset import Dataset
from ganlab.data.sets import in_memory
from ganlab.metrics.distances.kid import squared_mmd
from ganlab.metrics.features.open import open_extractor
from ganlab.training.engine import train
from ganlab.training.families import FAMILIES

METHODS: dict[str, dict[str, Any]] = {
    "none": {},
    "diff": {"augment": "diff"},
    "adaptive": {"augment": "adaptive"},
    "diff + R1": {"augment": "diff", "r1_weight": 1.0},
}
PHOTOS, SEEDS = (100, 1000), (0, 1, 2)
LENGTHS = (250, 500, 1000, 1500, 2000, 3000)
SIDE, FAKES, TRAINED = 64, 500, 128  # pixels; fakes that are measured; photos of either kind that D is asked about
SPEC = DataSpec(SIDE, 3, Conditioning.NONE)


def horses() -> tuple[Tensor, Tensor]:
    """1,000 photos to train on in a fixed random order, and the others, (N, 3, 64, 64) uint8; none twice."""
    parts = []
    for split in ("train", "test"):
        found = finish(load("horse2zebra", image_size=SIDE, conditioning=Conditioning.UNPAIRED, split=split))  # type: ignore[arg-type]
        assert found.sources is not None
        parts.append(found.sources)
    every = list({photo.contiguous().numpy().tobytes(): photo for photo in torch.cat(parts)}.values())
    order = torch.randperm(len(every), generator=torch.Generator().manual_seed(0))
    photos = torch.stack(every)[order]
    return photos[: max(PHOTOS)], photos[max(PHOTOS) :]


def settings(method: str, seed: int, photos: Tensor) -> TrainConfig:
    """One cell's run: a DCGAN small enough for about three minutes of one core."""
    changes = METHODS[method] | {"dataset": in_memory.named(Dataset.from_tensors(photos)), "seed": seed, "steps": LENGTHS[-1]}
    small = {"image_size": SIDE, "width": 16, "batch_size": 16, "flip": True, "device": "cpu"}
    return TrainConfig.of("dcgan", **small, checkpoint_every=250, sample_every=10_000, **changes)


def cell(method: str, seed: int, photos: Tensor, held_out: Tensor, folder: Path, eye: Eye) -> list[dict[str, float]]:
    """Train, and return what was measured at each length; seconds are processor time of the training alone."""
    config, points, looks = settings(method, seed, photos), [], []
    spent = measuring = 0.0
    for event in train(config, clock=time.process_time):
        began = time.process_time()
        if isinstance(event, Progress):
            points += [values for _, values in event.points]
            spent = event.seconds - measuring
        elif isinstance(event, Checkpoint) and event.step in LENGTHS:
            path = folder / "generators" / f"{_named(method, seed, len(photos), event.step)}.safetensors"
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file({name: tensor.contiguous() for name, tensor in event.model.items()}, path)
            looks.append({"step": event.step, "seconds": round(spent, 1)} | measured(config, event.model, eye))
            looks[-1] |= scores(config, event.state["training"]["networks"], photos, held_out)
            late = [values["score/real"] - values["score/fake"] for values in points[-25:]]
            looks[-1] |= {"lead": statistics.mean(late), "strength": points[-1].get("augment/strength", float(method != "none"))}
            print(photos.shape[0], method, seed, {name: round(value, 4) for name, value in looks[-1].items()}, flush=True)
            measuring += time.process_time() - began
    return looks


def measured(config: TrainConfig, model: Mapping[str, Tensor], eye: Eye) -> dict[str, float]:
    """The kernel distance of FAKES fakes of an averaged generator to the held-out photos."""
    networks = nn.ModuleDict({"G": FAMILIES["dcgan"].build_networks(config, SPEC)["G"]})
    networks.load_state_dict({name: tensor for name, tensor in model.items() if name.startswith("G.")})
    z = torch.randn(FAKES, config.z_dim, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        fakes = torch.cat([to_uint8(networks["G"].eval()(part)) for part in z.split(100)])
    return {"distance": eye.distance(fakes)}


class Eye:
    """Reads images in features, each in units of its spread over `photos`, and measures how far they are from `held_out`."""

    def __init__(self, features: str, photos: Tensor, held_out: Tensor) -> None:
        self._extractor = finish(open_extractor(features, "horse2zebra", "cpu"))
        known = self._rows(photos)
        self._mean, self._spread = known.mean(0), known.std(0) + 1e-6
        self._real = self._standard(self._rows(held_out))

    def distance(self, images: Tensor) -> float:
        """The squared MMD under the cubic kernel, unbiased."""
        return squared_mmd(self._standard(self._rows(images)), self._real)

    def _rows(self, images: Tensor) -> Tensor:
        return torch.cat([self._extractor(part).rows for part in images.split(100)])

    def _standard(self, rows: Tensor) -> Tensor:
        return (rows - self._mean) / self._spread


@torch.no_grad()
def scores(config: TrainConfig, networks: Mapping[str, Tensor], photos: Tensor, held_out: Tensor) -> dict[str, float]:
    """D's mean probability of real for photos it trains on and for others, each batch normalised by itself as in training."""
    pair = nn.ModuleDict(FAMILIES["dcgan"].build_networks(config, SPEC))
    pair.load_state_dict(networks)

    def score(some: Tensor) -> float:
        pixels = some[:TRAINED].float() / 127.5 - 1
        return torch.cat([torch.sigmoid(pair["D"](part)) for part in pixels.split(16)]).mean().item()

    return {"trained": score(photos), "held_out": score(held_out)}


def cells(photos: Tensor) -> Iterator[tuple[int, str, int]]:
    """Seed by seed, so that one of each method is there first."""
    for seed in SEEDS:
        for count in PHOTOS:
            for method in METHODS:
                yield min(count, len(photos)), method, seed


def _named(method: str, seed: int, count: int, step: int) -> str:
    return f"{count}-{method.replace(' + ', '-').lower()}-{seed}-{step:05d}"


def done(folder: Path) -> dict[tuple[int, str, int], list[dict[str, float]]]:
    """What is finished, by cell."""
    path = folder / "cells.jsonl"
    lines = map(json.loads, path.read_text().splitlines()) if path.exists() else ()
    return {(line["photos"], line["method"], line["seed"]): line["looks"] for line in lines}


def anew(folder: Path, photos: Tensor, eye: Eye) -> dict[tuple[int, str, int], list[dict[str, float]]]:
    """The finished cells with distances in other features, of the generators that were kept."""
    found = done(folder)
    for (count, method, seed), looks in found.items():
        config = settings(method, seed, photos[:count])
        for look in looks:
            path = folder / "generators" / f"{_named(method, seed, count, int(look['step']))}.safetensors"
            look |= measured(config, load_file(path), eye)
    return found


def table(
    found: Mapping[tuple[int, str, int], list[dict[str, float]]], name: str, factor: float = 1.0, best: bool = False
) -> str:
    """One number over the lengths, as Markdown: the mean over the seeds and, where there are several, their extremes."""
    titles = ["photos", "method", "seeds", *(f"{length:,} steps" for length in LENGTHS), *(["at its best"] if best else [])]
    lines = [titles, ["---"] * len(titles)]
    for count in PHOTOS:
        for method in METHODS:
            runs = [looks for (photos, one, _), looks in found.items() if (photos, one) == (count, method)]
            if not runs:
                continue
            columns = [[look[name] * factor for looks in runs for look in looks if look["step"] == length] for length in LENGTHS]
            means = {length: statistics.mean(values) for length, values in zip(LENGTHS, columns, strict=True)}
            least = min(means, key=means.__getitem__)
            shown = [*map(_shown, columns), *([f"{means[least]:.2f} at {least:,}"] if best else [])]
            lines.append([f"{count:,}", method, str(len(runs)), *shown])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(values: list[float]) -> str:
    spread = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{spread}"


def main() -> None:
    """Train what is missing, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=240, help="of processor time, after which no further cell begins")
    parser.add_argument("--features", default="pixels", help="what distances are measured in")
    parser.add_argument("--table", action="store_true", help="train nothing, only print the tables")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    photos, held_out = horses()
    eye = Eye("pixels", photos, held_out)
    for count, method, seed in () if options.table else cells(photos):
        if (count, method, seed) in done(options.folder):
            continue
        if time.process_time() > 60 * options.minutes:
            break
        looks = cell(method, seed, photos[:count], held_out, options.folder, eye)
        with (options.folder / "cells.jsonl").open("a") as file:
            file.write(json.dumps({"photos": count, "method": method, "seed": seed, "looks": looks}) + "\n")
    found = done(options.folder)
    if options.features != "pixels":
        eye = Eye(options.features, photos, held_out)
        found = anew(options.folder, photos, eye)
    print(
        f"\nKernel distance × 100 to {len(held_out)} held-out photos; the training photos read {100 * eye.distance(photos):.2f}\n"
    )
    print(table(found, "distance", 100, best=True))
    for name, title in (("seconds", "Processor seconds"), ("trained", "D of photos it knows"), ("held_out", "D of others")):
        print(f"\n{title}\n\n{table(found, name)}")


if __name__ == "__main__":
    main()
