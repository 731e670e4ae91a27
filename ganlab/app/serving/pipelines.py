"""Pipelines: the few generators that the pictures are drawn with, kept loaded and always the newest checkpoint."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections import OrderedDict
from pathlib import Path
from tempfile import TemporaryDirectory

from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.variants import parts
from ganlab.models.entry import ModelEntry
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import checkpoint

MOST_ADOPTED, MOST_OF_ONE = 12, 2  # pipelines that were brought along, by all and by one visitor
CATALOGUE_SECONDS = 1.0  # how old the list of models may be: dragging a slider must not read every run directory
_BROUGHT = "loaded-"
_NO_LONGER = "These weights are no longer kept here: load their file again."


class Pipelines:
    """A small cache by model name; any thread may ask. The least recently used generator is dropped."""

    def __init__(self, capacity: int = 4) -> None:
        self._capacity = capacity
        self._adopted: OrderedDict[str, Pipeline] = OrderedDict()
        self._owners: dict[str, str] = {}  # of adopted ones
        self._folder: TemporaryDirectory[str] | None = None
        self._files: dict[str, Path] = {}  # of adopted ones that leave something open: read again when that is settled otherwise
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}
        self._loaded: OrderedDict[str, tuple[tuple[Path, int], Pipeline]] = OrderedDict()
        self._models: dict[str, ModelEntry] = {}
        self._listed_at = float("-inf")

    def get(self, name: str) -> Pipeline:
        """The model called `name` at its newest step; ValueError when there is none or its files are damaged.

        A name may say what to assume of foreign weights, as `variants.variant` writes it.
        Only names from the catalogue and those that `adopt` gave count: unlike Pipeline.load, nothing from outside becomes a
        path.
        """
        base, assume = parts(name)
        with self._lock:
            if base in self._adopted:
                self._adopted.move_to_end(base)
                if base not in self._files or not assume:
                    return self._adopted[base]
            brought = self._files.get(base)
        model = None if brought else self._model(base)
        folder = brought or model.folder  # type: ignore[union-attr]
        try:
            file = folder / checkpoint.MODEL if folder.is_dir() else folder
            version = (folder, file.stat().st_mtime_ns)
        except FileNotFoundError:
            raise ValueError(_NO_LONGER if brought else f"The model {base!r} was deleted.") from None
        with self._lock:
            one_at_a_time = self._loading.setdefault(base, threading.Lock())  # assumptions can be anything
        with one_at_a_time:  # thirty visitors of a new model load it once
            with self._lock:
                known = self._loaded.get(name)
                if known and known[0] == version:
                    self._loaded.move_to_end(name)
                    return known[1]
            # Visitors read its refusals: no path of this machine.
            pipeline = Pipeline.load(folder, name=name, assume=assume)
            if model and model.origin == "hub" and model.domains:
                pipeline.labels = model.domains
            self._keep(name, version, pipeline)
            return pipeline

    def adopt(self, pipeline: Pipeline, owner: str = "", file: Path | None = None) -> str:
        """Keep a pipeline that no catalogue knows; the name to ask for it by cannot be guessed. `file`, from which they can
        be read again under other assumptions, is moved away, and deleted when they are no longer kept.

        A visitor who brings many loses the oldest of their own; those of others go only where there are too many in all.
        """
        name = f"{_BROUGHT}{secrets.token_urlsafe(12)}"
        with self._lock:
            self._adopted[name], self._owners[name] = pipeline, owner
            if file:
                self._files[name] = self._moved(file, name)
            own = [one for one in self._adopted if self._owners[one] == owner]
            for one in own[:-MOST_OF_ONE] or list(self._adopted)[:-MOST_ADOPTED]:
                del self._adopted[one], self._owners[one]
                self._loading.pop(one, None)
                if one in self._files:
                    shutil.rmtree(self._files.pop(one).parent, ignore_errors=True)
        return name

    def _moved(self, file: Path, name: str) -> Path:
        """Where a file lies now: Gradio names uploads by their content, so that two visitors would share one."""
        self._folder = self._folder or TemporaryDirectory(prefix="ganlab-weights-")  # deleted when the server ends
        place = Path(self._folder.name) / name / file.name
        place.parent.mkdir()
        shutil.move(file, place)
        return place

    def keeps(self, name: str) -> bool:
        """Whether `name`, with or without assumptions, was given by `adopt` and is still kept."""
        with self._lock:
            return parts(name)[0] in self._adopted

    def _keep(self, name: str, version: tuple[Path, int], pipeline: Pipeline) -> None:
        with self._lock:
            self._loaded[name] = (version, pipeline)
            self._loaded.move_to_end(name)
            while len(self._loaded) > self._capacity:
                dropped, _ = self._loaded.popitem(last=False)
                self._loading.pop(parts(dropped)[0], None)

    def _model(self, name: str) -> ModelEntry:
        with self._lock:
            if name not in self._models or time.monotonic() - self._listed_at > CATALOGUE_SECONDS:
                self._models = {model.name: model for model in playable()}
                self._listed_at = time.monotonic()
            if name not in self._models and name.startswith(_BROUGHT):
                raise ValueError(_NO_LONGER)
            if name not in self._models:
                raise ValueError(f"There is no model named {name!r}.")
            return self._models[name]


PIPELINES = Pipelines()
