"""Measuring a model in a real browser against the real app: start it, leave, come back to its table, take it along."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ganlab.analysis.jobs import Job, jobs
from ganlab.metrics.value import Value
from tests.support.app_server import AppServer

PATIENCE = 120_000  # milliseconds: two cores serve, render and measure at the same time


@pytest.fixture
def window(app: AppServer, page: Any) -> Any:
    page.set_default_timeout(PATIENCE)
    return page


def test_shapes_are_measured_and_the_numbers_taken_along(window: Any, app: AppServer, tmp_path: Path) -> None:
    window.goto(app.url)
    window.get_by_role("link", name="Evaluate", exact=True).click()
    window.get_by_text("Nothing has been measured here yet").wait_for()
    window.get_by_text("Ten shapes, by name").wait_for()
    count = window.get_by_role("spinbutton", name="Images per model")
    count.fill("200")
    count.press("Enter")
    window.get_by_text("200 images each").wait_for()
    window.get_by_role("button", name="Measure", exact=True).dblclick()
    window.wait_for_url("**/evaluate?job=*")
    (job,) = jobs(app.runs_root)  # the double click started one
    window.get_by_test_id("stMain").get_by_role("button", name="Stop").wait_for()

    address = window.url
    window.get_by_role("link", name="Runs", exact=True).click()  # it goes on without its page
    window.get_by_text("No runs yet").wait_for()
    window.goto(address)
    downloads = window.get_by_role("button", name="CSV")
    downloads.wait_for()
    assert job.status().state == "finished" and not job.failures()
    table_says_what_was_measured(window, job)
    files_hold_what_was_measured(window, job, tmp_path)
    assert window.locator(".js-plotly-plot").count() == 2
    overflow = window.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def table_says_what_was_measured(page: Any, job: Job) -> None:
    table = page.get_by_role("table").first
    heads = [re.sub(r"\s+", " ", head) for head in table.locator("th").all_inner_texts()]
    assert heads == ["Measured", "Step", "Distance ↓ lower is better", "Kernel distance ↓ lower is better"]
    rows = [
        [cell.replace("\N{NO-BREAK SPACE}", " ").strip() for cell in row.locator("td").all_inner_texts()] for row in body(table)
    ]
    model, kernel, floor, *_ = job.values()
    assert rows[0] == ["Ten shapes, by name (shipped)", "600", str(model.estimate), str(kernel.estimate)]
    assert rows[1][0] == "Floor: real images (shapes test)" and rows[1][2] == str(floor.estimate)
    assert model.value > floor.value + 2 * floor.error
    page.get_by_text("200 images against 10,000 of shapes train, 28 px").first.wait_for()


def body(table: Any) -> list[Any]:
    return table.locator("tbody tr").all()  # type: ignore[no-any-return]


def files_hold_what_was_measured(page: Any, job: Job, folder: Path) -> None:
    texts = {}
    for label in ("CSV", "JSON", "LaTeX"):
        with page.expect_download() as started:
            page.get_by_role("button", name=label).click()
        path = folder / started.value.suggested_filename
        started.value.save_as(path)
        texts[label] = path.read_text()
        assert path.name.startswith(f"ganlab-{job.id}.")
    values = job.values()
    assert [Value.from_dict(fields) for fields in json.loads(texts["JSON"])] == values
    assert [float(row["value"]) for row in csv.DictReader(texts["CSV"].splitlines())] == [value.value for value in values]
    assert texts["LaTeX"].count(r"\toprule") == 2 and "Ten shapes, by name" in texts["LaTeX"]


def test_an_endless_one_shows_how_far_it_is_and_is_stopped_and_deleted(window: Any, app: AppServer) -> None:
    window.goto(f"{app.url}/evaluate?model=shapes-quick")
    count = window.get_by_role("spinbutton", name="Images per model")
    count.fill("100000")
    count.press("Enter")
    window.get_by_text("100,000 images each").wait_for()
    window.get_by_role("button", name="Measure", exact=True).click()
    window.get_by_text(re.compile(r"of 100,000 images, [\d,]+ a second, \d+ (s|min) left")).wait_for()
    job = jobs(app.runs_root)[0]
    window.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    window.get_by_text("Stopped before anything was measured.").wait_for()
    assert job.status().state == "stopped"
    window.get_by_role("button", name="Delete").first.click()
    window.get_by_role("dialog").get_by_role("button", name="Delete").click()
    window.wait_for_url(lambda url: job.id not in url)
    assert job.id not in {other.id for other in jobs(app.runs_root)}
