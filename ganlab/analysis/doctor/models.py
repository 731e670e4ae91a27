"""Findings about a generator that has no record: weights of others are tried instead, with the same kinds as a result."""

from __future__ import annotations

from ganlab.analysis.doctor.finding import Evidence, Finding
from ganlab.analysis.explore.variety import collapsed, variety
from ganlab.models.pipeline import Pipeline


def examine_model(pipeline: Pipeline) -> list[Finding]:
    """Whether it heeds what it is given. A run's model is not tried: what is wrong with it is in the run's record (`examine`)."""
    if not collapsed(pipeline):
        return []
    return [Finding("collapse", "failure", 0, 0, Evidence(numbers={"variety": variety(pipeline)}))]
