"""Where people really run it, as docs/deployment.md says: below a path, behind nginx and jupyter-server-proxy, in a frame.

One app serves all of it, started from a read-only checkout with a SOCKS proxy in its environment at which nothing answers.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any

import httpx
import pytest
from PIL import Image

from ganlab.core.images import png
from tests.support import ROOT
from tests.support.app_server import AppServer
from tests.support.loopback import Site, serving
from tests.support.proxies import free_port, jupyter, nginx, nginx_program, read_only
from tests.support.workers import wait_for

WAYS = ["below a path", "nginx", "jupyter-server-proxy"]
PATIENCE = 60_000  # milliseconds
SLIDER = ".slider-wrap img, [data-testid='imageslider'] img, .image-slider img"
PROBES = ("_stcore/health", "_stcore/host-config")  # Streamlit's page tries every path above it


class Deployed(AppServer):
    """The app below /base, known as lab.example.org, which one other site may show."""

    def command(self, port: int | None = None) -> list[str]:
        """The README's command with the options of docs/deployment.md."""
        return [*read_only(ROOT), *super().command(port), "--server.baseUrlPath=base", "--server.allowedHosts=lab.example.org"]


@pytest.fixture(scope="module")
def outside(browser: Any) -> Iterator[Site]:
    """A page of another site: /, as http://localhost, is not same-site with 127.0.0.1."""
    with serving(Site()) as site:
        yield site


@pytest.fixture(scope="module")
def deployed(browser: Any, outside: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The app, where there is a browser."""
    home = tmp_path_factory.mktemp("deployed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_HOME", str(home / "empty-cache"))
        patch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{free_port()}")
        patch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")  # what `ganlab app --proxy 127.0.0.1` sets
        patch.setenv("GANLAB_ALLOW_FRAME", outside.address.replace("127.0.0.1", "localhost"))
        server = Deployed(home, home / "data")
    with server:
        address = f"{server.url}/play?tab=explore&model=shapes-quick"
        outside.files[""] = f'<!doctype html><iframe width="1000" height="700" src="{address}"></iframe>'.encode()
        yield server


@pytest.fixture(scope="module")
def addresses(deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The app's address, with its last slash, by the way that leads there; a way whose program is not installed is left out."""
    home, port = tmp_path_factory.mktemp("proxies"), deployed.port
    with ExitStack() as running:
        found = {"below a path": f"{deployed.url}/base/"}
        if nginx_program():
            found["nginx"] = running.enter_context(nginx(home / "nginx", port))
            found["nginx that names no prefix"] = running.enter_context(nginx(home / "bare", port, "X-Forwarded", "_buffering"))
        if find_spec("jupyter_server_proxy"):
            found["jupyter-server-proxy"] = running.enter_context(jupyter(home / "jupyter", port))
        yield found


@pytest.fixture
def address(way: str, addresses: dict[str, str]) -> str:
    if way not in addresses:
        pytest.skip(f"{way.split()[0]} is not installed: pip install -r requirements-dev.txt")
    return addresses[way]


@pytest.fixture
def refused(page: Any) -> list[str]:
    """The addresses that the page asked in vain."""
    found: list[str] = []
    page.on("response", lambda got: found.append(got.url) if got.status >= 400 and not got.url.endswith(PROBES) else None)
    return found


def drawn(play: Any) -> list[str]:
    """The latents of the pictures on the way between two, once there are some."""
    figures = play.locator(".figures.along .latent:visible")
    figures.first.wait_for()
    return list(figures.evaluate_all("all => all.map(one => one.dataset.latent)"))


def click_draws_anew(page: Any, frames: int = 1) -> None:
    """Press a button of the playground, so many frames inside the page, and wait for other pictures."""
    page.set_default_timeout(PATIENCE)
    play = page
    for _ in range(frames):
        play = play.frame_locator("iframe").first
    before = drawn(play)
    play.get_by_role("button", name="Resample both").click()
    wait_for(lambda: drawn(play) != before)


@pytest.mark.parametrize("way", WAYS)
def test_everything_is_found_and_a_click_in_play_draws(way: str, address: str, page: Any, refused: list[str]) -> None:
    with httpx.Client(trust_env=False) as client:
        for path in ("", "train", "live/", "live/live.js", "shared/tokens.css", "font.woff2", "api/runs", "playground/"):
            assert client.get(address + path).status_code == 200, path
    page.goto(f"{address}play?tab=explore&model=shapes-quick&label=heart")
    click_draws_anew(page)
    assert page.url.startswith(address) and not refused


def test_a_photo_is_translated_behind_a_prefix_without_a_header(addresses: dict[str, str], page: Any, refused: list[str]) -> None:
    """An upload, the queue, and files that Gradio writes: all that it makes addresses for."""
    if "nginx" not in addresses:
        pytest.skip("nginx is not installed: pip install -r requirements-dev.txt")
    page.set_default_timeout(PATIENCE)
    page.goto(f"{addresses['nginx that names no prefix']}playground/?model=facades-light")
    photo = {"name": "photo.png", "mimeType": "image/png", "buffer": png(Image.effect_noise((64, 64), 90).convert("RGB"))}
    page.get_by_role("tabpanel").locator("input[type=file][accept*=image]").first.set_input_files(photo)
    page.get_by_text("pixels in").wait_for()
    loaded = "all => all.length > 1 && all.every(one => one.naturalWidth > 0)"
    wait_for(lambda: page.locator(SLIDER).evaluate_all(loaded))
    assert not refused


def test_a_site_that_is_named_may_show_it_in_a_frame_and_no_other(deployed: Deployed, outside: Site, page: Any) -> None:
    page.goto(outside.address.replace("127.0.0.1", "localhost"))
    click_draws_anew(page, frames=2)
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(outside.address)


def test_the_named_proxy_is_believed_and_no_other_peer(addresses: dict[str, str], deployed: Deployed) -> None:
    """What nginx says of a client at 127.0.0.2 counts; what a program at 127.0.0.3 says of itself is one line of the log."""
    if "nginx" not in addresses:
        pytest.skip("nginx is not installed: pip install -r requirements-dev.txt")
    for number, address in ((2, addresses["nginx"]), (3, f"{deployed.url}/")):
        with httpx.Client(transport=httpx.HTTPTransport(local_address=f"127.0.0.{number}")) as client:
            for _ in range(3):
                assert client.get(f"{address}api/runs", headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 200
    log = deployed.log.read_text()
    assert log.count("in X-Forwarded-For") == 1 and log.count("--proxy 127.0.0.3") == 1


def test_it_answers_to_the_names_that_it_was_given(addresses: dict[str, str], deployed: Deployed) -> None:
    with httpx.Client(trust_env=False, follow_redirects=True) as client:
        for way, address in addresses.items():
            assert client.get(address.rstrip("/")).url == address or way == "jupyter-server-proxy"
            for host, status in (("lab.example.org", 200), ("evil.example", 421), ("localhost", 200)):
                assert client.get(f"{address}api/runs", headers={"Host": host}).status_code == status
    assert f"{deployed.url}/base" in deployed.log.read_text(), "the address that is printed is the one to open"


def test_a_read_only_checkout_says_why_it_trains_nothing() -> None:
    """Where GANLAB_RUNS names no other folder; `deployed` serves from such a checkout."""
    before = read_only(ROOT)
    if not before:
        pytest.skip("this system allows no mounts (unshare -Urm)")
    command = [*before, sys.executable, "-m", "ganlab", "train", "shapes", "--steps", "1"]
    environment = os.environ | {"GANLAB_RUNS": str(ROOT / "runs-of-a-test")}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1) and "cannot be written" in ended.stderr
