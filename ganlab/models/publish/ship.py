"""From a recipe to a shipped model: trained, measured, small, with a card from which all of it can be repeated."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from ganlab.core import tensors as weights
from ganlab.core.events import Loading
from ganlab.core.images import decode, png, sheet
from ganlab.core.names import from_json, to_json
from ganlab.core.shipped import in_wheel
from ganlab.metrics.features.classifier import has_classifier
from ganlab.metrics.measure import whole
from ganlab.metrics.value import Value
from ganlab.models.cards import read as cards
from ganlab.models.cards.write import Facts, write
from ganlab.models.catalogue import SHIPPED
from ganlab.models.evaluate import Asked, evaluate
from ganlab.models.pipeline import Pipeline
from ganlab.models.publish.push import CARD, SAMPLES, count_parameters
from ganlab.runtime import checkpoint
from ganlab.runtime.run import Run
from ganlab.runtime.worker import work
from ganlab.training.preflight import check
from ganlab.training.recipes import recipe

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

TARGET = Path("checkpoints") if in_wheel() else SHIPPED  # an installation is never written to
SOURCE = "source.png"  # of a shipped translator: pictures drawn by this project, side by side, that its example begins with
_ROWS = 8


def train_and_ship(name: str, target: Path = TARGET, *, root: Path | None = None) -> Generator[Loading, None, Path]:
    """Train the recipe `name` here and now, measure it, and write its folder below `target`. ValueError when that fails."""
    config = recipe(name).config
    check(config)
    run = Run.create(config, recipe=name, root=root)
    yield Loading("training_recipe", name, names=(run.id,))
    work(run, load_networks=lambda name: Pipeline.load(name).networks)
    if run.status().state != "finished":
        raise ValueError(f"{run.id} did not get to its end: {run.status().cause}")
    return (yield from ship(run.checkpoints()[-1], name, target))


def ship(folder: Path, name: str, target: Path = TARGET) -> Generator[Loading, None, Path]:
    """Write the checkpoint `folder` of a run as the shipped model `name`: halved where no pixel shows it, with D and a card.

    What is measured is what is shipped. A person's own words, the summary and the licence are those of the card that there
    is already; without one nothing is claimed.
    """
    info, made = checkpoint.read_info(folder), target / name
    card = cards.read(made / CARD if (made / CARD).is_file() else SHIPPED / name / CARD)
    made.mkdir(parents=True, exist_ok=True)
    settings = from_json((folder / checkpoint.INFO).read_bytes(), names="labels")
    began = Path(str(info.config.get("start_from", ""))).name  # where on this machine it lay is private
    settings |= {"config": info.config | {"device": "auto", "start_from": began}, "recipe": name}
    (made / checkpoint.INFO).write_text(to_json(settings, indent=2) + "\n")
    parameters = _weigh(folder, made)
    pictured = _picture(made, next((place for place in (made, SHIPPED / name) if (place / SOURCE).is_file()), None))
    values = [replace(value, subject=name) for value in (yield from _values(made, info))]
    home = folder.resolve().parent.parent
    run = Run(home) if (home / "config.json").is_file() else None
    licence = card.licence or "other"
    facts = Facts(name, checkpoint.read_info(made), parameters, run, values, licence, pictured, card.summary, card.words)
    (made / CARD).write_text(write(facts))
    return made


def _weigh(folder: Path, made: Path) -> int:
    """Write the tensors, in half precision where no pixel differs by more than one level; return how many were learned."""
    model, discriminators = checkpoint.read_model(folder), checkpoint.read_discriminators(folder)
    _save(_halved(model), made / checkpoint.MODEL)
    if discriminators:
        _save(_halved(discriminators), made / checkpoint.DISCRIMINATORS)
    whole = Pipeline.load(folder)
    if not whole.translates and _difference(whole, Pipeline.load(made)) > 1:
        _save(model, made / checkpoint.MODEL)
    return count_parameters(model)


def _values(folder: Path, info: checkpoint.Info) -> Generator[Loading, None, Sequence[Value]]:
    """What can be measured without a download: distances and labels in the features of our own classifier."""
    if not has_classifier(str(info.config["dataset"])):
        return []
    labelled = info.spec["conditioning"] == "label"
    metrics = ("frechet-lenet", "kid-lenet", "coverage-lenet", *(("accuracy-lenet",) if labelled else ()))
    return (yield from whole(evaluate(str(folder), Asked(metrics))))


def _halved(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


def _save(tensors: Mapping[str, Tensor], path: Path) -> None:
    weights.write(tensors, path)
    path.chmod(0o644)


def _difference(a: Pipeline, b: Pipeline) -> int:
    """The largest difference between the pictures that both draw, in levels of 255."""
    z = a.latents(64, 0)
    return int((a.generate(z).int() - b.generate(z).int()).abs().max())


def _picture(made: Path, drawn: Path | None) -> bool:
    """Write a sheet of what the model makes, if it can: of z, a column for each class; of pictures, those in `drawn`."""
    pipeline, path = Pipeline.load(made), made / SAMPLES
    if not pipeline.translates:
        columns = pipeline.spec.num_classes if pipeline.conditional else 2 * _ROWS
        path.write_bytes(png(sheet(pipeline.generate(pipeline.latents(_ROWS * columns, 1)), columns)))
    elif drawn:
        if drawn != made:
            shutil.copyfile(drawn / SOURCE, made / SOURCE)
        path.write_bytes(png(_translated(pipeline, made / SOURCE)))
    else:
        path.unlink(missing_ok=True)  # it would show what another model made
    return path.is_file()


def _translated(pipeline: Pipeline, source: Path) -> Image.Image:
    """The pictures that lie side by side in a file, below them what becomes of them, and below that the way back."""
    strip = decode(source.read_bytes()).convert("RGB")
    count = max(1, round(strip.width / strip.height))
    width = strip.width // count
    rows = [[strip.crop((column * width, 0, (column + 1) * width, strip.height)) for column in range(count)]]
    for direction in pipeline.routes:
        rows.append([pipeline.translate(image, direction, original_size=True) for image in rows[-1]])
    return _laid_out(rows if count > 1 else [[row[0] for row in rows]])


def _laid_out(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Pictures of one size in rows."""
    pixels = np.stack([np.asarray(image.convert("RGB")) for row in rows for image in row])
    return sheet(torch.from_numpy(pixels).permute(0, 3, 1, 2), len(rows[0]))
