"""Read a run's record and run every detector on it: the one function behind the page, the route and the command."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ganlab.analysis.doctor.detectors import DETECTORS
from ganlab.analysis.doctor.finding import Finding
from ganlab.analysis.doctor.real_images import Real, real_sample
from ganlab.analysis.doctor.record import STEERING, Change, Record
from ganlab.analysis.doctor.tiles import Tiles, read_pixels, read_tiles
from ganlab.core.config import TrainConfig, Value
from ganlab.core.types import Conditioning
from ganlab.runtime.fork import forkable, may_change, settings_at
from ganlab.runtime.images_seen import images_seen
from ganlab.runtime.run import Run
from ganlab.training.families import FAMILIES

_GROUPS = ("loss", "score", "known", "labels", "gradient", "speed", "time")  # of the metrics that detectors read


def examine(run: Run) -> list[Finding]:
    """Return the findings about a run, failures first; none where all seems well or there are too few steps.

    ValueError where the run's settings are of a version that this one cannot read.
    """
    record = read(run)
    steps = forkable(run)
    forked = [_forked(finding, run, record.config, steps) for finding in findings(record)]
    return sorted(forked, key=lambda finding: finding.severity != "failure")


def findings(record: Record) -> list[Finding]:
    """What the detectors find in a record, without the consequences of what else is found."""
    return _without_consequences([finding for detect in DETECTORS.values() if (finding := detect(record)) is not None])


def read(run: Run) -> Record:
    """The record of `run` as it is now."""
    config, family = run.config_now, FAMILIES[run.settings.family]
    names = [name for name in run.metric_names() if name.split("/")[0] in _GROUPS]
    columns = config.samples

    def sheet(step: int) -> Tiles | None:
        size = getattr(config, "test_size", 0) or config.image_size
        tiles = read_tiles(run.sample_path(step), size, 0 if family.drawn else columns, family.drawn)
        return tiles if tiles is not None and len(tiles.rows) > 1 else None

    def real() -> Real | None:
        if family.drawn:
            return None
        pictures = (read_pixels(run.sample_path(step)) for step in reversed(run.samples()))
        readable = next((pixels for pixels in pictures if pixels is not None), None)
        return None if readable is None else real_sample(config, readable.shape[-1])

    return Record(
        config=config,
        objective=family.objective,
        defaults=family.config,
        series=run.series(names),
        sheets=tuple(run.samples()),
        notes=tuple(run.annotations()),
        num_images=run.status().num_images,
        breakpoints=images_seen(run),
        changes=_changes(run, config),
        between_images=family.conditioning.between_images,
        labelled=family.conditioning is Conditioning.LABEL,
        read_sheet=sheet,
        read_real=real,
    )


def _changes(run: Run, config: TrainConfig) -> list[Change]:
    """The changes of settings that steer, in order: those made while it trained, by its parents too, and those of its fork."""
    parent = run.settings.parent
    asked = [(note.step, note.data.get("name"), note.data.get("before")) for note in run.annotations() if note.kind == "changed"]
    if parent is not None and parent.changes:
        asked += [(parent.step, name, before) for name, (before, _) in parent.changes.items()]
    found = []
    for step, name, before in sorted(asked, key=lambda one: one[0]):
        if name in STEERING and before is not None:
            with suppress(ValueError):  # another program's
                found.append(Change(step, str(name), getattr(config.replace(**{str(name): before}), str(name))))
    return found


def _without_consequences(found: list[Finding]) -> list[Finding]:
    """The findings without those that another one explains (CONSEQUENCES)."""
    hidden = {kind for finding in found for kind in CONSEQUENCES.get(finding.kind, ())}
    return [finding for finding in found if finding.kind not in hidden]


# kind: the kinds that follow from it and are not reported beside it
CONSEQUENCES: dict[str, tuple[str, ...]] = {
    "divergence": ("oscillation", "rate"),
    "dead": ("collapse", "labels-ignored", "oscillation"),
    "repeated-data": ("collapse", "memorisation", "overfitting", "few-images", "labels-ignored"),
    "memorisation": ("collapse", "few-images"),
    "overfitting": ("few-images",),
    "collapse": ("labels-ignored",),
    "label-leak": ("d-wins",),
}


def _forked(finding: Finding, run: Run, config: TrainConfig, steps: list[int]) -> Finding:
    """The finding with the checkpoint to fork from, its fix reduced to what a fork may change and what differs there."""
    before = [step for step in steps if step <= finding.step_from]
    at, now = before[0] if before else (steps[-1] if steps else None), config
    if at is not None and finding.fix:
        with suppress(ValueError):  # damaged: the fork will report it
            config = settings_at(run, at)
    allowed, settings = set(may_change(config)), {setting.name: setting for setting in config.settings()}
    fix: dict[str, Value] = {}
    was: dict[str, Value] = {}
    for name, value in finding.fix.items():
        # What the checkpoint has already is a fix all the same where it was changed later.
        differ = [one for one in (config, now) if name in allowed and getattr(one, name) != value]
        if differ:
            settings[name].check(value)
            fix[name], was[name] = value, getattr(differ[0], name)
    if fix and at is not None and config.steps <= at:
        fix["steps"], was["steps"] = at + max(1, config.steps), config.steps
    return replace(finding, fix=fix, fork_step=at, before=was)
