"""Lines before the routes that cost: no seat keeps another from its answer, and a slow reader holds no place."""

from __future__ import annotations

import asyncio
from typing import Literal

import pytest
from starlette.requests import Request
from starlette.responses import Response

from ganlab.app.api.admitted import Handler, in_turns
from ganlab.app.security import classroom
from ganlab.app.security.rights import Role
from ganlab.app.security.visitor import Visitor
from tests.app.test_admission import Sender, settled


@pytest.fixture(autouse=True)
def a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(classroom.VARIABLE, "1")


def drawing(row: Literal["slow jobs", "quick jobs"]) -> tuple[asyncio.Event, list[Request], Handler]:
    """A handler in a line of its own that answers once the event is set, and the requests that it has begun with."""
    done, made = asyncio.Event(), list[Request]()

    async def draw(request: Request) -> Response:
        made.append(request)
        await done.wait()
        return Response("drawn")

    return done, made, in_turns(row)(draw)


def test_one_seats_hundred_pictures_cost_another_none_of_its_own() -> None:
    """What filled the line of 64 before, so that all others were answered 503."""

    async def scene() -> None:
        done, made, picture = drawing("slow jobs")
        attacker, victim = Visitor(Role.STUDENT, "attacker"), Sender(Visitor(Role.STUDENT, "victim"), "192.0.2.2").request
        attack = [asyncio.ensure_future(picture(Sender(attacker).request)) for _ in range(100)]
        await settled()
        assert len(made) == 1
        other = asyncio.ensure_future(picture(victim))
        await settled()
        assert made[1] is victim
        done.set()
        assert (await other).status_code == 200
        answers = await asyncio.gather(*attack)
        assert [answer.status_code for answer in answers] == [200] * 25 + [429] * 75
        assert answers[-1].headers["retry-after"] == "1" and b"try again" in answers[-1].body

    asyncio.run(scene())


@pytest.mark.parametrize("row", ["slow jobs", "quick jobs"])
def test_a_client_that_goes_away_while_it_waits_is_not_worked_for(row: Literal["slow jobs", "quick jobs"]) -> None:
    async def scene() -> None:
        done, made, picture = drawing(row)
        who = Visitor(Role.STUDENT, "a student")
        senders = [Sender(who) for _ in range(4)]
        answers = [asyncio.ensure_future(picture(sender.request)) for sender in senders]
        await settled()
        senders[-1].left.set()
        await settled()
        assert answers[-1].done()
        done.set()
        await asyncio.gather(*answers)
        assert senders[-1].request not in made and len(made) == 3

    asyncio.run(scene())
