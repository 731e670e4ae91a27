"""The z and the label of a picture on a run's sheet of samples: what leads from the sheet to that very picture."""

from __future__ import annotations

from torch import Tensor

from ganlab.core.types import DataSpec
from ganlab.runtime.checkpoint import Info
from ganlab.training.adversarial import sheet_inputs


def tile(info: Info, number: int) -> tuple[Tensor, int | None]:
    """-> z (z_dim,) of picture `number` of the sheets, counted from 0 row by row, and its label, None without labels.

    `info` is that of any checkpoint of the run. ValueError where there is no such picture, or the model draws from no z.
    """
    spec = DataSpec.from_dict(info.spec)
    if spec.conditioning.between_images:
        raise ValueError("This model translates photos: the pictures of its sheets come from no z.")
    try:
        samples, z_dim, seed = (int(info.config[name]) for name in ("samples", "z_dim", "seed"))
    except (KeyError, TypeError, ValueError):
        raise ValueError("The settings of this model do not tell from which z its sheets were drawn.") from None
    z, label, _ = sheet_inputs(samples, z_dim, seed, spec)
    if not 0 <= number < len(z):
        raise ValueError(f"tile = {number} is not a picture of the sheets, which have {len(z)}.")
    return z[number], None if label is None else int(label[number])
