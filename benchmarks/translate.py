"""What translating a photo costs and keeps: time beside the network's, details against the enlarged picture, memory.

    python benchmarks/translate.py PHOTO [--model horse2zebra-light] [--model FILE] [--full] [--size 256] [--rounds 9]
    python benchmarks/translate.py FOLDER --details [--model ...] [--most 120]
    python benchmarks/translate.py PHOTO --megapixels 1 12 24 [--model ...]

The first compares with a bare forward of the same number of pixels, square, in plain PyTorch; photos are decoded from the file
each time, as an upload is, and the two take turns. --full adds CycleGAN's ResNet-9 with random weights: what it draws means
nothing, its time does.

--details: each photo of the folder, worked at half its size and, four times enlarged, at its own, comes out in three ways: the
network's picture enlarged (what was given until version 0.2), its plain difference added to the photo, and what is given now.
The half of the pixels that the network changed least, seen through a blur, counts as outside the changed area; there the
fine error is the root mean square of what is new in structure finer than five pixels, in levels of 255. In the quarter that
changed most, the drawing kept is how much of the network's own change is there, as a regression at working size finds it.

--megapixels: PHOTO enlarged to such sizes, each in a process of its own: seconds stated before and taken, by the clock and of
the processor, and the most memory beyond what the process had with the model and the decoded photo.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ganlab import FAMILIES, Pipeline
from ganlab.core.images import png, read
from ganlab.core.types import DataSpec
from ganlab.models.translation import forecast, translate

WAYS = ("enlarged", "plain difference", "now")


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


def times(pipelines: list[Pipeline], options: argparse.Namespace) -> None:
    """Print the median of every part, in milliseconds, and the ratio of the whole to the bare forward."""
    print(
        f"{options.photo.name} at {options.size} px, {torch.get_num_threads()} threads, median of {options.rounds}, milliseconds"
    )
    for pipeline in pipelines:
        bare(pipeline, options.size)
        pairs = [(bare(pipeline, options.size), whole(pipeline, options.photo, options.size)) for _ in range(options.rounds)]
        parts = {name: 1000 * statistics.median(parts[name] for _, parts in pairs) for name in pairs[0][1]}
        ratio = statistics.median(parts["all"] / seconds for seconds, parts in pairs)
        shown = "  ".join(f"{name} {value:.0f}" for name, value in parts.items())
        print(f"{pipeline.name}: {shown}  bare forward {1000 * statistics.median(s for s, _ in pairs):.0f}  ratio {ratio:.2f}")


def _pixels(image: Image.Image) -> Tensor:
    """(1, 3, H, W) in levels of 255."""
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)[None].float()


def _mean(pixels: Tensor, side: int) -> Tensor:
    return avg_pool2d(pixels, side, 1, side // 2, count_include_pad=False)


def _grey(pixels: Tensor) -> Tensor:
    return pixels.mean(1, keepdim=True)


def details(pipeline: Pipeline, photo: Image.Image, size: int) -> dict[str, tuple[float, float]]:
    """The fine error outside the changed area and the share of the drawing kept, of each of the three ways."""
    made = translate(pipeline, photo, size=size)
    small = photo.resize(made.drawn.size, Image.Resampling.LANCZOS)
    change = _pixels(made.drawn) - _pixels(small)
    layers = [Image.fromarray(layer.numpy()).resize(photo.size, Image.Resampling.BICUBIC) for layer in change[0]]
    plain = np.clip(np.asarray(photo) + np.stack(layers, axis=-1), 0, 255).round().astype(np.uint8)
    results = (made.drawn.resize(photo.size, Image.Resampling.LANCZOS), Image.fromarray(plain), made.picture)
    amount = _mean(_mean(_grey(change), 3).abs(), 17)
    shown = torch.nn.functional.interpolate(amount, size=photo.size[::-1], mode="bilinear")
    outside, inside = shown <= shown.quantile(0.5), amount >= amount.quantile(0.75)
    structure = (_grey(change) - _mean(_grey(change), 13))[inside]
    found = {}
    for way, result in zip(WAYS, results, strict=True):
        new = _grey(_pixels(result) - _pixels(photo))
        error = (new - _mean(new, 5))[outside].square().mean().sqrt()
        coarse = _grey(_pixels(result.resize(made.drawn.size, Image.Resampling.LANCZOS)) - _pixels(small))
        kept = ((coarse - _mean(coarse, 13))[inside] * structure).sum() / structure.square().sum()
        found[way] = float(error), float(kept)
    return found


def compare_details(pipelines: list[Pipeline], folder: Path, most: int) -> None:
    """Print the table of --details."""
    files = sorted(file for file in folder.iterdir() if file.is_file())
    files = files[:: -(-len(files) // most)]  # spread over the folder
    print(f"{len(files)} photos of {folder.name}, medians: fine error outside the changed area (levels of 255) · drawing kept")
    for pipeline in pipelines:
        for scale in (1, 4):
            rows = []
            for photo in map(read, files):
                side = round((photo.width * photo.height) ** 0.5)
                large = photo.resize((photo.width * scale, photo.height * scale), Image.Resampling.LANCZOS)
                rows.append(details(pipeline, large, min(1024, side if scale > 1 else side // 2)))
            texts = []
            for way in WAYS:
                error, kept = (statistics.median(row[way][part] for row in rows) for part in (0, 1))
                texts.append(f"{way} {error:.2f} · {100 * kept:.0f} %")
            less = sum(row["now"][0] < row["enlarged"][0] for row in rows)
            print(f"{pipeline.name}, {'as they are' if scale == 1 else 'enlarged 4 x'}: {' | '.join(texts)} | less in {less}")


def cost(pipeline: Pipeline, photo: Path) -> None:
    """Print what one photo takes; the most memory of a process only grows, so this one does nothing else."""
    image = read(photo)
    translate(pipeline, image.resize((300, 200)))
    stated = forecast(pipeline, image.size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin, busy = time.perf_counter(), time.process_time()
    made = translate(pipeline, image)
    seconds, busy = time.perf_counter() - begin, time.process_time() - busy
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = f"{image.width} x {image.height} -> {made.picture.width} x {made.picture.height}"
    memory = f"+{(after - before) / 1000:.0f} MB over {before / 1000:.0f} MB"
    print(
        f"{pipeline.name}: {size}, stated {stated.seconds:.1f} s, took {seconds:.1f} s ({busy:.1f} of the processor), {memory}",
        flush=True,
    )


def costs(photo: Path, models: list[str], megapixels: list[float]) -> None:
    """Call `cost` for each model and size in a process of its own."""
    image = read(photo)
    with tempfile.TemporaryDirectory() as folder:
        for count in megapixels:
            scale = (count * 1e6 / (image.width * image.height)) ** 0.5
            path = Path(folder, f"{count:g}.jpg")
            image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC).save(
                path, quality=92
            )
            for model in models:
                subprocess.run([sys.executable, __file__, str(path), "--model", model, "--cost"], check=True)


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path, help="a photo, or a folder of them for --details")
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--details", action="store_true")
    parser.add_argument("--most", type=int, default=120)
    parser.add_argument("--megapixels", type=float, nargs="+")
    parser.add_argument("--cost", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    models = options.model or ([] if options.full else ["horse2zebra-light"])
    if options.megapixels:
        return costs(options.photo, models, options.megapixels)
    pipelines = [Pipeline.load(name) for name in models] + ([full()] if options.full else [])
    if options.details:
        return compare_details(pipelines, options.photo, options.most)
    if options.cost:
        return cost(pipelines[0], options.photo)
    return times(pipelines, options)


if __name__ == "__main__":
    main()
