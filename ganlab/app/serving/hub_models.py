"""The models of the Hub that are on this machine: the catalogue's cached ones, and those asked for by address."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

from ganlab.app.serving.variants import parts
from ganlab.models import hub, pretrained
from ganlab.models.catalogue import models
from ganlab.models.entry import ModelEntry
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import checkpoint
from ganlab.training.families import load_config

LOOK_SECONDS = 2.0  # how old the look at the cache may be
MOST = 32  # models that visitors asked for by address; the first one is forgotten, its file stays in the cache


class HubModels:
    """What can be chosen of the Hub; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_for: dict[str, ModelEntry] = {}
        self._cached: list[ModelEntry] = []
        self._looked_at = float("-inf")

    def models(self) -> list[ModelEntry]:
        """The catalogue's that are cached, then those that were asked for."""
        with self._lock:
            if time.monotonic() - self._looked_at > LOOK_SECONDS:
                self._cached = [model for entry in pretrained.HUB if (model := _cached(entry))]
                self._looked_at = time.monotonic()
            known = {model.name for model in self._cached}
            return [*self._cached, *[model for name, model in self._asked_for.items() if name not in known]]

    def absent(self) -> list[ModelEntry]:
        """The catalogue's entries that would have to be downloaded."""
        here = {model.name for model in self.models()}
        return [entry for entry in pretrained.HUB if entry.name not in here]

    def fetching(self, name: str) -> Generator[hub.Downloading, None, ModelEntry]:
        """Download what a name of the catalogue or an address means, and load it once.

        ValueError, one sentence, when that fails.
        """
        name = name.strip()
        there = pretrained.on_hub(name)
        if there is None or there.address is None:
            raise ValueError(f"{name[:80]!r} is no address on the Hub: write org/name, org/name@revision or org/name/file.pth.")
        place = yield from hub.pulling(there.address, sha256=there.sha256)
        pipeline = Pipeline.load(place, name=str(there.address))
        model = replace(there, path=place, conditioning=pipeline.spec.conditioning)
        with self._lock:
            self._asked_for[name] = model
            while len(self._asked_for) > MOST:
                del self._asked_for[next(iter(self._asked_for))]
            self._looked_at = float("-inf")
        return model


def _cached(entry: ModelEntry) -> ModelEntry | None:
    place = entry.cached()
    return replace(entry, path=place) if place else None


HUB_MODELS = HubModels()


def playable() -> list[ModelEntry]:
    """Every model that can be played with at once: runs, shipped ones, and those of the Hub that are here."""
    own = models()
    names = {model.name for model in own}
    return [*own, *[model for model in HUB_MODELS.models() if model.name not in names]]


def training_of(pipeline: Pipeline) -> Mapping[str, Any]:
    """The config that a playable model was trained with; of weights of others, what the catalogue says; {} if unknown.

    The data folder of a model of the Hub is left out: it names a folder on another machine.
    """
    model = next((model for model in playable() if model.name == parts(pipeline.name)[0]), None)
    if model is None:
        return {}
    if model.folder.is_dir():
        info = checkpoint.read_info(model.folder)
        config = load_config(info.config, info.packages).to_dict()
        return config | {"data_path": ""} if model.origin == "hub" else config
    if not model.family:
        return {}
    size = pipeline.spec.image_size
    return {"family": model.family, "dataset": model.data, "data_path": "", "image_size": size, "flip": False}
