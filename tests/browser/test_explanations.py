"""Every number of Watch explains itself: by a click, by the keyboard, on a phone; with the line that it is held against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import expect

from ganlab.core.events import Samples, Started
from tests.support.fake_runs import FakeRun

NAME = "distance/lenet-mnist"


@pytest.fixture
def fake(root: Path) -> Iterator[FakeRun]:
    run = FakeRun(root, recipe="digits-quick", dataset="mnist", steps=2000).queue()
    real = Samples(0, torch.zeros(16, 1, 28, 28, dtype=torch.uint8), 4)
    reading = {"fakes": 1000.0, "real": 60_000.0, "floor": 0.31}
    run.recorder.record(Started(0, 2000, "cpu", 60_000, {}, 0.0, {NAME: "protocol 1a2b3c4d"}, {NAME: reading}, real=real))
    run.sheet()
    run.train(100).report([(100, {NAME: 5.2, "gradient/G": 0.5, "gradient/D": 0.7})])
    yield run.checkpoint().train(100)
    run.release()


def open_live(page: Any, server: Any, run: FakeRun) -> Any:
    page.goto(f"{server.url}/live/?run={run.id}")
    page.wait_for_function("document.querySelector('.chart.distance .plot')?.data?.length > 0")
    return page.locator("#explanation")


def test_a_click_and_the_keyboard_open_two_sentences(page: Any, server: Any, fake: FakeRun) -> None:
    opened = open_live(page, server, fake)
    score = page.locator(".chart.score .ask").first
    score.click()
    expect(opened).to_be_visible()
    expect(opened).to_contain_text("The probability of being real that D gives to real images")
    expect(opened).to_contain_text("near 0.5 (dashed line)")
    expect(score).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    page.keyboard.press("Tab")  # the toggle of the other curve
    page.keyboard.press("Tab")  # and its number
    expect(opened).to_contain_text("the fakes of G")
    page.locator(".chart.distance .ask").click()
    expect(opened).to_contain_text("Distance to real digits")
    expect(opened).to_contain_text("Lower is better: other real digits read 0.31 (dashed line)")
    page.locator(".card .ask", has_text="200 of 2,000").click()
    expect(opened).to_contain_text("One step is one update of G")
    page.mouse.click(5, 5)
    expect(opened).to_be_hidden()
    assert "1a2b3c4d" not in page.locator("body").inner_text()
    every = page.locator(".ask:visible")
    for place in range(every.count()):  # no number without an explanation
        every.nth(place).click()
        expect(opened.locator("p")).to_have_count(2)
        expect(every.nth(place)).to_have_attribute("aria-expanded", "true")


def test_references_and_axes_are_in_the_charts(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    found = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('.chart:has(.plot[data-drawn])')].map((chart) => {
            const { shapes, annotations, xaxis, yaxis } = chart.querySelector('.plot').layout;
            return [chart.className.replace('chart ', ''), {
                levels: shapes.map((shape) => Number(shape.y0.toFixed(3))), texts: annotations.map((note) => note.text),
                axes: [xaxis.title.text, yaxis.title.text] }];
        }))"""
    )
    assert found["loss"]["levels"] == [0.693, 1.386]
    assert found["loss"]["texts"] == ["G where D cannot tell: ln 2", "D where it cannot tell: 2 ln 2"]
    assert (found["score"]["levels"], found["distance"]["texts"]) == ([0.5], ["real digits: 0.31"])
    assert [found[group]["axes"] for group in ("loss", "score", "distance")] == [
        ["Step", "Loss (nats)"],
        ["Step", "Probability of “real”"],
        ["Step", "Distance (lower is better)"],
    ]


def test_a_tile_leads_to_play_and_real_images_stand_beside(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    page.wait_for_function("document.querySelector('canvas')?.dataset.step == 200")
    box = page.locator("canvas").first.bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.9 * box["height"])  # the second of the last row
    tile = page.locator("a.tile")
    expect(tile).to_have_attribute("href", f"../play?model={fake.id}&step=100&tile=13")
    expect(tile).to_have_attribute("title", "Open the same z in Play at step 100: step 200 has no checkpoint")
    tile.focus()
    page.keyboard.press("ArrowUp")
    expect(tile).to_have_attribute("href", f"../play?model={fake.id}&step=100&tile=9")
    toggle, real = page.get_by_role("button", name="Real images"), page.locator(".sheet.real")
    expect(real).to_be_hidden()
    toggle.click()
    expect(real).to_contain_text("Real digits")
    page.wait_for_function("document.querySelector('.sheet.real canvas').clientWidth > 100")
    toggle.click()
    expect(real).to_be_hidden()


def test_on_a_phone_numbers_are_large_enough_for_a_finger(page: Any, server: Any, fake: FakeRun) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    opened = open_live(page, server, fake)
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('.ask, .chip')].filter((one) => one.offsetParent)
            .map((one) => one.getBoundingClientRect()).map((box) => [box.width, box.height])"""
    )
    assert len(sizes) > 8 and all(min(size) >= 44 for size in sizes), sizes
    page.locator(".chart.score .ask").last.click()
    box = opened.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
