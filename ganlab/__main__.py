"""The command line, one verb per thing to do. Flags, help and bounds of training come from the config's fields."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganlab import __version__

if TYPE_CHECKING:  # all else is imported where it is needed: Ctrl-C meanwhile is quiet too
    from ganlab.core.config import Setting


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 on success, 2 where a mistake or the disk speaks against it, which is told in one sentence, 130 after
    Ctrl-C."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    try:
        from ganlab.core.threads import yielding_threads

        os.environ |= yielding_threads(os.environ)
        options = _parser(argv).parse_args(argv)
        return int(options.command(options) or 0)
    except ValueError as error:
        print(f"ganlab: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `ganlab runs | head`
        return 0
    except (OSError, sqlite3.OperationalError) as error:
        from ganlab.core.errors import DOING, explain

        print(f"ganlab: {explain(error, DOING)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before or after the engine listens, which keeps a checkpoint
        return 130


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    from ganlab.cli import compare as commands_compare
    from ganlab.cli import doctor as commands_doctor
    from ganlab.cli import evaluate as commands_evaluate
    from ganlab.cli import hub as commands_hub
    from ganlab.cli import reproduce as commands_reproduce
    from ganlab.cli import training as commands

    parser = argparse.ArgumentParser(prog="ganlab", description="Train a GAN, watch it learn, play with the result.")
    parser.add_argument("--version", action="version", version=f"ganlab {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    app = verbs.add_parser(
        "app", help="open the app in the browser", description="Serve the app, by default to this machine only."
    )
    app.add_argument("--port", type=int, default=8501, help="default: 8501")
    app.add_argument("--only", choices=("playground",), help="serve the playground alone, at /")
    app.add_argument(
        "--classroom", action="store_true", help="serve this network; students join by a code and only watch and play"
    )
    app.add_argument("--new-code", action="store_true", help="with --classroom: a new code and teacher's link; all join again")
    app.set_defaults(command=commands.app)

    train = verbs.add_parser(
        "train",
        help="train in the foreground; Ctrl-C checkpoints, then stops",
        epilog="`ganlab train --family wgan-gp --help` shows that family's own settings and defaults.",
    )
    train.add_argument("dataset", nargs="?", help="a data set's name, or the path of a folder or zip of images")
    train.add_argument("--recipe", help="start from a named recipe; see `ganlab recipes`")
    train.add_argument("--family", help="start from a family's defaults (default: dcgan)")
    train.add_argument("--resume", metavar="RUN", help="go on with a stopped or lost run")
    train.add_argument("--fork", metavar="RUN[@STEP]", help="a new run that goes on from a checkpoint, with other settings")
    train.add_argument("--repeat", metavar="RUN", help="the same run again from its start, with all that was changed meanwhile")
    if argv[:1] == ["train"]:  # only then the families, and with them PyTorch, are worth importing
        settings = [item for item in _settings_for(argv) if item.name not in ("family", "dataset")]
        for item in settings:
            _add_flag(train, item)
        train.set_defaults(settings=[item.name for item in settings])
    train.set_defaults(command=commands.train)

    listing = verbs.add_parser("runs", help="list the runs, newest first")
    listing.add_argument("--json", action="store_true", help="one JSON object per line")
    listing.set_defaults(command=commands.runs)

    commands_compare.add(verbs)
    commands_doctor.add(verbs)
    _add_housekeeping(verbs)

    recipes = verbs.add_parser("recipes", help="list the named recipes and what their sources published")
    recipes.set_defaults(command=commands.recipes)

    sample = verbs.add_parser("sample", help="draw pictures from a run or a checkpoint")
    sample.add_argument("model", help="a run, a checkpoint folder, or what `ganlab zoo` lists; see `ganlab runs`")
    sample.add_argument("-n", type=int, default=64, metavar="COUNT", help="how many (default: 64)")
    sample.add_argument("--seed", type=int, default=0, help="decides the z (default: 0)")
    sample.add_argument("--label", type=int, help="the class to draw, for conditional models (default: all in turn)")
    sample.add_argument(
        "-o", "--output", type=Path, default=Path("sheet.png"), help="a .png for one sheet, a folder for one PNG each"
    )
    sample.set_defaults(command=commands.sample)

    translate = verbs.add_parser("translate", help="turn photos into what a Pix2Pix or CycleGAN model makes of them")
    translate.add_argument("images", nargs="+", help="image files, folders of them, or patterns like 'photos/*.jpg'")
    translate.add_argument("--model", required=True, help="a run, a shipped model, a checkpoint folder or a file of weights")
    translate.add_argument("--direction", choices=("AtoB", "BtoA"), help="default: the model's own")
    translate.add_argument(
        "--size", type=int, help="side of the square whose area is worked on, 32 to 1024 (default: the model's own)"
    )
    translate.add_argument("--original-size", action="store_true", help="scale the result back to the photo's size")
    translate.add_argument("-o", "--output", type=Path, default=Path("translated"), help="a .png for one photo, else a folder")
    translate.set_defaults(command=commands.translate)

    evaluate = verbs.add_parser("evaluate", help="measure how near generated images are to real ones")
    evaluate.add_argument("subjects", nargs="+", help="runs, models, checkpoint folders, files of weights, or folders of images")
    evaluate.add_argument("--metrics", default="frechet-lenet,kid-lenet", help="names with commas; an unknown one lists them all")
    evaluate.add_argument("-n", "--n", type=int, metavar="COUNT", help="images (default: 10000 of a model, all of a folder)")
    evaluate.add_argument("--reference", default="", help="a data set, or a folder of images (default: what it was trained on)")
    evaluate.add_argument("--split", choices=("train", "test"), default="train", help="part of the reference (default: train)")
    evaluate.add_argument("--seed", type=int, default=0, help="decides the z and the random subsets (default: 0)")
    floors = "what real images read too, measured once and kept (default: yes)"
    evaluate.add_argument("--floors", action=argparse.BooleanOptionalAction, default=True, help=floors)
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write the values and their protocols there too")
    evaluate.add_argument("--csv", type=Path, metavar="FILE", help="the same, one value a line")
    evaluate.add_argument("--latex", type=Path, metavar="FILE", help="the same as tables, one for each protocol")
    evaluate.add_argument("--device", default="auto", help="default: auto")
    evaluate.set_defaults(command=commands_evaluate.evaluate)

    reproduce = verbs.add_parser("reproduce", help="train a published table's systems and print both tables as one")
    reproduce.add_argument("table", help="column (GAN, DCGAN, LSGAN and CGAN on MNIST) or duel (two losses on the same batches)")
    reproduce.add_argument("--budget", default="", help="training time of this call, in equal shares: 10m (default: no limit)")
    reproduce.add_argument("-n", "--n", type=int, default=10_000, metavar="COUNT", help="images to measure (default: 10000)")
    reproduce.add_argument("--dataset", default="", help="another data set than the source's")
    reproduce.add_argument("--device", default="auto", help="default: auto")
    reproduce.set_defaults(command=commands_reproduce.reproduce)

    zoo = verbs.add_parser("zoo", help="list the models that can be chosen: yours, the shipped ones, and some on the Hub")
    zoo.add_argument("action", nargs="?", choices=("list", "train"), default="list", help="train: make shipped models anew")
    zoo.add_argument("names", nargs="*", metavar="NAME", help="which to train (default: all, which takes hours)")
    zoo.add_argument(
        "--to", type=Path, help="where to write them (default: checkpoints/ of the checkout; without one, of this folder)"
    )
    zoo.add_argument("--json", action="store_true", help="one JSON object per line")
    zoo.set_defaults(command=commands_hub.zoo)

    pull = verbs.add_parser("pull", help="fetch a model from the Hugging Face Hub into the standard cache")
    pull.add_argument(
        "model", help="a name that `ganlab zoo` lists, org/name, org/name@revision, org/name/file.pth, spaces/…, a link"
    )
    pull.add_argument("--revision", default="", help="a branch, a tag or a commit (default: the newest)")
    pull.set_defaults(command=commands_hub.pull)

    push = verbs.add_parser("push", help="upload a run or a checkpoint to the Hugging Face Hub, with a model card")
    push.add_argument("model", help="a run, a shipped model or a checkpoint folder")
    push.add_argument("repo", help="org/name; it is made if need be")
    push.add_argument("--public", action="store_true", help="for everybody to see (default: private)")
    push.add_argument("--licence", default="", help="of these weights, such as mit or cc-by-4.0 (default: not stated)")
    push.add_argument("--values", type=Path, metavar="FILE", help="what `ganlab evaluate --json FILE` measured, for the card")
    push.set_defaults(command=commands_hub.push)

    space = verbs.add_parser("space", help="write a folder that is a Hugging Face Space: the playground with models of yours")
    space.add_argument("folder", type=Path, help="where to write it; it must not exist yet")
    space.add_argument("--models", default="", help="runs and shipped models, with commas (default: all shipped ones)")
    space.add_argument("--title", default="GANLab playground", help="default: GANLab playground")
    space.set_defaults(command=commands_hub.space)

    export = verbs.add_parser("export", help="write a model's generator as a file for other programs")
    export.add_argument("model", help="a run, a checkpoint folder, or what `ganlab zoo` lists; it must draw from z")
    export.add_argument(
        "--onnx", action="store_true", required=True, help="as ONNX: z (n, z_dim) [and label] -> image (n, C, S, S)"
    )
    export.add_argument("-o", "--output", type=Path, default=Path("generator.onnx"), help="default: generator.onnx")
    export.set_defaults(command=commands_hub.export)

    bench = verbs.add_parser("bench", help="measure how fast the families train here")
    bench.add_argument("--family", action="append", help="only these (repeatable; default: all)")
    bench.add_argument("--dataset", default="shapes", help="default: shapes")
    bench.add_argument("--device", default="auto", help="default: auto")
    bench.add_argument("--seconds", type=float, default=5.0, help="how long to measure each (default: 5)")
    bench.set_defaults(command=commands.bench)

    worker = verbs.add_parser("worker", help="train a run directory that the app has made (not for people)")
    worker.add_argument("run", type=Path)
    worker.set_defaults(command=commands.worker)

    job = verbs.add_parser("job", help="do a job that the app has written down (not for people)")
    job.add_argument("job", type=Path)
    job.set_defaults(command=commands.job)
    return parser


def _add_housekeeping(verbs: Any) -> None:
    from ganlab.cli import housekeeping as commands_housekeeping

    queue = verbs.add_parser("queue", help="list who has each device and who waits for it")
    queue.add_argument("--cancel", metavar="RUN", help="take a waiting run out")
    queue.add_argument("--json", action="store_true", help="one JSON object per line")
    queue.set_defaults(command=commands_housekeeping.queue_command)

    clean = verbs.add_parser("clean", help="free disk space of ended runs by a rule that it prints")
    clean.add_argument("--dry-run", action="store_true", help="only tell what would be freed")
    clean.add_argument("--every", type=int, default=4, metavar="K", help="of the checkpoints in between every K-th stays (4)")
    clean.set_defaults(command=commands_housekeeping.clean_command)


def _settings_for(argv: Sequence[str]) -> list[Setting]:
    """The settings of the family that these arguments are about."""
    from ganlab.cli import training as commands

    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--family")
    first.add_argument("--recipe")
    for way in ("--fork", "--resume", "--repeat"):
        first.add_argument(way, dest="run")
    known, _ = first.parse_known_args(argv)
    return commands.settings(commands.family_of(known.run) if known.run else known.family, known.recipe)


def _add_flag(parser: argparse.ArgumentParser, item: Setting) -> None:
    bounds = ", ".join(map(str, item.choices)) if item.choices else item.range
    several = {"nargs": len(item.default)} if isinstance(item.default, tuple) else {}
    parser.add_argument(
        f"--{item.name.replace('_', '-')}",
        metavar=item.name.upper() if not item.choices else "CHOICE",
        help=f"{item.help} ({bounds}; default: {item.default})".replace("%", "%%").replace(" (any;", " ("),
        **several,  # type: ignore[arg-type]
    )


if __name__ == "__main__":
    sys.exit(main())
