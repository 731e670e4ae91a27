"""What waiting costs: a run that trains, others that wait for its device, and ended runs beside them in the folder.

    python benchmarks/waiting.py [--waiting 18] [--ended 300] [--seconds 30]

Prints processor time and memory of each waiting worker (PSS counts shared pages in shares) and what the training got. Linux.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from ganlab.core.config import TrainConfig
from ganlab.runtime.launch import launch
from ganlab.runtime.limits import MAX_WAITING
from ganlab.runtime.recorder import opened
from ganlab.runtime.run import Run, runs
from ganlab.training.families import FAMILIES

_HZ = os.sysconf("SC_CLK_TCK")


def ended(config: TrainConfig) -> None:
    """The folder of a run that was stopped."""
    writer = opened(Run.create(config))
    writer.annotate(0, "queued")
    writer.annotate(0, "stopped")
    writer.close()


def worker_of(run: Run) -> int:
    """The process that was started for this run's directory."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(run.path.resolve()).encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                return int(entry.name)
        except OSError:
            continue
    raise SystemExit(f"{run.id} has no worker")


def processor_seconds(pid: int) -> float:
    """Of user and system time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _HZ


def megabytes(pid: int) -> tuple[float, float]:
    """RSS and PSS in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name: int(value.split()[0]) / 1024 for name, value in (line.split(":") for line in lines)}
    return sizes["Rss"], sizes["Pss"]


def until(waiting: list[Run], phase: str) -> None:
    """All of them do this."""
    while not all(run.status().phase == phase for run in waiting):
        time.sleep(0.5)


def measure(waiting: int, seconds: float) -> None:
    """One run trains, others wait; print what they cost."""
    config = FAMILIES["dcgan"].config.replace(dataset="shapes", device="cpu", steps=10**6, checkpoint_every=10**6, fid_every=0)
    trains, *others = (launch(config.replace(seed=seed)) for seed in range(waiting + 1))
    until([trains], "training")
    until(others, "waiting_device")
    pids = [worker_of(run) for run in (trains, *others)]
    time.sleep(3)
    before, step, began = [processor_seconds(pid) for pid in pids], trains.status().step, time.monotonic()
    time.sleep(seconds)
    passed, step = time.monotonic() - began, trains.status().step - step
    used, *each = (now - then for now, then in zip(map(processor_seconds, pids), before, strict=True))
    rss, pss = zip(*map(megabytes, pids[1:]), strict=True)
    print(f"{waiting} waiting workers, {passed:.0f} s on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"processor time: all together {sum(each) / passed:.3f} cores, each {statistics.mean(each) / passed:.2%} of a core")
    print(f"    at most {max(each) / passed:.2%}; the training had {used / passed:.2f} cores and did {step / passed:.2f} steps/s")
    print(f"memory: RSS {statistics.mean(rss):.0f} MiB each (at most {max(rss):.0f}), PSS {statistics.mean(pss):.0f}")


def main() -> None:
    """Measure in a folder of runs of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--waiting", type=int, default=18)
    parser.add_argument("--ended", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="ganlab-waiting-"))
    os.environ |= {"GANLAB_RUNS": str(home), MAX_WAITING: str(options.waiting)}
    try:
        for _ in range(options.ended):
            ended(FAMILIES["dcgan"].config)
        measure(options.waiting, options.seconds)
    finally:
        for run in runs():
            if run.status().active:
                run.request_stop()
        while any(run.status().active for run in runs()):
            time.sleep(0.5)
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
