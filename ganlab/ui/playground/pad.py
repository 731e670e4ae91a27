"""A sheet of white paper to draw on: Gradio's editor, whose picture reaches Python through our own safe decoding alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ganlab.images import ImageError, decode, read

SIDE = 420  # pixels of the canvas
_PEN = 26  # about what a stroke of MNIST is, at this size
_COLOURS: list[str | tuple[str, float]] = ["#000000", "#ffffff", "#d63c3c", "#e8973a", "#3a9b4f", "#3b74c4", "#7a4a2b"]


def pad(**settings: Any) -> gr.ImageEditor:
    """A sketch pad whose value reaches Python as a PIL "RGB" picture on white paper; None while there is nothing on it.

    Not a subclass: for those Gradio writes a stub file beside the module.
    """
    widget = gr.Sketchpad(
        brush=gr.Brush(default_size=_PEN, colors=_COLOURS, default_color=_COLOURS[0], color_mode="defaults"),
        eraser=gr.Eraser(default_size=2 * _PEN),
        sources=(),  # with any, the pen is not at hand at once
        canvas_size=(SIDE, SIDE),
        fixed_canvas=True,
        layers=False,
        transforms=(),
        format="png",
        **settings,
    )
    blobs = widget.blob_storage

    def preprocess(payload: Any) -> Image.Image | None:
        if payload is None:
            return None
        sent = blobs.pop(payload.id, None) if payload.id is not None else payload
        return _picture(sent.composite or sent.background) if sent is not None else None

    widget.preprocess = preprocess  # type: ignore[method-assign, assignment]
    return widget


def on_sheet(image: Image.Image) -> dict[str, Any]:
    """The editor's value for a picture in the middle of an empty sheet, as large as it fits; small ones stay crisp."""
    scale = SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    picture = image.convert("RGB").resize(size, Image.Resampling.NEAREST if scale > 2 else Image.Resampling.LANCZOS)
    sheet = Image.new("RGB", (SIDE, SIDE), picture.getpixel((0, 0)))
    sheet.paste(picture, ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return {"background": sheet, "layers": [], "composite": sheet}


def _picture(sent: Any) -> Image.Image | None:
    """The bytes or the file of the whole sheet -> PIL; Gradio itself would decode a picture of any size."""
    if sent is None:
        return None
    try:
        return decode(bytes(sent)) if isinstance(sent, bytes | bytearray | memoryview) else read(Path(sent.path))
    except ImageError as error:
        raise gr.Error(str(error), duration=None) from None
