"""What must hold before a server starts, each in one sentence. Nothing slow is imported here."""

from __future__ import annotations

import errno
import socket

from ganlab.app.security import classroom, quotas
from ganlab.app.security.frames import allowed_frames
from ganlab.app.security.proxies import trusted_proxies
from ganlab.core.files import writable
from ganlab.runtime.run import runs_root

LOOPBACK = ("127.", "localhost", "::1")  # how an address begins that only this machine reaches
_MOST = 65535


def check() -> None:
    """ValueError, one sentence, where the environment asks for what no server here can do."""
    allowed_frames()
    quotas.factor()
    trusted_proxies()
    root = runs_root()
    if classroom.wanted() and not writable(root):
        raise ValueError(f"A class keeps its keys in {root}, which cannot be written: let GANLAB_RUNS name another folder.")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to `port`, 0 for any that is free; ValueError, one sentence, where that cannot be."""
    if not 0 <= port <= _MOST:
        raise ValueError(f"--port {port} is no port: choose a number from 1 to {_MOST}.")
    bound = None
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        bound = socket.socket(family, kind)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        if bound is not None:
            bound.close()
        raise ValueError(_refusal(error, host, port)) from None
    return bound


def _refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is not available: another program has it, perhaps this app. End it, or choose another --port."
    if error.errno == errno.EACCES:
        return f"Port {port} is not available to this user: choose a --port above 1023."
    return f"Nothing can be served at {host}, port {port} ({error.strerror or error}): is that an address of this machine?"
