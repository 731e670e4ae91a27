"""The playground as part of a server: mounted at a path, with its look, its limits and nothing from the network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Mount

from ganlab.app import compat
from ganlab.app.playground import build, failures
from ganlab.app.playground.failures import refusal
from ganlab.app.playground.theme import head, style, theme
from ganlab.app.playground.translate import EXAMPLES
from ganlab.app.security import quotas
from ganlab.app.security.admission import Busy
from ganlab.app.security.body_limits import MOST_UPLOADED, FewValues
from ganlab.app.security.client import client_of, current, serving
from ganlab.app.security.sessions import SESSIONS
from ganlab.app.security.upload_owners import FILES
from ganlab.app.serving.shutdown import Interruptible, Streams

_IDLE_SECONDS = 0.02  # between two looks at an empty queue; Gradio's own 0.001 costs 7 % of a core
_TAB_NAME = 100  # characters; Gradio's own have eleven
_TOO_FEW = "This request lacks some of what it is about; reload the page."
_ANOTHERS = "This tab is another visitor's; reload the page."
_NOT_UPLOADED = "Only a file that was given to this page can be used: choose, drop or paste it there."


def mount(gateway: FastAPI, path: str) -> Callable[[], None]:
    """Let `gateway` answer with the playground at `path`; `ganlab.app.api.pictures.routes` must be served beside it.

    Returns what ends, in the event loop, the answers that Gradio would go on with for as long as a page is open.
    """
    compat.answer_with_relative_addresses()
    compat.refuse_long_tab_names(_TAB_NAME, "The name of a tab has so many characters that none is kept: reload the page.")
    compat.copy_no_configuration()
    compat.log_failures(failures.log)
    demo = build()
    compat.bound_resources(demo, quotas.most("tabs", "server"), _IDLE_SECONDS)
    take_uploads_alone(demo)
    keep_results_apart(demo)
    gr.mount_gradio_app(
        gateway,
        demo,
        path=path,
        max_file_size=MOST_UPLOADED,
        ssr_mode=False,
        run_history=False,
        show_error=False,  # error texts would reveal paths
        footer_links=[],
        theme=theme(),
        css=style(),
        head=head(),
        allowed_paths=[str(EXAMPLES)],
    )
    (mounted,) = (route.app for route in gateway.routes if isinstance(route, Mount) and route.path == path.rstrip("/"))
    streams = Streams()
    mounted.add_middleware(FewValues)  # type: ignore[attr-defined]
    mounted.add_middleware(Busy)  # type: ignore[attr-defined]
    mounted.add_middleware(Interruptible, streams)  # type: ignore[attr-defined]
    mounted.add_middleware(failures.OneLine)  # type: ignore[attr-defined]
    return streams.end


def take_uploads_alone(demo: gr.Blocks) -> None:
    """Let no request make the server read a file, or fetch an address, that was not uploaded to it.

    A request names its files by path. Gradio looks at the path only in an app that it has launched itself, and fetches
    addresses in any; so both are checked here, before a component sees what was sent.
    """

    def check(inputs: list[Any], wanted: int) -> None:
        if len(inputs) < wanted:  # Gradio would write all that was sent into the log
            raise refusal(_TOO_FEW)
        if not all(_was_uploaded(path) and _own(path) for path in _paths(inputs)):
            raise refusal(_NOT_UPLOADED)

    compat.check_inputs(demo, check)


def keep_results_apart(demo: gr.Blocks) -> None:
    """Note whose each file is that a call answers with; those that the page itself shows are for all."""

    def made(values: Any) -> None:
        if client := current():
            FILES.note(client, _paths(values))

    FILES.show_all(_paths(demo.config))
    compat.watch_calls(demo, _asked, made)


@contextmanager
def _asked(request: Request, tab: str) -> Iterator[None]:
    client = client_of(request)
    if tab and not SESSIONS.belongs(client, tab):
        raise refusal(_ANOTHERS)
    with serving(client):
        yield


def _own(path: str) -> bool:
    client = current()
    return client is None or FILES.belongs(client, path)


def _was_uploaded(path: str) -> bool:
    """Whether this is a file, no link and no device, in the folder where uploads lie."""
    folder = os.path.realpath(compat.upload_folder())
    try:
        real = os.path.realpath(path)
        return Path(real).is_file() and os.path.commonpath([folder, real]) == folder
    except ValueError:  # no path at all: it holds a zero byte
        return False


def _paths(value: Any) -> Iterator[str]:
    """Every path that a request's values name, however deep it lies."""
    if isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value["path"]
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _paths(part)
