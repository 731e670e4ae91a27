"""Viewers without a browser: each polls one run's deltas over a kept-alive connection and notes how long everything took."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from ganlab.runtime.run import Run

INTERVAL = 1.0  # seconds between polls, as in the live page


@dataclass
class Seen:
    """What viewers noticed, in seconds: how long requests took, and how old a point was when it arrived."""

    requests: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)

    def add(self, other: Seen) -> None:
        """Take over what another viewer noticed."""
        self.requests += other.requests
        self.ages += other.ages

    def request(self, part: float) -> float:
        """A quantile of the time from asking to having the answer."""
        return float(np.quantile(self.requests, part))

    def latency(self, part: float) -> float:
        """A quantile of the time from a point being recorded to a viewer having it."""
        return float(np.quantile(self.ages, part))


@dataclass(frozen=True)
class Clock:
    """Turns the worker's clock (its metric time/seconds) into this process's: recorded at = worker's + offset."""

    offset: float

    @classmethod
    def calibrated(cls, run: Run, seconds: float = 3.0) -> Self:
        """Look often for a while; the least delay ever seen between the worker's clock and ours is no delay."""
        offsets, until = [], time.monotonic() + seconds
        while time.monotonic() < until:
            value = run.last_metrics()["time/seconds"]
            offsets.append(time.monotonic() - value)
            time.sleep(0.01)
        return cls(min(offsets))


class Viewer:
    """One page that watches one run."""

    def __init__(self, port: int, id: str, clock: Clock) -> None:
        self.port, self.id, self.clock, self.seen = port, id, clock, Seen()

    async def watch(self, delay: float) -> None:
        """Poll until cancelled, beginning after `delay` seconds."""
        await asyncio.sleep(delay)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        query = ""
        try:
            while True:
                began = time.monotonic()
                delta = json.loads(await get(reader, writer, f"/api/runs/{self.id}/delta{query}"))
                now = time.monotonic()
                self.seen.requests.append(now - began)
                if query:
                    recorded = delta["series"].get("time/seconds", {"values": []})["values"]
                    self.seen.ages += [now - (value + self.clock.offset) for value in recorded]
                for step in delta["sheets"][-1:]:
                    await get(reader, writer, f"/api/runs/{self.id}/sheets/{step}.png")
                query = self._after(delta, query)
                await asyncio.sleep(max(0.0, INTERVAL - (time.monotonic() - began)))
        finally:
            writer.close()

    def _after(self, delta: dict[str, Any], query: str) -> str:
        """The query for what comes after `delta`."""
        known = dict(part.split("=") for part in query[1:].split("&")) if query else {"sheets": -1, "notes": 0}
        sheets = max(delta["sheets"], default=known["sheets"])
        notes = max((note["id"] for note in delta["annotations"]), default=known["notes"])
        return f"?since={delta['cursor']}&sheets={sheets}&notes={notes}"


async def get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
    """The body of one answer over a kept-alive connection; RuntimeError unless it is a 200."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
    if "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    if " 200 " not in head[0]:
        raise RuntimeError(f"GET {path}: {head[0]} {body[:200]!r}")
    return body


async def warm_up(port: int, server: subprocess.Popen[bytes], patience: float = 120.0) -> None:
    """Wait until the server answers; RuntimeError when it ends instead."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"The server ended with code {server.returncode} before it answered.")
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await get(reader, writer, "/api/runs")
            writer.close()
            return
        except (ConnectionError, asyncio.IncompleteReadError, RuntimeError):
            await asyncio.sleep(0.3)
    raise RuntimeError(f"The server did not answer within {patience:g} s.")
