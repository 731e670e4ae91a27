"""Answers to what people write for what is called otherwise here: one sentence that names the right call."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, signature
from typing import Any, NoReturn, ParamSpec, TypeVar

from ganlab.core.other_names import nearest

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Class = TypeVar("Class", bound=type)


class _Guess:
    """A name that a class lacks: reading it, of the class or of an object, raises AttributeError with the right call."""

    def __init__(self, call: str) -> None:
        self._call = call

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner.__name__, name

    def __get__(self, instance: object, owner: type | None = None) -> NoReturn:
        raise AttributeError(f"{self._owner} has no {self._name}: {self._call}.")


def guesses(calls: Mapping[str, str]) -> Callable[[Class], Class]:
    """Let a class answer names that it lacks, of which `dir` of an object lists none; `calls` is {"name name": right call}."""

    def answering(kind: Class) -> Class:
        answers = {name: call for names, call in calls.items() for name in names.split() if not hasattr(kind, name)}
        for name, call in answers.items():
            guess = _Guess(call)
            guess.__set_name__(kind, name)
            setattr(kind, name, guess)

        def listed(self: object) -> list[str]:
            return [name for name in object.__dir__(self) if name not in answers]

        kind.__dir__ = listed  # type: ignore[assignment, method-assign]
        return kind

    return answering


def explained(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let a call with arguments that `function` does not have raise ValueError, one sentence that names those it has."""
    known = signature(function)

    @wraps(function)
    def call(*given: Arguments.args, **named: Arguments.kwargs) -> Result:
        try:
            known.bind(*given, **named)
        except TypeError as error:
            raise ValueError(_misfit(function.__name__, list(known.parameters.values()), named, error)) from None
        return function(*given, **named)

    return call


def _misfit(function: str, parameters: list[Parameter], named: Mapping[str, Any], error: TypeError) -> str:
    names = [one.name for one in parameters if one.name not in ("self", "cls")]
    for name in named:
        if name not in names:
            near = nearest(name, names)
            meant = f"; perhaps {near} is meant" if near else ""
            return f"{name} is no argument of {function}, which takes {', '.join(names)}{meant}."
    return f"{function} takes {', '.join(names)}: {error}."


def whole(name: str, value: Any, least: int = 0) -> int:
    """A whole number of a caller's, also NumPy's; ValueError, naming it, for what is none or below `least`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} = {value!r} is not a whole number.") from None
    if number < least:
        raise ValueError(f"{name} = {number} is out of range: at least {least}.")
    return number
