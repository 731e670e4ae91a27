"""What the rows of a run's record mean; one that cannot be a row of ours, of whatever program, is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ganlab.core.config import is_number, is_plain
from ganlab.core.names import from_json, shown
from ganlab.core.threads import is_count

_ACTIVITY = {"phase": str, "subject": str, "done": int, "total": int, "unit": str, "names": list, "ahead": int}


def read_state(rows: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    """{key: value} of the table `state`."""
    found = {key: value for key, text in rows for value in _values(text)}
    return {key: value for key, value in found.items() if _STATE.get(key, _anything)(value)}


def read_interventions(rows: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """What was changed, in the order of the rows."""
    return [values for (text,) in rows for values in _values(text) if _is_intervention(values)]


def read_annotations(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, int, float, str, str, dict[str, Any]]]:
    """The fields of each annotation; files of older versions have no column `data`.

    Older versions kept sentences, of which only a divergence is recognised.
    """
    for id, step, time, kind, text, *data in rows:
        text = text or ""
        if not all(map(is_number, (id, step, time))) or not isinstance(kind, str) or not isinstance(text, str):
            continue
        found: Any = next(_values(data[0]), None) if data and data[0] else {}
        if isinstance(found, dict):
            old = {"reason": "diverged"} if not found and kind == "failed" and "stopped being a number" in text else found
            yield int(id), int(step), float(time), shown(kind), shown(text), old


def read_points(rows: Iterable[tuple[Any, ...]]) -> list[tuple[int, float | None]]:
    """(step, value) of one metric; SQLite has no NaN, which is None."""
    numbers = (int, float, type(None))
    return [(step, value) for step, value in rows if isinstance(step, int) and isinstance(value, numbers)]


def _values(text: Any) -> Iterator[Any]:
    """The one value of a JSON text; none for what is no JSON."""
    try:
        yield from_json(text)
    except (ValueError, TypeError):
        return


def _is_intervention(values: Any) -> bool:
    if not isinstance(values, dict) or not is_plain(values.get("value")):
        return False
    return is_number(values.get("step")) and isinstance(values.get("name"), str)


def _anything(value: Any) -> bool:
    return True


def _numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(map(is_number, value.values()))


def _texts(value: Any) -> bool:
    return isinstance(value, dict | list) and all(isinstance(one, str) for one in _inner(value))


def _inner(value: Mapping[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, Mapping) else value


def _activity(value: Any) -> bool:
    """A sentence, as older versions had it, or the fields of an Activity."""
    if not isinstance(value, dict):
        return isinstance(value, str)
    return all(isinstance(one, _ACTIVITY.get(name, ())) for name, one in value.items()) and _texts(value.get("names", []))


_STATE: dict[str, Callable[[Any], bool]] = {
    "progress": _numbers,
    "activity": _activity,
    "device": lambda value: isinstance(value, str),
    "threads": is_count,
    "heard": is_number,
    "num_images": is_number,
    "best": lambda value: value is None or is_number(value),
    "protocols": lambda value: isinstance(value, dict) and _texts(value),
    "readings": lambda value: isinstance(value, dict) and all(map(_numbers, value.values())),
    "sheet_titles": lambda value: isinstance(value, list) and _texts(value),
    "domains": lambda value: isinstance(value, list) and _texts(value),
    "kernel_kills": lambda value: value is None or is_number(value),
}
