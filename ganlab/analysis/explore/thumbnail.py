"""One small picture of what a model makes, drawn by the model itself."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageOps

from ganlab.core.images import sheet
from ganlab.models.pipeline import Pipeline

SIDE = 256  # pixels, about
MOST = 8  # pictures in a row of the sheet
_SEED = 7
_CENTRE = (0.3, 0.5)  # of the square cut out of a wide photo: what is on it stands a little to the left in ours


def thumbnail(pipeline: Pipeline, photo: Image.Image) -> Image.Image:
    """A square sheet of pictures from z; of a model that translates, the left half of `photo` and the right of what it makes.

    ValueError as Pipeline.generate and Pipeline.translate say.
    """
    if not pipeline.translates:
        columns = min(MOST, max(2, SIDE // pipeline.spec.image_size))
        return sheet(pipeline.generate(pipeline.latents(columns**2, _SEED)), columns)
    before = ImageOps.fit(photo.convert("RGB"), (SIDE, SIDE), centering=_CENTRE)
    picture = pipeline.translate(before, size=SIDE, original_size=False).convert("RGB").resize(before.size)
    half = SIDE // 2
    picture.paste(before.crop((0, 0, half, SIDE)), (0, 0))
    ImageDraw.Draw(picture).line((half, 0, half, SIDE), fill="white", width=3)
    return picture
