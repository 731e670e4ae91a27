"""A run's turn on its device: a paused run gives it to others that wait, and takes another when it is to go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ganlab.core.events import Continued, Event, Finished, Paused
from ganlab.core.interventions import Command
from ganlab.runtime.device_queue import awaited
from ganlab.runtime.run import Run

_PATIENCE = 5.0  # seconds since the last command, in which who pauses may go on at once
_LOOK_SECONDS = 2.0  # between two looks whether others wait
_POLL_SECONDS = 0.2  # between two looks for commands of a run that has given its turn


class Turn:
    """One worker's turns on `device`; `new` returns the commands that came since it was asked last.

    A turn is given by what a stop does: the engine ends with a checkpoint, and a resume equals not having stopped.
    """

    def __init__(self, run: Run, device: str, new: Callable[[], list[Command]]) -> None:
        self.run, self.device, self._new = run, device, new
        self._pause: Paused | None = None
        self._pending: list[Command] = []  # what the next turn begins with
        self._due = 0.0  # when to look whether others wait
        self._giving = False

    @property
    def who(self) -> str:
        """Who has paused the run."""
        return self._pause.who if self._pause else ""

    def commands(self) -> Sequence[Command]:
        """What the engine is asked to do, which asks several times a second."""
        if self._giving:
            return [Command("stop")]
        found, self._pending = [*self._pending, *self._new()], []
        now = time.monotonic()
        if found:
            self._due = now + _PATIENCE
        elif self._pause and now >= self._due:
            self._due = now + _LOOK_SECONDS
            self._giving = awaited(self.run, self.device)
        return found

    def gives(self, event: Event) -> bool:
        """Take note of an event of the engine; whether it ends the turn and not the run."""
        if isinstance(event, Paused):
            self._pause, self._due = event, time.monotonic() + _PATIENCE
        elif isinstance(event, Continued):
            self._pause = None
        return self._giving and isinstance(event, Finished)

    def asked(self, stop: Callable[[], bool]) -> Command | None:
        """Wait without the device until it is needed again, and return the command that needs it; None when `stop` says so."""
        self._giving = False
        while not stop():
            found = [command for command in self._new() if command.command != "pause"]
            if found:
                goes_on = found[0].command == "continue"
                self._pending = found[1:] if goes_on else [Command("pause", who=self.who), *found]
                self._pause = None
                return found[0]
            time.sleep(_POLL_SECONDS)
        return None
