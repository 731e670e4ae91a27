"""`ganlab completion`: what a shell sources to complete the verbs, flags and choices of `ganlab`."""

from __future__ import annotations

import argparse

from ganlab.cli.main import VERBS, fill

_INSIDE = ("worker", "job")  # the app's own
_SHELLS = ("bash", "zsh", "fish")


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("shell", choices=_SHELLS)
    parser.epilog = "For this shell alone: source <(ganlab completion bash), or ganlab completion fish | source."


def run(options: argparse.Namespace) -> None:
    """Print the script; the flags of `train` are those of its usual family."""
    try:
        import shtab  # noqa: PLC0415  (an extra)
    except ImportError:
        raise ValueError("Completion needs the package shtab: pip install 'ganlab-studio[completion]'.") from None
    program = options.program
    verbs = next(action for action in program._actions if isinstance(action, argparse._SubParsersAction))
    for name, verb in verbs.choices.items():
        if name in VERBS and name not in (options.words[0], *_INSIDE):
            fill(verb, name, [name])
    print(shtab.complete(program, options.shell))
