"""Settings that several findings advise."""

from __future__ import annotations

from ganlab.analysis.doctor.record import Record
from ganlab.core.config import Value


def calmer(record: Record, factor: float) -> dict[str, Value]:
    """A rate lower by `factor`, and never above three times the family's own."""
    lr = min(record.config.lr / factor, 3 * record.defaults.lr)
    return {"lr": max(1e-7, float(f"{lr:.2g}"))}
