"""The command line: VERBS lists the verbs, and `ganlab VERB` imports `ganlab.cli.VERB` alone, so that the light ones start fast.

A verb's module has `add(parser)`, which adds its arguments, and `run(options)`, which returns the exit code, None for 0;
it may have `check(options)`, which raises ValueError for what is wrong with the values beside what is wrong with the words.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sqlite3
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from ganlab import __version__
from ganlab.cli.arguments import Parser, read
from ganlab.core.errors import DOING, Mistakes, classify, explain, sentences_of
from ganlab.core.names import shown
from ganlab.core.plugins import skipped
from ganlab.core.threads import yielding_threads

VERBS = {
    "app": "open the app in the browser",
    "train": "train in the foreground; Ctrl-C saves a checkpoint, then stops",
    "inspect": "look at a folder or zip of pictures before training on it",
    "runs": "list the runs, newest first",
    "compare": "compare two to four runs at an equal number of steps, seconds or images",
    "doctor": "find what is wrong with a run and what to change; exits with 1 when there is something",
    "queue": "list the run that has each device and the runs that wait for it",
    "clean": "free disk space of ended runs by a rule that is printed",
    "datasets": "list the data sets that can be trained on by name, and whether they are here",
    "recipes": "list the named recipes and what their sources published",
    "sample": "draw images from a run or a checkpoint",
    "translate": "translate photos with a Pix2Pix, CycleGAN or CUT model",
    "evaluate": "measure how near generated images are to real ones",
    "reproduce": "train a published table's systems and print both tables as one",
    "zoo": "list the models that can be chosen: yours, the shipped ones, and some on the Hub",
    "pull": "download a model from the Hugging Face Hub into the standard cache",
    "push": "upload a run or a checkpoint to the Hugging Face Hub, with a model card",
    "space": "write a folder that is a Hugging Face Space: the playground with models of yours",
    "export": "write a generator as ONNX, a run's sheets as a film, or its curves for TensorBoard, trackio or Weights & Biases",
    "bench": "measure how fast the families train here",
    "distil": "train a translator to imitate another one",
    "train-classifier": "train the classifier whose features measure generators of a data set",
    "completion": "print what completes the verbs and flags of ganlab in bash, zsh or fish",
    "worker": "train a run directory that the app has made (started by the app)",
    "job": "do a job that the app has written down (started by the app)",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Return 0 on success, 130 after Ctrl-C, and 2 after printing one sentence where the user made a mistake or
    the machine refuses something."""
    try:
        for stream in (sys.stdout, sys.stderr):  # a terminal that cannot print a name shows its escapes
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        os.environ |= yielding_threads(os.environ)
        words = list(sys.argv[1:] if arguments is None else arguments)
        options = _options(words)
        return int(options.run_verb(options) or 0)
    except ValueError as error:
        print(*(f"ganlab: {shown(sentence)}" for sentence in sentences_of(error)), sep="\n", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `ganlab runs | head`
        return 0
    except (OSError, sqlite3.OperationalError) as error:
        print(f"ganlab: {explain(error, DOING)}", file=sys.stderr)
        return 2
    except (MemoryError, RuntimeError) as error:  # PyTorch's is a RuntimeError
        if classify(error)[0] != "out_of_memory":
            raise
        print(f"ganlab: {explain(error, DOING)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # while `train` listens for Ctrl-C itself, it keeps a checkpoint instead
        return 130
    finally:
        for left_out in skipped():
            print(f"ganlab: {left_out}", file=sys.stderr)


def _options(words: Sequence[str]) -> argparse.Namespace:
    """What the words ask for; Mistakes names everything that is wrong with them, and with the settings that they give."""
    parser, verb = _parsers(words)
    if verb is None:
        return parser.parse_args(words)
    options, mistakes = read(verb, words[1:])
    if options is None or mistakes:
        try:
            if options:
                options.check(options)
        except ValueError as error:
            mistakes += sentences_of(error)
        raise Mistakes(*dict.fromkeys(mistakes))
    return options


def _parsers(words: Sequence[str]) -> tuple[argparse.ArgumentParser, Parser | None]:
    """All verbs by name, and the parser of the one that is called with its arguments."""
    parser = _Program(words, prog="ganlab", description="Train a GAN, watch it learn, play with the result.")
    parser.add_argument("--version", action="version", version=f"ganlab {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    called, found = words[0] if words else "", None
    for name, summary in VERBS.items():
        verb = verbs.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == called:
            found = verb
            fill(verb, name, words)
    if found is not None:
        found.set_defaults(program=parser)  # which `completion` reads
    return parser, found


def fill(verb: Parser, name: str, words: Sequence[str]) -> None:
    """Give the parser of a verb its arguments; those of `train` depend on its words."""
    module = importlib.import_module(f"ganlab.cli.{name.replace('-', '_')}")
    verb.set_defaults(run_verb=module.run, words=words, check=getattr(module, "check", lambda options: None))
    module.add(verb)


class _Program(argparse.ArgumentParser):
    """The program without a verb: an unknown one is shown with what it is near."""

    def __init__(self, words: Sequence[str], **facts: Any) -> None:
        super().__init__(**facts)
        self._first = words[0] if words else ""

    def error(self, message: str) -> NoReturn:
        """Show the usage and the message, and exit with 2."""
        near = next(iter(get_close_matches(self._first, VERBS, 1)), "")
        super().error(f"{message}{f'; `ganlab {near}` is near' if near else ''}")
