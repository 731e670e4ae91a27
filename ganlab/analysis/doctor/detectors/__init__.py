"""The detectors: pure functions of a Record, each in a file of its own with what it knows and where that was published."""

from __future__ import annotations

from collections.abc import Callable

from ganlab.analysis.doctor.detectors.balance import d_wins, g_wins
from ganlab.analysis.doctor.detectors.collapse import collapse
from ganlab.analysis.doctor.detectors.dead import dead
from ganlab.analysis.doctor.detectors.divergence import divergence
from ganlab.analysis.doctor.detectors.labels import labels_ignored
from ganlab.analysis.doctor.detectors.leakage import label_leak, labels_in_pictures
from ganlab.analysis.doctor.detectors.memorisation import few_images, memorisation, repeated_data
from ganlab.analysis.doctor.detectors.oscillation import oscillation
from ganlab.analysis.doctor.detectors.overfitting import overfitting
from ganlab.analysis.doctor.detectors.rate import rate
from ganlab.analysis.doctor.detectors.stalled import stalled_input
from ganlab.analysis.doctor.finding import Finding
from ganlab.analysis.doctor.record import Record

Detector = Callable[[Record], Finding | None]

DETECTORS: dict[str, Detector] = {
    "divergence": divergence,
    "dead": dead,
    "repeated-data": repeated_data,
    "memorisation": memorisation,
    "overfitting": overfitting,
    "few-images": few_images,
    "collapse": collapse,
    "labels-ignored": labels_ignored,
    "label-leak": label_leak,
    "labels-in-pictures": labels_in_pictures,
    "rate": rate,
    "d-wins": d_wins,
    "g-wins": g_wins,
    "oscillation": oscillation,
    "stalled-input": stalled_input,
}
