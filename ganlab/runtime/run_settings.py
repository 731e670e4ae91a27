"""Whether what stands in the config.json of a run is all there, each value of its type: it may be of any program or version."""

from __future__ import annotations

from itertools import chain

from ganlab.core.config import are_settings, is_number

_ALWAYS = {"config", "recipe", "created", "group", "group_size"}
_LATEST = 2**35  # seconds since 1970, in the year 3058: clocks and calendars fail beyond


def are_whole(settings: object) -> bool:
    """Whether JSON values are the settings of a run: `config`, `recipe`, `created` (seconds), `group`, `group_size`, `parent`."""
    if not isinstance(settings, dict) or not settings.keys() >= _ALWAYS or not are_settings(settings["config"]):
        return False
    size, created, parent = settings["group_size"], settings["created"], settings.get("parent")
    return (
        all(isinstance(settings[name], str) for name in ("recipe", "group"))
        and isinstance(size, int)
        and size >= 1
        and is_number(created)
        and 0 <= created < _LATEST
        and (not parent or _is_parent(parent))
    )


def _is_parent(parent: object) -> bool:
    """Whether this is what a fork knows of the run that it went on from."""
    if not isinstance(parent, dict) or not isinstance(parent.get("run"), str) or not isinstance(parent.get("step"), int):
        return False
    images, changes = parent.get("images", []), parent.get("changes", {})
    if not isinstance(images, list) or not isinstance(changes, dict):
        return False
    paired = all(isinstance(pair, list) and len(pair) == 2 for pair in (*images, *changes.values()))
    return paired and all(map(is_number, chain.from_iterable(images)))
