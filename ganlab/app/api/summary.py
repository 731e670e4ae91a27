"""A run in one JSON object: what lists and headers show of it."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ganlab.app.api.worded import status_values
from ganlab.app.serving.shared import SharedResult
from ganlab.app.views.setting_titles import setting_title
from ganlab.app.views.status_wording import damage_text
from ganlab.core.errors import DOING, explain
from ganlab.core.interventions import changeable
from ganlab.core.names import shown
from ganlab.runtime import checkpoint
from ganlab.runtime.images_seen import images_seen
from ganlab.runtime.run import UNREADABLE, Run, listed, runs
from ganlab.runtime.run_settings import RunSettings

PAGE, MOST = 100, 200  # runs in one answer: by default, and at most
_SECONDS, _MOST_PAGES = 1.0, 8


def summary(run: Run) -> dict[str, Any]:
    """What a run is, where it stands, and its newest metrics."""
    from ganlab.app.views.titles import called, what  # noqa: PLC0415  (keeps PyTorch out of ganlab.app.api)

    settings, status, sheets = run.settings, run.status(), run.samples()
    return {
        "id": run.id,
        "title": run.labels.name or called(settings.recipe, settings.config),
        "labels": run.labels.to_dict(),
        "about": what("", settings.config),
        "recipe": settings.recipe,
        "family": settings.family,
        "dataset": settings.dataset,
        "config": settings.config,
        "created": settings.created,
        "group": settings.group,
        "status": status_values(status),
        "steps_per_epoch": steps_per_epoch(settings, status.num_images),
        "metrics": {name: value if _is_number(value) else None for name, value in run.last_metrics().items()},
        "checkpoints": [checkpoint.step_of(folder) for folder in run.checkpoints()],
        "sheets": len(sheets),
        "last_sheet": sheets[-1] if sheets else None,
    }


def detailed(run: Run) -> dict[str, Any]:
    """The summary, with the ids of all runs started together with this one (itself included), the names of its labels, the
    breakpoints of the line from steps to real images seen, and what explains its numbers (`quantities`)."""
    from ganlab.app.api.quantities import quantities  # noqa: PLC0415  (keeps PyTorch out of ganlab.app.api)

    group, parent = run.settings.group, run.settings.parent
    members = sorted(other.id for other in runs(run.path.parent) if other.settings.group == group) if group else [run.id]
    labels: tuple[str, ...] = ()
    for folder in run.checkpoints()[-2:]:
        with suppress(ValueError):  # damaged: the one before knows too
            labels = checkpoint.read_info(folder).labels
    known = {"group_runs": members, "labels": list(labels), "parent": parent.to_dict() if parent else None, "best": run.best}
    known["protocols"] = run.protocols
    known["real_images"] = run.real_path.is_file()
    known["images"] = dict(zip(("steps", "images"), zip(*images_seen(run), strict=True), strict=True))
    return summary(run) | known | {"live": live_settings(run), "quantities": quantities(run)}


def live_settings(run: Run) -> list[dict[str, Any]]:
    """The settings that can be changed while it trains, with their values now; none of a run of another version."""
    try:
        config, names = run.config_now, changeable(run.config)
    except ValueError:
        return []
    found = [setting for setting in config.settings() if setting.name in names]
    return [
        {
            "name": setting.name,
            "title": setting_title(setting.name),
            "value": getattr(config, setting.name),
            "help": f"{setting.help} ({setting.range})",
            "whole": setting.type is int,
        }
        for setting in found
    ]


@dataclass(frozen=True)
class Page:
    """A part of the list of runs; `total` counts them all."""

    items: list[dict[str, Any]]
    total: int


def summaries(offset: int = 0, limit: int = PAGE) -> Page:
    """`limit` runs after the first `offset`, newest first, without those that are being deleted meanwhile; after those of this
    page {id, problem} of what cannot be read."""
    found, result, broken = listed(), [], []
    for run in found[offset : offset + limit]:
        with suppress(FileNotFoundError):
            try:
                if damage := run.damage:
                    broken.append({"id": shown(run.id), "problem": damage_text(run.id, damage)})
                    continue
                values = summary(run)
                json.dumps(values, allow_nan=False)  # what JSON does not know must not cost the others their place
                result.append(values)
            except FileNotFoundError:
                raise
            except UNREADABLE as error:
                broken.append({"id": run.id, "problem": explain(error, DOING)})
    return Page([*result, *broken], len(found))


class Pages:
    """The pages of the list asked for last, each at most a second old for all who ask."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[int, int], SharedResult[Page]] = OrderedDict()

    async def get(self, offset: int, limit: int) -> Page:
        """`summaries` of this part."""
        key = offset, limit
        if key not in self._pages:
            self._pages[key] = SharedResult(lambda: summaries(offset, limit), _SECONDS)
        self._pages.move_to_end(key)
        while len(self._pages) > _MOST_PAGES:
            self._pages.popitem(last=False)
        return await self._pages[key].get()


def steps_per_epoch(settings: RunSettings, num_images: int) -> float | None:
    """Steps in which D sees every image once; None while the number of images is unknown."""
    return num_images / (settings.batch_size * settings.d_steps) if num_images else None


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
