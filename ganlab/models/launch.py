"""Start runs in processes of their own, after a look at the model that they are to start from."""

from __future__ import annotations

from collections.abc import Mapping

from ganlab.core.config import TrainConfig
from ganlab.core.errors import NotFetched
from ganlab.data.download import no_answer
from ganlab.models import hub, pretrained
from ganlab.models.catalogue import find_here
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import launch as process
from ganlab.runtime.run import Run
from ganlab.training.preflight import check_data


def launch(config: TrainConfig, *, recipe: str = "") -> Run:
    """Start training `config` in a process of its own, which outlives this one, and return at once.

    The run waits when its device is busy. ValueError when the settings do not fit together or the model in `start_from` does
    not fit them, too many runs wait already, or the disk is full.
    """
    return process.launch(config, recipe=recipe, load_model=at_hand)


def launch_together(configs: Mapping[str, TrainConfig]) -> list[Run]:
    """Start {recipe: config} as one group, side by side on one device; ValueError, as `new_runs`, and then none is left."""
    return process.start(new_runs(configs))


def new_runs(configs: Mapping[str, TrainConfig]) -> list[process.NewRun]:
    """The runs of a group before they are made, for a face: Mistakes names all that is wrong, missing images among it."""
    return process.new_runs(configs, at_hand, _check_reach)


def _check_reach(config: TrainConfig) -> None:
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
