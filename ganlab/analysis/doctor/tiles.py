"""The pictures of a sample sheet as arrays, and how much they differ from each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ganlab.core.images import ImageError, decode, is_grey

SIDE = 32  # larger pictures are averaged down to about this
PADDING = 2  # pixels around each picture of a sheet, as ganlab/core/images.py lays them out
MOST = 144  # pictures that are compared with each other


@dataclass(frozen=True)
class Tiles:
    """`rows` (N, P): the pixels of each picture in 0..1; `columns` (N,): the column of the sheet that each stood in."""

    rows: np.ndarray
    columns: np.ndarray

    @cached_property
    def distances(self) -> np.ndarray:
        """(N, N) root mean squares of the differences, 0..1."""
        return between(self.rows, self.rows)

    @cached_property
    def diversity(self) -> float:
        """The mean distance of two different pictures."""
        n = len(self.rows)
        return float(self.distances.sum() / (n * (n - 1))) if n > 1 else 0.0

    @cached_property
    def contrast(self) -> float:
        """The mean standard deviation within a picture."""
        return float(self.rows.std(axis=1).mean()) if len(self.rows) else 0.0

    @cached_property
    def nearest(self) -> np.ndarray:
        """(N,) the distance of each picture to its nearest other one."""
        return _others(self.distances).min(axis=1) if len(self.rows) > 1 else np.empty(0)

    @cached_property
    def within(self) -> float:
        """The mean distance of two pictures of the same column; the diversity where a column holds one."""
        same = (self.columns[:, None] == self.columns[None]) & ~np.eye(len(self.rows), dtype=bool)
        return float(self.distances[same].mean()) if same.any() else self.diversity

    def explained(self, columns: np.ndarray | None = None, least: float = 0.0) -> np.ndarray:
        """(P',) the share of each pixel's variance that the columns explain (correlation ratio, Pearson 1905).

        Only pixels whose variance exceeds `least` are returned; `columns` replaces the pictures' own.
        """
        whole = self.rows.var(axis=0, dtype=np.float64)
        rows = self.rows[:, whole > least].astype(np.float64)
        rows -= rows.mean(axis=0)
        _, index, count = np.unique(self.columns if columns is None else columns, return_inverse=True, return_counts=True)
        sums = (index[:, None] == np.arange(len(count))).T.astype(np.float64) @ rows
        shares: np.ndarray = (sums**2 / count[:, None]).sum(axis=0) / len(rows) / whole[whole > least]
        return shares

    def first(self, count: int) -> Tiles:
        """The first `count` pictures."""
        return Tiles(self.rows[:count], self.columns[:count])


def between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, P), (m, P) -> (n, m) root mean squares of the differences."""
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0) / max(1, a.shape[1]))


def _others(distances: np.ndarray) -> np.ndarray:
    return distances + np.where(np.eye(len(distances), dtype=bool), np.inf, 0)


def rows_of(images: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, C) -> (N, P) in 0..1, larger ones averaged down."""
    n, height, width, channels = images.shape
    block = max(1, height // SIDE)
    if block > 1:
        kept = height // block * block, width // block * block
        cells = images[:, : kept[0], : kept[1]].reshape(n, kept[0] // block, block, kept[1] // block, block, channels)
        images = cells.mean(axis=(2, 4))
    return (images.reshape(n, -1) / 255.0).astype(np.float32)


def read_pixels(path: Path) -> np.ndarray | None:
    """A sheet as uint8 (H, W, 1), or (H, W, 3) where it has colours; None where the file is missing or damaged."""
    try:
        data = path.read_bytes()
        picture = decode(data)
        return np.atleast_3d(np.asarray(picture.convert("L") if is_grey(data) else picture))
    except (OSError, ImageError):
        return None


def read_tiles(path: Path, size: int, count: int, drawn: tuple[int, ...] = ()) -> Tiles | None:
    """The first `count` pictures (0: all) of side `size` of a sheet, of the columns `drawn` alone if there are any; None where
    the file is not laid out so."""
    pixels = read_pixels(path)
    if pixels is None:
        return None
    pixels = pixels[PADDING:, PADDING:]
    cell = size + PADDING
    rows, columns = pixels.shape[0] // cell, pixels.shape[1] // cell
    if not rows or not columns or pixels.shape[0] % cell or pixels.shape[1] % cell:
        return None
    cells = (
        pixels.reshape(rows, cell, columns, cell, -1).swapaxes(1, 2)[:, :, :size, :size].reshape(rows * columns, size, size, -1)
    )
    where = np.arange(rows * columns) % columns
    if count:
        cells, where = cells[:count], where[:count]
    if drawn:
        kept = np.isin(where, drawn)
        cells, where = cells[kept], where[kept]
    return Tiles(rows_of(cells[:MOST]), where[:MOST])
