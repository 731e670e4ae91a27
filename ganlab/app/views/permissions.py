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
_FAILED = "permissions.failed"
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


def attempt(place: str, act: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """What an action on a click returns; where it fails, `show_failure` says why at this place, mostly the id of a run."""
    st.session_state.pop(_FAILED, None)
    try:
        return act(*args, **kwargs)
    except FAILURES as error:
        st.session_state[_FAILED] = place, error_text(error)
        return None


def failure(place: str) -> str:
    """Why the last action failed, as Markdown; "" where it did not, or was at another place."""
    where, sentence = st.session_state.get(_FAILED, ("", ""))
    return str(sentence) if where == place else ""


def show_failure(place: str) -> None:
    """Show why the last action failed, if it was here: until the next one, however often the page refreshes itself."""
    if sentence := failure(place):
        st.error(sentence)


def error_text(error: Exception) -> str:
    """Return why an action failed, in one sentence that reveals no path, as Markdown."""
    return escaped(redacted(errors.explain(error, errors.DOING)))
