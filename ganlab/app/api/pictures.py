"""GET /api/picture: one picture, or a sheet of them, as a PNG; fast enough to follow a slider. GET /api/shown: a picture's z and
D's score of it, as JSON.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch
from anyio import to_thread
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from torch import Tensor

from ganlab.analysis.explore.latents import FARTHEST, MAX_SEED, Latent
from ganlab.analysis.explore.scores import scores
from ganlab.app.api.admitted import in_turns
from ganlab.app.serving.pipelines import PIPELINES, Pipelines
from ganlab.app.serving.priority import PRIORITY
from ganlab.core.images import png, sheet, to_pil
from ganlab.core.names import message
from ganlab.models.pipeline import Pipeline

MAX_SAMPLES = 144
MAX_PIXELS = 2**24  # of one answer, a bound on memory
MAX_SCALE = 16
MAX_OFFSETS = 64
MAX_Z = 1024  # numbers of a z in an address
_FRESH = {"Cache-Control": "no-store"}  # a run that trains answers differently tomorrow


@dataclass(frozen=True)
class Order:
    """What a picture is drawn from. `offsets` move z along the pipeline's directions, in standard deviations.

    `n` 1 is the bare picture, more a sheet. `every_label` gives n rows of one z each, with one column per class. `mix` is
    another label, which takes the place of `label` to a `share` from 0 to 1. `z`, where given, takes the place of the seed's;
    `shift` is added to it last.
    """

    model: str
    seed: int = 0
    n: int = 1
    label: int | None = None
    every_label: bool = False
    truncation: float = 1.0
    offsets: tuple[float, ...] = ()
    scale: int = 1
    mix: int | None = None
    share: float = 0.5
    z: tuple[float, ...] = ()
    shift: tuple[float, ...] = ()

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """From a URL's query; ValueError naming the parameter that does not fit."""
        if not query.get("model"):
            raise ValueError("model is missing: name a run or a shipped model.")
        z, shift = (_numbers(query, name) for name in ("z", "shift"))
        offsets = [part for part in query.get("offsets", "").split(",") if part]
        if len(offsets) > MAX_OFFSETS:
            raise ValueError(f"offsets has {len(offsets)} numbers; at most {MAX_OFFSETS} are taken.")
        return cls(
            model=query["model"],
            seed=int(_number("seed", query.get("seed", "0"), 0, MAX_SEED, whole=True)),
            n=int(_number("n", query.get("n", "1"), 1, MAX_SAMPLES, whole=True)),
            label=int(_number("label", query["label"], 0, 100_000, whole=True)) if query.get("label") else None,
            every_label=query.get("every_label") == "1",
            truncation=_number("truncation", query.get("truncation", "1"), 0, 2),
            offsets=tuple(_number("offsets", part, -10, 10) for part in offsets),
            scale=int(_number("scale", query.get("scale", "1"), 1, MAX_SCALE, whole=True)),
            mix=int(_number("mix", query["mix"], 0, 100_000, whole=True)) if query.get("mix") else None,
            share=_number("share", query.get("share", "0.5"), 0, 1),
            z=z,
            shift=shift,
        )


def _numbers(query: Mapping[str, str], name: str) -> tuple[float, ...]:
    """Those of a z; () where the query has none by that name."""
    found = query[name].split(",") if query.get(name) else []
    if len(found) > MAX_Z:
        raise ValueError(f"{name} has {len(found)} numbers; at most {MAX_Z} are taken.")
    return tuple(_number(name, part, -FARTHEST, FARTHEST) for part in found)


def _number(name: str, text: str, low: float, high: float, *, whole: bool = False) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high or (whole and value != int(value)):
        raise ValueError(f"{name} = {text[:40]!r} is not a {'whole ' if whole else ''}number from {low:g} to {high:g}.")
    return value


def draw(order: Order, pipeline: Pipeline) -> bytes:
    """The PNG of an order; ValueError when it does not fit the model."""
    if order.every_label and not pipeline.conditional:
        raise ValueError(f"{order.model} is not conditional: it has no labels to show side by side.")
    classes = pipeline.spec.num_classes if order.every_label else 1
    size = pipeline.spec.image_size * order.scale
    if order.n * classes * size**2 > MAX_PIXELS:
        raise ValueError(f"n = {order.n} at scale = {order.scale} is too large a picture; ask for fewer or smaller ones.")
    z = latents(order, pipeline)
    if order.every_label:
        images = pipeline.generate(z.repeat_interleave(classes, dim=0), list(range(classes)) * order.n)
        return png(sheet(images, classes, scale=order.scale))
    label = order.label if order.mix is None else pipeline.mixture(order.label or 0, order.mix, order.share)
    images = pipeline.generate(z, label)
    if order.n > 1:
        return png(sheet(images, _columns(order.n), scale=order.scale))
    return png(to_pil(images[0]).resize((size, size), Image.Resampling.NEAREST))


def latents(order: Order, pipeline: Pipeline) -> Tensor:
    """z (n, z_dim): drawn from the seed or given, truncated, then moved. ValueError where it does not fit the model."""
    for name, numbers in (("z", order.z), ("shift", order.shift)):
        if numbers and len(numbers) != pipeline.z_dim:
            raise ValueError(f"{name} has {len(numbers)} numbers, but {order.model} wants {pipeline.z_dim}.")
    if order.z and order.n > 1:
        raise ValueError("z is that of one picture: leave n away.")
    z = order.truncation * (torch.tensor([order.z]) if order.z else pipeline.latents(order.n, order.seed))
    directions = pipeline.directions
    if len(order.offsets) > len(directions):
        raise ValueError(f"offsets has {len(order.offsets)} numbers, but {order.model} has {len(directions)} directions.")
    if order.offsets:
        z = z + torch.tensor(order.offsets) @ directions[: len(order.offsets)]
    return z + torch.tensor(order.shift) if order.shift else z


def picture_facts(order: Order, pipeline: Pipeline) -> dict[str, Any]:
    """`latent` as Latent.dump writes it, moved as the picture is; `score` by D, None without a D. ValueError as draw."""
    z = latents(order, pipeline)[:1]
    label = (order.label or 0) if pipeline.conditional else order.label
    found = scores(pipeline, pipeline.generate(z, label), label)
    name = pipeline.labels[label] if label is not None and label < len(pipeline.labels) else None
    return {"latent": Latent.of(order.model, z[0], name).dump(), "score": found[0] if found else None}


def _columns(n: int) -> int:
    """The smallest square that holds n."""
    return math.ceil(math.sqrt(n))


def routes(pipelines: Pipelines = PIPELINES) -> list[BaseRoute]:
    """Return the two routes; few pictures are drawn at a time, for all users together, one of a seat.

    The facts of a picture give way to the pictures of a dragged slider.
    """
    drawing, reading = in_turns("slow jobs"), in_turns("slow jobs")

    def drawn(order: Order) -> Response:
        pipeline = pipelines.get(order.model)
        return Response(draw(order, pipeline), media_type="image/png", headers={"X-Step": str(pipeline.step)})

    def read(order: Order) -> Response:
        PRIORITY.step_aside()
        return JSONResponse(picture_facts(order, pipelines.get(order.model)), headers=_FRESH)

    async def picture(request: Request) -> Response:
        try:
            order = Order.parse(request.query_params)
            response = await to_thread.run_sync(drawn, order)
        except ValueError as error:
            return JSONResponse({"error": message(error)}, 400)
        response.headers.update(_FRESH)
        if request.query_params.get("download"):
            name = re.sub(r"[^a-z0-9-]+", "-", order.model.lower())
            response.headers["Content-Disposition"] = f'attachment; filename="{name}-seed-{order.seed}.png"'
        return response

    in_turn = drawing(picture)

    async def wanted(request: Request) -> Response:
        with PRIORITY.waiting():
            return await in_turn(request)

    async def shown(request: Request) -> Response:
        try:
            return await to_thread.run_sync(read, Order.parse(request.query_params))
        except ValueError as error:
            return JSONResponse({"error": message(error)}, 400, _FRESH)

    return [Route("/api/picture", wanted, methods=["GET"]), Route("/api/shown", reading(shown))]
