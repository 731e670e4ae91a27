"""Thirty people drag sliders at once: how soon each gets a picture, alone and beside heavy work of the same machine.

    python benchmarks/crowd.py [--people 30] [--seconds 10] [--rest 0] [--beside nothing training search]

Each person is a kept-alive connection that does what playground.js does: one request in flight, and the next one, for where
the slider is by then, as soon as the picture has come; a mouse moves 60 times a second, so there always is a next one. A
picture that is refused (503 or 429) is asked for again, at the then newest position, and counts as late by that. `training`
is a run in a process of its own, `search` G's closest picture, again and again, in the server itself. With --rest everybody
lets the slider rest each time they have dragged for so many seconds, and goes on when the page has what it then asks for: D's
score of the picture and a sheet of samples, which count as no picture, but are drawn while the others drag.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent

from benchmarks.playground import served, training  # noqa: E402

MODELS = ("digits-quick", "digits-cgan", "shapes-quick", "digits-dcgan", "digits-lsgan")
MOUSE_HERTZ = 60
SETTLE = 2.0  # seconds of dragging that are not counted
SETTLED = 0.15  # seconds without a new wish, then playground.js asks for the rest
RESTING: tuple[tuple[str, dict[str, str]], ...] = (("shown", {}), ("picture", {"n": "16"}))


@dataclass
class Person:
    """Somebody who drags; `waits` in seconds, one for each picture that came."""

    number: int
    waits: list[float] = field(default_factory=list)
    refused: int = 0

    async def drag(self, client: httpx.AsyncClient, until: float, counted: float, rest: float) -> None:
        """Until the clock says `until`; what began before `counted` counts nowhere; every `rest` seconds, if any, a pause."""
        model, step = MODELS[self.number % len(MODELS)], 0
        dragged_since = time.perf_counter() - rest * self.number / 30  # not all at once
        label = {"label": "3"} if model in ("digits-cgan", "shapes-quick") else {}
        while (started := time.perf_counter()) < until:
            step += 1
            offset = (step * 7 + self.number) % 160 / 20 - 4
            query = {"model": model, "seed": str(self.number), "offsets": f"{offset:.2f}"} | label
            while (answer := await client.get("/api/picture", params=query)).status_code in (429, 503):
                self.refused += 1
                await asyncio.sleep(float(answer.headers.get("Retry-After", "1")))
                query["offsets"] = f"{(time.perf_counter() * 420 + self.number) % 160 / 20 - 4:.2f}"
            answer.raise_for_status()
            took = time.perf_counter() - started
            if started >= counted:
                self.waits.append(took)
            await asyncio.sleep(max(0.0, 1 / MOUSE_HERTZ - took))
            if rest and time.perf_counter() - dragged_since > rest:
                await asyncio.sleep(SETTLED)
                await asyncio.gather(*(client.get(f"/api/{what}", params=query | more) for what, more in RESTING))
                dragged_since = time.perf_counter()


async def crowd(port: int, people: int, seconds: float, rest: float) -> tuple[list[Person], float]:
    """Everybody drags; the people, and the longest silence between two pictures of one person, the end included."""
    limits = httpx.Limits(max_connections=2 * people, max_keepalive_connections=2 * people)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=60) as client:
        for model in MODELS:  # loading is no part of dragging
            await client.get("/api/picture", params={"model": model})
        everybody = [Person(number) for number in range(people)]
        now = time.perf_counter()
        await asyncio.gather(*(person.drag(client, now + SETTLE + seconds, now + SETTLE, rest) for person in everybody))
        over = time.perf_counter() - (now + SETTLE + seconds)
    return everybody, over


@contextmanager
def searching(port: int) -> Iterator[None]:
    """G's closest picture to a drawing, searched for again and again in the server, through Gradio's queue."""
    from gradio_client import Client, handle_file
    from PIL import Image, ImageDraw

    with tempfile.TemporaryDirectory() as folder:
        drawing = Path(folder) / "seven.png"
        image = Image.new("RGB", (100, 100), "white")
        ImageDraw.Draw(image).line([(30, 25), (66, 25), (45, 75)], fill="black", width=8)
        image.save(drawing)
        client = Client(f"http://127.0.0.1:{port}/playground/", verbose=False, download_files=folder)
        ended = threading.Event()

        def search() -> None:
            while not ended.is_set():
                client.predict(photo=handle_file(str(drawing)), model="digits-quick", label=-1, seed=0, api_name="/draw_closest")

        thread = threading.Thread(target=search, daemon=True)
        thread.start()
        time.sleep(2)
        try:
            yield
        finally:
            ended.set()
            thread.join(120)


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory(prefix="ganlab-crowd-") as folder:
        os.environ["GANLAB_RUNS"] = folder
        with served() as port:
            for beside in options.beside:
                with training(beside == "training"), searching(port) if beside == "search" else training(False):
                    everybody, over = asyncio.run(crowd(port, options.people, options.seconds, options.rest))
                report(beside, everybody, over, options.seconds)


def report(beside: str, everybody: list[Person], over: float, seconds: float) -> None:
    waits = [wait for person in everybody for wait in person.waits]
    ninety_five = statistics.quantiles(waits, n=20)[18]
    fewest = min(len(person.waits) for person in everybody)
    refused = sum(person.refused for person in everybody)
    p50, p95, slowest = (1000 * value for value in (statistics.median(waits), ninety_five, max(waits)))
    print(
        f"{len(everybody)} people, beside {beside}: {len(waits) / seconds:.0f} pictures/s, p50 {p50:.0f} ms, p95 {p95:.0f} ms, "
        f"slowest {slowest:.0f} ms; each got {fewest / seconds:.1f}/s or more; {refused} refused; "
        f"the last one {1000 * over:.0f} ms after the end",
        flush=True,
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rest", type=float, default=0.0, help="seconds of dragging from one pause to the next; 0 for none")
    parser.add_argument(
        "--beside", nargs="+", default=["nothing", "training", "search"], choices=["nothing", "training", "search"]
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
