"""What being watched costs: one training run seen by 0, 1 and 30 viewers in turn, and how soon they see what it records.

    python benchmarks/viewers.py [--family gan] [--dataset mnist] [--viewers 0 1 30] [--rounds 4] [--seconds 8]

The phases are interleaved on the same run, so that a machine that grows slower or warmer spoils none of them alone. Speeds
come from the run's own records (step and the worker's clock), the server's cost from the kernel's account of its processor
time. Viewers are simulated in this process: they poll deltas and fetch new sheets as the live page does, but draw nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.polling import Clock, Seen, Viewer, warm_up
from ganlab import FAMILIES, Run, launch

ROOT = Path(__file__).resolve().parent.parent
SETTLE = 2.0  # seconds for viewers to come (and take their first, larger answer) or go


@dataclass
class Phase:
    """All windows with the same number of viewers."""

    viewers: int
    rates: list[float] = field(default_factory=list)  # steps per second
    cores: list[float] = field(default_factory=list)  # of the server, 1.0 = one core
    seen: Seen = field(default_factory=Seen)


def main() -> None:
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a polite kill ends the run and the server too
    with tempfile.TemporaryDirectory(prefix="ganlab-viewers-") as folder:
        os.environ["GANLAB_RUNS"] = folder
        with served(options.server) as (port, pid), training(options.family, options.dataset) as run:
            phases = [Phase(viewers) for viewers in options.viewers]
            clock = Clock.calibrated(run)
            for number in range(options.rounds):
                for phase in phases if number % 2 == 0 else reversed(phases):
                    asyncio.run(window(phase, run, port, pid, clock, options.seconds))
                    print(f"round {number + 1}: {phase.viewers:3d} viewers {phase.rates[-1]:9.2f} steps/s", flush=True)
            report(options, phases)


async def window(phase: Phase, run: Run, port: int, pid: int, clock: Clock, seconds: float) -> None:
    """Watch the run with the phase's viewers for a while and add what was measured to the phase."""
    viewers = [Viewer(port, run.id, clock) for _ in range(phase.viewers)]
    tasks = [asyncio.create_task(viewer.watch(delay=i / max(1, len(viewers)))) for i, viewer in enumerate(viewers)]
    await asyncio.sleep(SETTLE)
    for viewer in viewers:
        viewer.seen = Seen()
    (step, clock_then), cpu, then = newest(run), processor_seconds(pid), time.monotonic()
    await asyncio.sleep(seconds)
    (last_step, clock_now), spent, now = newest(run), processor_seconds(pid) - cpu, time.monotonic()
    phase.rates.append((last_step - step) / (clock_now - clock_then))
    phase.cores.append(spent / (now - then))
    for task in tasks:
        task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    failures = [error for error in ends if not isinstance(error, asyncio.CancelledError)]
    if failures:
        raise RuntimeError(f"{len(failures)} viewers failed, the first with {failures[0]!r}")
    for viewer in viewers:
        phase.seen.add(viewer.seen)


def newest(run: Run) -> tuple[int, float]:
    """The step and the worker's clock at its last report: exact, however coarse the reports are."""
    series = run.series(["time/seconds"])["time/seconds"]
    return int(series.steps[-1]), float(series.values[-1])


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(server: str) -> Iterator[tuple[int, int]]:
    """The app (or its web routes alone) on a free port: port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    alone = "from starlette.applications import Starlette; from ganlab.app.api import routes; import uvicorn; "
    commands = {
        "app": [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
        "routes": [sys.executable, "-c", f"{alone}uvicorn.run(Starlette(routes=routes()), port={port}, log_level='warning')"],
    }
    process = subprocess.Popen(commands[server], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        asyncio.run(warm_up(port, process))
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def training(family: str, dataset: str) -> Iterator[Run]:
    """A run that has begun to train and goes on until the end of the block."""
    run = launch(FAMILIES[family].config.replace(dataset=dataset, steps=10_000_000, checkpoint_every=1_000_000))
    try:
        while "time/seconds" not in run.metric_names():
            status = run.status()
            if not status.active:
                raise RuntimeError(f"The run did not start: {status.cause}")
            time.sleep(0.2)
        time.sleep(5)  # the first steps are slower
        yield run
    finally:
        run.request_stop()
        while run.status().active:
            time.sleep(0.2)


def report(options: argparse.Namespace, phases: list[Phase]) -> None:
    """One line per number of viewers; the ratio compares windows of the same round."""
    print(f"\n{options.family} on {options.dataset}, server: {options.server}, {options.rounds} windows of {options.seconds:g} s")
    print("viewers   steps/s   ratio   server core   request p50 / p95   recorded -> seen p95")
    for phase in phases:
        ratio = statistics.median(rate / base for rate, base in zip(phase.rates, phases[0].rates, strict=True))
        line = (
            f"{phase.viewers:7d} {statistics.median(phase.rates):9.2f} {ratio:7.3f} {100 * statistics.mean(phase.cores):11.1f} %"
        )
        if phase.viewers:
            p50, p95 = (1000 * phase.seen.request(part) for part in (0.5, 0.95))
            line += f" {p50:9.1f} / {p95:.1f} ms {phase.seen.latency(0.95):17.2f} s"
        print(line)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", default="gan", choices=list(FAMILIES))
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--viewers", type=int, nargs="+", default=[0, 1, 30], help="the first is what the others are compared to")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each window")
    parser.add_argument(
        "--server", default="app", choices=["app", "routes"], help="streamlit run app.py, or the web routes alone"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
