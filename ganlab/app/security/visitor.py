"""The visitor behind a request: the role and the name that a browser's cookie gives."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

from starlette.requests import HTTPConnection

from ganlab.app.security import classroom
from ganlab.app.security.rights import Role
from ganlab.runtime.run import runs_root

COOKIE = "ganlab_seat"
_STATE = "ganlab_visitor"
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Visitor:
    """A role, and a name that tells this browser from others; a stranger has none."""

    role: Role
    name: str = ""


STRANGER = Visitor(Role.STRANGER)
HERE = Visitor(Role.TEACHER, "here")  # outside of a classroom


def visitor(cookies: Mapping[str, str]) -> Visitor:
    """Return the visitor whose browser sent these cookies."""
    if not classroom.wanted():
        return HERE
    seat = keys().seated(cookies.get(COOKIE, ""))
    return Visitor(Role[seat[0]], seat[1]) if seat else STRANGER


def keys() -> classroom.Keys:
    """Return this server's keys: read once, and new ones when their day is over."""
    with _ONE_AT_A_TIME:  # pages ask from threads of their own
        found = _keys(runs_root())
        if found.over:
            _keys.cache_clear()
            found = _keys(runs_root())
        return found


@lru_cache(8)
def _keys(root: Path) -> classroom.Keys:
    return classroom.keys(root)


def remember(connection: HTTPConnection, user: Visitor) -> None:
    """Keep the visitor for the route that answers."""
    connection.scope.setdefault("state", {})[_STATE] = user


def visitor_of(connection: HTTPConnection) -> Visitor:
    """Return the visitor who sent this request, as the gate has found; without a gate it is the teacher."""
    user: Visitor = connection.scope.get("state", {}).get(_STATE, HERE)
    return user


def recorded_name(user: Visitor, address: str) -> str:
    """Return the name under which a run's record keeps what this visitor changed; never a word of the visitor's own.

    `address` is where the request came from: outside of a classroom, this machine or another. No record names a user of the
    operating system.
    """
    if user != HERE:
        return "the teacher" if user.role is Role.TEACHER else "a student"
    with suppress(ValueError):
        if address and not ip_address(address).is_loopback:
            return address
    return "this computer"
