"""A photo from a visitor: Gradio's upload, paste, drop and webcam, read by our own safe decoding alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ganlab.app.compat import image_class
from ganlab.core.images import ImageError, read
from ganlab.core.names import message


def photo(**settings: Any) -> gr.Image:
    """gr.Image whose value reaches Python as an upright PIL "RGB" picture, or not at all: a sentence says why."""
    widget: gr.Image = _Photo(sources=["upload", "clipboard", "webcam"], **settings)
    return widget


def _preprocess(self: gr.Image, payload: Any) -> Image.Image | None:
    """What was uploaded -> PIL; Gradio itself would decode a picture of any size."""
    if payload is None:
        return None
    if not payload.path:
        raise gr.Error("The picture did not arrive; try again.", duration=None)
    try:
        return read(Path(payload.path))
    except ImageError as error:
        raise gr.Error(message(error), duration=None) from None


_Photo = image_class("Photo", __name__, _preprocess)
