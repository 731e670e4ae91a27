"""The models of the Hub that are on this machine: the catalogue's cached ones, and what somebody asked this server for."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganlab.models import hub
from ganlab.models import pretrained as zoo
from ganlab.models.catalogue import Model, models
from ganlab.runtime import checkpoint

if TYPE_CHECKING:
    from ganlab.models.pipeline import Pipeline

LOOK_SECONDS = 2.0  # how old the look at the cache may be
MOST = 32  # models that visitors asked for by address; the first one is forgotten, its file stays in the cache


@dataclass(frozen=True)
class HubModel(Model):
    """A model of the Hub that lies in the cache; `folder` may be a file of weights of others."""

    domains: tuple[str, ...] = ()
    into_pictures: bool = False

    @property
    def translates(self) -> bool:
        """Whether it turns images into images rather than z."""
        return self.into_pictures

    @property
    def picture(self) -> Path | None:
        """What it drew of itself after it had been pulled (ganlab/app/serving/thumbnails.py), if it has."""
        path = hub.thumbnail(self.folder)
        return path if path.is_file() else None


class Shelf:
    """What can be chosen of the Hub; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_for: dict[str, HubModel] = {}
        self._cached: list[HubModel] = []
        self._looked_at = float("-inf")

    def models(self) -> list[HubModel]:
        """The catalogue's that are cached, then those that were asked for."""
        with self._lock:
            if time.monotonic() - self._looked_at > LOOK_SECONDS:
                self._cached = [model for entry in zoo.HUB if (model := _cached(entry))]
                self._looked_at = time.monotonic()
            known = {model.name for model in self._cached}
            return [*self._cached, *[model for name, model in self._asked_for.items() if name not in known]]

    def absent(self) -> list[zoo.Entry]:
        """The catalogue's entries that would have to be downloaded."""
        here = {model.name for model in self.models()}
        return [entry for entry in zoo.HUB if entry.name not in here]

    def fetching(self, name: str) -> Generator[hub.Downloading, None, HubModel]:
        """Download what a name of the catalogue or an address means, and load it once.

        ValueError, one sentence, when that fails.
        """
        from ganlab.models.pipeline import Pipeline

        name = name.strip()
        there = zoo.on_hub(name)
        if there is None:
            raise ValueError(f"{name[:80]!r} is no address on the Hub: write org/name, org/name@revision or org/name/file.pth.")
        place = yield from hub.pulling(there.address, sha256=there.sha256)
        pipeline, entry = Pipeline.load(place, name=str(there.address)), zoo.named(name)
        title, domains = (entry.title, entry.domains) if entry else (str(there.address), ())
        model = HubModel(name, title, "hub", place, domains, pipeline.translates)
        with self._lock:
            self._asked_for[name] = model
            while len(self._asked_for) > MOST:
                del self._asked_for[next(iter(self._asked_for))]
            self._looked_at = float("-inf")
        return model


def _cached(entry: zoo.Entry) -> HubModel | None:
    assert isinstance(entry.source, zoo.OnHub)
    try:
        place = hub.cached(entry.source.address)
    except hub.HubError:
        return None
    return HubModel(entry.name, entry.title, "hub", place, entry.domains, entry.translates) if place else None


SHELF = Shelf()


def playable() -> list[Model]:
    """Every model that can be played with at once: runs, shipped ones, and those of the Hub that are here."""
    own = models()
    names = {model.name for model in own}
    return [*own, *[model for model in SHELF.models() if model.name not in names]]


def training_of(pipeline: Pipeline) -> Mapping[str, Any]:
    """The config that a playable model was trained with; of weights of others, what the catalogue says; {} where nobody does.

    A folder that a model of the Hub names is one of somebody else's machine, so it is left out: here it may be anything.
    """
    from ganlab.training.families import load_config

    model = next((model for model in playable() if model.name == pipeline.name), None)
    if model is None:
        return {}
    if model.folder.is_dir():
        config = load_config(checkpoint.read_info(model.folder).config).to_dict()
        return config | {"data_path": ""} if isinstance(model, HubModel) else config
    entry = zoo.named(model.name)
    if entry is None:
        return {}
    size = pipeline.spec.image_size
    return {"family": entry.family, "dataset": entry.data, "data_path": "", "image_size": size, "flip": False}
