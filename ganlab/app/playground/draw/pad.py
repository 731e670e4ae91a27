"""A sheet of white paper to draw on: a canvas of our own, draw.js, whose picture reaches Python as a small PNG.

Not Gradio's editor: that asks for a tool before the first stroke, needs WebGL and decodes what it is sent unseen.
"""

from __future__ import annotations

import base64
import binascii

import gradio as gr
from PIL import Image

from ganlab.app.playground.html import data_uri
from ganlab.core.images import ImageError, decode, png

SIDE = 280  # pixels of the canvas; draw.js draws on the same
_LONGEST = 2**20  # characters of a sheet
_HEAD = "data:image/png;base64,"
_SHEET = f"""<div class="pad">
<canvas id="pad" width="{SIDE}" height="{SIDE}" tabindex="0" role="application"
 aria-label="Paper to draw on: arrow keys move the pen, Space puts it down and takes it up, Delete clears"></canvas>
<i id="pad-pen" hidden></i>
<div class="tools" role="toolbar" aria-label="Drawing tools">
<button type="button" data-pad="pen" aria-pressed="true">Pen</button>
<button type="button" data-pad="eraser" aria-pressed="false">Eraser</button>
<label title="The pen's colour"><input type="color" id="pad-colour" value="#000000" aria-label="The pen's colour"></label>
<button type="button" data-pad="undo">Undo</button><button type="button" data-pad="clear">Clear</button>
<label class="file" tabindex="0">Upload<input type="file" id="pad-file" accept="image/*"></label>
</div></div>"""


def pad() -> gr.Textbox:
    """The sheet where it is called; the value of what is returned is its PNG as a data address, empty while nothing is drawn."""
    gr.HTML(_SHEET)
    return gr.Textbox("", elem_id="pad-value", visible="hidden", show_label=False, max_length=_LONGEST)


def on_paper(text: str | None) -> Image.Image | None:
    """What the pad holds -> PIL "RGB"; None for an empty sheet. ImageError for anything but a small PNG of ours."""
    if not text:
        return None
    if not text.startswith(_HEAD) or len(text) > _LONGEST:
        raise ImageError("The drawing did not arrive; draw it again.")
    try:
        return decode(base64.b64decode(text.removeprefix(_HEAD), validate=True), max_pixels=4 * SIDE**2, formats=("PNG",))
    except binascii.Error:
        raise ImageError("The drawing did not arrive; draw it again.") from None


def sheet_of(image: Image.Image) -> str:
    """The pad's value for a small square picture, as large as it fits by whole pixels."""
    scale = max(1, SIDE // max(image.size))
    picture = image.convert("RGB").resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    return data_uri(png(picture))
