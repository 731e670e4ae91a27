"""How OpenMP's threads should wait: training alone and beside a busy program, threads spinning, soon sleeping, sleeping at once.

    python benchmarks/threads.py [--seconds 5] [--family dcgan]

Each figure is `ganlab bench` in a process of its own, since the policy is read once when PyTorch loads; they take turns. Runs
use the middle way (ganlab/core/threads.py).
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys

from ganlab.core.threads import yielding_threads

BUSY = "while True: sum(range(10**6))"  # one core's worth of somebody else's work, like a browser that draws


POLICIES = {
    "spinning": {"OMP_WAIT_POLICY": "active"},
    "soon sleeping": yielding_threads({}),
    "sleeping at once": {"OMP_WAIT_POLICY": "passive"},
}


def speed(family: str, seconds: float, policy: dict[str, str]) -> float:
    """Images per second of one measured process."""
    command = [sys.executable, "-m", "ganlab", "bench", "--family", family, "--seconds", str(seconds), "--device", "cpu"]
    done = subprocess.run(command, env=os.environ | policy, capture_output=True, text=True, check=True)
    found = re.search(r"([0-9,.]+) images/s", done.stdout)
    assert found, done.stdout
    return float(found[1].replace(",", ""))


def main() -> None:
    """Print images per second for each policy, alone and beside a busy program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--family", default="dcgan")
    options = parser.parse_args()
    for neighbours in (0, 1):
        rates: dict[str, list[float]] = {name: [] for name in POLICIES}
        busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(neighbours)]
        try:
            for _ in range(options.rounds):
                for name, values in rates.items():
                    values.append(speed(options.family, options.seconds, POLICIES[name]))
        finally:
            for process in busy:
                process.kill()
        base = statistics.median(rates["spinning"])
        shown = "  ".join(f"{name} {statistics.median(values) / base:.2f}" for name, values in rates.items())
        print(f"{'beside a busy program' if neighbours else 'alone':<22} spinning {base:,.1f} images/s; as ratios: {shown}")


if __name__ == "__main__":
    main()
