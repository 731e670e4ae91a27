"""What the command line's verbs do: thin faces of the API."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganlab.app.security import classroom
from ganlab.core.config import Setting, TrainConfig
from ganlab.core.shipped import shipped
from ganlab.runtime.run import Run, damaged_runs
from ganlab.runtime.run import runs as all_runs

if TYPE_CHECKING:
    from ganlab.core.lock import FileLock
    from ganlab.runtime.launch import Plan


def settings(family: str | None, recipe: str | None) -> list[Setting]:
    """The settings to offer as flags, with the defaults of this family or recipe."""
    from ganlab.training.families import FAMILIES
    from ganlab.training.recipes import configs_of

    if recipe:
        config = next(iter(configs_of(recipe).values()))
    else:
        config = _family(family or "dcgan").config
    return [dataclasses.replace(item, default=getattr(config, item.name)) for item in FAMILIES[config.family].settings()]


def _family(name: str) -> Any:
    from ganlab.training.families import FAMILIES

    if name not in FAMILIES:
        raise ValueError(f"family = {name!r} is not one of {', '.join(FAMILIES)}.")
    return FAMILIES[name]


def app(options: argparse.Namespace) -> int:
    """`ganlab app`: `streamlit run app.py` with the current folder's runs; with --only playground a server without Streamlit."""
    if options.new_code and not options.classroom:
        raise ValueError("--new-code belongs to --classroom: only a class has a join code.")
    if not find_spec("gradio" if options.only == "playground" else "streamlit"):
        raise ValueError("The app needs Streamlit and Gradio: pip install 'ganlab-studio[app]'.")
    if options.only == "playground":
        if options.classroom:
            raise ValueError("--classroom and --only exclude each other: the playground alone has no join code.")
        return subprocess.call([sys.executable, "-m", "ganlab.app.playground_server", f"--port={options.port}"])
    # Streamlit reads the .streamlit/config.toml beside app.py, wherever the command is given.
    command = [sys.executable, "-m", "streamlit", "run", str(shipped("app.py")), f"--server.port={options.port}"]
    if options.classroom:
        os.environ[classroom.VARIABLE] = "1"
        command += ["--server.address=0.0.0.0", "--logger.hideWelcomeMessage=true"]  # the server prints its own
    if options.new_code:
        classroom.forget()  # the keys beside the server's runs
    return os.execv(command[0], command)  # whoever ends this process ends the server


def train(options: argparse.Namespace) -> None:
    """`ganlab train`: in the foreground, with the curves' last values on one line."""
    from ganlab.runtime.launch import in_hand, launch_planned, resumed_in_hand
    from ganlab.training.recipes import TOGETHER

    _one_beginning(options)
    if options.resume:
        run = Run.open(options.resume)
        with resumed_in_hand(run) as lock:
            _follow(run, lock)
        return
    plans = _plans(options)
    if len(plans) > 1:
        assert options.recipe in TOGETHER
        for run in launch_planned(plans):
            print(f"{run.id} trains in the background; `ganlab runs` shows how far it is.")
        return
    with in_hand(plans) as held:
        ((run, lock),) = held.items()
        _follow(run, lock)


def _one_beginning(options: argparse.Namespace) -> None:
    """ValueError where a run is to begin in two ways, or with settings that it has already."""
    ways = [f"--{name}" for name in ("resume", "fork", "repeat") if getattr(options, name)]
    if not ways:
        return
    way, *others = ways
    others += [f"--{name}" for name in ("recipe", "family") if getattr(options, name)] + ["a data set"] * bool(options.dataset)
    if others:
        raise ValueError(f"{way} takes everything from the run that it names: leave out {' and '.join(others)}.")
    given = [f"--{name.replace('_', '-')}" for name in _given(options)]
    if given and way != "--fork":
        raise ValueError(f"{way} keeps the run's settings: leave out {', '.join(given)}, or begin a new run with --fork.")


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were typed, by their names."""
    return {name: value for name in options.settings if (value := getattr(options, name)) is not None}


def _plans(options: argparse.Namespace) -> list[Plan]:
    """The runs that these options describe."""
    from ganlab.runtime.fork import plan_repeat
    from ganlab.runtime.launch import plan_together

    if options.fork:
        return [_forked(options)]
    if options.repeat:
        return [plan_repeat(Run.open(options.repeat))]
    return plan_together(_configs(options))


def family_of(fork: str) -> str:
    """The family of the run in RUN or RUN@STEP."""
    return Run.open(fork.partition("@")[0]).config.family


def _forked(options: argparse.Namespace) -> Plan:
    """RUN or RUN@STEP, with the settings that were given."""
    from ganlab.runtime.fork import plan_fork

    id, _, step = options.fork.partition("@")
    if step and not step.isdigit():
        raise ValueError(f"--fork {options.fork}: write RUN or RUN@STEP, such as {id}@1000.")
    return plan_fork(Run.open(id), int(step) if step else None, **_given(options))


def _configs(options: argparse.Namespace) -> dict[str, TrainConfig]:
    from ganlab.training.recipes import configs_of

    if options.recipe and options.family:
        raise ValueError("--recipe and --family exclude each other: a recipe has its family.")
    changes = _given(options) | (dataset_setting(options.dataset) if options.dataset else {})
    if options.recipe:
        return configs_of(options.recipe, changes)
    return {"": _family(options.family or "dcgan").config.replace(**changes)}


def dataset_setting(text: str) -> dict[str, str]:
    """What a person types for data: a known name, or the path of a folder or zip; ValueError otherwise."""
    from ganlab.data import DATASETS

    if text in DATASETS:
        return {"dataset": text}
    if Path(text).expanduser().exists():
        return {"dataset": "folder", "data_path": text}
    raise ValueError(f"dataset = {text!r} is neither one of {', '.join(DATASETS)} nor a folder or zip that exists.")


def _follow(run: Run, lock: FileLock) -> None:
    """Train `run`, which is in hand by `lock`, in this process and print where it is; Ctrl-C makes the engine checkpoint and
    stop."""
    from ganlab.runtime.worker import work

    print(f"run {run.id}\n{run.path}")
    line = _Line()
    work(run, line, lock=lock, tell=line.tell)
    print()
    status = run.status()
    print(status.message)
    if status.state == "failed":
        raise ValueError(f"{run.id} failed: {status.message}")
    if status.state == "stopped":
        print(f"Go on with: ganlab train --resume {run.id}")
    if run.checkpoints():
        print(f"Draw from it with: ganlab sample {run.id}")


class _Line:
    """One line that keeps up with what the worker says and the events; on a pipe, a line every ten seconds and for each news."""

    def __init__(self) -> None:
        self._last, self._said = 0.0, ""
        self._live = sys.stdout.isatty()
        self._values: dict[str, float] = {}

    def __call__(self, event: object) -> None:
        from ganlab.core.events import Progress

        if isinstance(event, Progress):
            for _, metrics in event.points:
                self._values |= {name: value for name, value in metrics.items() if name.startswith(("loss/", "score/"))}
            self._show(_progress(event, self._values), "")

    def tell(self, sentence: str) -> None:
        """What the worker does, or waits for, while no step is done."""
        self._show(sentence, re.sub(r"[\d,.]+", "", sentence))

    def _show(self, text: str, what: str) -> None:
        if self._live:
            print(f"\r\x1b[K{text}", end="", flush=True)
        elif time.monotonic() - self._last > 10 or what not in ("", self._said):
            print(text, flush=True)
            self._last = time.monotonic()
        self._said = what


def _progress(event: Any, values: dict[str, float]) -> str:
    left = (event.steps - event.step) / event.steps_per_second if event.steps_per_second else 0
    shown = "  ".join(f"{name.removeprefix('loss/')} {value:.3f}" for name, value in values.items())
    share = event.step / event.steps
    return (
        f"{share:4.0%} step {event.step:,}/{event.steps:,}  {event.images_per_second:,.0f} images/s  {clock(left)} left  {shown}"
    )


def clock(seconds: float) -> str:
    """1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def runs(options: argparse.Namespace) -> None:
    """`ganlab runs`: a table, or JSON lines."""
    found = all_runs()
    if not found and not options.json:
        print("No runs yet. Start one with: ganlab train shapes")
    for run in found:
        status = run.status()
        if options.json:
            row = {"id": run.id, "recipe": run.settings["recipe"], "config": run.settings["config"]}
            print(json.dumps(row | dataclasses.asdict(status) | {"metrics": run.last_metrics()}))
        else:
            print(f"{run.id:<52} {status.state:<9} {status.step:>9,} of {status.steps:,}  {run.title}")
    for trouble in damaged_runs().values():
        print(trouble, file=sys.stderr)


def recipes(options: argparse.Namespace) -> None:
    """`ganlab recipes`: every named recipe with its published result."""
    from ganlab.training.recipes import RECIPES, TOGETHER

    for recipe in RECIPES.values():
        print(f"{recipe.name:<26} {recipe.config.family:<8} {recipe.config.dataset:<14} {recipe.published or recipe.note}")
    for name, members in TOGETHER.items():
        print(f"{name:<26} starts {' and '.join(members)} side by side")


def sample(options: argparse.Namespace) -> None:
    """`ganlab sample`: one sheet, or one PNG per picture into a folder."""
    from ganlab.cli.hub import fetched
    from ganlab.core.images import png, sheet
    from ganlab.models.pipeline import Pipeline

    if not 1 <= options.n <= 100_000:
        raise ValueError(f"-n {options.n} is out of range: 1 to 100,000.")
    pipeline = Pipeline.load(fetched(options.model))
    images = pipeline.generate(pipeline.latents(options.n, options.seed), options.label)
    target: Path = options.output
    if target.suffix.lower() == ".png":
        columns = pipeline.spec.num_classes if pipeline.conditional and options.label is None else round(options.n**0.5) or 1
        target.write_bytes(png(sheet(images, columns)))
        print(f"{options.n} pictures in {target}")
        return
    target.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        (target / f"{index:05d}.png").write_bytes(png(sheet(image[None], 1, padding=0)))
    print(f"{options.n} files in {target}")


def translate(options: argparse.Namespace) -> int:
    """`ganlab translate`: one picture, or a folder of them; files that are no usable image are named and skipped."""
    from tqdm import tqdm

    from ganlab.cli.hub import fetched
    from ganlab.cli.photo_files import Names, image_files
    from ganlab.core.images import ImageError, png, read
    from ganlab.models.pipeline import Pipeline

    pipeline = Pipeline.load(fetched(options.model))
    files = image_files(options.images)
    single = len(files) == 1 and options.output.suffix.lower() == ".png"
    if not single:
        options.output.mkdir(parents=True, exist_ok=True)
    skipped, names = [], Names()
    for file in tqdm(files, unit="image", disable=None):  # silent on a pipe
        try:
            image = read(file)
        except ImageError as error:
            skipped.append(f"{file}: {error}")
            continue
        made = pipeline.translate(image, options.direction, size=options.size, original_size=options.original_size)
        (options.output if single else options.output / names.unused(file.stem)).write_bytes(png(made))
    print(f"{len(files) - len(skipped)} of {len(files)} pictures in {options.output}")
    for line in skipped:
        print(f"skipped {line}", file=sys.stderr)
    return 1 if skipped else 0


def bench(options: argparse.Namespace) -> None:
    """`ganlab bench`: images per second of each family with its default settings."""
    from ganlab.training.bench import measure
    from ganlab.training.families import FAMILIES

    for name in options.family or list(FAMILIES):
        config = _family(name).config.replace(dataset=options.dataset, device=options.device)
        print(f"{name:<10} {measure(config, options.seconds)}", flush=True)


def worker(options: argparse.Namespace) -> None:
    """`ganlab worker`: the process behind a run that the app started."""
    from ganlab.runtime.worker import work

    work(Run(options.run))


def job(options: argparse.Namespace) -> None:
    """`ganlab job`: the process behind a measurement that the app started."""
    from ganlab.analysis.jobs import Job, work

    work(Job(options.job))
