"""The owners of uploads: files that a visitor uploads to the playground are served to that visitor alone."""

from __future__ import annotations

import gzip
import json
import posixpath
from collections import OrderedDict
from urllib.parse import unquote

from starlette.types import Message, Send

from ganlab.app.security.visitor import Visitor

_UPLOAD = "/playground/gradio_api/upload"
_FILES = ("/playground/gradio_api/file=", "/playground/gradio_api/file/")
_REMEMBERED = 20_000


class Uploads:
    """The visitors who have uploaded each file. Two may upload the same picture: Gradio keeps it once, and both may see it.

    Gradio looks once an hour and deletes what is older than one; a file's folder is named by the hash of what is in it.
    """

    def __init__(self) -> None:
        self._owners: OrderedDict[str, set[str]] = OrderedDict()

    def may_read(self, user: Visitor, path: str) -> bool:
        """Whether this file, if the path is one's, was not uploaded or was uploaded by this visitor; and is no other site's."""
        name = next((path.removeprefix(start) for start in _FILES if path.startswith(start)), None)
        if name is None:
            return True
        if "://" in unquote(name):  # Gradio would fetch it for the visitor
            return False
        owners = self._owners.get(_tail(name))
        return owners is None or user.name in owners

    def noting(self, user: Visitor, path: str, method: str, send: Send) -> Send:
        """`send` that also remembers what the answer to an upload names."""
        if method != "POST" or path != _UPLOAD:
            return send
        body = bytearray()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self._note(user, bytes(body))
            await send(message)

        return noted

    def _note(self, user: Visitor, answer: bytes) -> None:
        try:
            names = json.loads(gzip.decompress(answer) if answer[:2] == b"\x1f\x8b" else answer)
        except ValueError:
            return  # refused: too large, or no form
        for name in names if isinstance(names, list) else []:
            key = _tail(str(name))
            self._owners.setdefault(key, set()).add(user.name)
            self._owners.move_to_end(key)
        while len(self._owners) > _REMEMBERED:
            self._owners.popitem(last=False)


def _tail(name: str) -> str:
    """Folder and file name, however the path is written; the folder is the hash of the content."""
    return "/".join(posixpath.normpath(unquote(name)).split("/")[-2:]).lower()
