"""The Hub on loopback, for the tests that pull from one and push to it."""

from __future__ import annotations

from tests.support.hub_fixtures import server, there

__all__ = ["server", "there"]
