"""GANLab: train a GAN, watch it learn, measure it and play with that very checkpoint.

The public names load lazily: importing ganlab imports neither torch nor any screen.
"""

from __future__ import annotations

import importlib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ganlab.core import old_addresses

if TYPE_CHECKING:
    from ganlab.core.config import TrainConfig
    from ganlab.data import DATASETS
    from ganlab.data.dataset import Dataset
    from ganlab.metrics.inception_distance import fid
    from ganlab.models.hub import pull
    from ganlab.models.hub.mixin import Generators
    from ganlab.models.in_process import train
    from ganlab.models.launch import launch
    from ganlab.models.measured import evaluate
    from ganlab.models.pipeline import Pipeline
    from ganlab.models.publish.push import push
    from ganlab.runtime.launch import resume
    from ganlab.runtime.run import Run, runs
    from ganlab.training.families import FAMILIES
    from ganlab.training.recipes import RECIPES

old_addresses.install()

__version__ = "0.3.0"  # the only place: pyproject.toml reads it here
__all__ = [
    "DATASETS",
    "FAMILIES",
    "RECIPES",
    "Dataset",
    "Generators",
    "Pipeline",
    "Run",
    "TrainConfig",
    "evaluate",
    "fid",
    "launch",
    "pull",
    "push",
    "resume",
    "runs",
    "train",
]

_HOMES = {
    "DATASETS": "data",
    "Dataset": "data.dataset",
    "FAMILIES": "training.families",
    "Generators": "models.hub.mixin",
    "Pipeline": "models.pipeline",
    "RECIPES": "training.recipes",
    "Run": "runtime.run",
    "TrainConfig": "training.families",  # which knows each family's defaults
    "evaluate": "models.measured",
    "fid": "metrics.inception_distance",
    "launch": "models.launch",
    "pull": "models.hub",
    "push": "models.publish.push",
    "resume": "runtime.launch",
    "runs": "runtime.run",
    "train": "models.in_process",
}


_MEANT = {  # what people write for what is called otherwise
    "load": "ganlab.Pipeline.load(...) opens a model",
    "from_pretrained": "ganlab.Pipeline.from_pretrained(...) opens a model",
    "sample": "ganlab.Pipeline.load(...).sample(n) draws",
    "generate": "ganlab.Pipeline.load(...).sample(n) draws",
    "translate": "ganlab.Pipeline.load(...).translate(image) translates",
    "Trainer": "ganlab.train(...) trains here, ganlab.launch(...) in a process of its own",
    "models": "ganlab.Pipeline.load(...) opens a model, and `ganlab zoo` lists them",
    "datasets": "ganlab.DATASETS has the data sets by name",
    "load_dataset": "ganlab.DATASETS has the data sets by name",
    "list_datasets": "ganlab.DATASETS has the data sets by name",
    "families": "ganlab.FAMILIES has the families by name",
    "list_families": "ganlab.FAMILIES has the families by name",
    "recipes": "ganlab.RECIPES has the recipes by name",
    "list_recipes": "ganlab.RECIPES has the recipes by name",
    "list_models": "ganlab.Pipeline.load(...) opens a model, and `ganlab zoo` lists them",
    "Model": "ganlab.Pipeline.load(...) opens a model",
    "Generator": "ganlab.Pipeline.load(...) opens a model",
    "pipeline": "ganlab.Pipeline.load(...) opens a model",
    "Config": "ganlab.TrainConfig.of(family, ...) makes a config",
    "config": "ganlab.TrainConfig.of(family, ...) makes a config",
    "from_toml": "ganlab.TrainConfig.from_toml(path) reads a config",
    "run": "ganlab.launch(...) starts a run, ganlab.Run.open(id) opens one",
    "get_run": "ganlab.Run.open(id) opens a run",
    "open_run": "ganlab.Run.open(id) opens a run",
    "list_runs": "ganlab.runs() lists the runs",
    "stop": "ganlab.Run.open(id).request_stop() stops a run",
    "wait": "ganlab.launch(...).wait() waits for a run",
    "fit": "ganlab.train(...) trains here, ganlab.launch(...) in a process of its own",
    "measure": "ganlab.evaluate(...) measures a model, ganlab.fid(fake, real) images",
    "FID": "ganlab.fid(fake, real) measures images",
    "inspect": "`ganlab inspect PATH` says what a folder of images holds, and ganlab.train(PATH) trains on it",
    "version": "ganlab.__version__ is the version",
}
_FAMILIES = (  # as classes elsewhere
    *("GAN", "CGAN", "DCGAN", "LSGAN", "WGAN", "WGANGP", "WGAN_GP", "SNGAN", "R3GAN", "CycleGAN", "Pix2Pix", "CUT", "FastCUT"),
)


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])


def _meant(name: str) -> str:
    """The right call for a name that there is not, behind a colon; "" where none is near."""
    if name in _FAMILIES:
        return ": ganlab.train(..., family=...) trains one of ganlab.FAMILIES"
    near = _MEANT.get(name) or ", ".join(f"ganlab.{one} is there" for one in get_close_matches(name, __all__, 1))
    return f": {near}" if near else ""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ganlab' has no attribute {name!r}{_meant(name)}")
    return getattr(importlib.import_module(f"ganlab.{_HOMES[name]}"), name)
