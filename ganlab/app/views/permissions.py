"""What the visitor who looks at a page may do: the pages' side of ganlab/app/security/rights.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from ganlab.app.security import rights, sandbox
from ganlab.app.security.redact import redact
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.visitor import Visitor, recorded_name, visitor
from ganlab.app.views.wording import escaped
from ganlab.core import errors
from ganlab.runtime.run import Run

P = ParamSpec("P")
R = TypeVar("R")
FAILURES = (ValueError, OSError, sqlite3.OperationalError)  # what an action may fail with
ACTIONS: dict[str, tuple[Action, Callable[..., Any]]] = {}
"""Every action of the pages: {module.function: (the right it requires, the function)}."""


class Refusal(ValueError):
    """The visitor lacks the right that an action requires."""


def cookies() -> Mapping[str, str]:
    """Return the cookies of the browser that this script runs for."""
    return st.context.cookies


def who() -> Visitor:
    """Return the visitor."""
    return visitor(cookies())


def role() -> Role:
    """Return the visitor's role."""
    return who().role


def visitor_name() -> str:
    """Return the name under which a run's record keeps what the visitor does here."""
    return recorded_name(who(), st.context.ip_address or "")


def mine(*runs: Run) -> bool:
    """Whether the visitor is a student who has started all these runs in the sandbox."""
    user = who()
    return bool(runs) and all(sandbox.owns(user, run) for run in runs)


def may(action: Action, *runs: Run) -> bool:
    """Whether the visitor has this right, to these runs where some are given."""
    return rights.may(role(), action) or (rights.may(role(), action, own=True) and mine(*runs))


def redacted(value: Any) -> Any:
    """Return a text, or other JSON values, as the visitor may read it: without the server's paths unless they may inspect it."""
    return value if may(Action.INSPECT) else redact(value)


def requires(action: Action) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function that acts on behalf of a visitor: it raises Refusal before it begins when they lack the right.

    Where it is given runs, they count: some rights extend to a student's own.

    The check is here and not on the button, since a browser can send a click on a button that is disabled. All that starts,
    stops, deletes or takes in something is called in such functions alone; tests/app/test_rights.py reads the pages for others.
    """

    def marked(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            runs = [value for value in (*args, *kwargs.values()) if isinstance(value, Run)]
            if not may(action, *runs):
                raise Refusal(rights.refusal(role(), action))
            return function(*args, **kwargs)

        ACTIONS[f"{function.__module__}.{function.__qualname__}"] = (action, checked)
        return checked

    return marked


def attempt(act: Callable[..., object], *args: object) -> None:
    """Act on a click; a failure appears as a toast."""
    try:
        act(*args)
    except FAILURES as error:
        st.toast(error_text(error))


def error_text(error: Exception) -> str:
    """Return why an action failed, in one sentence that reveals no path, as Markdown."""
    return escaped(redacted(errors.explain(error, errors.DOING)))
