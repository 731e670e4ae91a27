"""Reading a verb's words: everything that is wrong with them at once, each in one sentence that names what is meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ganlab.cli.other_flags import flag_of, unknown_flag

_NUMBER = re.compile(r"-(\d|\.\d|inf|nan)", re.IGNORECASE)
SEEDS = (0, 2**31 - 1)
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_KINDS: dict[Any, str] = {int: "a whole number", float: "a number"}


class Parser(argparse.ArgumentParser):
    """A parser of one verb, which remembers its `arguments` and says of a value itself why it does not fit."""

    def __init__(self, **facts: Any) -> None:
        self.arguments: list[argparse.Action] = []
        super().__init__(**facts, exit_on_error=False)

    def add_argument(self, *names: Any, **facts: Any) -> argparse.Action:
        """Add an argument; its value is converted and held against its choices, or the bounds `between`, in our words."""
        bounds = facts.pop("between", None)
        if facts.get("type") in _KINDS or "choices" in facts:
            facts["type"] = _converter(facts.get("type", str), tuple(facts.get("choices", ())), bounds)
        action = super().add_argument(*names, **facts)
        self.arguments.append(action)
        return action

    def flags(self) -> dict[str, argparse.Action]:
        """Every way to write a flag, and what it sets."""
        return {name: action for action in self.arguments for name in action.option_strings}


def read(parser: Parser, words: Sequence[str]) -> tuple[argparse.Namespace | None, list[str]]:
    """Return what the words say as far as they can be understood (None: not at all), and a sentence for each mistake in them."""
    needed = [action for action in parser.arguments if action.required and action.nargs != "*"]
    for action in needed:
        action.required = False  # argparse would end at the first that is missing
    left, mistakes = _known(parser, _joined(_switched(parser, words)))
    swallowed = bool(mistakes)
    while True:
        try:
            options, rest = parser.parse_known_args(left)
            break
        except argparse.ArgumentError as error:
            wrong = next((one for one in parser.arguments if error.argument_name in _names(one)), None)
            mistakes.append(_sentence(error, wrong))
            if wrong is None or not wrong.option_strings:
                return None, mistakes
            left = _without(left, wrong)
    if rest:
        mistakes.append(
            f"{' '.join(map(repr, rest))} is more than `{parser.prog}` takes; `{parser.prog} --help` shows what it takes."
        )
    if not swallowed:  # a flag that is not known may have taken it
        mistakes += [_missing(action) for action in needed if getattr(options, action.dest) in (None, [], False)]
    return options, mistakes


def _converter(kind: Callable[[str], Any], choices: tuple[Any, ...], bounds: tuple[float, float] | None) -> Callable[[str], Any]:
    """Convert a word; argparse.ArgumentTypeError says why it does not fit."""

    def convert(word: str) -> Any:
        try:
            value = kind(word)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{word!r} is not {_KINDS[kind]}.") from None
        if bounds and not bounds[0] <= value <= bounds[1]:
            raise argparse.ArgumentTypeError(f"{word} is out of range: {bounds[0]:,} to {bounds[1]:,}.")
        if choices and value not in choices:
            raise argparse.ArgumentTypeError(f"{word!r} is not one of {', '.join(map(str, choices))}.")
        return value

    return convert


def _switched(parser: Parser, words: Sequence[str]) -> list[str]:
    """`--flip true` and `--flip=no`, as commands of older versions have it, as `--flip` and `--no-flip`."""
    flags = parser.flags()
    made: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if made and not equals and word.lower() in _TRUTH and isinstance(flags.get(made[-1]), argparse.BooleanOptionalAction):
            name, value = made.pop(), word
        elif not (equals and value.lower() in _TRUTH and isinstance(flags.get(name), argparse.BooleanOptionalAction)):
            made.append(word)
            continue
        made.append(flag_of(flags[name]) if _TRUTH[value.lower()] else f"--no-{flag_of(flags[name])[2:]}")
    return made


def _joined(words: Sequence[str]) -> list[str]:
    """`--lr -1e-3` as `--lr=-1e-3`: argparse takes that number for a flag."""
    made: list[str] = []
    for word in words:
        if made and made[-1].startswith("--") and "=" not in made[-1] and _NUMBER.match(word):
            made[-1] += f"={word}"
        else:
            made.append(word)
    return made


def _known(parser: Parser, words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words without the flags that the verb does not have and their values, and a sentence for each of those.

    Words behind `--` are no flags of the verb.
    """
    flags = [*parser.flags(), "-h", "--help"]
    end = words.index("--") if "--" in words else len(words)
    left: list[str] = []
    mistakes: list[str] = []
    dropping = False
    for word in words[:end]:
        if not word.startswith("-") or word == "-" or _NUMBER.match(word):
            left += [] if dropping else [word]
            continue
        name = word.partition("=")[0]
        near = [flag for flag in flags if flag.startswith(name)] if name.startswith("--") else [word[:2]] * (word[:2] in flags)
        dropping = name not in flags and len(near) != 1
        if not dropping:
            left.append(word)
        elif len(near) > 1:
            mistakes.append(f"{name} could be {' or '.join(near)}: write it out.")
        else:
            mistakes.append(unknown_flag(name, parser.prog, parser.arguments))
    return [*left, *words[end:]], mistakes


def _sentence(error: argparse.ArgumentError, action: argparse.Action | None) -> str:
    if isinstance(error.__context__, argparse.ArgumentTypeError):
        return f"{error.argument_name} {error.__context__}"
    count = action.nargs if action else None
    wanted = {0: "takes no value", None: "needs a value", "+": "needs at least one value"}.get(count, f"needs {count} values")
    return f"{error.argument_name} {wanted}{_about(action)}."


def _missing(action: argparse.Action) -> str:
    return f"{_names(action)[0]} is missing{_about(action)}."


def _about(action: argparse.Action | None) -> str:
    """What an argument is, from its help."""
    return f": {action.help.replace('%%', '%').split(' (')[0].split(';')[0]}" if action and action.help else ""


def _names(action: argparse.Action) -> tuple[str, ...]:
    """What argparse and a person call an argument, the shortest first."""
    if action.option_strings:
        return (flag_of(action), "/".join(action.option_strings), *action.option_strings)
    shown = action.metavar if isinstance(action.metavar, str) else action.dest
    return (shown.upper(), shown, action.dest)


def _without(words: Sequence[str], action: argparse.Action) -> list[str]:
    """The words without a flag and its values."""

    def kept() -> Iterator[str]:
        dropping = 0
        for word in words:
            name = word.partition("=")[0]
            if name in action.option_strings or (len(name) > 2 and any(flag.startswith(name) for flag in action.option_strings)):
                dropping = 0 if "=" in word else action.nargs if isinstance(action.nargs, int) else 1
            elif dropping and (not word.startswith("-") or _NUMBER.match(word)):
                dropping -= 1
            elif name[:2] not in action.option_strings:
                yield word

    return list(kept())
