"""What spinning OpenMP threads cost: training alone and beside a busy program, threads spinning (default) and sleeping.

    python benchmarks/threads.py [--seconds 5] [--family dcgan]

Each figure is `ganlab bench` in a process of its own, since the policy is read once when PyTorch loads; the four take turns.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys

BUSY = "while True: sum(range(10**6))"  # one core's worth of somebody else's work, like a browser that draws


def speed(family: str, seconds: float, policy: str) -> float:
    """Images per second of one measured process."""
    command = [sys.executable, "-m", "ganlab", "bench", "--family", family, "--seconds", str(seconds), "--device", "cpu"]
    done = subprocess.run(command, env=os.environ | {"OMP_WAIT_POLICY": policy}, capture_output=True, text=True, check=True)
    found = re.search(r"([0-9,]+) images/s", done.stdout)
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
        rates: dict[str, list[float]] = {"active": [], "passive": []}
        busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(neighbours)]
        try:
            for _ in range(options.rounds):
                for policy, values in rates.items():
                    values.append(speed(options.family, options.seconds, policy))
        finally:
            for process in busy:
                process.kill()
        spinning, sleeping = (statistics.median(values) for values in rates.values())
        situation = "beside a busy program" if neighbours else "alone"
        shown = f"spinning {spinning:6,.0f} images/s  sleeping {sleeping:6,.0f} images/s"
        print(f"{situation:<22} {shown}  ratio {sleeping / spinning:.2f}")


if __name__ == "__main__":
    main()
