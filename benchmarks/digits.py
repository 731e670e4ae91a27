"""How soon digits are good: trains a recipe for real and lets an independent judge read its samples as time passes.

    python benchmarks/digits.py WEIGHTS [--recipe digits-quick]
    python benchmarks/digits.py WEIGHTS --model digits-quick

WEIGHTS is a folder with somebody else's LeNet-5 (mnist-lenet5/lenet5.pth; 99.08 % on MNIST's test part). Seconds are
those of training alone, without starting Python and reading the data. With --model nothing is trained: the judge reads
samples of a model that is there (shipped, a run, a checkpoint), which is where the numbers on the shipped cards come from.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from ganlab import RECIPES
from ganlab.core.events import Checkpoint, Started
from ganlab.models.pipeline import Pipeline
from ganlab.runtime.checkpoint import Info
from ganlab.training.engine import train
from tests.support.digit_reader import DigitReader, Reading


def main() -> None:
    """DigitReader the quick recipes, or those named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--recipe", action="append")
    parser.add_argument("--model", action="append", help="one that is there already")
    parser.add_argument("--count", type=int, default=2000, help="samples to judge")
    options = parser.parse_args()
    judge = DigitReader(options.weights)
    for name in options.model or ():
        print(f"{name}: {judged(Pipeline.load(name), judge, options.count)}")
    for name in options.recipe or ([] if options.model else ["digits-quick", "digits-quick-conditional"]):
        run(name, judge, options.count)


def run(name: str, judge: DigitReader, count: int) -> None:
    """Train `name` to its end, judging every checkpoint; judging does not count as training time."""
    config = RECIPES[name].config.replace(device="cpu")
    started, judging = 0.0, 0.0
    for event in train(config):
        if isinstance(event, Started):
            started = time.perf_counter()
        elif isinstance(event, Checkpoint):
            seconds = time.perf_counter() - started - judging
            begin = time.perf_counter()
            info = Info(config.to_dict(), dict(event.spec), event.labels, event.step)
            pipeline = Pipeline.of_checkpoint(info, event.model, name=name)
            verdict = judged(pipeline, judge, count)
            images = event.step * config.batch_size
            print(f"{name}: {seconds:5.1f} s, step {event.step}, {images / seconds:,.0f} images/s: {verdict}", flush=True)
            judging += time.perf_counter() - begin


def judged(pipeline: Pipeline, judge: DigitReader, count: int) -> Reading:
    """What the judge reads in `count` samples of seed 1, of all digits in turn where they can be asked for."""
    asked = torch.arange(count) % 10 if pipeline.conditional else None
    return judge.read(pipeline.generate(pipeline.latents(count, seed=1), asked), asked)


if __name__ == "__main__":
    main()
