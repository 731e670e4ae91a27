"""Pictures of the Hub's models for their cards: drawn once, by the model itself, in a thread that no page waits for."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from ganlab.analysis.explore.thumbnail import thumbnail
from ganlab.app.serving.priority import PRIORITY
from ganlab.data.cache import keep_file
from ganlab.models import hub
from ganlab.models.entry import ModelEntry
from ganlab.models.pipeline import Pipeline

_EXAMPLES = Path(__file__).parents[1] / "playground" / "examples"
_PLANS = ("facades", "maps")  # data whose models want a plan rather than a photo
_LOG = logging.getLogger(__name__)


def example(model: ModelEntry) -> Path:
    """The picture of ours that comes nearest to what a model translates."""
    return _EXAMPLES / ("house-plan.png" if model.data in _PLANS else "drawn-horse.png")


def draw(model: ModelEntry) -> None:
    """Let the model draw its picture into the cache. ValueError and RuntimeError where these weights draw nothing."""
    pipeline = Pipeline.load(model.folder, name=model.name)  # not of those that visitors play with: it would push one out
    PRIORITY.step_aside()
    with Image.open(example(model)) as photo:
        picture = thumbnail(pipeline, photo)
    keep_file(hub.thumbnail(model.folder), lambda partial: picture.save(partial, "PNG"))


class Thumbnails:
    """The models whose pictures are drawn or wait; one thread draws. What failed is not tried again until the next start."""

    def __init__(self, draw: Callable[[ModelEntry], None] = draw) -> None:
        self._draw, self._lock = draw, threading.Lock()
        self._wanted: OrderedDict[Path, ModelEntry] = OrderedDict()
        self._tried: set[Path] = set()
        self._thread: threading.Thread | None = None

    def of(self, model: ModelEntry) -> Path | None:
        """The picture, if it is there; if not, it will be, unless the model draws none or the cache takes none."""
        path = hub.thumbnail(model.folder)
        if path.is_file():
            return path
        with self._lock:
            if path not in self._tried:
                self._tried.add(path)
                self._wanted[path] = model
            if self._wanted and not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
                self._thread.start()
        return None

    def underway(self, model: ModelEntry) -> bool:
        """Whether a picture can be hoped for."""
        with self._lock:
            return hub.thumbnail(model.folder) in self._wanted

    def finish(self, seconds: float) -> None:
        """Wait until nothing is left to draw, at most so long."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._thread = None
                    return
                path, model = next(iter(self._wanted.items()))
            try:
                self._draw(model)
            except (ValueError, RuntimeError, OSError, MemoryError) as error:
                _LOG.warning("No picture of %s: %s", model.name, error)
            finally:
                with self._lock:
                    self._wanted.pop(path, None)


THUMBNAILS = Thumbnails()
