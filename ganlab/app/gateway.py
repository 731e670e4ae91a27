"""What both servers serve: the playground, its generated pictures and generators, and what must run around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.routing import BaseRoute

from ganlab.app.api import generators, pictures
from ganlab.app.playground.mount import mount
from ganlab.app.serving.shutdown import end_process, ending
from ganlab.app.serving.upload_folder import keep_uploads_apart, remove_uploads


def playground(path: str) -> tuple[list[BaseRoute], Callable[[], AbstractAsyncContextManager[None]]]:
    """Return the routes, Gradio's last and mounted at `path`, and the lifespan of what answers them."""
    keep_uploads_apart()
    gateway = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    end_streams = mount(gateway, path)

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with gateway.router.lifespan_context(gateway):
            with ending(end_streams, end_process):
                yield
        remove_uploads()  # here, since a signal that ends the server may run no exit handlers

    return [*pictures.routes(), *generators.routes(), *gateway.routes], lifespan
