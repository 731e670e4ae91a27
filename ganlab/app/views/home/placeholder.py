"""What a card shows in place of samples while there are none: a drawing of what the model does, by its family and data."""

from __future__ import annotations

import html
from hashlib import blake2b
from urllib.parse import quote

from ganlab.app.views.titles import data_title
from ganlab.core.types import Conditioning
from ganlab.models.entry import NOT_STATED, ModelEntry

_BLUE, _ORANGE, _GREY = "#0f7fc0", "#d9772b", "#7f8a99"  # seen on paper and in the dark alike; words have the text's colour
_SIDE = 4  # blocks of a mosaic
_FUNNEL = f'<path d="M6 16 L26 4 V28 Z" fill="{_GREY}" opacity=".6"/>'
_ARROW = f'<path d="M4 16 h22 m-8 -8 l8 8 l-8 8" fill="none" stroke="{_GREY}" stroke-width="3"/>'
_POINT = f'<circle cx="16" cy="16" r="6" fill="{_BLUE}"/>'
# Streamlit lets no inline SVG through, but pictures of it.
_PICTURE = '<img src="data:image/svg+xml,{}" alt="" style="width:{}%;height:auto;margin:auto">'
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="64" height="64">{}</svg>'
_FRAME = """<div role="img" aria-label="{alt}" style="border-radius:.5rem;padding:1.1rem .6rem .5rem;line-height:1.25;
text-align:center;background:color-mix(in srgb, currentColor 6%, transparent)">
<div style="display:grid;grid-template-columns:5fr 2fr 5fr;align-items:center;gap:.4rem 0">{pictures}
<b style="font-weight:500">{start}</b><span></span><b style="font-weight:500">{end}</b></div>
<div style="margin-top:.5rem;font-size:.8rem;opacity:.7">{note}</div></div>"""


def placeholder(entry: ModelEntry, note: str) -> str:
    """HTML that stands where the samples will: from what the model leads to what; `note` says why there are none."""
    start, end = ends(entry)
    draws = bool(entry.data) and not entry.translates
    way = _picture(_FUNNEL if draws else _ARROW, 70)
    pictures = _picture(_POINT if draws else _mosaic(start, _BLUE), 66) + way + _picture(_mosaic(end, _ORANGE), 66)
    alt = html.escape(f"No samples of {entry.title} yet: {note}", quote=True)
    return _FRAME.format(alt=alt, pictures=pictures, start=html.escape(start), end=html.escape(end), note=html.escape(note))


def ends(entry: ModelEntry) -> tuple[str, str]:
    """What a model leads from and to, as far as it is known."""
    if not entry.data:
        return "", entry.title.rpartition("/")[2]
    if not entry.translates:
        return "z", data_title(entry.data)
    named = [entry.domains, entry.data.split("2"), entry.name.split("2") if entry.conditioning is Conditioning.UNPAIRED else ()]
    for start, end in (names for names in named if len(names) == 2):
        return start, end
    return "a picture", "another" if entry.data == NOT_STATED else data_title(entry.data)


def _picture(drawing: str, percent: int) -> str:
    return _PICTURE.format(quote(_SVG.format(drawing)), percent)


def _mosaic(name: str, colour: str) -> str:
    """Blocks whose brightness only the name decides."""
    shades = blake2b(name.encode(), digest_size=_SIDE**2).digest()
    return "".join(
        f'<rect x="{8 * (at % _SIDE)}" y="{8 * (at // _SIDE)}" width="7.4" height="7.4" rx="1.5" fill="{colour}" '
        f'opacity="{0.15 + 0.8 * shade / 255:.2f}"/>'
        for at, shade in enumerate(shades)
    )
