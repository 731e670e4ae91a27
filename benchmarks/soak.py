"""A lesson that never ends: many viewers, two runs at a time, and people who click at random; then, what it left behind.

    python benchmarks/soak.py [--minutes 10] [--viewers 30] [--seed 0]

Viewers poll live views over the network as the page does, fetch sheets, lists, exports and pictures drawn by a model, and some
hold a Streamlit session whose pages run again and again. People start, pause, go on, step, change rates, stop, resume, fork and
delete. Counted: answers that are not what they should be, tracebacks in the server's and the workers' logs, exceptions on pages,
the server's memory after a warm-up against its end, and processes and files that are left when everything is stopped and deleted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.streamlit_page import run_page
from ganlab import Run, resume, runs
from ganlab.core.config import TrainConfig
from ganlab.runtime import cleanup as cleaning
from ganlab.runtime.cleanup import clean
from ganlab.runtime.device_queue import queue
from ganlab.runtime.fork import fork
from ganlab.runtime.launch import launch_together
from tests.support.app_server import AppServer
from tests.support.small import small

PAGES = ("", "train", "watch", "runs", "evaluate")
EXPECTED = {200, 202, 304, 404, 409, 503}  # 404 and 409: somebody else deleted or stopped it; 503: ask again, it is being written
MOST_RUNS = 12
WARM_UP = 0.4  # of the time: caches fill, pages are imported


@dataclass
class Seen:
    """What happened: counts of answers and clicks, and what should not have happened."""

    answers: Counter[int] = field(default_factory=Counter)
    clicks: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    again: int = 0  # answers that had to be asked for twice, because an idle connection was closed just then
    wrong: list[str] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)  # (seconds, bytes)


class Lesson:
    """One server, and everybody who uses it."""

    def __init__(self, server: AppServer, seed: int) -> None:
        self.url, self.root, self.seen, self.random = server.url, server.runs_root, Seen(), random.Random(seed)
        self.client = httpx.AsyncClient(base_url=server.url, timeout=60, limits=httpx.Limits(max_connections=200))

    async def get(self, path: str) -> httpx.Response | None:
        """An answer; what it should not be is noted."""
        try:
            try:
                answer = await self.client.get(path)
            except (httpx.ReadError, httpx.RemoteProtocolError):  # an idle connection was closed just then: browsers ask again
                self.seen.again += 1
                answer = await self.client.get(path)
        except httpx.HTTPError as error:
            self.seen.wrong.append(f"GET {path}: {error!r}")
            return None
        self._note(path, answer)
        return answer if answer.status_code == 200 else None

    def _note(self, path: str, answer: httpx.Response) -> None:
        self.seen.answers[answer.status_code] += 1
        deleted = answer.status_code == 400 and ("was deleted" in answer.text or "There is no model named" in answer.text)
        if (answer.status_code not in EXPECTED and not deleted) or "Traceback" in answer.text[:2000]:
            self.seen.wrong.append(f"{path}: {answer.status_code} {answer.text[:200]}")

    async def watch(self) -> None:
        """A page with the live view: polls one run, fetches its sheets, and after a while turns to another."""
        while True:
            listed = await self.get("/api/runs")
            known = [item["id"] for item in listed.json()] if listed else []
            if not known:
                await asyncio.sleep(1)
                continue
            id, query = self.random.choice(known), ""
            for _ in range(self.random.randint(5, 30)):
                answer = await self.get(f"/api/runs/{id}/delta{query}")
                if answer is None:
                    break
                delta = answer.json()
                for step in delta["sheets"][-1:]:
                    await self.get(f"/api/runs/{id}/sheets/{step}.png")
                sheets, notes = max(delta["sheets"], default=-1), max((note["id"] for note in delta["annotations"]), default=0)
                query = f"?since={delta['cursor']}&sheets={sheets}&notes={notes}"
                await asyncio.sleep(1)
            other = self.random.choice(["", "/metrics.csv", "/thumbnail.png", "/export.zip", "/detail?from=0&to=500"])
            await self.get(f"/api/runs/{id}{other}")

    async def play(self) -> None:
        """Somebody at the playground's slider."""
        while True:
            listed = await self.get("/api/runs")
            ready = [item["id"] for item in listed.json() if item["checkpoints"]] if listed else []
            if ready:
                id = self.random.choice(ready)
                for _ in range(10):
                    await self.get(f"/api/picture?model={id}&seed={self.random.randint(0, 99)}&n=16")
                    await asyncio.sleep(0.3)
            await asyncio.sleep(2)

    async def visit(self) -> None:
        """A browser tab on Streamlit's pages: a session, a page, another page; then it is closed and opened again."""
        address = self.url.replace("http", "ws") + "/_stcore/stream"
        while True:
            try:
                async with connect(address, subprotocols=["streamlit"], origin=self.url, max_size=None) as socket:
                    for _ in range(self.random.randint(2, 6)):
                        await self._page(socket, self.random.choice(PAGES))
                        await asyncio.sleep(self.random.uniform(1, 4))
            except (OSError, TimeoutError) as error:
                self.seen.wrong.append(f"session: {error!r}")
            await asyncio.sleep(1)

    async def _page(self, socket: ClientConnection, page: str) -> None:
        async with asyncio.timeout(90):
            self.seen.wrong += await run_page(socket, page)
        self.seen.pages += 1

    async def click(self) -> None:
        """Somebody who presses buttons, each of which has one outcome or one sentence."""
        while True:
            await asyncio.sleep(self.random.uniform(0.5, 3))
            known = await asyncio.to_thread(runs, self.root)
            active = [run for run in known if run.status().active]
            if len(active) < 2 and len(known) < MOST_RUNS:
                await self._press("start", lambda: launch_together({"": _config(1), "twin": _config(2)}))
            elif known:
                run = self.random.choice(known)
                what = self.random.choice(["stop", "pause", "continue", "step", "change", "resume", "fork", "delete", "clean"])
                if what in ("stop", "pause", "continue", "step", "change"):
                    await self._control(run, what)
                else:
                    await self._press(what, self._act(what, run))

    async def _control(self, run: Run, what: str) -> None:
        values = {"command": what, "who": "soak"} | (
            {"name": "lr", "value": self.random.choice([1e-4, 3e-4])} if what == "change" else {}
        )
        path = f"/api/runs/{run.id}/{'stop' if what == 'stop' else 'control'}"
        answer = await self.client.post(path, json=values, headers={"Origin": self.url, "X-GANLab": "1"})
        self.seen.clicks[what] += 1
        self._note(f"control {what}", answer)

    def _act(self, what: str, run: Run) -> Callable[[], object]:
        return {
            "resume": lambda: resume(run),
            "fork": lambda: fork(run) if len(runs(self.root)) < MOST_RUNS else None,
            "delete": run.delete,
            "clean": lambda: clean(self.root),
        }[what]

    async def _press(self, what: str, act: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(act)
            self.seen.clicks[what] += 1
        except ValueError as error:  # one sentence
            self.seen.refusals[what] += 1
            if "\n" in str(error):
                self.seen.wrong.append(f"{what}: {error}")
        except Exception as error:
            self.seen.wrong.append(f"{what}: {error!r}")

    async def weigh(self, pid: int) -> None:
        """Note the server's resident memory every two seconds."""
        began = time.monotonic()
        while True:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            self.seen.memory.append((time.monotonic() - began, pages * os.sysconf("SC_PAGE_SIZE")))
            await asyncio.sleep(2)


def _config(seed: int) -> TrainConfig:
    """Small, but it trains for as long as anybody lets it."""
    return small(
        image_size=16, width=4, batch_size=4, seed=seed, steps=50_000, checkpoint_every=500, sample_every=250, log_every=10
    )


async def lesson(one: Lesson, pid: int, viewers: int, seconds: float) -> None:
    """Everybody at once, until time is up."""
    sessions, players = max(1, viewers // 6), max(1, viewers // 10)
    people: list[Callable[[], Awaitable[None]]] = [one.visit] * sessions + [one.play] * players
    people += [one.watch] * (viewers - len(people)) + [one.click] * 3
    tasks = [asyncio.ensure_future(person()) for person in people] + [asyncio.ensure_future(one.weigh(pid))]
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    one.seen.wrong += [f"a viewer broke: {task.exception()!r}" for task in done]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await one.client.aclose()


def tidy(root: Path) -> None:
    """Stop everything and delete it, as a teacher does in the evening."""
    for run in runs(root):
        run.request_stop()
    until = time.monotonic() + 120
    while queue(root) and time.monotonic() < until:
        time.sleep(0.2)
    for run in runs(root):
        run.delete()
    cleaning._LEFTOVER_SECONDS = -1.0
    clean(root)


def growth(memory: list[tuple[float, int]]) -> float:
    """From the end of the warm-up to the end: medians of the readings of a tenth of the time each."""
    whole = memory[-1][0]
    then = [size for at, size in memory if WARM_UP * whole <= at <= (WARM_UP + 0.1) * whole]
    now = [size for at, size in memory if at >= 0.9 * whole]
    return statistics.median(now) / statistics.median(then) - 1


def processes(words: str) -> list[str]:
    """Command lines of other processes that contain `words`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            found += [line] if words in line else []
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--viewers", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="ganlab-soak-") as folder:
        home = Path(folder)
        os.environ |= {"GANLAB_RUNS": str(home / "runs"), "GANLAB_DATA": str(home / "data")}
        with AppServer(home, home / "data") as server:
            one = Lesson(server, options.seed)
            asyncio.run(lesson(one, server._process.pid, options.viewers, 60 * options.minutes))
            logs = [path.read_text() for path in (home / "runs").glob("*/worker.log")]
            tidy(home / "runs")
        until = time.monotonic() + 30  # a process takes a moment to end after it has let go of its run
        while (orphans := processes(folder)) and time.monotonic() < until:
            time.sleep(0.2)
        left = [str(path.relative_to(home)) for path in (home / "runs").iterdir() if path.name not in (".devices", ".jobs")]
        traces = [text for text in [server.log.read_text(), *logs] if "Traceback" in text]
        report(one.seen, orphans, left, traces, options)


def report(seen: Seen, orphans: list[str], left: list[str], traces: list[str], options: argparse.Namespace) -> None:
    """Counts, then what should not be; exits with 1 where there is any of it."""
    print(f"{options.viewers} viewers, {options.minutes:g} minutes, seed {options.seed}")
    print(f"answers: {dict(sorted(seen.answers.items()))}; page runs: {seen.pages}; asked twice: {seen.again}")
    print(f"clicks: {dict(sorted(seen.clicks.items()))}; refused in one sentence: {dict(sorted(seen.refusals.items()))}")
    grown = growth(seen.memory)
    sizes = [size / 2**20 for _, size in seen.memory]
    print(
        f"server: {sizes[0]:.0f} MiB at first, at most {max(sizes):.0f}, {sizes[-1]:.0f} in the end; "
        f"{100 * grown:+.1f} % since warm"
    )
    print(
        f"left behind: {len(orphans)} processes, {len(left)} files; {len(traces)} logs with a traceback; {len(seen.wrong)} errors"
    )
    for text in [*Counter(seen.wrong), *orphans, *left, *(trace[-3000:] for trace in traces)][:20]:
        print(f"  {text}")
    sys.exit(bool(seen.wrong or orphans or left or traces or grown >= 0.05))


if __name__ == "__main__":
    main()
