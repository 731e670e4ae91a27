"""`ganlab train`: train in the foreground. Its flags, their help and their bounds come from the fields of the config."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
from collections.abc import Sequence
from typing import Any

from ganlab.app.views.inspection_wording import inspection_lines, proposal_lines
from ganlab.app.views.status_wording import status_text
from ganlab.cli.output import file_output, save
from ganlab.cli.progress import StatusLine, driven
from ganlab.cli.pull import fetched
from ganlab.cli.worker import load_networks
from ganlab.core.config import Setting, TrainConfig
from ganlab.core.errors import all_mistakes
from ganlab.core.flags import as_flag
from ganlab.core.lock import FileLock
from ganlab.core.names import located
from ganlab.data.sets.folder import FOLDER, dataset_setting, look
from ganlab.models.launch import new_runs
from ganlab.runtime.fork import new_fork, new_repeat
from ganlab.runtime.launch import NewRun, claim, claim_again, logging_to, start
from ganlab.runtime.run import Run
from ganlab.runtime.run_settings import TRACKERS
from ganlab.runtime.trackers import check_tracker
from ganlab.runtime.worker import work
from ganlab.training.families import FAMILIES, load_config
from ganlab.training.proposal import propose
from ganlab.training.recipes import TOGETHER, configs_of


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments, among them one flag for each setting of the family that was typed."""
    parser.epilog = "`ganlab train --family wgan-gp --help` shows that family's own settings and defaults."
    parser.add_argument(
        "dataset", nargs="?", help="a data set's name, the path of a folder or zip of images, or the id of a data set on the Hub"
    )
    parser.add_argument("--recipe", help="start from a named recipe; see `ganlab recipes`")
    parser.add_argument("--family", help="start from a family's defaults (default: dcgan)")
    parser.add_argument("--resume", metavar="RUN", help="continue a stopped or lost run")
    parser.add_argument("--fork", metavar="RUN[@STEP]", help="start a new run from a checkpoint, with other settings")
    parser.add_argument("--repeat", metavar="RUN", help="train a run again from its start, with all changes that were made to it")
    settings = [item for item in _settings(parser.get_default("words")) if item.name not in ("family", "dataset")]
    for item in settings:
        _add_flag(parser, item)
    parser.add_argument("--log-to", choices=TRACKERS, help="give the curves and sheets to this tracker too, while it trains")
    parser.add_argument("--config", metavar="FILE", help="start from the settings of a file in TOML or YAML")
    parser.add_argument("--save-config", metavar="FILE", help="write the settings to this TOML file instead of training")
    parser.set_defaults(settings=[item.name for item in settings])


def run(options: argparse.Namespace) -> None:
    """Train in the foreground, with the curves' last values on one line; several runs at once train in the background."""
    if options.save_config:
        _save_config(options)
        return
    new = check(options, fetch=True)
    if options.resume:
        run = Run.open(options.resume)
        with claim_again(run) as lock:
            _follow(run, lock)
        return
    if len(new) > 1:
        assert options.recipe in TOGETHER
        for run in start(new):
            print(f"{run.id} trains in the background; `ganlab runs` shows its progress.")
        return
    with claim(new) as claimed:
        ((run, lock),) = claimed.items()
        _follow(run, lock)


def check(options: argparse.Namespace, *, fetch: bool = False) -> list[NewRun]:
    """The runs that these options describe, none of them made; Mistakes names everything that is wrong with them.

    With `fetch` a model of the Hub that they start from is downloaded first; without, one that is not here is not looked into.
    """
    _check_beginning(options)
    if options.log_to:
        check_tracker(options.log_to)
    if options.save_config is not None:
        file_output(options.save_config, (".toml",))
    if options.resume:
        Run.open(options.resume)
        return []
    return logging_to(options.log_to or "", _new(options, fetch=fetch))


def _new(options: argparse.Namespace, *, fetch: bool) -> list[NewRun]:
    if options.fork:
        return [_forked(options)]
    if options.repeat:
        return [new_repeat(Run.open(options.repeat))]
    configs = _configs(options)
    for config in configs.values():
        if fetch and config.start_from:
            fetched(config.start_from)
    new = new_runs(configs, reach=fetch)
    if fetch and not (options.recipe or options.config) and configs[""].dataset == FOLDER.name:
        new = new_runs({"": _proposed(options, configs[""])})
    return new


def _settings(words: Sequence[str]) -> list[Setting]:
    """The settings of the family or recipe that `words` name, with its defaults."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    first.add_argument("--family")
    first.add_argument("--recipe")
    first.add_argument("--config")
    for way in ("--fork", "--resume", "--repeat"):
        first.add_argument(way, dest="run")
    try:
        known, _ = first.parse_known_args(words)
        if known.config and not known.run:
            config = TrainConfig.from_toml(located(known.config))
        elif known.recipe and not known.run:
            config = next(iter(configs_of(known.recipe).values()))
        else:
            config = load_config({"family": _family_of(known.run) if known.run else known.family or "dcgan"})
    except (argparse.ArgumentError, ValueError):  # named when all the words are read
        config = load_config({"family": "dcgan"})
    return [dataclasses.replace(item, default=getattr(config, item.name)) for item in FAMILIES[config.family].settings()]


def _family_of(fork: str) -> str:
    """The family of the run in RUN or RUN@STEP."""
    return Run.open(fork.partition("@")[0]).config.family


def _add_flag(parser: argparse.ArgumentParser, item: Setting) -> None:
    if item.type is bool:
        usual = "yes" if item.default else "no"
        about = f"{item.help} (default: {usual})".replace("%", "%%")
        parser.add_argument(f"--{item.name.replace('_', '-')}", action=argparse.BooleanOptionalAction, help=about)
        return
    bounds = ", ".join(map(str, item.choices)) if item.choices else item.range
    several = {"nargs": len(item.default)} if isinstance(item.default, tuple) else {}
    parser.add_argument(
        f"--{item.name.replace('_', '-')}",
        metavar=item.name.upper() if not item.choices else "CHOICE",
        help=f"{item.help} ({bounds}; default: {item.default})".replace("%", "%%").replace(" (any;", " ("),
        **several,  # type: ignore[arg-type]
    )


def _check_beginning(options: argparse.Namespace) -> None:
    """Raise ValueError where a run is to begin in two ways, or is given settings that it has already."""
    for name in ("resume", "fork", "repeat", "recipe", "family", "config"):
        if getattr(options, name) == "":
            raise ValueError(f"--{name} names nothing: leave it out, or write a name behind it.")
    ways = [f"--{name}" for name in ("resume", "fork", "repeat") if getattr(options, name)]
    if not ways:
        return
    way, *others = ways
    others += [f"--{name}" for name in ("recipe", "family", "config") if getattr(options, name)]
    others += ["a data set"] * bool(options.dataset)
    if others:
        raise ValueError(f"{way} takes everything from the run that it names: leave out {' and '.join(others)}.")
    given = [as_flag(name, value).split()[0] for name, value in _given(options).items()]
    given += ["--log-to"] if options.log_to and way == "--resume" else []
    if given and way != "--fork":
        raise ValueError(f"{way} keeps the run's settings: leave out {', '.join(given)}, or begin a new run with --fork.")


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were typed, by their names."""
    return {name: value for name in options.settings if (value := getattr(options, name)) is not None}


def _forked(options: argparse.Namespace) -> NewRun:
    """The fork of RUN or RUN@STEP, with the settings that were typed."""
    id, _, step = options.fork.partition("@")
    if step and not step.isdigit():
        raise ValueError(f"--fork {options.fork}: write RUN or RUN@STEP, such as {id}@1000.")
    return new_fork(Run.open(id), int(step) if step else None, **_given(options))


def _proposed(options: argparse.Namespace, given: TrainConfig) -> TrainConfig:
    """What is proposed for the pictures of a folder, with the settings that were typed; what is found is printed."""
    found = driven(look(given.data_path))
    typed = _given(options) | ({"family": options.family} if options.family else {})
    proposal = propose(found, given.data_path, typed)
    print(*inspection_lines(found), *proposal_lines(proposal), sep="\n")
    return proposal.config


def _configs(options: argparse.Namespace) -> dict[str, TrainConfig]:
    """The config of each new run, by its recipe's name ("" without one)."""
    if options.recipe and options.family:
        raise ValueError("--recipe and --family exclude each other: a recipe has its family.")
    if options.config and (options.recipe or options.family):
        raise ValueError("--config has a family and settings of its own: leave out --recipe and --family.")
    changes, bases = _given(options), {"": FAMILIES["dcgan"].config}
    with all_mistakes() as part:
        with part():
            if options.config:
                bases = {"": TrainConfig.from_toml(located(options.config))}
            elif options.recipe:
                bases = configs_of(options.recipe)
            else:
                bases = {"": load_config({"family": options.family or "dcgan"})}
        with part():
            changes |= dataset_setting(options.dataset) if options.dataset else {}
        with part():
            configs = {name: base.replace(**changes) for name, base in bases.items()}
    return configs


def _save_config(options: argparse.Namespace) -> None:
    """Write the settings that would be trained, whether their data are here or not; ValueError where there are several."""
    _check_beginning(options)
    if options.resume or options.repeat:
        raise ValueError("--save-config writes the settings of a new run: leave out --resume and --repeat.")
    path = file_output(options.save_config, (".toml",))
    config, *others = [_forked(options).config] if options.fork else _configs(options).values()
    if others:
        raise ValueError(f"--save-config writes the settings of one run, and {options.recipe} starts several.")
    save(path, config.to_toml().encode())
    print(f"Wrote {path}. Train it with: ganlab train --config {shlex.quote(str(path))}")


def _follow(run: Run, lock: FileLock) -> None:
    """Train `run`, whose `lock` this process holds, and print its progress; Ctrl-C stops it after a checkpoint."""
    print(f"run {run.id}\n{run.path}")
    line = StatusLine()
    status = work(run, line, lock=lock, report=line.report, load_networks=load_networks)
    line.close()
    if status.state == "failed":
        raise ValueError(f"{run.id} failed: {status_text(status)}")
    print(status_text(status))
    if status.state == "stopped":
        print(f"Continue it with: ganlab train --resume {run.id}")
    if run.checkpoints():
        print(f"Draw from it with: ganlab sample {run.id}")
