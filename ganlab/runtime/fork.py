"""A new run that goes on from a checkpoint of another one, with some settings changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ganlab.core import plugins
from ganlab.core.config import TrainConfig, config_differences
from ganlab.core.interventions import Intervention, made_by
from ganlab.runtime.checkpoint import folder_name, read_state, resumable, step_of
from ganlab.runtime.folders import share
from ganlab.runtime.images_seen import images_until
from ganlab.runtime.launch import NewRun, start
from ganlab.runtime.recorded import points_of
from ganlab.runtime.run import Run
from ganlab.runtime.run_settings import Parent
from ganlab.runtime.store import Annotation, Writer
from ganlab.training.preflight import check

# Beside what may be changed while a run trains; everything else decides what the networks are or what they have seen.
FORKABLE = frozenset(
    {"steps", "batch_size", "lr_decay", "d_loss", "update_order", "fresh_fakes", "samples", "flip", "augment", "device"}
    | {"keep_checkpoints"}
)


def forkable(run: Run) -> list[int]:
    """The steps of `run` that a fork can go on from, newest first."""
    return [step_of(folder) for folder in reversed(resumable(run.path / "checkpoints"))]


def may_change(config: TrainConfig) -> list[str]:
    """The settings that a fork may change."""
    return [setting.name for setting in config.settings() if setting.live or setting.name in FORKABLE]


def fork(run: Run, step: int | None = None, **changes: Any) -> Run:
    """Start a run that goes on after `step` (default: the newest) of `run`; it shows that run's curves and sheets up to there.

    ValueError, one sentence, when there is nothing to go on from, or a setting cannot be changed any more.
    """
    return start([new_fork(run, step, **changes)])[0]


def new_fork(run: Run, step: int | None = None, **changes: Any) -> NewRun:
    """The fork before it is made; the files of the checkpoint will be shared, not copied, where the disk allows it."""
    steps = forkable(run)
    if not steps:
        raise ValueError(f"{run.id} has no checkpoint to go on from yet.")
    plugins.require(run.settings.packages)
    step = steps[0] if step is None else step
    if step not in steps:
        raise ValueError(f"{run.id} can be forked at step {', '.join(map(str, steps))}, not at {step}.")
    folder = run.path / "checkpoints" / folder_name(step)
    before = _settings(run, read_state(folder))
    fixed = sorted(changes.keys() - set(may_change(before)))
    if fixed:
        raise ValueError(f"A fork keeps {', '.join(fixed)}; it may change {', '.join(may_change(before))}.")
    config = before.replace(**changes)
    if config.steps <= step:
        raise ValueError(f"steps = {config.steps:,} is behind the checkpoint: a fork at step {step:,} needs more.")
    check(config)

    # Against the checkpoint's settings: only it knows what had been changed at that very step.
    differences = config_differences([before.to_dict(), config.to_dict()])
    changed = {name: (was, now) for name, (was, now) in differences.items()}
    parent = Parent(run.id, step, tuple(images_until(run, step)), changed)
    return _from_checkpoint(run, run, config, parent)


def _from_checkpoint(run: Run, source: Run, config: TrainConfig, parent: Parent, record: Sequence[Intervention] = ()) -> NewRun:
    """A fork of `source` at the step of `parent`, named like `run`, that will make the changes of `record`."""
    step, folder = parent.step, source.path / "checkpoints" / folder_name(parent.step)

    def fill(made: Run) -> None:
        target = made.path / "checkpoints" / folder.name
        target.mkdir()
        try:
            for file in folder.iterdir():
                share(file, target / file.name)
            _share_history(source, made, step)
        except FileNotFoundError:
            raise ValueError(f"The checkpoint of {source.id} at step {step:,} was removed meanwhile: choose another.") from None
        _write_down(made, record)

    return NewRun(config, run.path.parent, {"recipe": run.settings.recipe, "parent": parent}, fill)


def settings_at(run: Run, step: int) -> TrainConfig:
    """The settings that the checkpoint of `run` at `step` was trained with, and that a fork of it keeps unless they are changed.

    ValueError when that checkpoint cannot be read.
    """
    return _settings(run, read_state(run.path / "checkpoints" / folder_name(step)))


def _settings(run: Run, state: Mapping[str, Any]) -> TrainConfig:
    config = run.config
    for intervention in made_by(state, run.interventions()):
        config = intervention.applied_to(config)
    return config


def repeat(run: Run) -> Run:
    """Start `run` again from its beginning (a fork from its checkpoint): the same settings, the same changes at the same steps.

    ValueError, one sentence, when the checkpoint that a fork began with is gone.
    """
    return start([new_repeat(run)])[0]


def new_repeat(run: Run) -> NewRun:
    """The repeat before it is made."""
    plugins.require(run.settings.packages)
    parent, record, config = run.settings.parent, run.interventions(), run.config
    if parent:
        return _from_checkpoint(run, _origin(run, parent), config, parent, record)
    settings, threads = {"recipe": run.settings.recipe}, run.threads
    return NewRun(config, run.path.parent, settings, fill=lambda made: _write_down(made, record, threads))


def _origin(run: Run, parent: Parent) -> Run:
    """Where the checkpoint that a fork began with still is: in itself or in its parent."""
    for source in (run, Run(run.path.parent / parent.run)):
        if parent.step in forkable(source):
            return source
    raise ValueError(f"{run.id} began with the checkpoint of {parent.run} at step {parent.step:,}, which is gone.")


def _write_down(made: Run, record: Sequence[Intervention], threads: int | None = None) -> None:
    writer = Writer(made.database)
    writer.write(state={"threads": threads} if threads else None)
    for intervention in record:
        writer.intervene(intervention.to_dict())
    writer.close()


def _share_history(run: Run, made: Run, step: int) -> None:
    """The parent's curves and sheets up to `step`, with the marks that explain them and how they are read."""
    points = [(at, values) for at, values in points_of(run.series()).items() if at <= step]
    sheets = [at for at in run.samples() if at <= step and run.sample_path(at).is_file()]
    for at in sheets:
        share(run.sample_path(at), made.sample_path(at))
    writer = Writer(made.database)
    writer.write(points, sheets, {"progress": {"step": step}, "protocols": run.protocols, "readings": run.readings})
    for mark in _marks(run, step):
        writer.annotate(mark.step, mark.kind, mark.data, mark.text)
    writer.close()


def _marks(run: Run, step: int) -> list[Annotation]:
    """The annotations of `run` up to the checkpoint at `step`: what was changed, and what was measured under another protocol.

    They are only shown: the changes themselves are in the fork's settings and weights, and are not made again.
    """
    later = _changed_after(run, step)
    marks = []
    for note in reversed(run.annotations()):
        if note.step == step and note.data in later:
            later.remove(dict(note.data))
        elif note.step <= step and note.kind in ("changed", "repaired", "protocol_changed", "threads_changed"):
            marks.append(note)
    return marks[::-1]


def _changed_after(run: Run, step: int) -> list[dict[str, Any]]:
    """What was changed at the very step of a checkpoint, but after it was kept, as the annotations hold it."""
    record, config, effects = run.interventions(), run.config, {}
    if not any(one.step == step for one in record):
        return []
    for one in record:
        effects[id(one)] = json.loads(json.dumps(one.effect(config)))
        config = one.applied_to(config)
    made = {id(one) for one in made_by(read_state(run.path / "checkpoints" / folder_name(step)), record)}
    return [effects[id(one)] for one in record if one.step == step and id(one) not in made]
