"""`--assume SETTING=VALUE`: settling what a file of weights leaves open, and printing what was settled and why."""

from __future__ import annotations

import argparse
import sys

from ganlab.app.views.decision_wording import lines
from ganlab.cli.pull import fetched
from ganlab.models.pipeline import Pipeline


def add_assume(parser: argparse.ArgumentParser) -> None:
    """Add the flag, which can be repeated."""
    words = "settle what a file of weights of another project leaves open, such as activation=relu; can be repeated"
    parser.add_argument("--assume", action="append", default=[], metavar="SETTING=VALUE", help=words)


def assumed(options: argparse.Namespace) -> dict[str, str]:
    """What the flag settles, by setting; ValueError where it is not SETTING=VALUE, or contradicts itself."""
    settled: dict[str, str] = {}
    for text in options.assume:
        setting, equals, value = (part.strip() for part in text.partition("="))
        if not (setting and equals and value):
            raise ValueError(f"--assume {text!r} is not SETTING=VALUE, such as --assume activation=relu.")
        if settled.setdefault(setting, value) != value:
            raise ValueError(f"--assume names two values for {setting}: {settled[setting]} and {value}.")
    return settled


def opened(options: argparse.Namespace, model: str = "") -> Pipeline:
    """`model`, or else the one that the command names, downloaded where need be; what its file left open is printed."""
    pipeline = Pipeline.load(fetched(model or options.model), assume=assumed(options))
    for line in lines(pipeline.decisions, pipeline.unused):
        print(line, file=sys.stderr)
    return pipeline
