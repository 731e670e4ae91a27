"""How soon digits are good: trains a recipe for real and lets an independent judge read its samples as time passes.

    python benchmarks/digits.py WEIGHTS [--recipe digits-quick]

WEIGHTS is a folder with somebody else's LeNet-5 (mnist-lenet5/lenet5.pth; 99.08 % on MNIST's test part). Seconds are
those of training alone, without starting Python and reading the data.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

from ganlab import RECIPES
from ganlab.checkpoint import Info
from ganlab.engine import train
from ganlab.events import Checkpoint, Started
from ganlab.pipeline import Pipeline

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from judge import Judge


def main() -> None:
    """Judge the quick recipes, or those named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--recipe", action="append")
    parser.add_argument("--count", type=int, default=2000, help="samples to judge")
    options = parser.parse_args()
    judge = Judge(options.weights)
    for name in options.recipe or ["digits-quick", "digits-quick-conditional"]:
        run(name, judge, options.count)


def run(name: str, judge: Judge, count: int) -> None:
    """Train `name` to its end, judging every checkpoint; judging does not count as training time."""
    config = RECIPES[name].config.replace(device="cpu")
    started, judged = 0.0, 0.0
    for event in train(config):
        if isinstance(event, Started):
            started = time.perf_counter()
        elif isinstance(event, Checkpoint):
            seconds = time.perf_counter() - started - judged
            begin = time.perf_counter()
            info = Info(config.to_dict(), dict(event.spec), event.labels, event.step)
            pipeline = Pipeline.of_checkpoint(info, event.model, name=name)
            asked = torch.arange(count) % 10 if pipeline.conditional else None
            verdict = judge.read(pipeline.generate(pipeline.latents(count, seed=1), asked), asked)
            images = event.step * config.batch_size
            print(f"{name}: {seconds:5.1f} s, step {event.step}, {images / seconds:,.0f} images/s: {verdict}", flush=True)
            judged += time.perf_counter() - begin


if __name__ == "__main__":
    main()
