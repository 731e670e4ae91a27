"""What a browser needs to draw by itself: the generator as ONNX, its z and directions, and onnxruntime-web from a folder.

The folder is the `dist` of the npm package onnxruntime-web, named by GANLAB_ORT; without it a page can still take the pinned
version from a CDN, if the person wants that.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ganlab.analysis.explore.latents import MAX_SEED
from ganlab.app.api.pictures import MAX_OFFSETS
from ganlab.app.serving.pipelines import PIPELINES, Pipelines
from ganlab.models.pipeline import Pipeline

VARIABLE = "GANLAB_ORT"
FILES = {"ort.wasm.bundle.min.mjs": "text/javascript", "ort-wasm-simd-threaded.wasm": "application/wasm"}
_KEPT = 4  # ONNX files in memory
_FRESH = {"Cache-Control": "no-store"}


def package() -> Path | None:
    """The folder that GANLAB_ORT names, if it holds what a browser asks for."""
    named = os.environ.get(VARIABLE, "")
    folder = Path(named).expanduser()
    return folder if named and all((folder / name).is_file() for name in FILES) else None


class Exports:
    """The ONNX files of the newest checkpoints; any thread may ask, and each is made once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[str, tuple[Pipeline, bytes]] = OrderedDict()

    def of(self, pipeline: Pipeline) -> bytes:
        """The file for this very pipeline; ValueError as `to_onnx` says."""
        from ganlab.models.export_onnx import to_onnx

        with self._lock:
            known = self._made.get(pipeline.name)
            if known is None or known[0] is not pipeline:
                self._made[pipeline.name] = known = pipeline, to_onnx(pipeline)
            self._made.move_to_end(pipeline.name)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return known[1]


def routes(pipelines: Pipelines = PIPELINES) -> list[BaseRoute]:
    """/api/generator, /api/latent and /api/ort/ of one server."""
    exports, limiter = Exports(), CapacityLimiter(1)

    def exported(name: str) -> Response:
        pipeline = pipelines.get(name)
        headers = _FRESH | {"X-Step": str(pipeline.step)}
        return Response(exports.of(pipeline), media_type="application/octet-stream", headers=headers)

    async def generator(request: Request) -> Response:
        try:
            return await to_thread.run_sync(exported, request.query_params.get("model", ""), limiter=limiter)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400, _FRESH)

    async def latent(request: Request) -> Response:
        query = request.query_params
        try:
            seed = int(query["seed"]) if query.get("seed", "").isdecimal() else -1
            if not 0 <= seed <= MAX_SEED:
                raise ValueError(f"seed is a whole number from 0 to {MAX_SEED}.")
            return JSONResponse(await to_thread.run_sync(_drawn_from, pipelines, query.get("model", ""), seed), headers=_FRESH)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400, _FRESH)

    return [Route("/api/generator", generator), Route("/api/latent", latent), Route("/api/ort/{name}", _runtime)]


def _drawn_from(pipelines: Pipelines, name: str, seed: int) -> dict[str, object]:
    """What local.js makes z of: the seed's z, the directions, and how many classes there are."""
    pipeline = pipelines.get(name)
    if pipeline.translates:
        raise ValueError(f"{name} translates photos: it draws nothing from z.")
    directions = pipeline.directions[:MAX_OFFSETS].tolist()
    classes = pipeline.spec.num_classes if pipeline.conditional else 0
    z = pipeline.latents(1, seed)[0].tolist()
    return {"z": z, "directions": directions, "classes": classes, "step": pipeline.step}


async def _runtime(request: Request) -> Response:
    name, folder = request.path_params["name"], package()
    if folder is None or name not in FILES:
        raise HTTPException(404)
    return FileResponse(folder / name, media_type=FILES[name], headers={"Cache-Control": "public, max-age=86400"})
