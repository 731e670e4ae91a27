"""A photo from a stranger: Gradio's upload, paste, drop and webcam, read by our own safe decoding alone."""

from __future__ import annotations

from abc import ABCMeta
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ganlab.core.images import ImageError, read


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
        raise gr.Error(str(error), duration=None) from None


# A class, not a changed widget: once a visitor has clicked on an example, Gradio makes the widget anew from its class. Made
# without its metaclass's help, which would write a stub file beside this module; `is_template` keeps the name in the browser.
_Photo: Any = ABCMeta.__new__(
    type(gr.Image), "Photo", (gr.Image,), {"preprocess": _preprocess, "is_template": True, "__module__": __name__}
)
