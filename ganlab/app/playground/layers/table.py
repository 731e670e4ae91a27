"""A network's layers as the Layers panel shows them: the grid of one layer's maps, and the table of all with their parameters."""

from __future__ import annotations

import html
from typing import Any

import torch
from PIL import Image

from ganlab.analysis.explore.activations import Activations, Layer, Maps
from ganlab.core.images import sheet, to_pil

COLUMNS = 8  # maps side by side
WIDTH = 960  # pixels that a grid comes close to: by whole multiples, small maps stay crisp
_ALONE = 512  # the same for a single picture


def grid(maps: Maps) -> Image.Image:
    """One layer's maps side by side, the strongest first; a vector as one picture."""
    pictures = maps.pictures[:, None]
    if len(pictures) == 1:
        picture = to_pil(pictures[0])
        scale = max(1, _ALONE // max(picture.size))
        return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
    columns = min(COLUMNS, max(2, round(len(pictures) ** 0.5)) if len(pictures) < COLUMNS else COLUMNS)
    scale = max(1, round(WIDTH / (columns * pictures.shape[-1])))
    together = {"columns": columns, "padding": 4, "scale": scale, "background": 0}
    apart = sheet(torch.full_like(pictures, 255), **together)  # grey of any tone would look like a part of the maps
    return Image.merge("LA", (sheet(pictures, **together), apart))


def first_shown(seen: Activations) -> int:
    """The number, from 1, of the layer to begin with: the first convolution with several maps, else the first layer."""
    fitting = (number for number, maps in enumerate(seen.maps, 1) if "convolution" in maps.layer.kind and maps.total > 1)
    return next(fitting, 1)


def table(seen: Activations, chosen: int) -> str:
    """Every layer with its output and its parameters, the `chosen` one (from 1) marked, and the total."""
    rows = "".join(_row(number, layer, number == chosen) for number, layer in enumerate(seen.layers, 1))
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Layer", "Module", "Output", "Parameters"))
    total = f'<tr><th scope="row">Total</th><td colspan="3">{seen.count:,}</td></tr>'
    return (
        '<div class="layers"><table><caption>Layers in the order in which they run</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody><tfoot>{total}</tfoot></table></div>"
    )


def _row(number: int, layer: Layer, chosen: bool) -> str:
    mark = ' class="chosen" aria-current="true"' if chosen else ""
    count = f"{layer.count:,}" if layer.count else "–"
    name, path = html.escape(layer.name), html.escape(layer.path or "–")
    cells = f"<td><code>{path}</code></td><td>{_shape(layer)}</td><td>{count}</td>"
    return f'<tr{mark}><th scope="row">{number}. {name}</th>{cells}</tr>'


def _shape(layer: Layer) -> str:
    """ "128 × 14 × 14"."""
    return "not used" if layer.shape is None else " × ".join(str(length) for length in layer.shape)


def rows(seen: Activations) -> list[dict[str, Any]]:
    """The table for other programs; its last row is the total. No key is "path": gradio_client would fetch it as a file."""
    found: list[dict[str, Any]] = [
        {"layer": layer.name, "module": layer.path, "shape": layer.shape, "parameters": layer.count} for layer in seen.layers
    ]
    return [*found, {"layer": "total", "module": "", "shape": None, "parameters": seen.count}]
