"""A photo from a visitor: Gradio's upload, paste, drop and webcam, read by our own safe decoding alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ganlab.app.compat import image_class
from ganlab.app.playground.failures import refusal
from ganlab.core.images import ImageError
from ganlab.core.isolated import read


def photo(**settings: Any) -> gr.Image:
    """gr.Image whose value reaches Python as an upright PIL "RGB" picture, or not at all: a sentence says why."""
    widget: gr.Image = _Photo(sources=["upload", "clipboard", "webcam"], **settings)
    return widget


def _preprocess(self: gr.Image, payload: Any) -> Image.Image | None:
    """What was uploaded -> PIL; Gradio itself would decode a picture of any size."""
    if payload is None:
        return None
    if not payload.path:
        raise refusal("The picture did not arrive; try again.")
    try:
        return read(Path(payload.path))
    except ImageError as error:
        raise refusal(error) from None


_Photo = image_class("Photo", __name__, _preprocess)
