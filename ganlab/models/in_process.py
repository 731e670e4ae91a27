"""Train in this process, from a name and a few settings: what `ganlab.train` is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from ganlab.core.config import TrainConfig
from ganlab.core.errors import all_mistakes
from ganlab.core.guesses import explained
from ganlab.core.interventions import Command
from ganlab.models.launch import Subject, at_hand, check_reach, configured
from ganlab.models.pipeline import Pipeline
from ganlab.models.training_here import TrainingHere
from ganlab.runtime.worker import STATE_KEYS
from ganlab.training import engine
from ganlab.training.families import FAMILIES
from ganlab.training.networks.own import own_pair
from ganlab.training.preflight import check, spec_before_data


@explained
def train(
    what: Subject | None = None,
    *,
    data: Any = None,
    networks: Mapping[str, nn.Module] | None = None,
    recipe: str = "",
    commands: Callable[[], Sequence[Command]] = lambda: (),
    resume: Mapping[str, Any] | None = None,
    **settings: Any,
) -> TrainingHere:
    """Check the settings at once, then train in this process as the events are asked for.

    `what` is a config, a data set's name, the path of a folder or zip of images, or images in memory as `Dataset.from_tensors`
    takes them (so is `data`, beside a config). `settings` are those of the family, by default "dcgan", or change those of the
    config or `recipe`. `networks` {"G": ..., "D": ...} are trained instead of the family's own: G makes images (B, C, S, S) in
    [-1, 1] of z (B, z_dim), D one number or more for each image (B, C, S, S); both take the labels (B,) as a second input where
    the family has labels.
    `commands` and `resume` are those of ganlab.training.engine.train. ValueError names everything that does not fit.

        for event in ganlab.train("mnist", family="cgan", steps=500):
            print(event)

    What is returned also trains to its end at once, `.finish()`, draws, `.pipeline().sample(16)`, and shows itself in a notebook.
    """
    for name in settings:
        if sentence := next((sentence for names, sentence in _ELSEWHERE.items() if name in names.split()), ""):
            raise ValueError(f"{name} is no setting: {sentence}.")
    if recipe and isinstance(what, TrainConfig):
        raise ValueError(
            "A config and a recipe exclude each other: ganlab.train(recipe=..., **settings) changes a recipe's settings."
        )
    if resume is not None and not (isinstance(resume, Mapping) and resume.keys() >= STATE_KEYS):
        raise ValueError("resume is the `state` of a Checkpoint event: ganlab.resume(run) goes on with a run.")
    config = configured(what, data, recipe, settings)
    with all_mistakes() as part:
        with part():
            check(config, at_hand)
        with part():
            check_reach(config)
    pair = None if networks is None else _own(networks, config)
    initial = Pipeline.load(config.start_from).networks if config.start_from and resume is None else None
    return TrainingHere(engine.train(config, resume=resume, initial=initial, networks=pair, commands=commands), config, pair)


_ELSEWHERE = {
    "G D netG netD generator discriminator critic": "give networks of your own as networks={'G': G, 'D': D}",
    "labels targets y": "ganlab.Dataset.from_tensors(images, labels) holds images with labels",
    "callback callbacks on_step hooks": "`for event in ganlab.train(...)` has what happens",
    "optimizer opt loss criterion": "lr, betas and the family decide optimizer and loss",
    "transform transforms": "flip, jitter and augment change images",
    "num_workers workers shuffle pin_memory": "images lie in memory, and batches are drawn from there",
}


def _own(networks: Mapping[str, nn.Module], config: TrainConfig) -> dict[str, nn.Module]:
    """Networks of the caller's own as the training calls them; ValueError where they do not fit."""
    if not FAMILIES[config.family].takes_own_pair:
        others = ", ".join(name for name, family in FAMILIES.items() if family.takes_own_pair)
        raise ValueError(f"family = {config.family!r} has networks of its own form: networks is for {others}.")
    return own_pair(networks, spec_before_data(config), config.z_dim)
