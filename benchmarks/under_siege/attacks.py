"""The attackers: a seat that misuses its rights, or a stranger without the code. Each has few requests, and needs no more."""

from __future__ import annotations

import asyncio
import os
import resource
import secrets
from collections import Counter
from collections.abc import Awaitable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from benchmarks.streamlit_page import rerun
from benchmarks.under_siege import material
from benchmarks.under_siege.client import Client, picture
from benchmarks.under_siege.server import Target
from ganlab.app.security.quotas import most
from tests.support.hostile_pictures import many_scans

ADDRESS, OTHER = "127.0.0.66", "127.0.0.67"
_BROKEN = (httpx.HTTPError, WebSocketException, OSError, TimeoutError, asyncio.IncompleteReadError, ValueError)


@dataclass
class Tally:
    """What an attacker saw, counted by kind; `wrong` is what must not be."""

    seen: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    async def of(self, what: str, request: Awaitable[Any]) -> Any:
        """Count an answer by its status, a message about a call by its success, an error by its name."""
        try:
            answer = await request
        except httpx.HTTPStatusError as error:
            answer = error.response
        except _BROKEN as error:
            self.seen[f"{what} {type(error).__name__}"] += 1
            return None
        if isinstance(answer, dict):
            self.seen[f"{what} {'done' if answer.get('success') else 'refused'}"] += 1
        else:
            self.seen[f"{what} {getattr(answer, 'status_code', 'kept')}"] += 1
        return answer


async def calm(_: Target, __: Tally) -> None:
    """No attack: what the class has by itself."""


async def memory(target: Target, tally: Tally) -> None:
    """Four seats bring checkpoints of 3 kB and 1 MB that unfold to 0.95 and 0.3 GB, each under a session name of its own."""

    async def bring(seat: int, client: Client) -> None:
        await client.join()
        for number, file in enumerate(files):
            path = await client.upload(f"weights-{number}.pt", file + bytes(10 * seat + number))
            await tally.of("weights", client.queued("load_weights", [picture(path), []], secrets.token_hex(6)))

    files = [material.weights(15_000, stored=False), *[material.weights(8_000, stored=True)] * 3]
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(target, ADDRESS)) for _ in range(4)]
        await asyncio.gather(*(bring(seat, client) for seat, client in enumerate(clients)))
        await asyncio.Event().wait()  # with the seats still taken


async def doors(target: Target, tally: Tally) -> None:
    """One seat translates at 1,024 pixels, six at once, through each way into the endpoint."""
    async with Client(target, ADDRESS) as client:
        await client.join()
        data = [picture(await client.upload("photo.png", material.photo(1024))), "horse2zebra-light", "AtoB", 1024, False, True]

        async def through(door: str) -> None:
            while True:
                if door == "queue":
                    await tally.of(door, client.queued("translate", data))
                else:
                    await tally.of(door, client.post(f"{client.gradio}/{door}/translate", json={"data": data}))
                await asyncio.sleep(0.5)

        await asyncio.gather(*map(through, ["run"] * 6 + ["api", "call", "queue"] * 2))


async def lines(target: Target, tally: Tally) -> None:
    """One seat keeps 41 calls in each of two lines; each that ends or is refused comes again after 5 s."""
    async with Client(target, ADDRESS, most=200) as client:
        await client.join()
        data = [picture(await client.upload("photo.png", material.photo())), "horse2zebra-light", "AtoB", 512, False, True]

        async def wait(endpoint: str, data: list[Any]) -> None:
            while True:
                await tally.of(endpoint, client.queued(endpoint, data))
                await asyncio.sleep(5)

        strips = [wait("explore_loop", ["digits-quick", "0, 1, 2, 3", "slerp", 24, 20, "GIF", ""]) for _ in range(41)]
        await asyncio.gather(*(wait("translate", data) for _ in range(41)), *strips)


async def messages(target: Target, tally: Tally) -> None:
    """One seat sends three messages of 13 MB on each of 30 sockets."""
    await _sockets(target, tally, rerun("runs", "x" * 13 * 10**6), 3, 1.0)


async def reruns(target: Target, tally: Tally) -> None:
    """One seat asks for a page five times a second on each of 30 sockets."""
    await _sockets(target, tally, rerun("runs"), 1000, 0.2)


async def _sockets(target: Target, tally: Tally, message: bytes, times: int, pause: float) -> None:
    """Send on 30 sockets of one seat, each opened again a second after it was closed."""

    async def send(client: Client) -> None:
        async with client.socket() as socket:
            draining = asyncio.ensure_future(_drain(socket))
            for _ in range(times):
                await socket.send(message)
                tally.seen["sent"] += 1
                await asyncio.sleep(pause)
            await draining

    async def again(client: Client) -> None:
        while True:
            try:
                await send(client)
            except _BROKEN as error:
                tally.seen[f"closed {type(error).__name__} {getattr(getattr(error, 'rcvd', None), 'code', '')}"] += 1
            await asyncio.sleep(1)

    async with Client(target, ADDRESS) as client:
        await client.join()
        await asyncio.gather(*(again(client) for _ in range(30)))


async def _drain(socket: Any) -> None:
    async for _ in socket:
        pass


async def openings(target: Target, tally: Tally) -> None:
    """One seat opens the playground's page again and again, six at a time."""

    async def open_again(client: Client) -> None:
        while True:
            await tally.of("page", client.get(f"{target.playground}/"))
            await asyncio.sleep(0.05)

    async with Client(target, ADDRESS) as client:
        await client.join()
        await asyncio.gather(*(open_again(client) for _ in range(6)))


async def connections(target: Target, tally: Tally) -> None:
    """A stranger leaves 1,024 requests half-sent, and opens each again a second after it was closed."""

    async def half() -> None:
        while True:
            try:
                reader, writer = await _connected(target)
                writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
                await writer.drain()
                tally.seen["half-sent"] += 1
                await reader.read()
                writer.close()
                tally.seen["closed by the server"] += 1
            except OSError as error:
                tally.seen[type(error).__name__] += 1
            await asyncio.sleep(1)

    await asyncio.gather(*(half() for _ in range(1024)))


async def _connected(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = int(target.url.rsplit(":", 1)[1])
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(ADDRESS, 0), limit=2**24)


async def decoding(target: Target, tally: Tally) -> None:
    """One seat has a picture of 263 kB decoded that takes a minute of a processor, through two doors."""
    async with Client(target, ADDRESS) as client:
        await client.join()
        data = [picture(await client.upload("slow.jpg", many_scans())), "horse2zebra-light", "AtoB", 128, False, False]
        direct = client.post(f"{client.gradio}/run/translate", json={"data": data})
        await asyncio.gather(tally.of("queue", client.queued("translate", data)), tally.of("run", direct))


async def caches(target: Target, tally: Tally) -> None:
    """A stranger asks for 4,200 addresses of 60 kB, one after the other."""
    writer = None
    for number in range(4200):
        try:
            if writer is None:
                reader, writer = await _connected(target)
            writer.write(f"GET /{number:04}{'x' * 60_000} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            tally.seen[head.split()[1]] += 1
            length = next((line for line in head.lower().split("\r\n") if line.startswith("content-length")), "0: 0")
            await reader.readexactly(int(length.split(":")[1]))
            closes = "connection: close" in head.lower()
        except _BROKEN as error:
            tally.seen[type(error).__name__] += 1
            closes = True
        if closes and writer:
            writer.close()
            writer = None


async def bad_runs(target: Target, tally: Tally) -> None:
    """Damaged runs appear among the others while the class looks at the lists."""
    await asyncio.to_thread(material.damaged_runs, Path(target.home) / "runs")
    tally.seen["folders"] = len(list((Path(target.home) / "runs").iterdir()))


async def many_runs(target: Target, tally: Tally) -> None:
    """Nobody attacks: there are 2,000 runs."""
    tally.seen["runs"] = len(list((Path(target.home) / "runs").iterdir()))


async def forwarded(target: Target, tally: Tally) -> None:
    """A stranger guesses codes until it is locked out, then says that it comes from elsewhere."""
    async with Client(target, "127.0.0.1") as client:
        for _ in range(2500):
            answer = await tally.of("codes", client.post("/join", data={"code": "00000000"}))
            if answer is not None and answer.status_code == 429:
                break
        for number in range(50):
            headers = {"X-Forwarded-For": f"198.51.100.{number}"}
            answer = await tally.of("forwarded", client.post("/join", data={"code": "00000000"}, headers=headers))
            tally.wrong["codes tried after the lock-out"] += answer is None or answer.status_code != 429


async def seats(target: Target, tally: Tally) -> None:
    """A link with the class code for the teacher; a translation's pictures for another seat; 1.3 GB stored by free seats."""
    async with AsyncExitStack() as stack:
        teacher, student, other = [
            await stack.enter_async_context(Client(target, address)) for address in (OTHER, OTHER, ADDRESS)
        ]
        await teacher.join(teacher=True)
        for name in ("teacher", "code"):
            await teacher.get("/join", params={name: target.code.replace(" ", "")}, follow_redirects=True)
        allowed = await tally.of("teacher's stop", teacher.post("/api/runs/none/stop", json={}))
        tally.wrong["a teacher who is none any more"] += allowed.status_code in (401, 403)
        await asyncio.gather(student.join(), other.join())
        data = [picture(await student.upload("photo.png", material.photo())), "horse2zebra-light", "AtoB", 128, False, False]
        made = await student.queued("translate", data)
        address = f"{student.gradio}/file={made['output']['data'][0][1]['path']}"
        await tally.of("own picture", student.get(address))
        answer = await tally.of("another's picture", other.get(address))
        tally.wrong["another seat's pictures"] += answer.status_code == 200
        for _ in range(5):
            seats = [await stack.enter_async_context(Client(target, ADDRESS)) for _ in range(4)]
            await asyncio.gather(*(_store(seat, tally) for seat in seats))
        stored = sum(path.stat().st_size for path in Path(target.home, "tmp").rglob("*") if path.is_file())
        tally.seen["MB stored"] = stored // 10**6
        tally.wrong["more stored than an address may"] += stored > most("stored", "address") * 10**6


async def _store(client: Client, tally: Tally) -> None:
    await client.join()
    await tally.of("64 MB", client.upload("large.bin", secrets.token_bytes(16) + bytes(64 * 10**6)))


async def wording(target: Target, tally: Tally) -> None:
    """One seat makes 1,500 calls that cannot be answered."""
    bodies = [{"data": []}, {"data": [None] * 6}, {"data": [7, "\x1b[2J\n", 0, [], {}, None]}, {"data": "x"}, {"fn_index": -1}]
    async with Client(target, ADDRESS) as client:
        await client.join()

        async def call(first: int) -> None:
            for number in range(first, 1500, 10):
                door = ("run", "api", "call")[number % 3]
                name = ("translate", "explore_strip", "none", "draw_closest")[number % 4]
                await tally.of(door, client.post(f"{client.gradio}/{door}/{name}", json=bodies[number % 5]))

        await asyncio.gather(*map(call, range(10)))


def attack(name: str, target: Target, seconds: float, siege: Connection) -> None:
    """In a process of its own: begin when asked, report after so long, and go on, so that the server is ended under attack."""
    os.nice(5)  # other machines', in truth: they take no processor from the server and the class
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    siege.send("ready")
    siege.recv()
    asyncio.run(_attack(ATTACKS[name](target, tally := Tally()), tally, seconds, siege))


async def _attack(attack: Coroutine[Any, Any, None], tally: Tally, seconds: float, siege: Connection) -> None:
    attacking = asyncio.ensure_future(attack)
    await asyncio.wait([attacking], timeout=seconds)
    if attacking.done() and (error := attacking.exception()):
        tally.wrong[f"the attack broke: {error!r}"] += 1
    siege.send((dict(tally.seen), dict(+tally.wrong)))
    await asyncio.Event().wait()


ATTACKS = {
    one.__name__: one
    for one in (
        calm,
        memory,
        doors,
        lines,
        messages,
        reruns,
        openings,
        connections,
        decoding,
        caches,
        bad_runs,
        many_runs,
        forwarded,
        seats,
    )
} | {"wording": wording}
