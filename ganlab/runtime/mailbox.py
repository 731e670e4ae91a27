"""The commands for a running worker: one file in the run directory, one JSON object a line."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Container
from dataclasses import asdict, replace
from pathlib import Path

from ganlab.core.config import is_plain
from ganlab.core.files import open_file
from ganlab.core.interventions import Command
from ganlab.core.names import from_json, to_json

_LASTING = ("update", "change")  # once confirmed, these are carried out even when the worker dies first
_MOST_BYTES = 2**20  # read at a time
_ANEW = "anew"  # a line of the file: a new worker reads from here on


class Mailbox:
    """Commands in one file; any process may add, the worker reads each once.

    Lines are only ever appended, so that concurrent writers lose none; `done` holds the ids of the commands that earlier
    workers have carried out.
    """

    def __init__(self, path: Path, done: Container[str] = ()) -> None:
        self.path, self._done = path, done
        self._read = 0  # bytes

    def add(self, command: Command) -> None:
        """Append in one write, so that the commands of several processes do not mix; OSError when the disk is full."""
        values = asdict(replace(command, id=command.id or uuid.uuid4().hex))
        del values["late"]  # known only to the reader
        text = to_json({key: value for key, value in values.items() if value not in ("", None)})
        line = f"\n{text}\n".encode()  # a line of its own, even after half of one for which there was no room
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            if os.write(descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        finally:
            os.close(descriptor)

    def prepare(self) -> None:
        """Make the file, so that a request on a full disk needs a few bytes only."""
        self.path.touch()

    def new(self) -> list[Command]:
        """Return the commands that came since the last call; lines that hold none are skipped."""
        try:
            size = self.path.stat().st_size
            if size == self._read:
                return []
            if size < self._read:  # another file
                self._read = 0
            with open_file(self.path) as file:
                file.seek(self._read)
                found = file.read(_MOST_BYTES)
        except OSError:  # none yet, or it is no file
            return []
        whole = found if len(found) == _MOST_BYTES and b"\n" not in found else found[: found.rfind(b"\n") + 1]
        self._read += len(whole)
        commands: list[Command] = []
        for command in filter(None, map(_parsed, whole.splitlines())):
            if command.command == _ANEW:
                lasting = [earlier for earlier in commands if earlier.id and earlier.command in _LASTING]
                commands = [replace(earlier, late=True) for earlier in lasting]
            elif not (command.id and command.id in self._done):
                commands.append(command)
        return commands

    def begin_anew(self) -> None:
        """Drop the commands for the previous worker before a resume, except changes that it had no time to make."""
        if self.path.exists():
            self.add(Command(_ANEW))


def _parsed(line: bytes) -> Command | None:
    try:
        command = Command(**from_json(line))
    except (ValueError, TypeError):
        return None
    texts = command.command, command.name, command.who, command.id
    return command if all(isinstance(text, str) for text in texts) and is_plain(command.value) else None
