"""Running `load` to its end in tests."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ganlab.core.events import Loading
from ganlab.core.progress import finish
from ganlab.core.remarks import Remark
from ganlab.data import load
from ganlab.data.dataset import Dataset


def drain(steps: Generator[Loading, None, Any]) -> tuple[Any, list[Loading]]:
    """What a generator returns, and what it yielded on the way."""
    events: list[Loading] = []
    return finish(steps, events.append), events


def remarks(data: Dataset) -> dict[str, Remark]:
    """What is remarked about a data set, by kind."""
    return {remark.kind: remark for remark in data.remarks}


def loaded(name: str, **wanted: Any) -> Dataset:
    """The data set alone; 28 pixels unless told."""
    return drain(load(name, **{"image_size": 28, **wanted}))[0]
