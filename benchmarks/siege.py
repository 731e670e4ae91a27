"""Five students and a teacher work while one attacker does its worst: what the class waits for, and what the server needs.

    python benchmarks/siege.py [--app CHECKOUT] [--rows memory doors ...] [--seconds 12] [--json FILE]

On loopback alone: the whole app as a classroom (rows that end in -alone: the playground by itself), started anew for each row
with runs and files of its own, and a soft limit of 1,024 open files. Everybody has an address of their own in 127.0.0.0/8. The
class polls a live view, drags a slider, opens pages and tabs, and calls the playground's queue; the attacker is a process of its
own at a low priority, bounded in what it sends (benchmarks/under_siege/attacks.py). For each row: how many requests the class
made, how many failed (a busy answer is asked for again and counts as late), how long they took, the most memory that the
server and its helper processes had resident, the log, and how long the server took to end on SIGTERM, still under attack. The
exit code is 1 where a promise does not hold: nothing fails, p95 of each kind of request within 2 s, MEMORY, LOG, END.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

from benchmarks.many_runs import fill  # noqa: E402
from benchmarks.under_siege import material  # noqa: E402
from benchmarks.under_siege.attacks import ATTACKS, attack  # noqa: E402
from benchmarks.under_siege.people import Seen, lesson  # noqa: E402
from benchmarks.under_siege.server import END_SECONDS, Server  # noqa: E402
from tests.support.fake_runs import FakeRun  # noqa: E402

WAIT = 2.0  # seconds: p95 of each kind of request
MEMORY = 2 * 2**30  # bytes resident, the server and its helper processes together
LOG = 10**6  # bytes
END = 3.0  # seconds from SIGTERM
ALONE = ("memory", "doors", "connections", "decoding", "caches", "wording")
ROWS = [*ATTACKS, *(f"{name}-alone" for name in ALONE)]


@dataclass
class Row:
    """What came of one attack."""

    name: str
    seen: Seen
    attacker: dict[str, int]
    wrong: dict[str, int]
    ended: float
    memory: int
    log: int

    @property
    def waits(self) -> list[float]:
        """All of the class's, in seconds."""
        return [wait for waits in self.seen.waits.values() for wait in waits]

    def worst(self) -> tuple[float, str]:
        """The greatest p95 of a kind of request, and which kind."""
        return max((_p95(waits), kind) for kind, waits in self.seen.waits.items())

    def broken(self) -> list[str]:
        """Which promises did not hold."""
        held = {
            "failures": not self.seen.failures,
            "p95": self.worst()[0] <= WAIT,
            "memory": self.memory <= MEMORY,
            "log": self.log < LOG,
            "SIGTERM": self.ended <= END,
            **{name: not count for name, count in self.wrong.items()},
        }
        return [name for name, holds in held.items() if not holds]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        p95, kind = self.worst()
        return {
            "row": self.name, "requests": len(self.waits), "failures": len(self.seen.failures), "p95": _p95(self.waits),
            "worst kind": kind, "worst p95": p95, "longest": max(self.waits), "memory": self.memory, "log": self.log,
            "SIGTERM": self.ended if self.ended <= END_SECONDS else None, "broken": self.broken(),
            "attacker": self.attacker, "wrong": self.wrong,
            "failed": dict(Counter(self.seen.failures).most_common(8)),
            "kinds": {kind: [len(waits), _p95(waits), max(waits)] for kind, waits in self.seen.waits.items()},
        }  # fmt: skip


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[18] if len(values) > 1 else values[0]


def besieged(name: str, app: Path, seconds: float) -> Row:
    """One row: a server, a class, and the attack beside it."""
    kind, _, alone = name.partition("-")
    with tempfile.TemporaryDirectory(prefix="ganlab-siege-") as folder:
        home, over, watched = Path(folder), threading.Event(), Queue[str]()
        if kind == "many_runs":
            fill(home / "runs", 2000)
        training = threading.Thread(target=_train, args=(home / "runs", watched, over))
        training.start()
        try:
            with Server(app, home, alone=bool(alone)) as server:
                return _row(name, server, watched.get(), seconds)
        finally:
            over.set()
            training.join()


def _row(name: str, server: Server, run: str, seconds: float) -> Row:
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    attacker = spawn.Process(target=attack, args=(name.partition("-")[0], server.target(), seconds, there), daemon=True)
    attacker.start()
    came: list[Any] = []

    def end() -> None:
        came.extend(here.recv() if here.poll(END_SECONDS) else ({}, {"no report": 1}))
        came.append(server.end())

    try:
        here.recv()  # it is ready
        seen = asyncio.run(lesson(server.target(), run, material.photo(), seconds, lambda: here.send("begin"), end))
    finally:
        attacker.kill()
    return Row(name, seen, *came, server.peak, server.log.stat().st_size)


def _train(root: Path, watched: Queue[str], over: threading.Event) -> None:
    """The run that the class looks at: some steps a second, as long as the row lasts."""
    run = FakeRun(root, steps=10**6, sample_every=500).start()
    watched.put(run.id)
    while not over.wait(1.0):
        run.train(50)
    run.release()


def printed(row: Row) -> str:
    """One line."""
    p95, kind = row.worst()
    ended = f"{row.ended:.1f} s" if row.ended <= END_SECONDS else "never"
    return (
        f"{row.name:17} {len(row.waits):5} requests {len(row.seen.failures):4} failed  p95 {_p95(row.waits):6.2f} s "
        f"(worst kind {kind} {p95:.2f} s, longest {max(row.waits):.1f} s)  {row.memory / 2**20:6.0f} MiB  "
        f"log {row.log / 1e3:.0f} kB  SIGTERM {ended}  {', '.join(row.broken()) or 'holds'}\n"
        f"{'':17} attacker: {row.attacker} {row.wrong or ''}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--app", type=Path, default=ROOT, help="the checkout whose server is besieged (default: this one)")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=ROWS, metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--seconds", type=float, default=12.0, help="of each attack (12)")
    parser.add_argument("--json", type=Path, help="write all figures here")
    options = parser.parse_args()
    rows: list[Row] = []
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} cores, memory {MEMORY / 2**30:g} GiB", flush=True)
    for name in options.rows:
        rows.append(besieged(name, options.app.resolve(), options.seconds))
        print(printed(rows[-1]), f"(load {os.getloadavg()[0]:.1f})", flush=True)
        if options.json:
            options.json.write_text(json.dumps([row.plain() for row in rows], indent=1))
    sys.exit(any(row.broken() for row in rows))


if __name__ == "__main__":
    main()
