"""`shapes`: ten drawn shapes, at any size, grey or colour. Deterministic, without a file and without a network.

An image is a function of its index alone: nine numbers hashed from the index place, turn, size and colour a shape, and a
signed distance field draws it with smooth edges. Training and test images have different indices.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import numpy as np

from ganlab.core.events import Loading
from ganlab.core.types import Conditioning
from ganlab.data.registry import Availability, DataSource, Loader, Wanted
from ganlab.data.sets.shape_fields import FIELDS

if TYPE_CHECKING:
    from torch import Tensor

TRAIN_IMAGES, TEST_IMAGES = 10_000, 2_000  # at most
MAX_PIXELS = 2**26  # of the training part: from 82 pixels a side on there are fewer images, lest drawing takes minutes
NAMES = tuple(FIELDS)
_CHUNK_BYTES = 2**18  # a few float fields of this size stay in a core's cache
_OTHER_DOMAIN = 10**9  # where the indices of the unpaired sources begin


def render(indices: np.ndarray, image_size: int, channels: int, style: str = "filled") -> np.ndarray:
    """indices (n,) -> images (n, S, S, C) uint8; the shape of index i is NAMES[i % 10]. Style: filled, outline or striped."""
    images = np.empty((len(indices), image_size, image_size, channels), dtype=np.uint8)
    chunk = max(1, _CHUNK_BYTES // (4 * image_size**2))
    for label, name in enumerate(NAMES):
        rows = np.flatnonzero(indices % len(NAMES) == label)
        for start in range(0, len(rows), chunk):
            some = rows[start : start + chunk]
            images[some] = _draw(name, indices[some], image_size, channels, style)
    return images


def _draw(name: str, indices: np.ndarray, image_size: int, channels: int, style: str) -> np.ndarray:
    """One chunk of one shape -> (n, S, S, C) uint8."""
    field, turn = FIELDS[name]
    chance = _chance(indices)
    half = image_size / 2
    radius = 0.54 + 0.24 * chance[0]  # of half the image
    room = np.maximum(0.97 - radius, 0)
    left, up = room * (2 * chance[1] - 1), room * (2 * chance[2] - 1)
    angle = turn * (2 * chance[3] - 1)
    axis = (2 * np.arange(image_size) + 1) / image_size - 1
    across = (axis - left[:, None]) / radius[:, None]
    upward = (-axis - up[:, None]) / radius[:, None]
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x = _outer(across * cos, upward * sin)
    y = _outer(-across * sin, upward * cos)
    pixel = _per_image(radius * half)  # pixels per unit of the field
    distance = field(x, y, _per_image(chance[4])) * pixel
    cover = np.clip(0.5 - distance, 0, 1)
    if style == "outline":
        cover -= np.clip(0.5 - distance - max(1.0, image_size / 20), 0, 1)
    stripes = _stripes(x, y, pixel, image_size, chance[8]) if style == "striped" else None
    return _paint(cover, stripes, upward.astype(np.float32)[:, :, None], chance, channels)


def _paint(cover: np.ndarray, stripes: np.ndarray | None, height: np.ndarray, chance: np.ndarray, channels: int) -> np.ndarray:
    """Coverage (n, S, S) in [0, 1] -> (n, S, S, C) uint8: a shape lit from above on a dark ground."""
    light = np.clip(0.92 + 0.10 * height, 0.75, 1.0)
    if channels == 1:
        ink, ground, stripe = (255 * (0.8 + 0.2 * chance[5]))[:, None], np.zeros((len(cover), 1)), np.full((1, 1), 70.0)
    else:
        ink = _colour(chance[5], 0.55 + 0.35 * chance[6], 0.95 + 0.05 * chance[6])
        ground = _colour(0.48 + 0.34 * chance[7], 0.5, 0.15 + 0.13 * chance[6])  # teal, navy or plum
        stripe = np.array([[250.0, 247.0, 240.0]])
    result = np.empty((*cover.shape, channels), dtype=np.uint8)
    for channel in range(channels):
        fill = _per_image(ink[:, channel]) * light
        if stripes is not None:
            fill = fill + (_per_image(stripe[:, channel]) - fill) * stripes
        base = _per_image(ground[:, channel])
        result[..., channel] = np.rint(base + (fill - base) * cover)
    return result


def _stripes(x: np.ndarray, y: np.ndarray, pixel: np.ndarray, image_size: int, chance: np.ndarray) -> np.ndarray:
    """Coverage of slanted bands in the shape's own frame, at least two pixels wide."""
    period = max(4.0, image_size / 6.5)  # pixels
    along = (x * np.float32(0.8) + y * np.float32(0.6)) * pixel / np.float32(period) + _per_image(chance)
    wave = abs(along - np.floor(along) - np.float32(0.5))  # a triangle wave, 0 to 1/2
    return np.clip(0.5 + (0.25 - wave) * np.float32(period), 0, 1)


def _colour(hue: np.ndarray, saturation: np.ndarray | float, value: np.ndarray | float) -> np.ndarray:
    """Hue in turns, saturation and value in [0, 1] -> (n, 3) RGB, 0 to 255."""
    wheel = (hue[:, None] * 6 + np.array([[5.0, 3.0, 1.0]])) % 6
    strength = np.clip(np.minimum(wheel, 4 - wheel), 0, 1)
    saturation, value = np.reshape(saturation, (-1, 1)), np.reshape(value, (-1, 1))
    return 255 * value * (1 - saturation * strength)


def _chance(indices: np.ndarray, count: int = 9) -> np.ndarray:
    """(count, n) numbers in [0, 1) hashed from the indices: splitmix64 (Steele, Lea and Flood, 2014), the same for ever."""
    with np.errstate(over="ignore"):
        steps = indices.astype(np.uint64) * np.uint64(count) + np.arange(1, count + 1, dtype=np.uint64)[:, None]
        bits = steps * np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((bits ^ (bits >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


def _per_image(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)[:, None, None]


def _outer(across: np.ndarray, upward: np.ndarray) -> np.ndarray:
    """Per-column and per-row parts (n, S) each -> (n, S, S) float32."""
    return across.astype(np.float32)[:, None, :] + upward.astype(np.float32)[:, :, None]


def how_many(image_size: int) -> int:
    """Training images of this side: 10,000 up to 81 pixels, 4,090 at 128, 1,020 at 256; as many of every shape."""
    return max(1, min(TRAIN_IMAGES, MAX_PIXELS // image_size**2) // len(NAMES)) * len(NAMES)


def _load(wanted: Wanted) -> Loader:
    import torch  # noqa: PLC0415  (brings PyTorch)

    from ganlab.data.dataset import Dataset  # noqa: PLC0415  (brings PyTorch)

    count = how_many(wanted.image_size)
    indices = np.arange(min(count, TEST_IMAGES)) + TRAIN_IMAGES if wanted.split == "test" else np.arange(count)
    indices = indices[: wanted.limit or None]
    styles: dict[Conditioning, tuple[str, str, Callable[[np.ndarray], np.ndarray]]] = {
        Conditioning.PAIRED: ("filled", "outline", lambda same: same),
        Conditioning.UNPAIRED: ("striped", "filled", lambda same: same + _OTHER_DOMAIN),
    }
    style, source_style, source_of = styles.get(wanted.conditioning, ("filled", "", lambda same: same))
    images = yield from _render_all(indices, wanted, style)
    sources = (yield from _render_all(source_of(indices), wanted, source_style)) if source_style else None
    return Dataset("shapes", images, torch.from_numpy(indices % len(NAMES)), NAMES, sources)


def _render_all(indices: np.ndarray, wanted: Wanted, style: str) -> Generator[Loading, None, Tensor]:
    """-> (N, C, S, S) uint8, channels last in memory."""
    import torch  # noqa: PLC0415  (brings PyTorch)

    size, channels, some = wanted.image_size, wanted.channels or 3, 500
    images = np.empty((len(indices), size, size, channels), dtype=np.uint8)
    for start in range(0, len(indices), some):
        yield Loading("drawing_shapes", done=start, total=len(indices))
        images[start : start + some] = render(indices[start : start + some], size, channels, style)
    return torch.from_numpy(images).permute(0, 3, 1, 2)


SHAPES = DataSource(
    name="shapes",
    title="Shapes",
    noun="shapes",
    note="Ten drawn shapes at any size, grey or colour; also as pairs and as two domains. Made here, nothing to download.",
    channels=3,
    image_size=28,
    num_images=TRAIN_IMAGES,
    num_classes=len(NAMES),
    conditionings=frozenset(Conditioning),
    loader=_load,
    available=lambda: Availability("ready"),
    counted=lambda image_size, conditioning: how_many(image_size),
    domains={Conditioning.PAIRED: ("outline", "filled"), Conditioning.UNPAIRED: ("plain", "striped")},
)
