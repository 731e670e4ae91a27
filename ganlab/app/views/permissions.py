"""Who looks at this page, and what it may do for them: the pages' side of ganlab/app/security/rights.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from ganlab.app.security import rights
from ganlab.app.security.redact import discreet
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.visitor import called, visitor
from ganlab.core import errors

P = ParamSpec("P")
R = TypeVar("R")
AGAINST = (ValueError, OSError, sqlite3.OperationalError)  # what may speak against a deed
DEEDS: dict[str, tuple[Action, Callable[..., Any]]] = {}
"""Every deed of the pages: {module.function: (action, the function)}."""


class Refusal(ValueError):
    """Who asks must not do this."""


def cookies() -> Mapping[str, str]:
    """Those of the browser that this script runs for."""
    return st.context.cookies


def role() -> Role:
    """Who that is."""
    return visitor(cookies()).role


def who() -> str:
    """Whom a run's record names for what they do here."""
    return called(visitor(cookies()), st.context.ip_address or "")


def may(action: Action) -> bool:
    """Whether they may."""
    return rights.may(role(), action)


def discreetly(told: Any) -> Any:
    """A text, or other JSON values, as they may read it: without the server's paths where those are not theirs to know."""
    return told if may(Action.INSPECT) else discreet(told)


def hint(action: Action, otherwise: str = "") -> str:
    """Why a button is disabled, in one sentence; else what it does."""
    return rights.refusal(role(), action) or otherwise


def explain(action: Action) -> None:
    """Below a disabled button, for those who cannot point at it to read its hint."""
    if not may(action):
        st.caption(hint(action))


def deed(action: Action) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function that does something on behalf of a visitor: raises Refusal before it begins when they must not.

    The check is here and not on the button, since a browser can send a click on a button that is disabled. All that starts,
    stops, deletes or takes in something is called in such functions alone; tests/test_rights.py reads the pages for others.
    """

    def marked(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            reason = rights.refusal(role(), action)
            if reason:
                raise Refusal(reason)
            return function(*args, **kwargs)

        DEEDS[f"{function.__module__}.{function.__qualname__}"] = (action, checked)
        return checked

    return marked


def told(act: Callable[..., object], *args: object) -> None:
    """Do something for a click; what speaks against it is told in a toast."""
    try:
        act(*args)
    except AGAINST as error:
        st.toast(sentence(error))


def sentence(error: Exception) -> str:
    """What speaks against a deed, in one sentence that tells nobody where things lie."""
    return errors.explain(error, errors.DOING)
