"""Every door into a function of the playground leads past the same admission: Gradio's own routes, asked by many at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import gradio as gr
import httpx
import pytest
from fastapi import FastAPI

from ganlab.app.playground import queueing
from ganlab.app.playground.mount import mount
from ganlab.app.security import classroom, quotas
from ganlab.app.security.gate import Gate
from ganlab.app.security.rights import Role
from ganlab.app.security.sessions import Sessions
from tests.support.whole_app import headers

GRADIO = "/playground/gradio_api"
SLOW, QUICK = 0, 1  # the functions' numbers


class Work:
    """What takes until `done` is set, and how often it was under way at the same time."""

    def __init__(self) -> None:
        self.most = self.calls = self._now = 0
        self.done, self._lock = threading.Event(), threading.Lock()

    def __call__(self, word: str) -> str:
        with self._lock:
            self._now += 1
            self.calls += 1
            self.most = max(self.most, self._now)
        self.done.wait(60)
        with self._lock:
            self._now -= 1
        return word.upper()

    async def under_way(self, calls: int) -> None:
        """Wait until so many calls have begun; and a little, in which more would."""
        async with asyncio.timeout(60):
            while self.calls < calls:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert self.calls == calls


async def ended(tasks: list[asyncio.Task[Any]], count: int) -> None:
    """Wait until so many have an answer."""
    async with asyncio.timeout(60):
        while sum(task.done() for task in tasks) < count:
            await asyncio.sleep(0.01)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    monkeypatch.setenv(classroom.VARIABLE, "1")
    made = Work()

    def build() -> gr.Blocks:
        with gr.Blocks() as demo:
            word, answer = gr.Textbox(), gr.Textbox()
            gr.Button().click(made, word, answer, api_name="slow", concurrency_id="slow")
            gr.Button().click(made, word, answer, api_name="quick", queue=False)
        queueing.bound(demo)
        return demo

    monkeypatch.setattr("ganlab.app.playground.mount.build", build)
    sessions = Sessions()  # the seats of another test have opened tabs of these names
    for place in ("ganlab.app.playground.mount", "ganlab.app.security.gate"):
        monkeypatch.setattr(f"{place}.SESSIONS", sessions)
    return made


@asynccontextmanager
async def served() -> AsyncIterator[Callable[..., Coroutine[Any, Any, httpx.Response]]]:
    """Ask the playground of a class; `address` is where a request comes from."""
    gateway = FastAPI()
    mount(gateway, "/playground")
    gate = Gate(gateway)

    async def ask(method: str, path: str, seat: dict[str, str], address: str = "192.0.2.9", **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(gate, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=30) as client:
            return await client.request(method, f"{GRADIO}/{path}", headers=seat, **more)

    async with gateway.router.lifespan_context(gateway):
        yield ask


async def through(ask: Any, door: str, seat: dict[str, str], session: str) -> tuple[int, str]:
    """The status and the text that a call of /slow ends with, through this door."""
    if door in ("run", "api"):
        answer = await ask("POST", f"{door}/slow", seat, json={"data": ["a"]})
        return answer.status_code, answer.text
    if door == "queue":
        answer = await ask("POST", "queue/join", seat, json={"data": ["a"], "fn_index": SLOW, "session_hash": session})
        where, query = "queue/data", {"session_hash": session}
    else:
        body = {"data": ["a"]} if door == "call" else {"word": "a"}
        answer = await ask("POST", f"{door}/slow", seat, json=body)
        where, query = f"{door}/slow/{answer.json().get('event_id')}", {}
    if answer.status_code != 200:
        return answer.status_code, answer.text
    return 200, (await ask("GET", where, seat, params=query)).text


def begin(ask: Any, door: str, seat: dict[str, str], session: str) -> asyncio.Task[tuple[int, str]]:
    return asyncio.create_task(through(ask, door, seat, session))


def test_of_six_calls_through_each_door_two_are_at_work(work: Work) -> None:
    async def scene() -> None:
        async with served() as ask:
            seats = [headers(Role.STUDENT) for _ in range(3)]
            doors = ["run", "api", "call", "call/v2", "queue"] * 6
            calls = []
            for number, door in enumerate(doors):
                calls.append(begin(ask, door, seats[number % 3], f"tab {number}"))
                await asyncio.sleep(0.01)  # the gate lets few bodies come at once
            await work.under_way(2)
            await ended(calls, 10)  # of those past the queue, which do not wait, all but two
            work.done.set()
            answers = await asyncio.gather(*calls)
        for door, (status, text) in zip(doors, answers, strict=True):
            past = door in ("run", "api")
            assert (past and status == 429) or (status == 200 and ('"A"' in text)), (door, status, text)
        refused = [text for status, text in answers if status == 429]
        assert len(refused) >= 10 and all("Others are at work on this: try again in a moment" in text for text in refused)
        assert work.most == quotas.most("slow jobs", "server") == 2

    asyncio.run(scene())


@pytest.mark.parametrize("door", ["run", "queue"])
def test_one_seat_leaves_a_place_free(door: str, work: Work) -> None:
    async def scene() -> None:
        async with served() as ask:
            attacker, victim = headers(Role.STUDENT), headers(Role.STUDENT)
            first = begin(ask, door, attacker, "tab")
            await work.under_way(1)
            more = [begin(ask, another, attacker, f"tab {another}") for another in ("run", "api", "queue")]
            await ended(more, 2)
            await work.under_way(1)
            other = begin(ask, "queue", victim, "other tab")
            await work.under_way(2)
            work.done.set()
            assert [status for status, _ in await asyncio.gather(first, *more, other)] == [200, 429, 429, 200, 200]
            assert work.calls == 3

    asyncio.run(scene())


def test_calls_that_know_no_queue_wait_and_are_bounded_too(work: Work) -> None:
    async def scene() -> None:
        async with served() as ask:
            attacker, victim = headers(Role.STUDENT), headers(Role.STUDENT)
            asked = {"data": ["b"], "fn_index": QUICK}
            attack = []
            for _ in range(40):
                attack.append(asyncio.create_task(ask("POST", "run/predict", attacker, json=asked)))
                await asyncio.sleep(0.01)
            await work.under_way(2)
            await ended(attack, 40 - 2 - 24)
            other = asyncio.create_task(ask("POST", "run/quick", victim, json={"data": ["b"]}))
            await work.under_way(3)  # it is in no line behind the others
            work.done.set()
            assert (await other).json()["data"] == ["B"]
            answers = await asyncio.gather(*attack)
        assert sorted(answer.status_code for answer in answers) == [200] * 26 + [429] * 14
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["retry-after"] == "2" and "You have 24 jobs waiting already" in refused.json()["error"]
        assert work.most <= quotas.most("quick jobs", "server")

    asyncio.run(scene())


def test_one_who_fills_the_line_is_refused_and_no_other_waits_for_all_of_it(work: Work) -> None:
    async def scene() -> None:
        async with served() as ask:
            attacker, victim = headers(Role.STUDENT), headers(Role.STUDENT)
            asked = {"data": ["a"], "fn_index": SLOW, "session_hash": "tab"}
            first = await ask("POST", "queue/join", attacker, json=asked)
            await work.under_way(1)
            answers = [first, *[await ask("POST", "queue/join", attacker, json=asked) for _ in range(40)]]
            assert [answer.status_code for answer in answers] == [200] * 25 + [429] * 16
            assert answers[-1].json()["detail"].startswith("You have 24 jobs waiting already")
            other = begin(ask, "queue", victim, "other tab")
            await work.under_way(2)
            work.done.set()
            assert '"A"' in (await other)[1]

    asyncio.run(scene())
