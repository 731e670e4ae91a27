"""A run in one JSON object: what lists and headers show of it."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

from ganlab.app.api.worded import status_values
from ganlab.app.views.status_wording import damage_text
from ganlab.core.errors import DOING, explain
from ganlab.core.interventions import changeable
from ganlab.core.names import shown
from ganlab.runtime import checkpoint
from ganlab.runtime.images_seen import images_seen
from ganlab.runtime.run import UNREADABLE, Run, damaged_runs, runs
from ganlab.runtime.run_settings import RunSettings


def summary(run: Run) -> dict[str, Any]:
    """What a run is, where it stands, and its newest metrics."""
    from ganlab.app.views.titles import called, what  # noqa: PLC0415  (keeps PyTorch out of ganlab.app.api)

    settings, status, sheets = run.settings, run.status(), run.samples()
    return {
        "id": run.id,
        "title": called(settings.recipe, settings.config),
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
    """The summary, with the ids of all runs started together with this one (itself included), the names of its labels, and the
    breakpoints of the line from steps to real images seen."""
    group, parent = run.settings.group, run.settings.parent
    members = sorted(other.id for other in runs(run.path.parent) if other.settings.group == group) if group else [run.id]
    labels: tuple[str, ...] = ()
    for folder in run.checkpoints()[-2:]:
        with suppress(ValueError):  # damaged: the one before knows too
            labels = checkpoint.read_info(folder).labels
    known = {"group_runs": members, "labels": list(labels), "parent": parent.to_dict() if parent else None, "best": run.best}
    known["protocols"] = run.protocols
    known["images"] = dict(zip(("steps", "images"), zip(*images_seen(run), strict=True), strict=True))
    return summary(run) | known | {"live": live_settings(run)}


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
            "value": getattr(config, setting.name),
            "help": f"{setting.help} ({setting.range})",
            "whole": setting.type is int,
        }
        for setting in found
    ]


def summaries() -> list[dict[str, Any]]:
    """Every run, newest first, without those that are being deleted meanwhile; then {id, problem} of what cannot be read."""
    result, broken = [], {shown(run.id): damage_text(run.id, damage) for run, damage in damaged_runs().items()}
    for run in runs():
        with suppress(FileNotFoundError):
            try:
                found = summary(run)
                json.dumps(found, allow_nan=False)  # what JSON does not know must not cost the others their place
                result.append(found)
            except FileNotFoundError:
                raise
            except UNREADABLE as error:
                broken[run.id] = explain(error, DOING)
    return [*result, *({"id": id, "problem": problem} for id, problem in broken.items())]


def steps_per_epoch(settings: RunSettings, num_images: int) -> float | None:
    """Steps in which D sees every image once; None while the number of images is unknown."""
    return num_images / (settings.batch_size * settings.d_steps) if num_images else None


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
