"""The sentences about a loaded model: whether it has collapsed, and what a picture of its layers shows."""

from __future__ import annotations

from collections.abc import Sequence

from ganlab.analysis.doctor import Finding
from ganlab.analysis.doctor.models import examine_model
from ganlab.analysis.explore.activations import Maps
from ganlab.app.views.doctor_wording import titles
from ganlab.models.pipeline import Pipeline


def collapse_text(pipeline: Pipeline) -> str:
    """What to know of weights of others that hardly heed what they are given; "" of others."""
    if not examine_model(pipeline):
        return ""
    each = " of each class" if pipeline.conditional else ""
    given = "the photo" if pipeline.translates else "z"
    return f"Known bad: it draws nearly the same picture{each} whatever {given} is (collapsed, or hardly trained)."


def record_text(found: Sequence[Finding]) -> str:
    """What to know of a run's model, from the doctor's findings about the run; "" where there are none."""
    bad = [finding for finding in found if finding.severity == "failure"]
    start = "Known bad" if bad else "The doctor warns"
    return f"{start}: {titles(bad or found)}. Watch shows what was found and what helps." if found else ""


def maps_text(maps: Maps) -> str:
    """ "convolution 2: 128 maps of 14 × 14, the 32 strongest"."""
    name, shape = maps.layer.name, maps.layer.shape or ()
    if maps.whole:
        return f"{name}: {maps.total:,} numbers, row by row"
    size = f"{name}: {maps.total} map{'s' if maps.total > 1 else ''} of {shape[1]} × {shape[2]}"
    return size if len(maps.pictures) == maps.total else f"{size}, the {len(maps.pictures)} strongest"
