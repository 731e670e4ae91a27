"""A run as HTML, for notebooks and pages of its own: its state, its curves and its newest sheet of samples."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganlab.runtime.status import Status
from ganlab.runtime.store import Series

_WIDTH, _HEIGHT, _POINTS = 460, 150, 300  # pixels, and points of a curve
_COLOURS = ("#2563eb", "#d97706", "#0d9488", "#be185d", "#7c3aed", "#4d7c0f")
_GROUPS = {"loss": "Losses", "score": "Scores of D", "distance": "Distance to real images"}


def groups(metrics: Mapping[str, Series]) -> dict[str, dict[str, Series]]:
    """{title: {name: series}} of what a person looks at first, in that order; what has no point is left out."""
    found: dict[str, dict[str, Series]] = {}
    for prefix, title in _GROUPS.items():
        members = {name: one for name, one in metrics.items() if name.startswith(f"{prefix}/") and len(one.steps)}
        if members:
            found[title] = members
    return found


@dataclass(frozen=True)
class Curves:
    """Charts without scripts, as a notebook shows them and as a page on disk."""

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def save(self, path: str | Path) -> None:
        """Write a page of its own."""
        Path(path).write_text(f'<!doctype html><meta charset="utf-8"><body>{self.html}</body>', encoding="utf-8")


def curves(metrics: Mapping[str, Series]) -> Curves:
    """Every chart that a person looks at first, one below the other."""
    return Curves("".join(_chart(name, members) for name, members in groups(metrics).items()))


def portrait(title: str, status: Status, metrics: Mapping[str, Series], sheet: bytes | None) -> str:
    """HTML without scripts: the state, the curves as SVG, and `sheet`, a PNG, where there is one."""
    rate = f" · {status.steps_per_second:.1f} steps/s" if status.state == "running" and status.steps_per_second else ""
    head = f"<b>{html.escape(title)}</b> · {html.escape(status.state)} · step {status.step:,} of {status.steps:,}{rate}"
    data = base64.b64encode(sheet or b"").decode()
    style = f"image-rendering: pixelated; min-width: {_WIDTH}px"
    picture = f'<img alt="newest samples" style="{style}" src="data:image/png;base64,{data}">' if sheet else ""
    row = f'<div style="display: flex; gap: 24px; flex-wrap: wrap"><div>{curves(metrics).html}</div><div>{picture}</div></div>'
    return f'<div style="font: 14px system-ui, sans-serif">{head}{row}</div>'


def _chart(title: str, members: Mapping[str, Series]) -> str:
    """One chart as inline SVG, with its bounds and a legend."""
    finite = [one.values[np.isfinite(one.values)] for one in members.values()]
    values = np.concatenate(finite)
    if not len(values):
        return ""
    low, high = float(values.min()), float(values.max())
    last = max(int(one.steps[-1]) for one in members.values()) or 1
    lines, legend = [], []
    for colour, (name, one) in zip(_COLOURS * len(members), members.items(), strict=False):
        few = one.reduced(_POINTS)
        across = few.steps / last * _WIDTH
        up = _HEIGHT - (few.values - low) / ((high - low) or 1) * _HEIGHT
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, up, strict=True) if np.isfinite(y))
        lines.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>')
        legend.append(f'<span style="color: {colour}">{html.escape(name.partition("/")[2])}</span>')
    axes = f'<path fill="none" stroke="#8886" d="M0.5,0 V{_HEIGHT} H{_WIDTH}"/>'
    box = f'<svg viewBox="0 -4 {_WIDTH} {_HEIGHT + 8}" width="{_WIDTH}" height="{_HEIGHT + 8}">{axes}{"".join(lines)}</svg>'
    return f"<p>{title}, {low:.3g} to {high:.3g}, steps 0 to {last:,}: {', '.join(legend)}</p>{box}"
