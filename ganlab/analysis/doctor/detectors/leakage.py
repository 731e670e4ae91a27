"""Label leakage: the label gives away what D or G should have to find out from the picture.

A conditional D scores pairs of image and label (Mirza & Osindero 2014). Where fakes are asked for other labels than real
pictures have, in other shares or under other numbers, the label alone tells real from fake and D need not look (Kaufman et al.
2012, Leakage in Data Mining). The test is to hold the pictures and exchange the labels (permutation importance, Breiman 2001).
Where the label is written into the picture, by a caption, a frame or a watermark, a few pixels stand for the whole picture.
"""

from __future__ import annotations

import numpy as np

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.doctor.record import Record
from ganlab.analysis.doctor.tiles import Tiles

OF_REAL, OF_FAKE = "labels/of_real", "labels/of_fake"
SHARE = 0.15  # of what D sees between real and fake that it may see by labels alone
DECIDED = 0.9  # share of a pixel's variance that the label explains
VARIES = 0.005  # least variance of a pixel that is examined, of the range 0..1
FEW = 0.5  # of the pixels that vary: where it is more of them, pictures of a class are alike as a whole
LEAST = 4  # pictures of a label, on average
SOME = 1024  # training images that are looked at


def label_leak(record: Record) -> Finding | None:
    """D scores the same pictures higher with labels of real ones than with labels of fakes, all through the late part."""
    by_label = record.late(record.apart(OF_REAL, OF_FAKE))
    whole = record.late(record.apart("score/real", "score/fake"))
    if not len(by_label) or not len(whole) or np.quantile(by_label, 0.1) <= 0 or np.median(whole) <= 0:
        return None
    share = float(np.median(by_label) / np.median(whole))
    if share < SHARE:
        return None
    numbers = {"label_share": share, "label_apart": float(np.median(by_label))}
    return Finding(
        kind="label-leak",
        severity="warning",
        step_from=record.began(record.apart(OF_REAL, OF_FAKE), lambda values: values > 0),
        step_to=record.step,
        evidence=Evidence((OF_REAL, OF_FAKE), numbers, record.sheets[-1:]),
    )


def labels_in_pictures(record: Record) -> Finding | None:
    """A few pixels of the training images show the label."""
    if not record.labelled or record.real is None:
        return None
    tiles = record.real.tiles
    some = np.random.default_rng(0).permutation(len(tiles.rows))[:SOME]
    pixels, share = label_pixels(Tiles(tiles.rows[some], tiles.columns[some]))
    if not pixels:
        return None
    return Finding(
        kind="labels-in-pictures",
        severity="warning",
        step_from=0,
        step_to=record.step,
        evidence=Evidence((), {"label_pixels": float(pixels), "label_pixels_share": share}, record.sheets[-1:]),
    )


def label_pixels(tiles: Tiles) -> tuple[int, float]:
    """The number of pixels that the label decides, and their share of those that vary; (0, 0.0) where there is no such mark."""
    labels = len(np.unique(tiles.columns))
    if labels < 2 or len(tiles.rows) < LEAST * labels:
        return 0, 0.0
    decided = tiles.explained(least=VARIES) >= DECIDED
    return (int(decided.sum()), float(decided.mean())) if 0 < decided.sum() < FEW * len(decided) else (0, 0.0)
