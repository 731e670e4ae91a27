"""The owners of the playground's files: what a visitor uploads, or has made of it, is served to that visitor alone."""

from __future__ import annotations

import gzip
import json
import posixpath
import stat
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from starlette.types import Message, Send

from ganlab.app import compat
from ganlab.app.security import quotas
from ganlab.app.security.client import Client

_UPLOAD = "/playground/gradio_api/upload"
_FILES = ("/playground/gradio_api/file=", "/playground/gradio_api/file/")
_LEAST = 0.1  # megabytes that a file counts as at least, so that their number is bounded too


@dataclass
class _File:
    """Where it lies, its megabytes, and the seats that it belongs to with their addresses."""

    place: Path
    size: float
    owners: dict[str, str] = field(default_factory=dict)


class Files:
    """The seats that each file belongs to, and how much each has stored. In the event loop alone.

    Two may upload the same picture: Gradio keeps it once, in a folder named by the hash of its content, and both may see it.
    What no one was noted for is served to no one. Gradio looks once an hour and deletes what is older than one; what goes
    beyond a limit of the table goes earlier, the oldest first: a seat's own, else that of the seat that has stored the most.
    """

    def __init__(self) -> None:
        self._files: OrderedDict[str, _File] = OrderedDict()
        self._for_all: set[str] = set()

    def may_read(self, client: Client, path: str) -> bool:
        """Whether a request for this path may pass: it is no file's, or that of a file for all or of this client."""
        name = next((path.removeprefix(start) for start in _FILES if path.startswith(start)), None)
        return name is None or self.belongs(client, name)

    def belongs(self, client: Client, name: str) -> bool:
        """Whether the file of this name, however it is written, is for all or this client's; and is no other site's."""
        if "://" in unquote(name):  # Gradio would fetch it for the visitor
            return False
        key = _tail(name)
        file = self._files.get(key)
        return key in self._for_all or (file is not None and any(map(client.owns, file.owners)))

    def show_all(self, names: Iterable[str]) -> None:
        """Serve these files, which the page itself consists of, to every visitor."""
        self._for_all.update(map(_tail, names))

    def note(self, client: Client, names: Iterable[str]) -> None:
        """These files are this client's from now on."""
        for name in names:
            place = Path(name)
            try:
                found = place.stat()
            except (OSError, ValueError):
                continue
            if not stat.S_ISREG(found.st_mode):
                continue
            size = max(_LEAST, found.st_size / 1e6)
            file = self._files.setdefault(_tail(name), _File(place, size))
            file.owners[client.seat] = client.address
            self._files.move_to_end(_tail(name))
        self._make_room(client)

    def free(self, seat: str) -> None:
        """The seat has left: its files go, but for those that another has too."""
        for key in self._of(seat):
            self._drop(key, seat)

    def forget_deleted(self) -> None:
        """Forget the files that Gradio has deleted."""
        for key in [key for key, file in self._files.items() if not file.place.exists()]:
            del self._files[key]

    def stored(self, seat: str) -> float:
        """Megabytes of a seat's files."""
        return sum(self._files[key].size for key in self._of(seat))

    def noting(self, client: Client, path: str, method: str, send: Send) -> Send:
        """`send` that also notes what the answer to an upload names."""
        if method != "POST" or path != _UPLOAD:
            return send
        body = bytearray()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self.note(client, _names(bytes(body)))
            await send(message)

        return noted

    def _make_room(self, client: Client) -> None:
        if self.stored(client.seat) > quotas.most("stored", "seat"):
            self.forget_deleted()
        while self.stored(client.seat) > quotas.most("stored", "seat"):
            self._drop(self._of(client.seat)[0], client.seat)
        while client.address and self._most(client.address)[1] > quotas.most("stored", "address"):
            self._drop_of_the_largest(client.address)
        while self._most(None)[1] > quotas.most("stored", "server"):
            self._drop_of_the_largest(None)

    def _most(self, address: str | None) -> tuple[str, float]:
        """The seat that has stored the most, and the megabytes of all; of one address, or None for all of them."""
        sizes: Counter[str] = Counter()
        whole = 0.0
        for file in self._files.values():
            seats = [seat for seat, where in file.owners.items() if address in (None, where)]
            sizes.update(dict.fromkeys(seats, file.size))
            whole += file.size if seats else 0.0
        return max(sizes, key=sizes.__getitem__, default=""), whole

    def _drop_of_the_largest(self, address: str | None) -> None:
        seat, _ = self._most(address)
        self._drop(self._of(seat)[0], seat)

    def _of(self, seat: str) -> list[str]:
        return [key for key, file in self._files.items() if seat in file.owners]

    def _drop(self, key: str, seat: str) -> None:
        file = self._files[key]
        del file.owners[seat]
        if not file.owners:
            del self._files[key]
            if key not in self._for_all and file.place.is_relative_to(compat.upload_folder()):
                file.place.unlink(missing_ok=True)


FILES = Files()


def _names(answer: bytes) -> list[str]:
    """What the answer to an upload names; [] where it was refused: too large, or no form."""
    try:
        names = json.loads(gzip.decompress(answer) if answer[:2] == b"\x1f\x8b" else answer)
    except ValueError:
        return []
    return [str(name) for name in names] if isinstance(names, list) else []


def _tail(name: str) -> str:
    """Folder and file name, however the path is written; the folder is the hash of the content."""
    return "/".join(posixpath.normpath(unquote(name)).split("/")[-2:]).lower()
