"""The sandbox of a class: whether students may start small runs now, and whose run is whose. Shut until the teacher opens it."""

from __future__ import annotations

import os

from ganlab.app.security import classroom
from ganlab.app.security.rights import Role
from ganlab.app.security.visitor import Visitor, keys
from ganlab.runtime.run import UNREADABLE, Run, runs_root

VARIABLE = "GANLAB_SANDBOX"
_FILE = ".sandbox"


def is_open() -> bool:
    """Whether students may start runs: as it was left on this day of the class, else as GANLAB_SANDBOX has it."""
    if not classroom.wanted():
        return False
    try:
        day, _, state = (runs_root() / _FILE).read_text().partition(" ")
    except (OSError, UnicodeDecodeError):
        day = state = ""
    return state == "open" if day == _day() else os.environ.get(VARIABLE) == "1"


def leave(opened: bool) -> None:
    """Open or close it until the day of the class is over; OSError where that cannot be written."""
    path = runs_root() / _FILE
    partial = path.with_name(f"{_FILE}.partial")
    partial.write_text(f"{_day()} {'open' if opened else 'closed'}")
    partial.rename(path)


def owns(user: Visitor, run: Run) -> bool:
    """Whether this student has started the run in the sandbox; what cannot be read is no student's."""
    try:
        return user.role is Role.STUDENT and user.name != "" and run.settings.owner == user.name
    except UNREADABLE:
        return False


def owns_named(user: Visitor, id: str) -> bool:
    """The same of a run by its id, which comes from outside."""
    try:
        return bool(id) and owns(user, Run.open(id))
    except UNREADABLE:
        return False


def _day() -> str:
    return repr(keys().made)
