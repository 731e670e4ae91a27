"""Start runs in processes of their own, after a look at the model that they are to start from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ganlab.core.config import TrainConfig
from ganlab.core.errors import NotFetched
from ganlab.core.guesses import explained
from ganlab.core.names import is_there
from ganlab.data.dataset import Dataset
from ganlab.data.download import no_answer
from ganlab.data.registry import DATASETS
from ganlab.data.sets import in_memory
from ganlab.data.sets.folder import dataset_setting
from ganlab.models import hub, pretrained
from ganlab.models.catalogue import find_here
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import launch as process
from ganlab.runtime.run import Run
from ganlab.training.families import FAMILIES
from ganlab.training.families.base import Family
from ganlab.training.preflight import check_data
from ganlab.training.recipes import RECIPES, Recipe
from ganlab.training.recipes import recipe as recipe_named

Subject = Any  # what `ganlab.train` takes first: a config, a data set's name, a path, or images in memory of any form


@explained
def launch(what: TrainConfig | str | Path | None = None, *, recipe: str = "", log_to: str = "", **settings: Any) -> Run:
    """Start a training in a process of its own, which outlives this one, and return at once.

    `what`, `recipe` and `settings` are as for `ganlab.train`; beside a config, `recipe` only names the run. `log_to` is
    "tensorboard", "trackio" or "wandb", which is given its curves and sheets. It waits when its device is busy. ValueError names
    all that does not fit, too many runs that wait already, and a full disk.
    """
    config = configured(what, None, recipe, settings)
    if in_memory.holds(config.dataset):
        raise ValueError(f"{config.dataset} is in the memory of this process alone: train it here with ganlab.train.")
    return process.launch(config, recipe=recipe, log_to=log_to, load_model=at_hand)


def configured(what: Subject | None, data: Any, recipe: str, settings: Mapping[str, Any]) -> TrainConfig:
    """The one configuration that the arguments of `ganlab.train` describe; ValueError names what does not fit."""
    if isinstance(what, Family | Recipe):
        what = what.config
    if isinstance(what, Mapping | Run):
        raise ValueError(_INSTEAD["settings" if isinstance(what, Mapping) else "run"])
    if isinstance(data, str | Path) and what is None:
        what, data = data, None
    if what is not None and not isinstance(what, TrainConfig | str | Path):
        what, data = None, what
    changes = dict(settings)
    if data is not None:
        images = data if isinstance(data, Dataset) else Dataset.from_tensors(data)
        changes["dataset"] = in_memory.named(images)
        if not isinstance(what, TrainConfig):
            changes.setdefault("image_size", images.images.shape[-1])
    if isinstance(what, TrainConfig):
        return what.replace(**changes)
    if what is not None:
        changes |= _data_of(str(what))
    if recipe and "family" in changes:
        raise ValueError("recipe and family exclude each other: a recipe has its family.")
    if recipe:
        return recipe_named(recipe).config.replace(**changes)
    return TrainConfig.of(changes.pop("family", "dcgan"), **changes)


_INSTEAD = {
    "settings": "Settings are given by their names: ganlab.train(**settings).",
    "run": "A run is gone on with by ganlab.resume(run); ganlab.train(run.config) trains anew as it did.",
}


def _data_of(name: str) -> dict[str, str]:
    """The settings for a data set's name or a path; ValueError, with the right call for the name of something else."""
    if name not in DATASETS and not is_there(name):
        for kind, known in (("family", FAMILIES), ("recipe", RECIPES)):
            if name in known:
                raise ValueError(f"{name!r} is a {kind}, no data set: write {kind}={name!r}.")
    return dataset_setting(name)


def launch_together(configs: Mapping[str, TrainConfig]) -> list[Run]:
    """Start {recipe: config} as one group, side by side on one device; ValueError, as `new_runs`, and then none is left."""
    return process.start(new_runs(configs))


def new_runs(configs: Mapping[str, TrainConfig], *, reach: bool = True) -> list[process.NewRun]:
    """The runs of a group before they are made, for a face: Mistakes names all that is wrong, missing images among it.

    Without `reach` no network is asked whether what is not here could be downloaded.
    """
    return process.new_runs(configs, at_hand, check_reach if reach else partial(check_data, reach=False))


def check_reach(config: TrainConfig) -> None:
    """Raise DataError, one sentence, where the images or the model to start from are neither here nor can be downloaded now."""
    check_data(config)
    name = config.start_from
    if name and find_here(name) is None and pretrained.on_hub(name) and not hub.answers():
        raise NotFetched(
            f"start_from = {name!r} cannot be downloaded now ({no_answer()}): start from a model that is on this machine, or try "
            "again later.",
            name,
        )


def at_hand(name: str) -> Pipeline | None:
    """The model of this name; None where it would be downloaded first. ValueError where there is none or it cannot be read."""
    if find_here(name) is None and (there := pretrained.on_hub(name)) and there.address:
        return None
    return Pipeline.load(name)
