"""Loads the generators of many made-up authors and counts what the loader makes of them: `python benchmarks/foreign_grid.py 300`.

Layouts, norms, activations, labels, names and wrappers are drawn at random (see tests/support/authors.py). Counted: files whose
pictures are equal, files that differ by an assumption that is listed (and are equal once it is put right), files that differ
with no assumption to put right, and values said to be evident that are wrong.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import Counter
from dataclasses import fields

import torch
from torch import Tensor

from ganlab.models.adapters import recognition
from ganlab.models.adapters.foreign import Basis, Foreign
from tests.support import authors
from tests.support.authors import Case

_AXES = {
    "layout": authors.LAYOUTS,
    "norm": authors.NORMS,
    "activation": tuple(authors.ACTIVATIONS),
    "label": authors.LABELS,
    "names": authors.NAMES,
    "wrapper": authors.WRAPPERS,
    "spectral": ("no", "no", *authors.SPECTRAL),
    "channels": (1, 3),
    "output": ("tanh", "tanh", "sigmoid"),
    "z": ("normal", "normal", "uniform(-1,1)"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("n", type=int, nargs="?", default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    counts: Counter[str] = Counter()
    seconds: list[float] = []
    for index in range(options.n):
        drawn = {field.name: rng.choice(_AXES[field.name]) for field in fields(Case) if field.name in _AXES}
        counts[outcome(Case(**drawn).sensible(), index, seconds)] += 1  # type: ignore[arg-type]
    for name, count in counts.most_common():
        print(f"{name:40} {count:5d}")
    print(f"{'seconds to load, median and most':40} {statistics.median(seconds):5.2f} {max(seconds):5.2f}")


def outcome(case: Case, seed: int, seconds: list[float]) -> str:
    """What the loader makes of one author's file."""
    author = authors.trained(case, seed)
    state, truth = authors.saved(author), case.truth()
    z, label = authors.latents(case, 8, 7), torch.arange(8)
    start = time.process_time()
    foreign = recognition.recognise(state)
    seconds.append(time.process_time() - start)
    wrong = [decision for decision in foreign.decisions if decision.value != truth[decision.setting]]
    if any(decision.basis is Basis.EVIDENCE for decision in wrong):
        return "a wrong value said to be evident"
    expected = author(z, label)
    if equal(foreign, z, label, expected):
        return "equal"
    assume = {found.setting: truth[found.setting] for found in foreign.decisions if found.basis is Basis.ASSUMED}
    right = recognition.recognise(state, assume=assume)
    return "equal once assumptions are put right" if equal(right, z, label, expected) else "differs in silence"


@torch.inference_mode()
def equal(foreign: Foreign, z: Tensor, label: Tensor, expected: Tensor) -> bool:
    """Whether the loaded network gives the author's pictures."""
    if foreign.z_dim != z.shape[1]:
        return False
    made = foreign.generators["G"](z, label if foreign.labels else None)
    return made.shape == expected.shape and bool((made - expected).abs().max() < 1e-3)


if __name__ == "__main__":
    main()
