"""`ganlab bench`: how fast each family trains here with its default settings, measured on the engine itself."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass

from ganlab.cli.arguments import Parser
from ganlab.cli.output import add_json, print_json
from ganlab.core.config import TrainConfig
from ganlab.core.events import Progress, Started
from ganlab.core.text import byte_size
from ganlab.training.engine import train
from ganlab.training.families import FAMILIES, load_config


def add(parser: Parser) -> None:
    """The verb's arguments."""
    parser.add_argument("--family", action="append", help="only these (repeatable; default: all)")
    parser.add_argument("--dataset", default="shapes", help="default: shapes")
    parser.add_argument("--device", default="auto", help="default: auto")
    parser.add_argument("--seconds", type=float, between=(0.1, 3600), default=5.0, help="how long to measure each (default: 5)")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Print one line for each family."""
    for name in options.family or list(FAMILIES):
        config = load_config({"family": name, "dataset": options.dataset, "device": options.device})
        speed = measure(config, options.seconds)
        if options.json:
            print_json({"family": name} | asdict(speed))
        else:
            print(f"{name:<10} {speed}", flush=True)


@dataclass(frozen=True)
class Speed:
    """Images and generator updates per second, and this process's memory in bytes."""

    device: str
    batch_size: int
    steps_per_second: float
    images_per_second: float
    memory: int

    def __str__(self) -> str:
        rate = f"{self.images_per_second:9,.0f} images/s  {self.steps_per_second:8.1f} steps/s at batch {self.batch_size}"
        return f"{rate}  {byte_size(self.memory)}  {self.device}"


def measure(config: TrainConfig, seconds: float, *, warm_up: float = 1.0) -> Speed:
    """Train `config` for `seconds` after `warm_up` seconds, without sheets and checkpoints, and return how fast it was."""
    quiet = config.replace(steps=10_000_000, sample_every=1_000_000, checkpoint_every=1_000_000)
    begin: float | None = None
    first: Progress | None = None
    device = ""
    for event in train(quiet):
        if isinstance(event, Started):
            begin, device = time.perf_counter(), event.device
        if isinstance(event, Progress) and begin is not None:
            waited = time.perf_counter() - begin
            if first is None and waited > warm_up:
                first = event
            elif first is not None and event.seconds - first.seconds >= seconds:
                rate = (event.step - first.step) / (event.seconds - first.seconds)
                images = rate * config.batch_size * config.d_steps
                return Speed(device, config.batch_size, rate, images, event.memory)
    raise AssertionError("ten million steps do not end within a benchmark")
