"""The client behind a request: as limits count it, and as the owner of the files and weights that it brought."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from starlette.requests import HTTPConnection

from ganlab.app.security import classroom
from ganlab.app.security.buckets import network
from ganlab.app.security.rights import Role
from ganlab.app.security.visitor import visitor_of


class Client(NamedTuple):
    """In a class `seat` is the browser's name and `apart` true: what is one seat's is no other's. Else the seat is the address.

    `address` is "" for the teacher of a class, who shares no limit with an address.
    """

    seat: str
    address: str = ""
    apart: bool = False

    def owns(self, seat: str) -> bool:
        """Whether what belongs to this seat may be used."""
        return seat == self.seat or not self.apart


_CURRENT: ContextVar[Client | None] = ContextVar("client", default=None)


def client_of(connection: HTTPConnection) -> Client:
    """Return the client who sent this request, as the gate has found the visitor."""
    user, address = visitor_of(connection), network(connection.client.host if connection.client else "")
    if not classroom.wanted():
        return Client(address, address)
    return Client(user.name, "" if user.role is Role.TEACHER else address, apart=True)


@contextmanager
def serving(client: Client) -> Iterator[None]:
    """What happens inside happens for this client, in threads that are asked for too."""
    token = _CURRENT.set(client)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current() -> Client | None:
    """The client that is being served; None for what the server does of itself."""
    return _CURRENT.get()
