"""A Hub on loopback for the tests that pull from one and push to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ganlab.data.hub import download as transfer
from tests.support.hub_server import Hub, serving, use


@pytest.fixture(scope="module")
def server() -> Iterator[Hub]:
    with serving() as running:
        yield running


@pytest.fixture
def there(server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """An empty Hub that the client of this process talks to, and an empty cache."""
    for name, value in vars(Hub(address=server.address)).items():
        setattr(server, name, value)
    use(server, tmp_path / "home", monkeypatch)
    monkeypatch.setattr(transfer, "PAUSE", 0.001)
    return server
