"""The hooks into private parts of other libraries: each test fails first when its library changes, and they stand in
ganlab/app/compat.py, compat_queue.py and compat_server.py alone.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import platform
import re
import socket
import sys
from asyncio import base_events, selector_events
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import version
from importlib.util import module_from_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from fastapi import FastAPI
from gradio import component_meta, route_utils, state_holder
from gradio.context import LocalContext
from gradio.data_classes import ImageData
from gradio.queueing import Queue
from gradio.state_holder import StateHolder
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient
from streamlit.runtime.pages_manager import PagesManager

from ganlab.app import compat, compat_import, compat_server
from ganlab.app.security.rights import Action, action_of
from tests.support.app_server import ROOT

HOOKS = ("compat.py", "compat_queue.py", "compat_server.py")
HOOKED = ("asyncio", "fastapi", "gradio", "starlette", "streamlit", "uvicorn")
DOCUMENTED = ("__", "_asdict", "_exit", "_replace")  # Python's own
PUBLIC = {  # submodules that the libraries document, or whose classes their documentation hands out
    "starlette": ("applications", "exceptions", "middleware", "requests", "responses", "routing", "staticfiles", "types"),
    "gradio": ("components",),
    "streamlit": ("config", "testing"),
}


@pytest.fixture
def demo() -> Iterator[gr.Blocks]:
    with gr.Blocks() as made:
        gr.Button().click(lambda: None, None, None, concurrency_limit=1, concurrency_id="slow")
    yield made


@pytest.mark.parametrize("library", [name for name in compat.READ_IN if name != "python"])
def test_the_hooks_were_read_in_the_version_that_is_installed(library: str) -> None:
    """After an upgrade, read every hook into this library again and write the new version into READ_IN."""
    assert version(library) == compat.READ_IN[library]


def test_no_other_file_reaches_into_these_libraries() -> None:
    files = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "ganlab").rglob("*.py")]
    assert len(files) > 200
    found = [f"{path.relative_to(ROOT)}: {hook}" for path in files if path.name not in HOOKS for hook in _hooks(path)]
    assert not found


def _hooks(path: Path) -> Iterator[str]:
    """Imports of what is not public, and another object's underscored attributes where a library's objects are at hand."""
    tree = ast.parse(path.read_text())
    libraries = False
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in HOOKED:
            libraries = True
            library, *rest = node.module.split(".")
            if rest and rest[0] not in PUBLIC.get(library, ()):
                yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name.startswith("_"))
        elif isinstance(node, ast.Import):
            libraries |= any(alias.name.split(".")[0] in HOOKED for alias in node.names)
            yield from (alias.name for alias in node.names if alias.name.startswith(HOOKED) and "." in alias.name)
    if not libraries:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith(DOCUMENTED):
            continue
        if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
            yield ast.unparse(node)


def test_asyncio_calls_the_function_that_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    assert platform.python_version().startswith(compat.READ_IN["python"]), "read asyncio's base_events again"
    monkeypatch.setattr(base_events, "_set_nodelay", base_events._set_nodelay)  # put back afterwards
    assert "base_events._set_nodelay(self._sock)" in inspect.getsource(selector_events._SelectorSocketTransport)
    compat.send_small_answers_at_once()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as plain:  # as Streamlit makes it, without a protocol number
        assert plain.proto == 0
        base_events._set_nodelay(plain)
        assert plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("root", "path", "below"), [("", "/x", "/x"), ("/lab", "/lab/x", "/x"), ("/lab", "/labour", "/labour"), ("/lab", "/lab", "")]
)
def test_a_route_is_matched_below_the_root_path(root: str, path: str, below: str) -> None:
    assert compat.route_path({"type": "http", "root_path": root, "path": path}) == below


def test_gradio_is_imported_without_its_stubs() -> None:
    finder = compat_import._WithoutStubs()
    assert "create_or_modify_pyi(component_class" in inspect.getsource(component_meta.ComponentMeta), "the hook can go"
    sys.meta_path.insert(0, finder)
    spec = finder.find_spec(component_meta.__name__, gr.__path__)
    assert finder not in sys.meta_path, "once"
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.create_or_modify_pyi is compat_import._no_stub


def test_a_test_is_no_page_of_streamlit() -> None:
    assert not compat.runs_as_page()


def test_streamlit_reads_whether_there_is_a_folder_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    PagesManager(str(ROOT / "app.py"))
    assert PagesManager.uses_pages_directory, "it no longer looks for the folder: the hook can go"
    compat.leave_pages_to_the_router()
    PagesManager(str(ROOT / "app.py"))
    assert not PagesManager.uses_pages_directory


def test_an_option_that_was_not_given_is_a_default() -> None:
    assert not compat.is_set_by_hand("browser.serverAddress")


def test_streamlit_brings_one_typeface() -> None:
    assert compat.streamlit_font().read_bytes()[:4] == b"wOF2"


def test_streamlits_page_has_what_ours_reads_and_sets() -> None:
    """See static/shared/pages.js and pages.css: where the server is, and when a page is whole."""
    index = compat_server.streamlit_index()
    text = (index.parent / re.search(r'src="(./static/js/index[^"]+)"', index.read_text())[1]).read_text()
    for name in (
        "BACKEND_BASE_URL",
        "data-test-script-state",
        "notRunning",
        "stMainBlockContainer",
        "stSkeleton",
        "stAppSkeleton",
    ):
        assert name in text, name


def test_gradio_reads_its_bounds_where_they_are_set(demo: gr.Blocks) -> None:
    assert demo.state_session_capacity == 10_000 and demo._queue.sleep_when_free < 0.02
    assert "self.sleep_when_free" in inspect.getsource(Queue.start_processing)
    compat.bound_resources(demo, 300, 0.02)
    assert demo.state_session_capacity == 300 and demo._queue.sleep_when_free == 0.02


def test_gradio_copies_no_configuration_for_a_session(demo: gr.Blocks) -> None:
    """Each call without a session has one of its own; `/deep_link`, which alone reads the copy, is closed."""
    assert "if k in blocks.blocks" in inspect.getsource(state_holder)
    assert action_of("/playground/gradio_api/deep_link", "GET") is Action.CLOSED
    compat.copy_no_configuration()
    session = state_holder.SessionState(demo)
    block = next(iter(demo.blocks))
    session._update_value_in_config(block, "x")
    session._update_config(block)
    assert session.config_values == {} and session.blocks_config.blocks.keys() == demo.blocks.keys()


def test_gradio_hands_inputs_to_the_check_first() -> None:
    """The order of the arguments, and that `process_api` calls what was put into the app."""
    with gr.Blocks() as demo:
        text = gr.Textbox()
        text.change(lambda value: value, text, text)
    (function,) = demo.fns.values()
    seen: list[tuple[list[Any], int]] = []
    assert not demo.has_launched
    compat.check_inputs(demo, lambda inputs, wanted: seen.append((inputs, wanted)))
    result = asyncio.run(demo.process_api(function, ["a"]))
    assert (result["data"], seen, demo.has_launched) == (["a"], [(["a"], 1)], True)


def test_an_image_of_our_own_class_reads_with_our_own_function(tmp_path: Path) -> None:
    made = compat.image_class("Photo", __name__, lambda self, payload: payload.path)
    with gr.Blocks() as demo:
        widget = made()
    assert widget.preprocess(ImageData(path="here")) == "here" and isinstance(widget, gr.Image)
    (config,) = [one for one in demo.get_config_file()["components"] if one["id"] == widget._id]
    assert config["type"] == "image", "the browser knows no component by the name Photo"
    assert not Path(__file__).with_suffix(".pyi").exists()


def test_there_is_no_cookie_while_no_request_is_answered() -> None:
    assert compat.current_cookies() == {}
    token = LocalContext.request.set(SimpleNamespace(cookies={"seat": "3"}))  # type: ignore[arg-type]
    try:
        assert compat.current_cookies() == {"seat": "3"}
    finally:
        LocalContext.request.reset(token)


def test_files_lie_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    kept = Path(compat.keep_bytes(b"GIF89a", "loop.gif"))
    assert kept.read_bytes() == b"GIF89a" and kept.is_relative_to(compat.upload_folder()) and kept.is_relative_to(tmp_path)


def test_an_option_of_streamlit_can_be_set_for_this_process() -> None:
    from streamlit import config

    before = config.get_option("server.baseUrlPath")
    compat.set_option("server.baseUrlPath", "lab")
    assert config.get_option("server.baseUrlPath") == "lab"
    compat.set_option("server.baseUrlPath", before)


def test_gradio_names_its_own_address_by_one_function(monkeypatch: pytest.MonkeyPatch) -> None:
    from gradio import queueing, route_utils, routes

    monkeypatch.setattr(route_utils, "get_root_url", route_utils.get_root_url)  # put back afterwards
    compat.answer_with_relative_addresses()
    for module in (queueing, routes):
        assert "route_utils.get_root_url(" in inspect.getsource(module)
        assert module.route_utils.get_root_url(request=None, route_path="/", root_path="") == "."


def test_a_call_is_answered_for_the_client_who_asked_and_its_answer_is_seen() -> None:
    """Directly and through the queue, which works in a task of its own."""
    asked: list[str] = []
    tabs: list[str] = []
    serving: ContextVar[str] = ContextVar("serving", default="no one")

    @contextmanager
    def entered(request: Any, tab: str) -> Iterator[None]:
        token = serving.set(request.headers["who"])
        tabs.append(tab)
        try:
            yield
        finally:
            serving.reset(token)

    with gr.Blocks() as demo:
        text = gr.Textbox()
        gr.Button().click(lambda _: serving.get(), text, text, api_name="who")
    compat.watch_calls(demo, entered, lambda values: asked.append(f"{serving.get()}: {values[0]}"))
    app = FastAPI()
    gr.mount_gradio_app(app, demo, path="/p", ssr_mode=False)
    with TestClient(app) as client:
        body: dict[str, Any] = {"data": ["x"]}
        assert client.post("/p/gradio_api/run/who", json=body, headers={"who": "ada"}).json()["data"] == ["ada"]
        client.post("/p/gradio_api/queue/join", json=body | {"fn_index": 0, "session_hash": "s"}, headers={"who": "bob"})
        assert '"bob"' in client.get("/p/gradio_api/queue/data?session_hash=s", headers={"who": "eve"}).text
    assert asked == ["ada: ada", "bob: bob"] and tabs == ["", "s"]


def test_a_tab_with_an_endless_name_is_refused(demo: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route_utils, "get_fn", route_utils.get_fn)
    compat.refuse_long_tab_names(100, "too long")
    body = SimpleNamespace(session_hash="x" * 100, fn_index=0)
    demo.state_holder.set_blocks(demo) if hasattr(demo, "state_holder") else StateHolder().set_blocks(demo)
    assert route_utils.get_fn(demo, None, body).fn is demo.fns[0].fn  # type: ignore[arg-type]
    body.session_hash += "x"
    with pytest.raises(HTTPException, match="too long"):
        route_utils.get_fn(demo, None, body)  # type: ignore[arg-type]
    assert len(demo.state_holder.session_data) == 1
