"""How many real images a run has seen by each step, over forks and changes of `d_steps`: from steps to images."""

from __future__ import annotations

import numpy as np

from ganlab.runtime.run import Run

Breakpoints = list[tuple[int, int]]  # (step, images), both ascending; straight in between


def images_seen(run: Run) -> Breakpoints:
    """The breakpoints from step 0 to the last step of the run; a fork begins with those of its parent.

    Updates of one network alone are not counted.
    """
    settings = run.settings
    breakpoints: Breakpoints = list(settings.parent.images if settings.parent else ()) or [(0, 0)]
    d_steps, batch_size = settings.d_steps, settings.batch_size
    end = max(settings.steps, breakpoints[-1][0] + 1)
    for change in run.interventions():
        if change.name == "d_steps" and isinstance(change.value, int) and change.step < end:
            breakpoints = _to(breakpoints, change.step, d_steps * batch_size)
            d_steps = change.value
    return _to(breakpoints, end, d_steps * batch_size)


def images_until(run: Run, step: int) -> Breakpoints:
    """The breakpoints up to `step`, which is one of them."""
    breakpoints = images_seen(run)
    steps, images = np.array(breakpoints, dtype=float).T
    there = round(float(np.interp(step, steps, images)))
    return [point for point in breakpoints if point[0] < step] + [(step, there)]


def _to(breakpoints: Breakpoints, step: int, rate: int) -> Breakpoints:
    """With one more breakpoint, `rate` images a step after the last; a second one at the same step is none."""
    before, images = breakpoints[-1]
    return [*breakpoints, (step, images + (step - before) * rate)] if step > before else breakpoints
