"""Weights of another project in Draw from z, in a real browser: loaded, drawn, assumed otherwise, compared."""

from __future__ import annotations

import io
from typing import Any

import pytest
import torch

from tests.browser.conftest import playwright
from tests.support.app_server import AppServer

PATIENCE = 60_000  # milliseconds
DRAWN = "part => (document.getElementById('picture')?.dataset.drawn ?? '').includes(part)"


@pytest.fixture
def weights() -> bytes:
    """An MLP with ten labels beside z and no norms: the file tells neither its activation nor its z."""
    torch.manual_seed(0)
    state = {"label_emb.weight": torch.randn(10, 4)}
    for number, (before, after) in zip((0, 2, 4), ((20, 48), (48, 64), (64, 784)), strict=True):
        state |= {f"model.{number}.weight": torch.randn(after, before) / before**0.5, f"model.{number}.bias": torch.randn(after)}
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def test_weights_are_loaded_drawn_and_assumed_otherwise(app: AppServer, page: Any, weights: bytes) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(f"{app.url}/playground/?tab=latent")
    panel = page.get_by_role("tabpanel").first
    page.get_by_role("button", name="Load weights from a file").click()
    file = {"name": "author.pth", "mimeType": "application/octet-stream", "buffer": weights}
    page.locator(".weights input[type=file]").set_input_files(file)
    page.wait_for_function(DRAWN, arg="model=loaded-")
    playwright.expect(page.locator("#left-open")).to_contain_text("Assumed: ")
    playwright.expect(page.locator("#left-open")).to_contain_text("not in the file.")
    playwright.expect(page.locator("#link")).to_be_hidden()  # weights that only this visitor has

    panel.get_by_label("3", exact=True).check()
    page.wait_for_function(DRAWN, arg="label=3")
    page.locator("#direction-0 input[type=range]").fill("2")
    page.wait_for_function(DRAWN, arg="offsets=2")

    before = page.locator("#sheet").get_attribute("src")
    page.get_by_role("button", name="Change what is assumed").click()
    page.get_by_label("Activation", exact=False).first.click()
    page.get_by_role("option", name="GELU").click()
    page.wait_for_function(DRAWN, arg="activation%3Dgelu")
    assert page.evaluate(DRAWN, "label=3") and page.evaluate(DRAWN, "offsets=2")  # they stay
    playwright.expect(page.locator("#left-open")).to_contain_text("Chosen: activation GELU.")
    playwright.expect(page.locator("#sheet")).not_to_have_attribute("src", before)

    page.locator("#compare-with input").click()
    page.get_by_role("option", name="activation: ReLU", exact=True).click()
    playwright.expect(page.locator("#compared h3")).to_have_text(["Activation GELU", "Activation ReLU"])
    playwright.expect(page.locator("#compared img")).to_have_count(16)
