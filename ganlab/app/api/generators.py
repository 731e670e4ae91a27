"""What a browser needs to draw by itself: the generator as ONNX, its z and directions, and onnxruntime-web from a folder.

The folder is the `dist` of the npm package onnxruntime-web, named by GANLAB_ORT; without it a page can still take the pinned
version from a CDN, if the visitor agrees.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from pathlib import Path

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ganlab.app.api.admitted import in_turns
from ganlab.app.api.pictures import MAX_OFFSETS, Order, latents
from ganlab.app.serving.pipelines import PIPELINES, Pipelines
from ganlab.core.names import message
from ganlab.models.export_onnx import to_onnx
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
        self._made: OrderedDict[str, tuple[weakref.ref[Pipeline], bytes]] = OrderedDict()  # none is kept from being freed

    def of(self, pipeline: Pipeline) -> bytes:
        """The file for this very pipeline; ValueError as `to_onnx`."""
        with self._lock:
            known = self._made.get(pipeline.name)
            if known is None or known[0]() is not pipeline:
                self._made[pipeline.name] = known = weakref.ref(pipeline), to_onnx(pipeline, traced=True)
            self._made.move_to_end(pipeline.name)
            gone = [name for name, (made_of, _) in self._made.items() if made_of() is None]
            for name in gone or list(self._made)[:-_KEPT]:
                del self._made[name]
            return known[1]


def routes(pipelines: Pipelines = PIPELINES) -> list[BaseRoute]:
    """/api/generator, /api/latent and /api/ort/ of one server."""
    exports, exporting, reading = Exports(), in_turns("slow jobs"), in_turns("quick jobs")

    def exported(name: str) -> Response:
        pipeline = pipelines.get(name)
        if pipeline.translates:
            raise ValueError(f"{pipeline.name} translates photos: a page draws from z only.")
        headers = _FRESH | {"X-Step": str(pipeline.step)}
        return Response(exports.of(pipeline), media_type="application/octet-stream", headers=headers)

    async def generator(request: Request) -> Response:
        try:
            return await to_thread.run_sync(exported, request.query_params.get("model", ""))
        except ValueError as error:
            return JSONResponse({"error": message(error)}, 400, _FRESH)

    async def latent(request: Request) -> Response:
        try:
            order = Order.parse(request.query_params)
            return JSONResponse(await to_thread.run_sync(_terms, order, pipelines), headers=_FRESH)
        except ValueError as error:
            return JSONResponse({"error": message(error)}, 400, _FRESH)

    return [
        Route("/api/generator", exporting(generator)),
        Route("/api/latent", reading(latent)),
        Route("/api/ort/{name}", _runtime),
    ]


def _terms(order: Order, pipelines: Pipelines) -> dict[str, object]:
    """What local.js draws from: `terms`, the number of `classes` (0: no label), and the checkpoint's `step`.

    `terms` holds, under the name of a slider or of a list of sliders, the vectors that their values multiply. A picture's z is
    the sum of these products, as `pictures.latents` computes it.
    """
    pipeline = pipelines.get(order.model)
    if pipeline.translates:
        raise ValueError(f"{order.model} translates photos: it draws nothing from z.")
    z = latents(Order(order.model, order.seed, z=order.z), pipeline)
    terms = {"truncation": z.tolist(), "offsets": pipeline.directions[:MAX_OFFSETS].tolist()}
    classes = pipeline.spec.num_classes if pipeline.conditional else 0
    return {"terms": terms, "classes": classes, "step": pipeline.step}


async def _runtime(request: Request) -> Response:
    name, folder = request.path_params["name"], package()
    if folder is None or name not in FILES:
        raise HTTPException(404)
    return FileResponse(folder / name, media_type=FILES[name], headers={"Cache-Control": "public, max-age=86400"})
