"""What is needed to explain a run's numbers, as kinds and numbers; the browser makes the sentences (`explain/`)."""

from __future__ import annotations

from typing import Any

from ganlab.data import DATASETS
from ganlab.runtime.run import Run
from ganlab.training.families import FAMILIES

NOTHING: dict[str, Any] = {"objective": "", "certain": None, "references": {}, "weights": {}, "averaged": False}


def quantities(run: Run) -> dict[str, Any]:
    """The `objective`, the scores that D is `certain` with, what scores and losses read where D cannot tell (`references`), the
    `weights` of the terms, whether D's loss is `averaged` over its halves, `readings` of the distances, and what the images show
    (`noun`).

    Of a run of another version, whose settings are unknown here, only what is on record.
    """
    source = DATASETS.get(run.settings.dataset)
    known = {"readings": run.readings, "noun": source.noun if source else "images"}
    try:
        config = run.config_now
    except ValueError:
        return NOTHING | known
    objective = FAMILIES[config.family].objective
    return known | {
        "objective": objective.name,
        "certain": objective.certain,
        "references": objective.references(config.d_loss),
        "weights": config.term_weights,
        "averaged": config.d_loss == "mean",
    }
