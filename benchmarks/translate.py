"""What translating a photo costs beside the network: before, forward and after, against a bare eager forward of the same.

    python benchmarks/translate.py PHOTO [--model horse2zebra-light] [--model FILE] [--full] [--size 256] [--rounds 9]

The bare forward is plain PyTorch on the same number of pixels, square. --full adds CycleGAN's ResNet-9 with random weights: what
it draws means nothing, its time does. Photos are decoded from the file each time, as an upload is. The two take turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch

from ganlab import FAMILIES, Pipeline
from ganlab.core.images import png, read
from ganlab.core.types import DataSpec
from ganlab.models.translation import translate


def full() -> Pipeline:
    """CycleGAN's own networks, untrained."""
    family = FAMILIES["cyclegan"]
    networks = family.build_networks(family.config, DataSpec(256, 3, family.conditioning))
    generators = {name: network for name, network in networks.items() if name.startswith("G")}
    return Pipeline(generators, DataSpec(256, 3, family.conditioning), name="ResNet-9, untrained")


@torch.inference_mode()
def bare(pipeline: Pipeline, size: int) -> float:
    """Seconds of one forward pass on a square of noise."""
    image = torch.rand(1, pipeline.spec.channels, size, size)
    begin = time.perf_counter()
    pipeline.generator(image)
    return time.perf_counter() - begin


def whole(pipeline: Pipeline, photo: Path, size: int) -> dict[str, float]:
    """Seconds of every part, from the file's bytes to the PNG's."""
    begin = time.perf_counter()
    image = read(photo)
    decoded = time.perf_counter()
    made = translate(pipeline, image, size=size)
    translated = time.perf_counter()
    png(made.picture)
    end = time.perf_counter()
    parts = {"decode": decoded - begin, "before": made.seconds.before, "forward": made.seconds.forward}
    return parts | {"after": made.seconds.after, "encode": end - translated, "all": end - begin}


def main() -> None:
    """Print the median of every part, in milliseconds, and the ratio of the whole to the bare forward."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    pipelines = [Pipeline.load(name) for name in options.model or ([] if options.full else ["horse2zebra-light"])]
    print(
        f"{options.photo.name} at {options.size} px, {torch.get_num_threads()} threads, median of {options.rounds}, milliseconds"
    )
    for pipeline in pipelines + ([full()] if options.full else []):
        bare(pipeline, options.size)
        pairs = [(bare(pipeline, options.size), whole(pipeline, options.photo, options.size)) for _ in range(options.rounds)]
        parts = {name: 1000 * statistics.median(parts[name] for _, parts in pairs) for name in pairs[0][1]}
        ratio = statistics.median(parts["all"] / seconds for seconds, parts in pairs)
        shown = "  ".join(f"{name} {value:.0f}" for name, value in parts.items())
        print(f"{pipeline.name}: {shown}  bare forward {1000 * statistics.median(s for s, _ in pairs):.0f}  ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
