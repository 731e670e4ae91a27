"""Every look at a folder of runs: the pages, the routes and the verbs, in this process; what they raise is collected."""

from __future__ import annotations

import contextlib
import io
import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from ganlab.app.api import routes
from ganlab.app.api.generators import routes as generator_routes
from ganlab.app.api.pictures import routes as picture_routes
from ganlab.app.serving.hub_models import playable
from ganlab.app.serving.pipelines import Pipelines
from ganlab.cli.main import main
from ganlab.runtime.run import damaged_runs, listed
from tests.support import ROOT

PAGES = ("home", "runs", "watch", "evaluate", "train")
LISTS = (["runs"], ["runs", "--json"], ["queue"], ["zoo"], ["clean", "--dry-run"], ["clean"])
PARTS = ("", "/delta", "/detail?from=0&to=300", "/doctor", "/thumbnail.png", "/sheets/300.png", "/metrics.csv", "/export.zip")


class Looks:
    """What went wrong, one entry each; `count` looks were taken."""

    def __init__(self, home: Path) -> None:
        self.home, self.count = home, 0
        self.faults: list[str] = []
        self.client = TestClient(Starlette(routes=[*routes(), *picture_routes(Pipelines()), *generator_routes(Pipelines())]))

    def everything(self, whole: str, bad: Sequence[str]) -> None:
        """All of it; `whole` is a run without damage, which has to be listed by each."""
        for page in PAGES:
            self.page(page, bad[0] if bad else whole)
        for page, run in [("watch", id) for id in bad[1:4]]:
            self.page(page, run)
        self.routes(whole, bad)
        self.verbs(whole, bad)
        self.note("playable", lambda: [model.name for model in playable()])

    def page(self, name: str, run: str) -> None:
        """Draw a page with `run` in its address."""

        def draw() -> None:
            app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
            app.switch_page(f"pages/{name}.py")
            app.query_params["run"] = run
            app.run()
            for element in app.exception:
                self.faults.append(f"page {name} with {run}: {element.message}\n{element.stack_trace}")

        self.note(f"page {name} with {run}", draw)

    def routes(self, whole: str, bad: Sequence[str]) -> None:
        """Ask for the list, and for every part of every run."""
        pages = [self.get(f"/api/runs?limit=200&offset={offset}") for offset in range(0, len(listed()) + 1, 200)]
        if whole not in {item["id"] for page in pages for item in page.json()}:
            self.faults.append("the whole run is not listed by the API")
        for id in bad:
            for part in PARTS:
                self.get(f"/api/runs/{id}{part}")
            for address in ("picture?seed=1&model=", "latent?model=", "generator?model=", "shown?seed=1&model="):
                self.get(f"/api/{address}{id}")
            self.get(f"/api/compare?runs={whole},{id}")

    def get(self, address: str) -> object:
        """An answer; a fault of the program is one that raises or that a route has logged as unforeseen."""
        with self._logged(address):
            return self.note(address, lambda: self.client.get(address))

    def verbs(self, whole: str, bad: Sequence[str]) -> None:
        """The verbs that list, then those that take a run."""
        for words in LISTS:
            self.verb(words, whole if words[0] in ("runs", "zoo") else "")
        for id in bad:
            self.verb(["compare", whole, id])
            self.verb(["doctor", id])
            self.verb(["sample", id, "--n", "1", "--out", str(self.home / "sample.png")])

    def verb(self, words: list[str], lists: str = "") -> None:
        """A verb ends with a code, never with a traceback."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(SystemExit):
            self.note(f"ganlab {' '.join(words)}", lambda: main(words))
        if lists not in said.getvalue():
            self.faults.append(f"ganlab {' '.join(words)} does not list the whole run")

    def delete_the_damaged(self) -> None:
        """Every damaged run can be deleted."""
        for run in damaged_runs():
            self.note(f"delete {run.id!r}", run.delete)
        if left := damaged_runs():
            self.faults.append(f"{len(left)} damaged runs are still there, one is {next(iter(left)).id!r}")

    def note(self, what: str, look: Callable[[], object]) -> object:
        """The result of a look; a fault where it raises."""
        self.count += 1
        try:
            return look()
        except Exception:
            self.faults.append(f"{what}\n{traceback.format_exc()}")
            return None

    @contextlib.contextmanager
    def _logged(self, what: str) -> Iterator[None]:
        faults = self.faults

        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                if record.exc_info and record.exc_info[1]:
                    faults.append(f"{what}, logged\n{''.join(traceback.format_exception(record.exc_info[1]))}")

        logger, handler = logging.getLogger("ganlab"), Handler(logging.ERROR)
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
