"""What the distance on the live curves costs: the same training with and without `fid_every`, in turns.

    GANLAB_DATA=DATA python benchmarks/fid_every.py [--recipe digits-quick] [--seconds 40] [--rounds 3]

Every turn trains anew and counts steps per second from the first to the last report, measurements included.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

from ganlab.core.config import TrainConfig
from ganlab.core.events import Progress, Started
from ganlab.training.engine import train
from ganlab.training.recipes import RECIPES


def steps_per_second(config: TrainConfig, seconds: float) -> tuple[float, int]:
    """-> the rate, and how often the distance was measured."""
    begin, step, measured = 0.0, 0, 0
    for event in train(config.replace(steps=10_000_000, sample_every=1_000_000, checkpoint_every=1_000_000, lr_decay=0)):
        if isinstance(event, Started):
            begin = time.perf_counter()
        elif isinstance(event, Progress):
            step = event.step
            measured += sum(any(name.startswith("distance/") for name in metrics) for _, metrics in event.points)
            if time.perf_counter() - begin > seconds:
                break
    return step / (time.perf_counter() - begin), measured


def main() -> None:
    """Measure in turns and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="digits-quick")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    config = RECIPES[options.recipe].config
    assert config.fid_every, f"{options.recipe} measures nothing"
    ratios = []
    for _ in range(options.rounds):
        without, _ = steps_per_second(config.replace(fid_every=0), options.seconds)
        along, measured = steps_per_second(config, options.seconds)
        ratios.append(along / without)
        print(f"{without:.2f} steps/s without, {along:.2f} with {measured} measurements: {ratios[-1]:.3f}", flush=True)
    print(f"median {median(ratios):.3f}")


if __name__ == "__main__":
    main()
