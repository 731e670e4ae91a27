"""Sixty photos of odd sizes dropped on Train: counted, shown, timed and trained on, in colour and at 64 pixels."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from PIL import Image

from ganlab.runtime.run import Run, runs
from tests.support.app_server import AppServer

PATIENCE = 60_000  # milliseconds: two cores train, serve and render at the same time
COUNT = 60


@pytest.fixture
def window(app: AppServer, page: Any) -> Any:
    page.set_default_timeout(PATIENCE)
    return page


def photos() -> list[dict[str, Any]]:
    """JPEGs of odd sizes, each of two colours, as a browser gets them from a folder of a camera."""
    chance, made = random.Random(1), []
    for number in range(COUNT):
        size = (chance.randrange(70, 200), chance.randrange(70, 200))
        picture = Image.new("RGB", size, (chance.randrange(256), 90, 200))
        picture.paste((240, chance.randrange(256), 20), (10, 10, size[0] // 2, size[1] // 2))
        data = io.BytesIO()
        picture.save(data, "JPEG")
        made.append({"name": f"../IMG {number}.JPG", "mimeType": "image/jpeg", "buffer": data.getvalue()})
    return made


def test_photos_are_dropped_looked_at_and_trained_on(window: Any, app: AppServer) -> None:
    before = {run.id for run in runs(app.runs_root)}
    window.goto(f"{app.url}/train")
    window.get_by_role("radio", name="Your own images").click()
    window.get_by_role("radio", name="Upload files").click()
    window.locator("input[type=file]").set_input_files(photos())
    window.get_by_text(f"{COUNT} files uploaded").wait_for()
    window.get_by_text(f"{COUNT} pictures to train on; colour").wait_for()
    assert window.get_by_role("img", name="of the pictures").locator("img").count() >= 12
    window.get_by_text("Filled in for these pictures: DCGAN, 64 × 64 pixels").wait_for()
    window.get_by_text("by some steps that were just measured").wait_for()
    width = window.get_by_role("spinbutton", name="Width", exact=True)
    width.fill("8")  # to be quick
    width.press("Enter")
    window.get_by_text("Yours stay: Width").wait_for()
    window.get_by_role("button", name="Start training").click()
    window.wait_for_url("**/watch?run=*")
    (run,) = [run for run in runs(app.runs_root) if run.id not in before]
    sees_them(window, run)
    run.request_stop()
    assert run.wait(60).state == "stopped"
    run.delete()
    assert not run.path.exists()  # its pictures with it


def sees_them(window: Any, run: Run) -> None:
    """Sheets of 64-pixel colour pictures, of a run that has its photos in its own folder."""
    live = window.frame_locator("iframe[title='Live view']")
    live.locator("canvas[data-step]").first.wait_for()
    assert (run.config.image_size, run.config.width, run.config.flip) == (64, 8, True)
    assert run.config.data_path == str(run.path.absolute() / "pictures.zip")
    sheet = run.sheet()
    assert sheet.mode == "RGB" and (sheet.width - 2) % 66 == 0  # 64 pixels and 2 between
