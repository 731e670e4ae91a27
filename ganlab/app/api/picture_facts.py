"""GET /api/shown: what there is to say of a picture that /api/picture drew: its z as JSON, and D's score of it."""

from __future__ import annotations

from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ganlab.analysis.explore.latents import Latent
from ganlab.analysis.explore.scores import scores
from ganlab.app.api.pictures import Order, latents
from ganlab.app.serving.pipelines import PIPELINES, Pipelines
from ganlab.app.serving.priority import COURTESY
from ganlab.models.pipeline import Pipeline

_FRESH = {"Cache-Control": "no-store"}


def about(order: Order, pipeline: Pipeline) -> dict[str, Any]:
    """`latent` as Latent.dump writes it, moved as the picture is; `score` by D, None without a D. ValueError as draw."""
    z = latents(order, pipeline)[:1]
    label = (order.label or 0) if pipeline.conditional else order.label
    found = scores(pipeline, pipeline.generate(z, label), label)
    name = pipeline.labels[label] if label is not None and label < len(pipeline.labels) else None
    return {"latent": Latent.of(order.model, z[0], name).dump(), "score": found[0] if found else None}


def routes(pipelines: Pipelines = PIPELINES) -> list[BaseRoute]:
    """The route; it lets the pictures of those who drag a slider pass first, and tells one picture at a time."""
    limiter = CapacityLimiter(1)

    def answer(order: Order) -> Response:
        COURTESY.step_aside()
        return JSONResponse(about(order, pipelines.get(order.model)), headers=_FRESH)

    async def shown(request: Request) -> Response:
        try:
            return await to_thread.run_sync(answer, Order.parse(request.query_params), limiter=limiter)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400, _FRESH)

    return [Route("/api/shown", shown)]
