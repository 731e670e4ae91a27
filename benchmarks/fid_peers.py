"""FID beside its peers: the same numbers as pytorch-fid, torch-fidelity and clean-fid, faster, in bounded memory.

    python -m venv peers && peers/bin/pip install -r requirements.txt "scipy<1.18" pytorch-fid torch-fidelity clean-fid
    peers/bin/python benchmarks/fid_peers.py DATA [--count 500] [--parts features,resize,distance,speed,memory]

DATA is a folder with facades/ and cifar10-jpg-30k.zip. Everybody reads the same random Inception weights from a file of the
real format, so no download is needed and nobody's weights matter. The peers are no dependencies of ganlab. scipy 1.18 removed
what pytorch-fid and clean-fid call.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganlab.core.progress import finish
from ganlab.core.threads import yielding_threads

os.environ |= yielding_threads(os.environ)  # before anything imports PyTorch, as `ganlab evaluate` does; for the peers too

import numpy as np
import torch
from torch import Tensor

from ganlab.data import load
from ganlab.data.torchvision_import import load_torchvision
from ganlab.metrics.distances.fid import frechet_distance
from ganlab.metrics.distances.inception_score import Scores
from ganlab.metrics.distances.kid import squared_mmd
from ganlab.metrics.distances.manifold import manifold
from ganlab.metrics.features.image_folder import ImageFolder
from ganlab.metrics.features.inception import InceptionExtractor
from ganlab.metrics.features.inception_network import Inception
from ganlab.metrics.features.inception_weights import TENSORFLOW
from ganlab.metrics.features.resize import Resize, prepared
from ganlab.metrics.statistics.gaussian import Gaussian, gather

load_torchvision()  # before the peers import it: beside a CPU-only torch it needs our help
from tests.support.inception_weights import random_inception  # noqa: E402

BATCH = 25
BAD: list[str] = []  # what is not as it should be; any of it makes this program fail
warnings.filterwarnings("ignore")


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=500, help="images of either set")
    parser.add_argument("--parts", default="resize,distance,speed,features,memory")
    options = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TORCH_HOME"] = folder
        weights = Path(folder, "hub", "checkpoints", TENSORFLOW.file)
        weights.parent.mkdir(parents=True)
        torch.save(random_inception().state_dict(), weights)
        parts: dict[str, Callable[[], None]] = {
            "resize": lambda: compare_resize(options.data),
            "distance": race_distance,
            "speed": lambda: race_features(options.data, weights),
            "features": lambda: compare_features(options.data, options.count, weights),
            "memory": watch_memory,
        }
        for name in options.parts.split(","):
            parts[name]()


def facades(data: Path, count: int) -> Tensor:
    """Photos with their label maps beside them, (N, 3, 256, 512)."""
    images = torch.cat([*ImageFolder(data / "facades" / "train"), *ImageFolder(data / "facades" / "test")])
    return images[:count]


def cifar(data: Path, count: int) -> Tensor:
    """Random ones of CIFAR-10's, (N, 3, 32, 32)."""
    found = finish(load("folder", image_size=32, data_path=str(data / "cifar10-jpg-30k.zip"), split="test"))
    order = torch.randperm(len(found.images), generator=torch.Generator().manual_seed(0))
    return found.images[order[:count]].contiguous()


def ours(weights: Path, resize: Resize) -> InceptionExtractor:
    """Our extractor on the common weights."""
    network = Inception(torch.load(weights, weights_only=True), tensorflow=True)
    return InceptionExtractor(network, "inception", "random", resize)


def pytorch_fid() -> Callable[[Tensor], Tensor]:
    """uint8 images -> features, by pytorch-fid."""
    from pytorch_fid.inception import InceptionV3

    model = InceptionV3([InceptionV3.BLOCK_INDEX_BY_DIM[2048]]).eval()
    return lambda images: model(images.float() / 255)[0][:, :, 0, 0]


def torch_fidelity(weights: Path) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """uint8 images -> features and logits, by torch-fidelity."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    model = FeatureExtractorInceptionV3("inception", ["2048", "logits_unbiased"], str(weights))
    return lambda images: model(images)


@torch.inference_mode()
def read(extract: Callable[[Tensor], Any], images: Tensor) -> Any:
    """What it makes of all images, in batches."""
    parts = [extract(part) for part in images.split(BATCH)]
    if isinstance(parts[0], Tensor):
        return torch.cat(parts)
    return tuple(torch.cat(column) for column in zip(*parts, strict=True))


def compare_features(data: Path, count: int, weights: Path) -> None:
    """Features, FID, KID, precision, recall and Inception Score on real images, against both peers."""
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_isc import isc_features_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric
    from torch_fidelity.metric_prc import prc_features_to_metric

    sets = {"facades": facades(data, count), "CIFAR-10": cifar(data, count)}
    mine = {name: read(ours(weights, "legacy"), images) for name, images in sets.items()}
    theirs = {name: read(pytorch_fid(), images) for name, images in sets.items()}
    for name in sets:
        report(f"features of {count} {name} images against pytorch-fid", relative(mine[name][0], theirs[name]), 1e-4)
    compare_distance("facades and CIFAR-10", [rows for rows, _ in mine.values()], list(theirs.values()))
    halves = [features["CIFAR-10"].chunk(2) for features in ({"CIFAR-10": mine["CIFAR-10"][0]}, theirs)]
    compare_distance("two halves of CIFAR-10", list(halves[0]), list(halves[1]))

    mine = {name: read(ours(weights, "tf"), images) for name, images in sets.items()}
    both = {name: read(torch_fidelity(weights), images) for name, images in sets.items()}
    for name in sets:
        report(f"features of {count} {name} images against torch-fidelity", relative(mine[name][0], both[name][0]), 1e-4)
        report("    their logits", relative(mine[name][1], both[name][1]), 1e-4)
    (a, logits), (b, _) = mine.values()
    (c, their_logits), (d, _) = both.values()
    value = frechet_distance(gather([a], 2048), gather([b], 2048))
    statistics = [fid_features_to_statistics(rows) for rows in (c, d)]
    other = fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]
    report(f"FID {value:.6f} against torch-fidelity's {other:.6f}", abs(value - other) / other, 1e-3)
    other = kid_features_to_metric(c, d, kid_subsets=1, kid_subset_size=count, verbose=False)["kernel_inception_distance_mean"]
    value = squared_mmd(a, b)
    report(f"KID {value:.6f} against torch-fidelity's {other:.6f}", abs(value - other) / abs(other), 1e-3)
    found, known = manifold(a, b), prc_features_to_metric(c, d, verbose=False)
    for name, mine_, key in (("precision", found.precision, "precision"), ("recall", found.recall, "recall")):
        report(f"{name} {mine_.value:.4f} against torch-fidelity's {known[key]:.4f}", abs(mine_.value - known[key]), 2 / count)
    scores = Scores(logits.shape[1])
    scores.add(logits)
    score, known = scores.estimate(), isc_features_to_metric(their_logits)
    other = known["inception_score_mean"]
    report(f"Inception Score {score} against torch-fidelity's {other:.6f}", abs(score.value - other), 3 * score.error)


def compare_distance(what: str, mine: list[Tensor], theirs: list[Tensor]) -> None:
    """FID by ganlab from its features against FID by pytorch-fid from its own."""
    from pytorch_fid.fid_score import calculate_frechet_distance

    value = frechet_distance(*(gather([rows], 2048) for rows in mine))
    moments = [(rows.double().mean(0).numpy(), np.cov(rows.double().numpy(), rowvar=False)) for rows in theirs]
    other = calculate_frechet_distance(*moments[0], *moments[1])
    report(f"FID of {what}: {value:.6f} against pytorch-fid's {other:.6f}", abs(value - other) / other, 1e-3)


def compare_resize(data: Path) -> None:
    """`clean` against clean-fid's resizer, on every photo and a hundred small images."""
    from cleanfid.resize import build_resizer

    resizer = build_resizer("clean")
    for name, images in {"facades": facades(data, 50), "CIFAR-10": cifar(data, 50)}.items():
        theirs = torch.stack([torch.from_numpy(resizer(image.permute(1, 2, 0).numpy())).permute(2, 0, 1) for image in images])
        mine = prepared(images, "clean") * 128 + 128
        report(f"clean resize of {name}, in units of 255", float((mine - theirs).abs().max()) / 255, 1e-5)


def race_distance(rounds: int = 3) -> None:
    """The Fréchet distance at 2048 features against scipy's matrix root, from the same means and covariances, in turns."""
    from pytorch_fid.fid_score import calculate_frechet_distance

    generator = torch.Generator().manual_seed(0)
    scale = torch.logspace(0, -3, 2048, dtype=torch.float64)
    rows = [torch.randn(5000, 2048, generator=generator, dtype=torch.float64) * scale + 0.01 * side for side in (0, 1)]
    moments = [(some.mean(0), torch.cov(some.T)) for some in rows]
    gaussians = [Gaussian.of(mean, covariance, 5000) for mean, covariance in moments]
    (m1, s1), (m2, s2) = ((mean.numpy(), covariance.numpy()) for mean, covariance in moments)
    contestants = {"ours": lambda: frechet_distance(*gaussians), "scipy": lambda: calculate_frechet_distance(m1, s1, m2, s2)}
    (value, other), seconds = race(contestants, rounds)
    report(f"distance at 2048 features {value:.9f} against {other:.9f}", abs(value - other) / other, 1e-6)
    print(f"    {min(seconds['ours']):.2f} s against {min(seconds['scipy']):.2f} s: {faster(seconds)}", flush=True)


@torch.inference_mode()
def race_features(data: Path, weights: Path, rounds: int = 5) -> None:
    """Images per second from uint8 to features, in turns on the same images."""
    mine, theirs, images = ours(weights, "legacy"), pytorch_fid(), cifar(data, 50)
    _, seconds = race({"ours": lambda: mine(images), "pytorch-fid": lambda: theirs(images)}, rounds)
    rates = ", ".join(f"{name} {len(images) / min(times):.2f} images/s" for name, times in seconds.items())
    print(f"features: {rates}: {faster(seconds)}", flush=True)


def race(contestants: dict[str, Callable[[], Any]], rounds: int) -> tuple[list[Any], dict[str, list[float]]]:
    """-> what each came to, and its seconds in every round: taking turns, since other programs may slow a machine at any time."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        results = []
        for name, run in contestants.items():
            begin = time.perf_counter()
            results.append(run())
            seconds[name].append(time.perf_counter() - begin)
    return results, seconds


def faster(seconds: dict[str, list[float]]) -> str:
    """How many times faster the first is than the second, round by round."""
    ours_, theirs = seconds.values()
    ratios = [b / a for a, b in zip(ours_, theirs, strict=True)]
    return f"{statistics.median(ratios):.1f} times faster (median; rounds {min(ratios):.1f} to {max(ratios):.1f})"


def watch_memory() -> None:
    """Peak memory of measuring 50,000 images against 50,000 at 2048 features, above that of the network itself."""
    script = Path(__file__).with_name("fid_memory.py")
    subprocess.run([sys.executable, str(script)], check=True)


def relative(a: Tensor, b: Tensor) -> float:
    """The largest difference, in units of the largest feature."""
    return float((a - b).abs().max() / b.abs().max())


def report(what: str, difference: float, allowed: float) -> None:
    """One line, and whether it is within what is allowed."""
    good = difference <= allowed  # not so where it is no number
    print(f"{'ok ' if good else 'BAD'} {what}: {difference:.2e} (allowed {allowed:.0e})", flush=True)
    if not good:
        BAD.append(what)


if __name__ == "__main__":
    main()
    sys.exit(1 if BAD else 0)
