"""A folder of 2,000 runs: how long each page, the list of the API and `ganlab runs` take, the first time and again.

    python benchmarks/many_runs.py [--runs 2000]

The runs have ended, each with its own record, four sheets and a checkpoint. Pages are drawn in this process, without a
browser; what an empty folder takes is the cost of the page itself. The first look reads every run, the ones after it only
what has changed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from starlette.applications import Starlette  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from ganlab.app.api import routes  # noqa: E402
from ganlab.cli.main import main as verb  # noqa: E402
from tests.support.fake_runs import FakeRun  # noqa: E402

PAGES = ("home", "watch", "runs", "evaluate", "train")
VERBS = (["runs"], ["queue"], ["zoo"], ["clean", "--dry-run"])


def main() -> None:
    """Measure an empty folder, then a full one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    options = parser.parse_args()
    print(f"{'':<26} {'the first look':>22} {'again':>22}\n{'':<26} {'s':>11}{'s of CPU':>11} {'s':>11}{'s of CPU':>11}")
    with tempfile.TemporaryDirectory(prefix="ganlab-many-") as folder:
        for count in (0, options.runs):
            root = Path(folder, str(count))
            fill(root, count)
            os.environ["GANLAB_RUNS"] = str(root)
            client = TestClient(Starlette(routes=routes()))
            looks: dict[str, Callable[[], object]] = {f"page {name}": lambda name=name: page(name) for name in PAGES}
            looks["/api/runs"] = lambda client=client: client.get("/api/runs").content
            looks |= {f"ganlab {' '.join(words)}": lambda words=words: terminal(words) for words in VERBS}
            print(f"{count:,} runs")
            for name, look in looks.items():
                first, again = seconds(look), min(seconds(look) for _ in range(3))
                print(f"  {name:<24} {first[0]:>11.2f}{first[1]:>11.2f} {again[0]:>11.2f}{again[1]:>11.2f}", flush=True)
            print(f"  /api/runs answers {len(client.get('/api/runs').content):,} bytes")


def fill(root: Path, count: int) -> None:
    """`count` copies of a run that has ended, a minute apart."""
    root.mkdir()
    if not count:
        return
    with tempfile.TemporaryDirectory() as folder:
        made = FakeRun(Path(folder), recipe="shapes-quick", steps=300)
        made.start().train(200).checkpoint().train(100).checkpoint().finish()
        settings = json.loads((made.run.path / "config.json").read_text())
        for number in range(count):
            then = settings["created"] - 60 * (count - number)
            name = f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(then))}-{number:04x}-shapes-quick"
            shutil.copytree(made.run.path, root / name, copy_function=shutil.copy)
            (root / name / "config.json").write_text(json.dumps(settings | {"created": then}))


def page(name: str) -> None:
    """Draw a page; RuntimeError when it fails."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page(f"pages/{name}.py")
    app.run()
    if app.exception:
        raise RuntimeError(app.exception[0].message)


def terminal(words: list[str]) -> None:
    """A verb in this process."""
    with contextlib.redirect_stdout(io.StringIO()):
        verb(words)


def seconds(look: Callable[[], object]) -> tuple[float, float]:
    """How long one look takes, and how much processor time: what it would take on an idle machine."""
    started, used = time.perf_counter(), time.process_time()
    look()
    return time.perf_counter() - started, time.process_time() - used


if __name__ == "__main__":
    main()
