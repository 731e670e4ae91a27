"""Who is here, who has left, and what is freed then."""

from __future__ import annotations

import asyncio

import pytest

from ganlab.app import gateway
from ganlab.app.security.presence import AWAY_SECONDS, Presence


def test_a_seat_has_left_when_its_last_page_is_closed_for_a_while() -> None:
    now = [0.0]
    presence = Presence(lambda: now[0])
    with presence.during("ada"), presence.during("bob"):
        with presence.during("ada"):
            now[0] = 10 * AWAY_SECONDS
        assert presence.gone() == [], "another page is open"
    now[0] += AWAY_SECONDS - 1
    assert presence.gone() == [], "perhaps it is being reloaded"
    with presence.during("bob"):
        now[0] += 2
        assert presence.gone() == ["ada"] and presence.gone() == []
    assert not presence._under_way and set(presence._last) == {"bob"}


def test_what_seats_that_have_left_brought_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[tuple[str, str]] = []
    monkeypatch.setattr(gateway, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(gateway.PRESENCE, "gone", lambda: [] if freed else ["ada"])
    monkeypatch.setattr(gateway.PIPELINES, "free", lambda seat: freed.append(("weights", seat)))
    monkeypatch.setattr(gateway.FILES, "free", lambda seat: freed.append(("files", seat)))

    async def a_while() -> None:
        task = asyncio.create_task(gateway._free_what_is_left())
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(a_while())
    assert freed == [("weights", "ada"), ("files", "ada")]
