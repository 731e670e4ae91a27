"""Every hook into private parts of Streamlit, Gradio, Starlette and asyncio: the file to read at an upgrade, with
compat_queue.py for Gradio's queue.

Each function names the version it was read in and what breaks without it; tests/app/test_compat.py holds one test per hook,
which fails first when a library changes. Streamlit is imported inside the functions, since a Space serves the playground
without it.
"""

from __future__ import annotations

import socket
import sys
from abc import ABCMeta
from asyncio import base_events
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import gradio.queueing
import gradio.route_utils
import gradio.routes
import uvicorn.config
from gradio import route_utils
from gradio.context import LocalContext
from gradio.processing_utils import save_bytes_to_cache
from gradio.state_holder import SessionState
from gradio.utils import get_upload_folder
from starlette._utils import get_route_path
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

READ_IN = {"streamlit": "1.67.0", "gradio": "6.31.0", "starlette": "1.10.0", "uvicorn": "0.54.0", "python": "3.11"}
"""The versions that the hooks below were read in."""

_begin_session = SessionState.__init__


# asyncio ---------------------------------------------------------------------------------------------------------------------


def send_small_answers_at_once() -> None:
    """Set TCP_NODELAY on every connection (Python 3.11, `asyncio.base_events._set_nodelay`).

    asyncio's own test also asks for proto == IPPROTO_TCP, which the socket that Streamlit opens lacks: 40 ms on every answer.
    """
    base_events._set_nodelay = _set_nodelay  # type: ignore[attr-defined]


def _set_nodelay(sock: socket.socket) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


# Starlette -------------------------------------------------------------------------------------------------------------------


def route_path(scope: Scope) -> str:
    """Return the path below the root path, as the router matches it (Starlette 1.10, `starlette._utils.get_route_path`)."""
    return get_route_path(scope)


# uvicorn ---------------------------------------------------------------------------------------------------------------------


def believe_proxies(addresses: Sequence[str]) -> None:
    """Let X-Forwarded-For and X-Forwarded-Proto count from these peers alone (uvicorn 0.54, `Config.load`).

    Streamlit makes uvicorn's Config, which reads FORWARDED_ALLOW_IPS, before it imports the app, and offers no option.
    """

    def believing(app: Any, trusted_hosts: Any) -> ProxyHeadersMiddleware:
        return ProxyHeadersMiddleware(app, trusted_hosts=",".join(addresses))

    uvicorn.config.ProxyHeadersMiddleware = believing  # type: ignore[assignment, misc]


# Streamlit -------------------------------------------------------------------------------------------------------------------


def runs_as_page() -> bool:
    """Whether Streamlit executes the caller as a script (Streamlit 1.67, `streamlit.runtime.scriptrunner`)."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx  # noqa: PLC0415  (kept out of the playground alone)

    return get_script_run_ctx(suppress_warning=True) is not None


def leave_pages_to_the_router() -> None:
    """Switch the first version of multipage apps off (Streamlit 1.67, `PagesManager.uses_pages_directory`).

    Else the first visit to /train runs pages/train.py without the router, since a folder of that name exists.
    """
    from streamlit.runtime.pages_manager import PagesManager  # noqa: PLC0415  (kept out of the playground alone)

    PagesManager.uses_pages_directory = False


def set_option(option: str, value: Any) -> None:
    """Set one of Streamlit's options for this process (Streamlit 1.67, `config.set_option`)."""
    from streamlit import config  # noqa: PLC0415  (kept out of the playground alone)

    config.set_option(option, value)


def is_set_by_hand(option: str) -> bool:
    """Whether a Streamlit option was given by the user and is no default (Streamlit 1.67, `config.is_manually_set`)."""
    from streamlit import config  # noqa: PLC0415  (kept out of the playground alone)

    return config.is_manually_set(option)


def is_history_navigation() -> bool:
    """Whether this run of a page follows Back or Forward (Streamlit 1.67, `ScriptRunContext.is_history_navigation`)."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx  # noqa: PLC0415  (kept out of the playground alone)

    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


def streamlit_font() -> Path:
    """Return the typeface in Streamlit's compiled assets (Streamlit 1.67; its name carries a hash)."""
    import streamlit  # noqa: PLC0415  (kept out of the playground alone)

    (path,) = (Path(streamlit.__file__).parent / "static" / "static" / "media").glob("SourceSansVF-Upright*.woff2")
    return path


# Gradio: the app ---------------------------------------------------------------------------------------------------------------


def answer_with_relative_addresses() -> None:
    """Let the page find its own address, whatever a proxy in front of it strips (Gradio 6.31, `route_utils.get_root_url`).

    Gradio's own root is the address that the server was asked by, without the prefix that the browser sees. "." leads to the
    page itself: it is resolved by the browser, and no client of another kind reads it.
    """
    route_utils.get_root_url = lambda request, route_path, root_path: "."


def log_failures(log: Callable[[BaseException], None]) -> None:
    """Call `log` with each error that a request made, whose traceback Gradio prints (Gradio 6.31, `traceback.print_exc`)."""

    def printed() -> None:
        if (error := sys.exception()) is not None:
            log(error)

    for module in (gradio.queueing, gradio.route_utils, gradio.routes):
        module.traceback = SimpleNamespace(print_exc=printed)  # type: ignore[attr-defined]


def refuse_long_tab_names(most: int, refusal: str) -> None:
    """Refuse, with status 413, a call from a tab whose name has more characters (Gradio 6.31, `route_utils.get_fn`).

    A page names its tab itself, and Gradio keeps state and messages by that name. Every way into a function passes here first.
    """
    inner = route_utils.get_fn

    @wraps(inner)
    def found(blocks: gr.Blocks, api_name: str | None, body: Any) -> Any:
        if len(body.session_hash or "") > most:
            raise HTTPException(413, refusal)
        return inner(blocks, api_name, body)

    route_utils.get_fn = found


def bound_resources(demo: gr.Blocks, tabs: int, idle_seconds: float) -> None:
    """Keep the state of so many open tabs, and poll the queue every `idle_seconds` (Gradio 6.31).

    `Blocks.state_session_capacity` is an argument of `launch` alone, `Queue.sleep_when_free` of nothing.
    """
    demo.state_session_capacity = tabs
    demo._queue.sleep_when_free = idle_seconds


def copy_no_configuration() -> None:
    """Let no session have a copy of the page's configuration of its own (Gradio 6.31, `SessionState`).

    Only deep links read it, which are not served; it takes 45 ms of each new session, even of one call, and 0.9 MB.
    """

    def begin_small(self: SessionState, blocks: gr.Blocks) -> None:
        _begin_session(self, SimpleNamespace(default_config=blocks.default_config, blocks={}))  # type: ignore[arg-type]

    def keep_none(*_: Any) -> None:
        pass

    SessionState.__init__ = begin_small  # type: ignore[method-assign]
    SessionState._update_config = SessionState._update_value_in_config = keep_none  # type: ignore[assignment, method-assign]


def check_inputs(demo: gr.Blocks, check: Callable[[list[Any], int], None]) -> None:
    """Call `check` with a request's inputs and their wanted number before any component sees them (Gradio 6.31).

    `Blocks.preprocess_data` is replaced, and `has_launched` set: else Gradio checks no path in an app that is only mounted.
    """
    demo.has_launched = True
    inner: Callable[..., Awaitable[Any]] = demo.preprocess_data

    @wraps(inner)
    async def checked(block_fn: Any, inputs: list[Any], *rest: Any, **more: Any) -> Any:
        check(inputs, len(block_fn.inputs))
        return await inner(block_fn, inputs, *rest, **more)

    demo.preprocess_data = checked  # type: ignore[method-assign]


def watch_calls(
    demo: gr.Blocks, asked: Callable[[Request, str], AbstractContextManager[None]], made: Callable[[Any], None]
) -> None:
    """Answer each call inside of `asked(its request, the name of its tab)`, and call `made` with what is answered (Gradio 6.31).

    `Blocks.process_api` and `Blocks.postprocess_data` are replaced. The queue works far from the request that it works for.
    """
    process: Callable[..., Awaitable[Any]] = demo.process_api
    postprocess: Callable[..., Awaitable[Any]] = demo.postprocess_data

    @wraps(process)
    async def processed(*given: Any, request: Any = None, **more: Any) -> Any:
        with asked(request.request, more.get("session_hash") or "") if request else nullcontext():
            return await process(*given, request=request, **more)

    @wraps(postprocess)
    async def postprocessed(*given: Any, **more: Any) -> Any:
        values = await postprocess(*given, **more)
        made(values)
        return values

    demo.process_api, demo.postprocess_data = processed, postprocessed  # type: ignore[method-assign]


def image_class(name: str, module: str, preprocess: Callable[[gr.Image, Any], Any]) -> Any:
    """Return a subclass of gr.Image that reads its uploads with `preprocess` (Gradio 6.31, `ComponentMeta`).

    A class, not a changed widget: once a visitor has clicked on an example, Gradio makes the widget anew from its class. Made
    without its metaclass's help, which would write a stub file beside `module`; `is_template` keeps the name in the browser.
    """
    attributes = {"preprocess": preprocess, "is_template": True, "__module__": module}
    return ABCMeta.__new__(type(gr.Image), name, (gr.Image,), attributes)


def current_cookies() -> dict[str, str]:
    """Return the cookies of the request that is being answered; {} while the page is built (Gradio 6.31, `LocalContext`)."""
    request = LocalContext.request.get(None)
    return dict(request.cookies) if request else {}


def upload_folder() -> str:
    """Return the folder of uploads and generated files (Gradio 6.31, `gradio.utils.get_upload_folder`)."""
    return get_upload_folder()


def keep_bytes(data: bytes, name: str) -> str:
    """Write a generated file into Gradio's cache, which empties itself, and return its path (Gradio 6.31)."""
    return str(save_bytes_to_cache(data, name, get_upload_folder()))
