"""Pipelines: the few generators that the pictures are drawn with, kept loaded and always the newest checkpoint."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ganlab.app.security import quotas
from ganlab.app.security.client import current
from ganlab.app.security.quotas import Per
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.variants import STEP, parts
from ganlab.core.text import byte_size
from ganlab.models.entry import ModelEntry
from ganlab.models.pipeline import Pipeline
from ganlab.runtime import checkpoint

IDLE_SECONDS = 1800.0  # after which weights that were brought along are dropped, though their seat is still here
CATALOGUE_SECONDS = 1.0  # how old the list of models may be: dragging a slider must not read every run directory
_BROUGHT = "loaded-"
_LONGEST_STEP = 9  # digits
_NO_LONGER = "These weights are no longer kept here: load their file again."


@dataclass
class _Brought:
    """Weights that a seat brought along, and when they were last used."""

    pipeline: Pipeline
    owner: str
    used: float


class Pipelines:
    """A small cache by model name; any thread may ask. The least recently used generator is dropped."""

    def __init__(self, capacity: int = 4) -> None:
        self._capacity = capacity
        self._adopted: OrderedDict[str, _Brought] = OrderedDict()  # the least recently used first
        self._folder: TemporaryDirectory[str] | None = None
        self._files: dict[str, Path] = {}  # of adopted ones that leave something open: read again when that is settled otherwise
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}
        self._loaded: OrderedDict[str, tuple[tuple[Path, int], Pipeline]] = OrderedDict()
        self._models: dict[str, ModelEntry] = {}
        self._listed_at = float("-inf")

    def get(self, name: str) -> Pipeline:
        """The model called `name` at its newest step; ValueError when there is none or its files are damaged.

        A name may say what to assume of foreign weights, and which step of a run is meant, as `variants.variant` writes it.
        Only names from the catalogue and those that `adopt` gave count: unlike Pipeline.load, nothing from outside becomes a
        path.
        """
        base, assume = parts(name)
        with self._lock:
            if base in self._adopted:
                brought_along = self._mine(base)
                if base not in self._files or not assume:
                    return brought_along
            brought = self._files.get(base)
        model = None if brought else self._model(base)
        folder = brought or model.folder  # type: ignore[union-attr]
        if model and model.origin == "run" and (step := assume.pop(STEP, "")):
            folder = _at(folder, step)
        try:
            file = folder / checkpoint.MODEL if folder.is_dir() else folder
            version = (folder, file.stat().st_mtime_ns)
        except FileNotFoundError:
            raise ValueError(_NO_LONGER if brought else f"The model {base!r} was deleted.") from None
        except OSError as error:  # a link in a circle, a folder that may not be looked at
            raise ValueError(f"The model {base!r} cannot be read ({error.strerror}).") from None
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
        """Keep a pipeline that no catalogue knows for the seat `owner`, which alone may use it; return the name to ask for it by.
        `file`, from which they can be read again under other assumptions, is kept by a link of its own until they are dropped.

        What goes beyond a limit of the table is dropped, the least recently used first: a seat's own, else that of the seat that
        has most. ValueError, one sentence, for what is too large by itself.
        """
        if pipeline.memory > 1e6 * quotas.most("model memory", "seat"):
            most = byte_size(10**6 * quotas.most("model memory", "seat"))
            raise ValueError(f"These weights take {byte_size(pipeline.memory)} of memory; models of up to {most} are kept.")
        name = f"{_BROUGHT}{secrets.token_urlsafe(12)}"
        with self._lock:
            self._adopted[name] = _Brought(pipeline, owner, time.monotonic())
            if file:
                self._files[name] = self._linked(file, name)
            while self._too_many("seat", own := self._of(owner)):
                self._drop(own[0])
            while self._too_many("server", list(self._adopted)):
                seats = Counter(one.owner for one in self._adopted.values())
                self._drop(self._of(max(seats, key=seats.__getitem__))[0])
        return name

    def free(self, owner: str) -> None:
        """The seat has left: drop what it brought."""
        with self._lock:
            for name in self._of(owner):
                self._drop(name)

    def free_idle(self, seconds: float = IDLE_SECONDS) -> None:
        """Drop what no one has used for so long."""
        before = time.monotonic() - seconds
        with self._lock:
            for name in [name for name, one in self._adopted.items() if one.used < before]:
                self._drop(name)

    def _of(self, owner: str) -> list[str]:
        return [name for name, one in self._adopted.items() if one.owner == owner]

    def _too_many(self, per: Per, names: list[str]) -> bool:
        memory = sum(self._adopted[name].pipeline.memory for name in names)
        return len(names) > quotas.most("models", per) or memory > 1e6 * quotas.most("model memory", per)

    def _drop(self, name: str) -> None:
        del self._adopted[name]
        self._loading.pop(name, None)
        for variant in [variant for variant in self._loaded if parts(variant)[0] == name]:
            del self._loaded[variant]
        if name in self._files:
            shutil.rmtree(self._files.pop(name).parent, ignore_errors=True)

    def _linked(self, file: Path, name: str) -> Path:
        """Where a file lies as long as it is wanted here: Gradio deletes its own, which others may have brought too."""
        self._folder = self._folder or TemporaryDirectory(prefix="ganlab-weights-")  # deleted when the server ends
        place = Path(self._folder.name) / name / file.name
        place.parent.mkdir()
        try:
            os.link(file, place)
        except OSError:  # another disk, or one without links
            shutil.copyfile(file, place)
        return place

    def _mine(self, base: str) -> Pipeline:
        """What was brought by that name, used now; ValueError where another seat has brought it."""
        kept, client = self._adopted[base], current()
        if client and not client.owns(kept.owner):
            raise ValueError(_NO_LONGER)
        kept.used = time.monotonic()
        self._adopted.move_to_end(base)
        return kept.pipeline

    def keeps(self, name: str) -> bool:
        """Whether `name`, with or without assumptions, was given by `adopt` to this seat and is still kept."""
        with self._lock:
            kept, client = self._adopted.get(parts(name)[0]), current()
            return kept is not None and (client is None or client.owns(kept.owner))

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


def _at(newest: Path, step: str) -> Path:
    """The checkpoint of the same run at another step; ValueError where none is kept."""
    if step.isdecimal() and len(step) <= _LONGEST_STEP:
        folder = newest.with_name(checkpoint.folder_name(int(step)))
        if folder.is_dir():
            return folder
    raise ValueError(f"This run keeps no checkpoint of step {step[:_LONGEST_STEP]}: choose another step.")


PIPELINES = Pipelines()
