"""A photo through the Translate panel, in a real browser against the real app."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ganlab.app.views.status_wording import status_text
from ganlab.runtime.run import Run
from ganlab.runtime.worker import work
from tests.support.app_server import AppServer
from tests.support.small import small

COMPRESSED = Path("cyclegan-horse2zebra-compressed", "latest_net_G.pth")
PATIENCE = 60_000  # milliseconds
SLIDER = ".slider-wrap img, [data-testid='imageslider'] img, .image-slider img"
SOURCES = f'() => [...document.querySelectorAll("{SLIDER}")].map((image) => image.src)'


@pytest.fixture(scope="module")
def run(app: AppServer) -> Run:
    """A CycleGAN that has seen two batches: enough to go there and back."""
    before = os.environ.get("GANLAB_DATA")
    os.environ["GANLAB_DATA"] = str(app.runs_root.parent / "data")
    made = Run.create(small("cyclegan", architecture="light", steps=2, samples=6), root=app.runs_root)
    work(made)
    if before is not None:
        os.environ["GANLAB_DATA"] = before
    assert made.status().state == "finished", status_text(made.status())
    return made


@pytest.fixture
def window(app: AppServer, run: Run, page: Any) -> Any:
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app.url}/playground/?model={run.id}")
    page.get_by_role("tab", name="Translate photos").wait_for()
    page.get_by_label("plain to striped").wait_for()
    return page


def upload(page: Any, name: str, data: bytes) -> None:
    files = {"name": name, "mimeType": "image/png", "buffer": data}
    page.get_by_role("tabpanel").locator("input[type=file][accept*=image]").first.set_input_files(files)


def pictures(page: Any) -> list[np.ndarray]:
    """Before and after, as the slider shows them."""
    found = [page.request.get(source).body() for source in dict.fromkeys(page.evaluate(SOURCES))]
    return [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(float) for data in found]


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_drawing_goes_there_and_back_and_d_is_asked(window: Any) -> None:
    upload(window, "drawing.png", png(Image.effect_noise((120, 80), 90).convert("RGB")))
    window.get_by_text("pixels in").wait_for()
    for label in ("Translated back", "Error after translating back", "Which patches fool D"):
        window.get_by_text(label, exact=True).wait_for()
    before, after = pictures(window)
    assert before.shape == after.shape and np.abs(before - after).mean() > 2
    shown = window.evaluate(SOURCES)
    window.get_by_label("striped to plain").check()
    window.get_by_role("button", name="Translate", exact=True).click()
    window.wait_for_function(
        f"old => {{ const now = ({SOURCES})(); return now.length > 1 && now.some((one) => !old.includes(one)); }}", arg=shown
    )
    same, back = pictures(window)
    assert np.array_equal(same, before) and np.abs(back - after).mean() > 2  # by the other generator


def test_a_damaged_file_is_told_in_a_sentence_and_the_panel_lives_on(window: Any) -> None:
    upload(window, "holiday.png", b"\x89PNG\r\n\x1a\n" + bytes(200))
    toast = window.get_by_text("The image is damaged or incomplete").or_(window.get_by_text("This is not an image"))
    toast.first.wait_for()
    assert "/" not in toast.first.inner_text()
    upload(window, "good.png", png(Image.new("RGB", (64, 64), "brown")))
    window.get_by_text("pixels in").wait_for()


def test_loaded_weights_put_stripes_on_a_real_horse(window: Any, real_data_folder: Path, foreign_weights: Path) -> None:
    window.get_by_role("button", name="Load weights from a file").click()  # each tab has one, and one tab is in sight
    window.locator("input[type=file]:not([accept*=image])").last.set_input_files(str(foreign_weights / COMPRESSED))
    window.wait_for_function("() => [...document.querySelectorAll('input')].some(box => box.value.includes('latest_net_G'))")
    photo = Image.open(next((real_data_folder / "photos").glob("*sorrel*"))).convert("RGB")
    upload(window, "sorrel.png", png(photo))
    window.get_by_text("pixels in").wait_for()
    before, after = pictures(window)
    height, width, _ = before.shape
    horse = np.s_[int(0.18 * height) : int(0.42 * height), int(0.3 * width) : int(0.7 * width)]
    contrast = [pixels[horse].mean(axis=2).std() for pixels in (before, after)]
    assert contrast[1] > 1.3 * contrast[0], "no stripes on the horse"
    assert np.abs(after - before)[horse].mean() > 1.2 * np.abs(after - before)[int(0.8 * height) :].mean()


def test_the_panel_has_an_endpoint_with_a_name(app: AppServer, run: Run, tmp_path: Path) -> None:
    from gradio_client import Client, handle_file

    path = tmp_path / "photo.png"
    Image.new("RGB", (90, 60), "brown").save(path)
    client = Client(f"{app.url}/playground/", verbose=False, download_files=str(tmp_path))
    answer = client.predict(handle_file(str(path)), run.id, "AtoB", 64, True, False, api_name="/translate")
    assert all(Image.open(part).size == (90, 60) for part in answer[0])
    assert "pixels in" in str(answer[1])


def test_an_example_is_shown_and_translated_by_a_model_made_for_such_pictures(window: Any) -> None:
    window.locator(".gallery-item").first.click()
    window.get_by_label("horse to zebra").wait_for()
    window.get_by_text("pixels in").wait_for()
    shown = "() => [...document.querySelectorAll('[data-testid=image] img')].some((image) => image.naturalWidth === 384)"
    window.wait_for_function(shown)
    before, after = pictures(window)
    assert np.abs(before - after).mean() > 5


def test_several_photos_come_out_as_a_table(window: Any, tmp_path: Path) -> None:
    files = [tmp_path / "one.png", tmp_path / "two.png"]
    for file in files:
        Image.effect_noise((90, 60), 90 if file is files[0] else 30).convert("RGB").save(file)
    window.get_by_role("button", name="Several photos, or two models side by side").click()
    window.locator(".several input[type=file]").set_input_files([str(file) for file in files])
    window.locator(".several .file-preview tr").nth(1).wait_for()
    window.get_by_role("button", name="Translate all").click()
    window.get_by_text("2 photos in").wait_for()
    window.locator(".several .gallery-container, .several .grid-container").get_by_text("one", exact=True).wait_for()
    assert window.locator(".several").get_by_text("plain to striped").count() == 2
