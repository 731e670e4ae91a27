"""How soon a moved slider shows its picture: a real browser drags one of the playground's sliders back and forth.

    python benchmarks/playground.py [--family dcgan] [--width 64] [--seconds 10] [--training]

The latency is from the slider's input event to the picture that this very position asked for: until it is drawn, and until
the next frame shows it. Positions that a newer one overtook have no picture and count nowhere. With --training a worker
trains meanwhile.
Needs playwright and a Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

from ganlab import FAMILIES, Run, launch  # noqa: E402

ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
SLIDER = "input[type=range][aria-label='range slider for Direction 1']"
MOUSE_HERTZ = 60
WARM_UP = 2.0  # seconds of dragging that are not counted

# Positions by time, and for every picture how long its position waited for it.
OBSERVE = """slider => {
    const moved = new Map(), picture = document.querySelector("#picture");
    window.waits = [];
    const note = (event) => moved.set(Number(event.target.value), performance.now());
    document.querySelector(slider).addEventListener("input", note, true);
    new MutationObserver(() => {
        const asked = new URLSearchParams(picture.dataset.drawn).get("offsets") ?? "0", at = moved.get(Number(asked));
        const drawn = performance.now() - at;
        if (at !== undefined) requestAnimationFrame(() => window.waits.push([drawn, performance.now() - at]));
    }).observe(picture, { attributeFilter: ["data-drawn"] });
}"""


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory(prefix="ganlab-playground-") as folder:
        os.environ["GANLAB_RUNS"] = folder
        config = FAMILIES[options.family].config.replace(dataset="shapes", channels=1, width=options.width, steps=1)
        model = launch(config)
        wait_until_done(model)
        with served() as port, training(options.training):
            waits, seconds = asyncio.run(drag(port, model.id, options.seconds))
    if len(waits) < 10:
        raise SystemExit(f"Only {len(waits)} pictures came: is the machine busy?")
    busy = "while a worker trains" if options.training else "with nothing else of ours running"
    print(f"{options.family}, width {options.width}, 28 x 28, {busy}: {len(waits) / seconds:.1f} pictures/s")
    for name, column in (("drawn", 0), ("on screen", 1)):
        times = [wait[column] for wait in waits]
        print(f"slider -> {name:9}  p50 {statistics.median(times):5.1f} ms  p90 {statistics.quantiles(times, n=10)[8]:5.1f} ms")


async def drag(port: int, model: str, seconds: float) -> tuple[list[tuple[float, float]], float]:
    """Drag the first slider for a while: (milliseconds until drawn and until shown per picture, seconds counted)."""
    from playwright.async_api import async_playwright

    async with async_playwright() as driver:
        executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = await driver.chromium.launch(executable_path=executable, args=ARGUMENTS.split())
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        await page.goto(f"http://127.0.0.1:{port}/playground/?model={model}")
        await page.wait_for_selector("#picture[data-drawn]", timeout=60_000)
        await page.evaluate(OBSERVE, SLIDER)
        box = await page.locator(SLIDER).bounding_box()
        assert box is not None
        y, left, width = box["y"] + box["height"] / 2, box["x"] + 8, box["width"] - 16
        await page.mouse.move(left + width / 2, y)
        await page.mouse.down()
        moves = set()
        start = counted = time.monotonic()
        while (now := time.monotonic() - start) < WARM_UP + seconds:
            if counted == start and now >= WARM_UP:
                await page.evaluate("window.waits = []")
                counted = time.monotonic()
            sweep = now / 2 % 2  # two seconds from one end to the other
            # A mouse does not wait for the page: neither does this one.
            move = asyncio.create_task(page.mouse.move(left + width * (sweep if sweep < 1 else 2 - sweep), y))
            moves.add(move)
            move.add_done_callback(moves.discard)
            await asyncio.sleep(1 / MOUSE_HERTZ)
        spent = time.monotonic() - counted
        waits = await page.evaluate("window.waits")
        await asyncio.gather(*moves)
        await browser.close()
        return waits, spent


@contextmanager
def served() -> Iterator[int]:
    """The whole app on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not answers(port):
            if process.poll() is not None:
                raise SystemExit("The app did not start.")
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
            return True
    except OSError:
        return False


@contextmanager
def training(wanted: bool) -> Iterator[None]:
    """A run that trains until the end of the block, if wanted."""
    if not wanted:
        yield
        return
    run = launch(FAMILIES["dcgan"].config.replace(dataset="shapes", steps=10_000_000, checkpoint_every=1_000_000))
    while run.status().state != "running":
        time.sleep(0.2)
    try:
        yield
    finally:
        run.request_stop()
        wait_until_done(run)


def wait_until_done(run: Run) -> None:
    while run.status().active:
        time.sleep(0.1)
    if not run.checkpoints():
        raise SystemExit(f"No model to play with: {run.status().cause}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", default="dcgan", choices=list(FAMILIES))
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--training", action="store_true", help="train another run at the same time")
    return parser.parse_args()


if __name__ == "__main__":
    main()
