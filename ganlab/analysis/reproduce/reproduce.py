"""Train the systems of a published table, measure them at their first and their last epoch, and lay both tables side by side."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ganlab.analysis.reproduce.published import COLUMN, DISPLAY_STEP, DUEL, TABLES
from ganlab.analysis.reproduce.table import Failure, Reproduction, Row
from ganlab.core.config import TrainConfig
from ganlab.core.events import Loading
from ganlab.core.text import duration
from ganlab.metrics.features.inception_weights import TENSORFLOW, TORCHVISION, at_hand
from ganlab.metrics.measure import whole
from ganlab.metrics.value import Value
from ganlab.models.evaluate import Asked, evaluate, evaluate_floors
from ganlab.runtime import launch as process
from ganlab.runtime.checkpoint import step_of
from ganlab.runtime.run import Run, runs
from ganlab.runtime.status import BROKEN_OFF
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import TOGETHER, configs_of

_POLL_SECONDS = 0.5

Reproducing = Generator[Loading | Row | Failure, None, Reproduction]


def reproduce(name: str, budget: float | None = None, *, n: int = 10_000, dataset: str = "", device: str = "auto") -> Reproducing:
    """Yield how far it is, each Row when it is known and each Failure; return the table.

    `name` is "column" or "duel". The systems train one after the other, each for an equal share of this call's `budget` (seconds
    of training; None: the published number of epochs), so a budget costs the slow ones most epochs: every row says how many it
    saw. Runs of an earlier call that are not done yet go on. Closing the generator stops the training after a checkpoint.
    A system that cannot be trained or measured leaves the others alone; ValueError, one sentence, when none can.
    """
    if name not in TABLES:
        raise ValueError(f"table = {name!r} is not one of {', '.join(TABLES)}.")
    groups = [TABLES[name]] if name in TOGETHER else [(recipe,) for recipe in TABLES[name]]
    overrides = {"device": device} | ({"dataset": dataset} if dataset else {})
    rows: list[Row] = []
    failures: list[Failure] = []
    left = budget
    for done, recipes in enumerate(groups):
        share = None if left is None else left / (len(groups) - done)
        began = time.monotonic()
        try:
            members, spent = yield from _trained({recipe: _config(recipe, overrides) for recipe in recipes}, share)
            for run in members:
                rows.append((yield from _row(run, n)))
                yield rows[-1]
        except ValueError as error:
            spent = time.monotonic() - began
            failures.append(Failure(f"{' and '.join(recipes)}: {error}"))
            yield failures[-1]
        left = None if left is None else max(0.0, left - spent)
    if not rows:
        raise ValueError(failures[0].sentence)
    floors = (yield from _floors(rows, n)) if name == "column" else []
    return Reproduction(name, tuple(rows), tuple(floors), tuple(failure.sentence for failure in failures))


def _floors(rows: Sequence[Row], n: int) -> Generator[Loading, None, list[Value]]:
    """What real images read against every reference that a system was compared with: they differ in size."""
    references = {row.last[0].reference: row for row in reversed(rows) if row.last}
    floors = []
    for row in reversed(references.values()):
        floors += yield from whole(evaluate_floors(str(Run.open(row.run).checkpoints()[-1]), Asked(_metrics(), n)))
    return floors


def seconds(text: str) -> float:
    """ "90s", "10m" or "1.5h" as seconds; ValueError for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", text.strip().lower())
    if not match or not float(match[1]):
        raise ValueError(f"budget = {text!r} is no length of time: write 90s, 10m or 2h.")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]


def _config(recipe: str, overrides: Mapping[str, str]) -> TrainConfig:
    """The recipe with a checkpoint after each epoch; the oldest is always kept."""
    config = configs_of(recipe, overrides)[recipe]
    return config.replace(checkpoint_every=config.sample_every)


def _trained(configs: Mapping[str, TrainConfig], share: float | None) -> Generator[Loading, None, tuple[list[Run], float]]:
    """Runs of `configs`, side by side, trained to their end or for `share` seconds more; and for how many seconds that was."""
    members, names = _found(configs), tuple(configs)
    before = {run.id: run.status().seconds for run in members}
    for run in members:
        status = run.status()
        if not status.active and status.state != "finished" and (share is None or share > 0):
            process.resume(run)
    members = members or process.launch_together(configs)

    def spent() -> float:
        return max(run.status().seconds - before.get(run.id, 0.0) for run in members)

    try:
        while any(run.status().active for run in members):
            status = members[0].status()
            if status.state == "queued" and status.phase == "waiting_device":
                yield Loading("systems_wait", status.subject, names=names)
            elif status.state == "queued":
                yield Loading("training_systems", "", status.done, status.total, status.unit, names)
            elif share is None:
                yield Loading("training_systems", "", status.step, status.steps, "steps", names)
            else:
                yield Loading("training_systems", "", round(spent()), round(share), "seconds", names)
            if share is not None and spent() >= share:
                for run in members:
                    run.request_stop()
            time.sleep(_POLL_SECONDS)
    except GeneratorExit:
        for run in members:
            run.request_stop()
        raise
    for run in members:
        if run.status().state in BROKEN_OFF:
            raise ValueError(f"{run.id} did not get to its end: {run.status().cause}")
    return members, spent()


def _found(configs: Mapping[str, TrainConfig]) -> list[Run]:
    """The newest runs of exactly these configs, from an earlier call; none unless there is one of each."""
    found = {}
    for run in runs():
        name = run.settings.recipe
        if name in configs and name not in found and _is_of(run, configs[name]):
            found[name] = run
    return [found[name] for name in configs] if found.keys() == configs.keys() else []


def _is_of(run: Run, config: TrainConfig) -> bool:
    try:
        return run.config == config
    except ValueError:  # of a version with other settings
        return False


def _row(run: Run, n: int) -> Generator[Loading, None, Row]:
    status, config, recipe = run.status(), run.config, run.settings.recipe
    epoch = math.ceil(status.num_images / config.batch_size) if status.num_images else config.sample_every
    by_step = {step_of(folder): folder for folder in run.checkpoints()}
    last = max(by_step, default=0)
    measured = {}
    for when in sorted({epoch, last} & by_step.keys() if recipe in COLUMN else ()):
        trained = f", {duration(status.seconds)}" if when == last else ""
        subject = f"{recipe}, epoch {when / epoch:.3g} of {status.steps / epoch:.3g}{trained}"
        measured[when] = yield from _measured(by_step[when], n, subject)
    if recipe in DUEL:
        measured |= {when: _losses(run, when) for when in (DISPLAY_STEP, status.step) if when}
    first_at = epoch if recipe in COLUMN else DISPLAY_STEP
    return Row(
        recipe,
        run.id,
        _published(recipe),
        status.step / epoch,
        status.steps / epoch,
        status.seconds,
        tuple(measured.get(first_at, ())) if last > first_at else (),
        tuple(measured.get(last, ())),
    )


def _measured(folder: Path, n: int, subject: str) -> Generator[Loading, None, list[Value]]:
    values = yield from whole(evaluate(str(folder), Asked(_metrics(), n)))
    return [replace(value, subject=subject) for value in values]


def _metrics() -> tuple[str, ...]:
    """The cheap distance, and those of Inception whose weights need no download."""
    with_weights = (("column-fid", TORCHVISION), ("fid", TENSORFLOW))
    return ("frechet-lenet", *(name for name, weights in with_weights if at_hand(weights)))


def _losses(run: Run, until: int) -> list[Value]:
    """The means of G's and D's loss over the steps before `until`, as the duel's source prints them."""
    config, made = run.config, []
    for network in ("G", "D"):
        series = run.series([f"loss/{network}/adversarial"]).get(f"loss/{network}/adversarial")
        if series is None:  # stopped before the first point
            continue
        values = series.values[(series.steps > until - DISPLAY_STEP) & (series.steps <= until)]
        count = min(until, DISPLAY_STEP) * config.batch_size
        made.append(
            Value(
                metric=f"loss of {network}",
                value=float(values.mean()),
                error=float(np.std(values) / max(len(values), 1) ** 0.5),
                n_fake=count,
                n_real=count,
                reference=config.dataset,
                extractor=f"its own D, {FAMILIES[config.family].objective.name}",
                resize="none",
                seed=config.seed,
                subject=run.settings.recipe,
                step=until,
            )
        )
    return made


def _published(recipe: str) -> str:
    if recipe in COLUMN:
        first, last = COLUMN[recipe]
        return f"{first:.2f} → {last:.2f}"
    (g, d), (g_last, d_last) = DUEL[recipe]
    return f"G {g:.3f} → {g_last:.3f}, D {d:.3f} → {d_last:.3f}"
