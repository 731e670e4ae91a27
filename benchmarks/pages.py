"""How soon each page can be read, and how still it stands: a real browser opens every page of the whole app.

    python benchmarks/pages.py [--widths 1280 1920] [--pages Home Train ...] [--warm 3] [--no-cold] [--details]

`readable` is when the page's first own text can be seen, `whole` when what a person came for is there (Watch: the curves,
Play: the picture). Cold is the first visit to a fresh server with a fresh browser profile; warm is a later visit with the
same profile, the median of several. Requests and bytes over the wire, of websockets too, are those until two seconds after
that, `shift` is the cumulative layout shift (the worst window of five seconds, as Chromium's Web Vitals have it; the frames'
added to the page's, the worst visit). Errors are answers of status 400 and above and errors in the console, named below.
Without a network, on shipped weights and one finished run. Needs playwright and a Chromium; works on older commits too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Frame, Page, sync_playwright  # noqa: E402

from tests.support.app_server import AppServer  # noqa: E402
from tests.support.fake_runs import FakeRun  # noqa: E402

ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
HEIGHT = 900
PATIENCE = 120_000  # milliseconds
REST = 2_000  # milliseconds after the whole page

# name: (address, what is read first, what a person came for); a selector after ">>>" is one in the page's frame.
PAGES = {
    "Home": ("", "h1", "button:has-text('Train digits')"),
    "Train": ("train", "h1", "button:has-text('Start training')"),
    "Watch": ("watch?run={run}", ">>>.card h1", ">>>.plot .main-svg"),
    "Runs": ("runs", "h1", "[data-testid=stDataFrame] canvas"),
    "Evaluate": ("evaluate", "h1", "button:has-text('Measure')"),
    "Play": ("play?model=digits-cgan", "h1", ">>>#picture[data-drawn]"),
}

# In every frame: when the two could be seen first, and each shift with what moved.
OBSERVE = """
window.benchShifts = [];
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
        if (entry.hadRecentInput) continue;
        const kind = (node) => String(node.className?.baseVal ?? node.className).slice(0, 60);
        const name = (node) => node?.parentElement && `${node.nodeName}.${kind(node)}`;
        const side = (box) => [box.x, box.y, box.width, box.height].map(Math.round).join(" ");
        const moved = entry.sources.map((s) => `${name(s.node)} ${side(s.previousRect)} -> ${side(s.currentRect)}`);
        window.benchShifts.push({ at: entry.startTime, value: entry.value, moved });
    }
}).observe({ type: "layout-shift", buffered: true });
window.benchSeen = {};
const benchLook = () => {
    for (const selector of ["h1", ".card h1", "iframe"]) {
        const shown = document.querySelector(selector)?.checkVisibility({ visibilityProperty: true, opacityProperty: true });
        if (shown) window.benchSeen[selector] ??= performance.timeOrigin + performance.now();
    }
};
new MutationObserver(benchLook).observe(document, { subtree: true, childList: true, attributes: true });
"""


@dataclass
class Visit:
    """One look at a page: seconds, counts, bytes, shift, and what went wrong."""

    readable: float = 0.0
    whole: float = 0.0
    requests: int = 0
    bytes: int = 0
    shift: float = 0.0
    wrong: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)


def main() -> None:
    """Print a line for each page and width."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[1280, 1920])
    parser.add_argument("--pages", nargs="+", choices=PAGES, default=list(PAGES))
    parser.add_argument("--warm", type=int, default=3, help="warm visits of each page")
    parser.add_argument("--no-cold", action="store_true", help="no fresh server for each page: faster")
    parser.add_argument("--details", action="store_true", help="what moved")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}; {len(os.sched_getaffinity(0))} processors", flush=True)
    print(f"{'':<16}{'cold, s':>16}{'warm, s':>16}{'requests':>16}{'kB':>16}")
    print(f"{'':<16}" + f"{'readable':>9}{'whole':>7}" * 2 + f"{'cold':>9}{'warm':>7}" * 2 + f"{'shift':>8}{'errors':>8}")
    with tempfile.TemporaryDirectory(prefix="ganlab-pages-") as folder, sync_playwright() as driver:
        executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        launched = driver.chromium.launch(executable_path=executable, args=ARGUMENTS.split())
        for width in options.widths:
            if options.no_cold:
                with served(Path(folder)) as (url, run):
                    for name in options.pages:
                        report(name, width, measured(launched, url, run, name, width, options.warm), options.details)
                continue
            for name in options.pages:
                with served(Path(folder)) as (url, run):
                    report(name, width, measured(launched, url, run, name, width, options.warm), options.details)
        launched.close()


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """(address, run) of a fresh server without a network, with one run that has ended."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hub")}
    home = Path(tempfile.mkdtemp(dir=folder))
    made = FakeRun(home / "runs", recipe="shapes-quick", steps=600)
    made.start().train(400).checkpoint().train(200).checkpoint().finish()
    with AppServer(home, home / "data") as server:
        yield server.url, made.run.id


def measured(browser: Browser, url: str, run: str, name: str, width: int, warm: int) -> list[Visit]:
    """The first visit with a fresh profile, and those after it."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme="light")
    context.add_init_script(OBSERVE)
    visits = [visit(context, url, run, name) for _ in range(1 + warm)]
    context.close()
    return visits


def visit(context: BrowserContext, url: str, run: str, name: str) -> Visit:
    """Open one page in a new tab and look until it rests."""
    path, first, whole = PAGES[name]
    seen, page = Visit(), context.new_page()
    page.set_default_timeout(PATIENCE)
    count(page, seen)
    started = time.perf_counter()
    page.goto(f"{url}/{path.format(run=run)}", wait_until="commit")
    wait(page, first)
    wait(page, whole)
    seen.whole = time.perf_counter() - started
    page.wait_for_timeout(REST)
    seen.readable = readable(page, first)
    for frame in page.frames:
        shifts = frame.evaluate("() => window.benchShifts ?? []")
        seen.shift += cumulative(shifts)
        seen.moved += [f"{one['value']:.3f} at {one['at']:.0f} ms: {'; '.join(one['moved'])}" for one in shifts]
    page.close()
    return seen


def readable(page: Page, selector: str) -> float:
    """Seconds until it was visible, by the browser's own clock: asking from outside takes some tenths more."""
    inner, origin = selector.removeprefix(">>>"), page.evaluate("performance.timeOrigin")
    seen = page.evaluate("window.benchSeen")
    if inner == selector:
        return float(seen[selector] - origin) / 1000
    (frame,) = (frame for frame in page.frames if frame.parent_frame == page.main_frame and inner in seen_in(frame))
    return float(max(seen["iframe"], seen_in(frame)[inner]) - origin) / 1000


def seen_in(frame: Frame) -> dict[str, float]:
    """When what could first be seen in a frame."""
    return frame.evaluate("window.benchSeen ?? {}")  # type: ignore[no-any-return]


def wait(page: Page, selector: str) -> None:
    """Until it is visible, in the page or in its frame."""
    inner = selector.removeprefix(">>>")
    where = page.frame_locator("iframe").first if inner != selector else page
    where.locator(inner).first.wait_for()


def count(page: Page, seen: Visit) -> None:
    """Note each request, its bytes as they came over the wire, and what went wrong."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")

    def add(size: float) -> None:
        seen.bytes += int(size)

    def note(line: str, wrong: bool = True) -> None:
        seen.wrong += [line] * wrong

    def asked(event: Any) -> None:
        seen.requests += not event["request"]["url"].startswith(("data:", "blob:"))

    devtools.on("Network.requestWillBeSent", asked)
    devtools.on("Network.webSocketCreated", lambda event: asked({"request": event}))
    devtools.on("Network.loadingFinished", lambda event: add(event["encodedDataLength"]))
    devtools.on("Network.webSocketFrameReceived", lambda event: add(frame_bytes(event["response"])))
    page.on("response", lambda answer: note(f"{answer.status} {answer.url}", answer.status >= 400))
    page.on("console", lambda line: note(f"console: {line.text}", complaint(line)))
    page.on("pageerror", lambda error: note(f"thrown: {error}"))


def complaint(line: ConsoleMessage) -> bool:
    """Whether it is an error, other than that of an answer, which is counted as such."""
    return line.type == "error" and "Failed to load resource" not in line.text


def frame_bytes(response: Any) -> int:
    """The bytes of a websocket's frame; DevTools gives binary ones in base64."""
    return len(response["payloadData"]) * (3 if response["opcode"] == 2 else 4) // 4


def cumulative(shifts: list[Any]) -> float:
    """The worst sum of shifts that are less than 1 s apart, within 5 s (https://web.dev/articles/cls)."""
    worst = total = began = last = 0.0
    for one in shifts:
        if total and one["at"] - last < 1000 and one["at"] - began < 5000:
            total += one["value"]
        else:
            total, began = one["value"], one["at"]
        last, worst = one["at"], max(worst, total)
    return worst


def report(name: str, width: int, visits: list[Visit], details: bool) -> None:
    """Print one page's line, and below it what went wrong."""
    cold, warm = visits[0], visits[1:] or visits

    def middle(what: str) -> float:
        return statistics.median(getattr(one, what) for one in warm)

    times = f"{cold.readable:>9.2f}{cold.whole:>7.2f}{middle('readable'):>9.2f}{middle('whole'):>7.2f}"
    counts = f"{cold.requests:>9}{middle('requests'):>7.0f}{cold.bytes / 1000:>9,.0f}{middle('bytes') / 1000:>7,.0f}"
    wrong = sorted({line for one in visits for line in one.wrong})
    worst = max(visits, key=lambda one: one.shift)
    print(f"{name:<10}{width:>6}{times}{counts}{worst.shift:>8.3f}{len(wrong):>8}", flush=True)
    for line in wrong:
        print(f"{'':<16}{line}", flush=True)
    for line in worst.moved if details else ():
        print(f"{'':<16}{line}", flush=True)


if __name__ == "__main__":
    main()
