"""What both servers serve: the playground, its generated pictures and generators, and what must run around them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.routing import BaseRoute

from ganlab.app.api import generators, pictures
from ganlab.app.playground.mount import mount
from ganlab.app.security.presence import PRESENCE
from ganlab.app.security.upload_owners import FILES
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.app.serving.shutdown import end_process, ending
from ganlab.app.serving.upload_folder import keep_uploads_apart, remove_uploads

_LOOK_SECONDS = 20.0  # between two looks at who has left


async def _free_what_is_left() -> None:
    """Drop the weights and files of seats that have left."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        for seat in PRESENCE.gone():
            PIPELINES.free(seat)
            FILES.free(seat)
        PIPELINES.free_idle()
        FILES.forget_deleted()


def playground(path: str) -> tuple[list[BaseRoute], Callable[[], AbstractAsyncContextManager[None]]]:
    """Return the routes, Gradio's last and mounted at `path`, and the lifespan of what answers them."""
    keep_uploads_apart()
    gateway = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    end_streams = mount(gateway, path)

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with gateway.router.lifespan_context(gateway):
            with ending(end_streams, end_process):
                freeing = asyncio.create_task(_free_what_is_left())
                yield
                freeing.cancel()
        remove_uploads()  # here, since a signal that ends the server may run no exit handlers

    return [*pictures.routes(), *generators.routes(), *gateway.routes], lifespan
