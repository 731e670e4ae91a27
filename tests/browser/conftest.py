"""A browser and a server for the tests that look at a page; they skip with a reason where no Chromium is installed."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from ganlab.app.api import routes
from tests.support.app_server import AppServer

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -r requirements-dev.txt")

PATIENCE = 30_000  # milliseconds: several processes test at once
playwright.expect.set_options(timeout=PATIENCE)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update"]
# The address bar's popup is a page in a process of its own, in every window, headless too. Playwright's own list is repeated,
# since Chromium heeds the last one only.
FEATURES = "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,AvoidUnnecessaryBeforeUnloadCheckSync,"
FEATURES += "DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,"
FEATURES += "ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,NetworkTimeServiceQuerying,"
FEATURES += "AimEnabled,PreconnectToSearch"
ARGUMENTS += [f"--disable-features={FEATURES}"]


@pytest.fixture(scope="module")  # playwright keeps an event loop running: it must be gone before tests that start their own
def browser() -> Iterator[playwright.Browser]:
    """The system's Chromium, else the one that playwright brings."""
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with playwright.sync_playwright() as driver:
        try:
            found = driver.chromium.launch(executable_path=executable, args=ARGUMENTS)
        except playwright.Error as error:
            pytest.skip(f"No Chromium to test with: {str(error).splitlines()[0]}")
        yield found
        found.close()


@pytest.fixture(scope="module")
def app(browser: playwright.Browser, app: AppServer) -> AppServer:
    """The shared app, for a browser: where there is none it is not started."""
    return app


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A window of 1280 x 900; the test fails when the page threw an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()
    assert errors == []


class WebServer:
    """The web routes on a port of their own, in a thread; `stop` and `start` it as a restarted server would be."""

    def __init__(self, prefix: str = "") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.prefix, self.url = prefix, f"http://127.0.0.1:{self.port}{prefix}"
        self.start()

    def start(self) -> None:
        """Serve until `stop`; returns when requests are answered."""
        app = Starlette(routes=[Mount(self.prefix, routes=routes())])
        config = uvicorn.Config(app, port=self.port, log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert self._thread.is_alive(), "the server ended before it served"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        """End it; harmless twice."""
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for runs."""
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def server(root: Path, request: pytest.FixtureRequest) -> Iterator[WebServer]:
    """The web routes over the runs in `root`; parametrised indirectly, behind a path prefix."""
    running = WebServer(getattr(request, "param", ""))
    yield running
    running.stop()
