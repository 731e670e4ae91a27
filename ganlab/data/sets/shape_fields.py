"""Signed distance fields of the ten shapes: negative inside, in units of the shape's radius.

Only +, -, *, /, sqrt, min and max touch a pixel, which IEEE 754 rounds exactly, so a shape is the same on every machine.
The star and the heart follow Inigo Quilez, "2D distance functions" (2020).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Field = np.ndarray  # float32, broadcastable to (n, S, S)


def _polygon(x: Field, y: Field, *sides: tuple[float, float, float]) -> Field:
    """Intersection of the half planes a x + b y <= c, given as (a, b, c) with a^2 + b^2 = 1."""
    a, b, c = sides[0]
    distance = a * x + b * y - c
    for a, b, c in sides[1:]:
        np.maximum(distance, a * x + b * y - c, out=distance)
    return distance


def _box(x: Field, y: Field, width: Field | float, height: Field | float) -> Field:
    """|x| and |y| already taken."""
    return np.maximum(x - width, y - height)


def circle(x: Field, y: Field, detail: Field) -> Field:
    """A disc; `detail` means nothing here."""
    return np.sqrt(x * x + y * y) - 0.86


def square(x: Field, y: Field, detail: Field) -> Field:
    """Upright before it is turned."""
    return _box(abs(x), abs(y), 0.76, 0.76)


def triangle(x: Field, y: Field, detail: Field) -> Field:
    """Equilateral, one corner up."""
    return _polygon(abs(x), y, (0.8660254, 0.5, 0.51), (0.0, -1.0, 0.51))


def diamond(x: Field, y: Field, detail: Field) -> Field:
    """Taller than wide, by `detail`."""
    width = 0.56 + 0.14 * detail
    scale = 1 / np.sqrt(1 + width * width)
    return (abs(x) + width * abs(y) - width) * scale


def pentagon(x: Field, y: Field, detail: Field) -> Field:
    """Regular, one corner up."""
    return _polygon(abs(x), y, (0.0, -1.0, 0.75), (0.9510565, -0.3090170, 0.75), (0.5877853, 0.8090170, 0.75))


def star(x: Field, y: Field, detail: Field) -> Field:
    """Five points, slimmer or fuller by `detail`."""
    c, s, radius = np.float32(0.8090170), np.float32(0.5877853), np.float32(1.02)
    x = abs(x)
    fold = 2 * np.maximum(c * x - s * y, 0)
    x, y = x - fold * c, y + fold * s
    fold = 2 * np.maximum(-c * x - s * y, 0)
    x, y = abs(x + fold * c), y + fold * s - radius
    inner = 0.44 + 0.12 * detail
    edge_x, edge_y = inner * s, inner * c - 1
    along = np.clip((x * edge_x + y * edge_y) / (edge_x * edge_x + edge_y * edge_y), 0, radius)
    out_x, out_y = x - edge_x * along, y - edge_y * along
    return np.sqrt(out_x * out_x + out_y * out_y) * np.sign(y * edge_x - x * edge_y)


def cross(x: Field, y: Field, detail: Field) -> Field:
    """A plus, with thinner or thicker arms by `detail`."""
    x, y, arm = abs(x), abs(y), 0.24 + 0.14 * detail
    return np.minimum(_box(x, y, 0.92, arm), _box(x, y, arm, 0.92))


def ring(x: Field, y: Field, detail: Field) -> Field:
    """A circle with a hole, thinner or thicker by `detail`."""
    half = 0.14 + 0.12 * detail
    return abs(np.sqrt(x * x + y * y) - (0.92 - half)) - half


def heart(x: Field, y: Field, detail: Field) -> Field:
    """Two quarter discs on the sides of a square on its corner."""
    size = np.float32(1.55)
    x, y = abs(x) / size, y / size + np.float32(0.56)
    lobe = np.sqrt((x - 0.25) ** 2 + (y - 0.75) ** 2) - np.float32(0.35355339)
    tip = 0.5 * np.maximum(x + y, 0)
    side = np.sqrt(np.minimum(x * x + (y - 1) ** 2, (x - tip) ** 2 + (y - tip) ** 2)) * np.sign(x - y)
    return np.where(x + y > 1, lobe, side) * size


def moon(x: Field, y: Field, detail: Field) -> Field:
    """A crescent, slimmer or fuller by `detail`."""
    x = x + np.float32(0.12)
    shift = 0.36 + 0.22 * detail
    bite = np.sqrt((x - shift) ** 2 + y * y) - np.float32(0.72)
    return np.maximum(np.sqrt(x * x + y * y) - np.float32(0.9), -bite)


# name -> (field, the largest turn either way in radians: a square on its corner would be a diamond)
FIELDS: dict[str, tuple[Callable[[Field, Field, Field], Field], float]] = {
    "circle": (circle, 0.0),
    "square": (square, 0.30),
    "triangle": (triangle, 0.45),
    "diamond": (diamond, 0.25),
    "pentagon": (pentagon, 0.45),
    "star": (star, 0.60),
    "cross": (cross, 0.40),
    "ring": (ring, 0.0),
    "heart": (heart, 0.40),
    "moon": (moon, 0.80),
}
