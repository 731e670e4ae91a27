"""What goes into the networks of the Layers panel, and what its layers answered last."""

from __future__ import annotations

from functools import lru_cache, partial

from PIL import Image

from ganlab.analysis.explore.inspect import LARGEST, Inspection, inspect
from ganlab.app.playground.translate import EXAMPLES
from ganlab.core.threads import in_background
from ganlab.models.pipeline import Pipeline


def seen_by(pipeline: Pipeline, network: str, seed: int, label: int | None, picture: Image.Image | None) -> Inspection:
    """What the layers answer; a translator without a picture is given the example. The newest few are remembered."""
    if picture is None and pipeline.translates:
        picture = example(pipeline)
    if picture is not None and network in pipeline.generators and not pipeline.translates:
        picture = None  # it draws from z
    small = None
    if picture is not None:
        picture = picture.convert("RGB")
        picture.thumbnail((2 * LARGEST, 2 * LARGEST))
        small = picture.size, picture.tobytes()
    return _seen(pipeline, network, seed, label if pipeline.conditional else None, small)


@lru_cache(maxsize=4)
def _seen(
    pipeline: Pipeline, network: str, seed: int, label: int | None, picture: tuple[tuple[int, int], bytes] | None
) -> Inspection:
    given = Image.frombytes("RGB", *picture) if picture else None
    return in_background(partial(inspect, pipeline, network, seed=seed, label=label, picture=given), on_every_core=True)


def example(pipeline: Pipeline) -> Image.Image:
    """The drawing of this project that suits a translator: a plan for one that builds houses, else a horse."""
    name = "house-plan.png" if "facades" in pipeline.name or "photo" in " ".join(pipeline.labels).lower() else "drawn-horse.png"
    return Image.open(EXAMPLES / name).convert("RGB")
