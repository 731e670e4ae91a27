"""A file of weights that a visitor brings, which joins the menu of that visitor alone: one way in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import gradio as gr

from ganlab.app.playground.failures import refusal
from ganlab.app.security import quotas
from ganlab.app.security.buckets import Limit
from ganlab.app.security.client import Client, current
from ganlab.app.security.quotas import Per
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.variants import can_change
from ganlab.core.names import shown
from ganlab.models.adapters import recognition
from ganlab.models.pipeline import Pipeline


class _Seconds:
    """The seconds of loading that each seat and each address may still take; any thread may ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()

    @cached_property
    def _limits(self) -> dict[Per, Limit]:
        pers: tuple[Per, ...] = ("seat", "address")
        return {per: Limit(*quotas.rate("loading", per), self._clock) for per in pers}

    @contextmanager
    def spent(self, client: Client) -> Iterator[None]:
        """Take what the block lasts; ValueError, one sentence, where nothing is left."""
        limits = self._limits
        whose = [(limit, name) for limit, name in ((limits["seat"], client.seat), (limits["address"], client.address)) if name]
        with self._lock:
            wait = max((limit.wait(name) for limit, name in whose), default=0.0)
        if wait:
            raise ValueError(f"Many files of weights were loaded from here; try again in {wait:.0f} s.")
        began = self._clock()
        try:
            yield
        finally:
            with self._lock:
                for limit, name in whose:
                    limit.spend(name, self._clock() - began)


_LOADING = _Seconds()
Loaded = Sequence[tuple[str, str]]  # what was brought: titles and names, as a menu takes them
ONE_AT_A_TIME: dict[str, Any] = {"concurrency_id": "weights", "api_visibility": "private"}


def weights_box(label: str) -> gr.File:
    """Lay the box for a file out where it is called."""
    with gr.Accordion("Load weights from a file", open=False, elem_classes="weights"):
        return gr.File(label=label, height=120)


def brought(file: str) -> tuple[str, str]:
    """The title and the name of the weights in an uploaded file. gr.Error, one sentence, where they are of no use here.

    The file stays where it was uploaded, since a whole class may bring the same. Reading takes its time from a budget of the
    seat's and of the address's.
    """
    path, client = Path(file), current() or Client("")
    try:
        with _LOADING.spent(client):
            foreign = recognition.load(path)
            title = f"{shown(path.stem)}: {foreign.layout}"
            pipeline = Pipeline.of_foreign(foreign, name=title)
        return title, PIPELINES.adopt(pipeline, client.seat, path if can_change(pipeline.decisions) else None)
    except ValueError as error:
        raise refusal(error) from None
