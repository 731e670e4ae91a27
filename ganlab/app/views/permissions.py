"""What the visitor who looks at a page may do: the pages' side of ganlab/app/security/rights.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from ganlab.app.security import rights
from ganlab.app.security.redact import redact
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.visitor import recorded_name, visitor
from ganlab.app.views.wording import escaped
from ganlab.core import errors

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


def role() -> Role:
    """Return the visitor's role."""
    return visitor(cookies()).role


def visitor_name() -> str:
    """Return the name under which a run's record keeps what the visitor does here."""
    return recorded_name(visitor(cookies()), st.context.ip_address or "")


def may(action: Action) -> bool:
    """Whether the visitor has this right."""
    return rights.may(role(), action)


def redacted(value: Any) -> Any:
    """Return a text, or other JSON values, as the visitor may read it: without the server's paths unless they may inspect it."""
    return value if may(Action.INSPECT) else redact(value)


def hint(action: Action, otherwise: str = "") -> str:
    """Return why a button is disabled, in one sentence; else what it does."""
    return rights.refusal(role(), action) or otherwise


def explain(action: Action) -> None:
    """Show below a disabled button why it is, for those who cannot point at it to read its hint."""
    if not may(action):
        st.caption(hint(action))


def requires(action: Action) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function that acts on behalf of a visitor: it raises Refusal before it begins when they lack the right.

    The check is here and not on the button, since a browser can send a click on a button that is disabled. All that starts,
    stops, deletes or takes in something is called in such functions alone; tests/app/test_rights.py reads the pages for others.
    """

    def marked(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            reason = rights.refusal(role(), action)
            if reason:
                raise Refusal(reason)
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
