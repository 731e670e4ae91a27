"""How many real images a run has seen by each step, over forks and changes of `d_steps`: from steps to images."""

from __future__ import annotations

import numpy as np

from ganlab.runtime.run import Run

Corners = list[tuple[int, int]]  # (step, images), both ascending; straight in between


def images_seen(run: Run) -> Corners:
    """The corners from step 0 to the last that the run can come to; a fork begins with those of its parent.

    Updates of one network alone are not counted.
    """
    config, parent = run.settings["config"], run.settings.get("parent") or {}
    corners: Corners = [(int(step), int(images)) for step, images in parent.get("images", [])] or [(0, 0)]
    d_steps, batch_size = config.get("d_steps", 1), config.get("batch_size", 1)  # a run of another version may lack them
    end = max(config["steps"], corners[-1][0] + 1)
    for change in run.interventions():
        if change.name == "d_steps" and change.step < end:
            corners = _to(corners, change.step, d_steps * batch_size)
            d_steps = change.value
    return _to(corners, end, d_steps * batch_size)


def images_until(run: Run, step: int) -> Corners:
    """The corners up to `step`, which is one of them."""
    corners = images_seen(run)
    steps, images = np.array(corners, dtype=float).T
    there = round(float(np.interp(step, steps, images)))
    return [corner for corner in corners if corner[0] < step] + [(step, there)]


def _to(corners: Corners, step: int, rate: int) -> Corners:
    """With one more corner, `rate` images a step after the last; a second one at the same step is none."""
    before, images = corners[-1]
    return [*corners, (step, images + (step - before) * rate)] if step > before else corners
