"""The run doctor on injected failures and on healthy runs: how many it finds, how many it names rightly, how often it cries wolf.

    nice python benchmarks/doctor.py --runs FOLDER [--seeds 3] [--first-seed 1] [--only NAME] [--extra RUNS_FOLDER ...]

Every run is a real one, tiny (16 to 28 pixels, narrow networks, 150 to 500 steps), trained in this process one after the other
and kept in FOLDER; those already there are only examined again. `--extra` names folders of finished runs that are healthy.
Runs that want a data set which is not in GANLAB_DATA are left out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ganlab.analysis.doctor import examine
from ganlab.core.config import TrainConfig
from ganlab.core.events import Samples
from ganlab.core.images import png, sheet, to_uint8
from ganlab.core.interventions import Intervention
from ganlab.core.progress import finish
from ganlab.data import DATASETS, load
from ganlab.data.paths import data_root
from ganlab.runtime.recorder import Recorder
from ganlab.runtime.run import Run, runs
from ganlab.runtime.store import Writer
from ganlab.runtime.worker import work
from ganlab.training.adversarial import AdversarialTraining
from ganlab.training.families import FAMILIES

TINY: dict[str, Any] = {
    "channels": 1,
    "image_size": 16,
    "width": 8,
    "z_dim": 16,
    "batch_size": 16,
    "steps": 300,
    "samples": 40,
    "log_every": 2,
    "sample_every": 25,
    "checkpoint_every": 100,
    "lr": 1e-3,
    "betas": (0.5, 0.99),
    "fid_every": 0,
    "device": "cpu",
}


@dataclass(frozen=True)
class Case:
    """One way to train; `expected`: the kinds of finding of which one names the failure, none for a healthy run."""

    name: str
    expected: frozenset[str]
    config: Callable[[Path], TrainConfig]  # from a folder for data of its own
    broken: Callable[[], AbstractContextManager[None]] = nullcontext
    draw: Callable[[Run, int], None] | None = None  # in place of training
    prepare: Callable[[Run], None] = lambda run: None  # before it


CASES: list[Case] = []


def tiny(family: str, dataset: str = "mnist", **changes: Any) -> TrainConfig:
    """The family's defaults, tiny."""
    return FAMILIES[family].config.replace(**TINY | {"dataset": dataset} | changes)


def add(name: str, expected: str, config: Callable[[Path], TrainConfig], **more: Any) -> None:
    """A case; `expected` kinds with spaces between."""
    CASES.append(Case(name, frozenset(expected.split()), config, **more))


# -- healthy --------------------------------------------------------------------------------------------------------------

for _dataset in ("shapes", "mnist"):
    for _family, _changes in (
        ("gan", {"lr": 2e-4, "betas": (0.5, 0.999)}),
        ("dcgan", {}),
        ("lsgan", {}),
        ("cgan", {}),
        ("wgan-gp", {"steps": 200, "d_steps": 2, "betas": (0.0, 0.9)}),
    ):
        add(f"healthy {_family} on {_dataset}", "", lambda _, f=_family, d=_dataset, c=_changes: tiny(f, d, **c))


AHEAD: dict[str, Any] = {"image_size": 28, "batch_size": 8, "z_dim": 100, "lr": 2e-4, "betas": (0.5, 0.999), "steps": 450}
add("healthy dcgan, D ahead at first", "", lambda _: tiny("dcgan", "shapes", **AHEAD))

TRANSLATING: dict[str, Any] = {"image_size": 32, "channels": 3, "batch_size": 2, "samples": 24, "lr": 2e-4, "betas": (0.5, 0.999)}

for _dataset in ("shapes", "mnist"):
    add(f"healthy self-conditioned on {_dataset}", "", lambda _, d=_dataset: tiny("self-conditioned", d, clusters=10))
for _family, _datasets in (("pix2pix", ("shapes", "facades")), ("cyclegan", ("shapes", "horse2zebra"))):
    for _dataset in _datasets:
        add(f"healthy {_family} on {_dataset}", "", lambda _, f=_family, d=_dataset: tiny(f, d, **TRANSLATING))


# -- labels that say too much ---------------------------------------------------------------------------------------------


@contextmanager
def asking(labels: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[None]:
    """Fakes are asked for labels of their own, made from those of the real pictures of their batch."""
    asked = AdversarialTraining.asked
    AdversarialTraining.asked = lambda self, batch: labels(batch.condition)  # type: ignore[method-assign, arg-type]
    try:
        yield
    finally:
        AdversarialTraining.asked = asked  # type: ignore[method-assign]


def all_alike(labels: torch.Tensor) -> torch.Tensor:
    """Every one of ten as often as the others, if those of the real pictures are any mixture at all."""
    return (labels + torch.arange(len(labels), device=labels.device)) % 10


def other_half(labels: torch.Tensor) -> torch.Tensor:
    """Five to nine for none to four: the same classes under other numbers."""
    return (labels + 5) % 10


def half_the_classes(home: Path) -> TrainConfig:
    """A thousand digits of which nearly all are 0 to 4: of the others there are five each."""
    images, labels = digits(4000, _seed(home))
    kept = torch.cat([(labels == label).nonzero()[: 200 if label < 5 else 5, 0] for label in range(10)])
    return of_folders(home, images[kept], labels[kept])


def thousand(home: Path) -> TrainConfig:
    """A thousand digits, each with its own label."""
    return of_folders(home, *digits(1000, _seed(home)))


def marked(home: Path) -> TrainConfig:
    """A thousand digits whose label is written into the topmost row of pixels: the one at its place is white."""
    images, labels = digits(1000, _seed(home))
    images[:, 0, 0] = 255 * torch.nn.functional.one_hot(labels, images.shape[-1]).to(torch.uint8)
    return of_folders(home, images, labels)


def of_folders(home: Path, images: torch.Tensor, labels: torch.Tensor) -> TrainConfig:
    """A CGAN on images in a folder for each label."""
    data = write(images, [str(label) for label in labels.tolist()], home / "data")
    return tiny("cgan", "folder", data_path=str(data), samples=100)


# -- the data is wrong ----------------------------------------------------------------------------------------------------


def digits(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """`count` digits out of MNIST, drawn by `seed`: uint8 (count, 1, 16, 16) and their labels."""
    dataset = finish(load("mnist", image_size=16, channels=1))
    assert dataset.labels is not None
    chosen = torch.randperm(len(dataset.images), generator=torch.Generator().manual_seed(seed))[:count]
    return dataset.images[chosen], dataset.labels[chosen]


def write(images: torch.Tensor, folders: list[str], root: Path) -> Path:
    """Each image as a PNG in the folder of its place in the list."""
    for index, (image, folder) in enumerate(zip(images, folders, strict=True)):
        target = root / folder
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{index:05d}.png").write_bytes(png(sheet(image[None], 1, padding=0)))
    return root


def one_picture(home: Path) -> TrainConfig:
    """Sixty-four copies of one digit."""
    images, _ = digits(1, _seed(home))
    return tiny("dcgan", "folder", data_path=str(write(images.repeat(64, 1, 1, 1), ["all"] * 64, home / "data")), steps=300)


def few_pictures(home: Path) -> TrainConfig:
    """Eight digits, learned by heart."""
    images, _ = digits(8, _seed(home))
    data = str(write(images, ["all"] * 8, home / "data"))
    return tiny("dcgan", "folder", data_path=data, steps=1200, batch_size=8, lr=2e-3, ema_decay=0.99, sample_every=50)


def shuffled_labels(home: Path) -> TrainConfig:
    """A thousand digits in ten class folders, drawn by lot."""
    images, _ = digits(1000, _seed(home))
    return of_folders(home, images, torch.randint(10, (1000,), generator=torch.Generator().manual_seed(_seed(home))))


def fashion(home: Path) -> TrainConfig:
    """The recipe fashion-gan with the rate that its source reports as failing, on what clothes there are here."""
    from ganlab.training.recipes import recipe

    clothes = data_root() / "fashion-900.zip"
    data = {"dataset": "folder", "data_path": str(clothes)} if clothes.is_file() else {"dataset": "mnist"}
    small = {
        name: TINY[name]
        for name in ("channels", "image_size", "samples", "log_every", "sample_every", "checkpoint_every", "device")
    }
    return recipe("fashion-gan").config.replace(**small | data | {"lr": 0.01, "steps": 200, "batch_size": 16})


def _seed(home: Path) -> int:
    return int(home.name.removeprefix("seed"))


# -- the machine is wrong -------------------------------------------------------------------------------------------------


@contextmanager
def slow_disk() -> Iterator[None]:
    """From the hundredth batch on every batch waits 60 ms inside its drawing."""
    from ganlab.data import batches

    take, count = batches._Images.take, 0

    def slow(self: Any, draw: Any) -> Any:
        nonlocal count
        count += 1
        if count > 100:
            time.sleep(0.06)
        return take(self, draw)

    batches._Images.take = slow  # type: ignore[method-assign]
    try:
        yield
    finally:
        batches._Images.take = take  # type: ignore[method-assign]


@contextmanager
def broken_weight() -> Iterator[None]:
    """A weight of D stops being a number at step 150."""
    step = AdversarialTraining.step

    def breaking(self: AdversarialTraining, batches: Iterator[Any]) -> Any:
        if self.steps_done == 150:
            with torch.no_grad():
                next(self.D.parameters()).view(-1)[0] = torch.nan
        return step(self, batches)

    AdversarialTraining.step = breaking  # type: ignore[method-assign]
    try:
        yield
    finally:
        AdversarialTraining.step = step  # type: ignore[method-assign]


def foreign_collapsed(run: Run, seed: int) -> None:
    """Sheets of a published CGAN that is known to have collapsed to one digit of each class."""
    from ganlab.models.pipeline import Pipeline

    weights = Path(__file__).resolve().parent.parent.parent / "shared" / "weights" / "cgan-collapsed" / "generator.pth"
    pipeline = Pipeline.load(weights)
    with Recorder(run) as recorder:
        recorder.annotate("queued")
        for step in (25, 50):
            images = pipeline.generate(pipeline.latents(100, seed + step))
            recorder.record(Samples(step, images if images.dtype == torch.uint8 else to_uint8(images), 10))


def swinging_rate(run: Run) -> None:
    """Every 25 steps somebody turns D's rate from far below G's to far above it, or back."""
    writer = Writer(run.database)
    for turn, step in enumerate(range(25, 300, 25)):
        writer.intervene(Intervention(step, "d_lr_ratio", 5.0 if turn % 2 else 0.01).to_dict())
    writer.close()


# -- the settings are wrong -----------------------------------------------------------------------------------------------

RATE = "rate divergence collapse dead d-wins oscillation"
add("lr 0.01 on fashion-gan", RATE, fashion)
add("lr 0.5 on dcgan", RATE, lambda _: tiny("dcgan", lr=0.5))
add("d_steps 20 on dcgan", "d-wins", lambda _: tiny("dcgan", d_steps=20, steps=150, batch_size=8))
add("frozen G on dcgan", "d-wins dead", lambda _: tiny("dcgan", lr=1e-5, d_lr_ratio=100.0))
add("nearly frozen D on dcgan", "g-wins dead collapse", lambda _: tiny("dcgan", d_lr_ratio=0.01))
add("explosion: wgan-gp, no penalty", "divergence", lambda _: tiny("wgan-gp", gp_weight=0.0, lr=0.01, d_steps=2, steps=200))
add("momentum 0.95 on gan", "collapse d-wins", lambda _: tiny("gan", betas=(0.95, 0.95), lr=2e-3, steps=400))
add("D's rate up and down", "oscillation", lambda _: tiny("dcgan"), prepare=swinging_rate)
add("a weight becomes NaN", "divergence", lambda _: tiny("dcgan"), broken=broken_weight)
add("one picture repeated", "repeated-data", one_picture)
add("eight pictures, by heart", "memorisation", few_pictures)
add("labels shuffled", "labels-ignored", shuffled_labels)
add("half the classes, all asked for", "label-leak", half_the_classes, broken=lambda: asking(all_alike))
add("labels under other numbers", "label-leak", half_the_classes, broken=lambda: asking(other_half))
add("labels written into the pictures", "labels-in-pictures", marked)
add("healthy cgan, labels drawn for G on mnist", "", lambda _: tiny("cgan"), broken=lambda: asking(all_alike))
add("healthy cgan, half the classes", "", half_the_classes)
add("healthy cgan, a thousand digits", "", thousand)
add("slow disk", "stalled-input", lambda _: tiny("dcgan", "shapes"), broken=slow_disk)
add("collapsed foreign CGAN", "collapse", lambda _: tiny("cgan", image_size=28, samples=100), draw=foreign_collapsed)


def run_of(case: Case, seed: int, root: Path) -> Run:
    """The run of this case and seed: the one that is there, else a new one, trained."""
    home = root / case.name.replace(" ", "_").replace(":", "").replace(",", "") / f"seed{seed}"
    there = runs(home) if home.is_dir() else []
    config = case.config(home).replace(seed=seed)
    for run in there:
        if run.config == config and (case.draw or run.status().state in ("finished", "failed")):
            return run
        run.delete()
    run = Run.create(config, root=home)
    case.prepare(run)
    if case.draw:
        case.draw(run, seed)
        return run
    with case.broken():
        work(run)
    return run


def main() -> None:
    """Train what is missing, examine everything, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--extra", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    torch.set_num_threads(1)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    totals = {"hits": 0, "named": 0, "injected": 0, "alarms": 0, "healthy": 0}
    began = time.process_time()
    print(f"| {'run':<32} | found | named | findings |\n|---|---|---|---|")
    for case in CASES:
        if options.only not in case.name or not _possible(case):
            continue
        report(case.name, case.expected, [run_of(case, seed, options.runs) for seed in seeds], totals)
    extra = [run for folder in options.extra for run in runs(folder) if run.status().step > 500]
    for run in extra:
        report(f"healthy, trained for real: {run.title}, {run.status().step:,} steps", frozenset(), [run], totals)
    injected, healthy = max(1, totals["injected"]), max(1, totals["healthy"])
    print(f"\ninjected failures found: {totals['hits']} of {totals['injected']} ({totals['hits'] / injected:.0%}),", end=" ")
    print(f"named rightly: {totals['named']} ({totals['named'] / injected:.0%})")
    print(f"false alarms: {totals['alarms']} of {totals['healthy']} healthy runs ({totals['alarms'] / healthy:.0%})")
    print(f"{time.process_time() - began:.0f} s of one core", file=sys.stderr)


def _possible(case: Case) -> bool:
    """Whether the data that its name tells of, else MNIST, is on this machine."""
    named = [word for word in case.name.split() if word in DATASETS] or ["mnist"]
    return all(DATASETS[name].available().state == "ready" for name in named)


def report(name: str, expected: frozenset[str], found: list[Run], totals: dict[str, int]) -> None:
    """One row of the table."""
    kinds = [[finding.kind for finding in examine(run)] for run in found]
    hits, named = sum(map(bool, kinds)), sum(bool(expected & set(some)) for some in kinds)
    if expected:
        totals["injected"] += len(found)
        totals["hits"] += hits
        totals["named"] += named
    else:
        totals["healthy"] += len(found)
        totals["alarms"] += hits
    shown = "; ".join(" ".join(some) or "none" for some in kinds)
    share = f"{hits} of {len(found)}"
    print(f"| {name:<32} | {share} | {f'{named} of {len(found)}' if expected else '–'} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
