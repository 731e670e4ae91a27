"""From a recipe to a shipped model: trained, measured, small, with a card that says how it can all be done again."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab import checkpoint, weights
from ganlab.check import check
from ganlab.evaluation import Asked, evaluate
from ganlab.events import Loading
from ganlab.hub.card import Facts, write
from ganlab.hub.pushing import count_parameters
from ganlab.metrics.value import Value
from ganlab.models import SHIPPED
from ganlab.process import work
from ganlab.recipes import recipe
from ganlab.run import Run

if TYPE_CHECKING:
    from torch import Tensor

    from ganlab.pipeline import Pipeline

_ROWS = 8


def train_and_ship(name: str, target: Path = SHIPPED, *, root: Path | None = None) -> Generator[Loading, None, Path]:
    """Train the recipe `name` here and now, measure it, and write its folder below `target`. ValueError when that fails."""
    config = recipe(name).config
    check(config)
    run = Run.create(config, recipe=name, root=root)
    yield Loading(f"Training {name} ({run.id})")
    work(run)
    if run.status().state != "finished":
        raise ValueError(f"{run.id} did not get to its end: {run.status().message}")
    return (yield from ship(run.checkpoints()[-1], name, target))


def ship(folder: Path, name: str, target: Path = SHIPPED) -> Generator[Loading, None, Path]:
    """Write the checkpoint `folder` of a run as the shipped model `name`: halved where nobody can see it, with D and a card."""
    from ganlab.pipeline import Pipeline

    info = checkpoint.read_info(folder)
    values = [replace(value, subject=name) for value in (yield from _values(folder, info))]
    model, judges = checkpoint.read_model(folder), checkpoint.read_discriminators(folder)
    made = target / name
    made.mkdir(parents=True, exist_ok=True)
    settings = json.loads((folder / checkpoint.INFO).read_text())
    settings |= {"config": info.config | {"device": "auto"}, "recipe": name}
    (made / checkpoint.INFO).write_text(json.dumps(settings, indent=2) + "\n")
    _save(_halved(model), made / checkpoint.MODEL)
    if judges:
        _save(_halved(judges), made / checkpoint.JUDGES)
    whole = Pipeline.load(folder)
    if not whole.translates:
        if _difference(whole, Pipeline.load(made)) > 1:
            _save(model, made / checkpoint.MODEL)
        _picture(whole, made / "samples.png")
    home = folder.resolve().parent.parent
    run = Run(home) if (home / "config.json").is_file() else None
    facts = Facts(name, checkpoint.read_info(made), count_parameters(model), run, values, "mit", (made / "samples.png").is_file())
    (made / "README.md").write_text(write(facts))
    return made


def _values(folder: Path, info: checkpoint.Info) -> Generator[Loading, None, Sequence[Value]]:
    """What can be measured without a download: distances and labels in the features of our own classifier."""
    from ganlab.metrics.lenet import has_classifier

    if not has_classifier(str(info.config["dataset"])):
        return []
    labelled = info.spec["conditioning"] == "label"
    metrics = ("frechet-lenet", "kid-lenet", "coverage-lenet", *(("accuracy-lenet",) if labelled else ()))
    return (yield from evaluate(str(folder), Asked(metrics)))


def _halved(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


def _save(tensors: Mapping[str, Tensor], path: Path) -> None:
    weights.write(tensors, path)
    path.chmod(0o644)


def _difference(a: Pipeline, b: Pipeline) -> int:
    """The largest difference between the pictures that both draw, in levels of 255."""
    z = a.latents(64, 0)
    return int((a.generate(z).int() - b.generate(z).int()).abs().max())


def _picture(pipeline: Pipeline, path: Path) -> None:
    """A sheet of samples; a column for each class where there are classes."""
    from ganlab.images import png, sheet

    columns = pipeline.spec.num_classes if pipeline.conditional else 2 * _ROWS
    path.write_bytes(png(sheet(pipeline.generate(pipeline.latents(_ROWS * columns, 1)), columns)))
