"""The Draw and Layers panels without a browser: what they say of a drawing, what an address restores, what is refused."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from copy import deepcopy
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import gradio as gr
import numpy as np
import pytest
from PIL import Image, ImageDraw

from ganlab.app import playground
from ganlab.app.playground.draw import panel as draw_panel
from ganlab.app.playground.draw.pad import SIDE, on_paper, sheet_of
from ganlab.app.playground.draw.search import Search
from ganlab.app.playground.layers import panel as layers_panel
from ganlab.app.playground.layers.table import grid, table
from ganlab.app.playground.queueing import share
from ganlab.app.serving.pipelines import PIPELINES
from ganlab.core.images import ImageError, png
from ganlab.runtime.run import Run
from ganlab.runtime.worker import work
from tests.support.small import small

DIGITS, SHAPES, HORSES = "digits-quick-conditional", "shapes-quick", "horse2zebra-light"


def asked(**query: str) -> Any:
    return SimpleNamespace(query_params=query, session_hash="a page")


@pytest.fixture
def seven() -> str:
    """A drawn 7 as the pad sends it."""
    image = Image.new("RGB", (SIDE, SIDE), "white")
    ImageDraw.Draw(image).line([(80, 70), (190, 70), (130, 210)], fill="black", width=18, joint="curve")
    return "data:image/png;base64," + base64.b64encode(png(image)).decode()


@pytest.fixture(scope="module")
def trained(little_data: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run with its discriminator, on shapes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_DATA", str(tmp_path_factory.mktemp("data")))
        run = Run.create(small("cgan", steps=10), root=tmp_path_factory.mktemp("runs"))
        work(run)
    yield run


def query_of(links: str) -> dict[str, str]:
    address = links.split('href="?')[-1].split('"')[0].replace("&amp;", "&")
    return {key: values[0] for key, values in parse_qs(urlsplit("?" + address).query).items()}


def test_the_tabs_are_there_with_their_endpoints() -> None:
    demo = playground.build()
    assert {"draw", "layers"} <= set(playground.TABS)
    assert {"draw_closest", "layers_maps"} <= {str(one.api_name) for one in demo.fns.values()}
    limits = {
        one.concurrency_limit for one in demo.fns.values() if one.fn in (draw_panel.run, draw_panel.describe, layers_panel.show)
    }
    assert limits == {2}  # one of a seat


def test_a_drawn_seven_is_read_as_a_seven_without_a_discriminator(seven: str) -> None:
    figures, _, words, links = draw_panel.describe(seven, DIGITS, draw_panel.ANY, Search())
    assert "<img" in figures and "Not searched yet" in figures
    assert "comes without its discriminator" in words
    assert "reads <b>7</b>" in words
    assert query_of(links)["model"] == DIGITS


def test_an_address_holds_the_drawing(seven: str) -> None:
    query = query_of(draw_panel.describe(seven, DIGITS, 3, Search())[-1])
    label, sheet, filled = draw_panel.enter(DIGITS, None, "", asked(**query))
    assert (filled, label["value"]) == (query["model"], 3)
    again = draw_panel.describe(sheet, DIGITS, 3, Search())
    assert query_of(again[-1])["model"] == DIGITS
    before, after = (np.asarray(on_paper(text)).astype(float) for text in (seven, sheet))
    assert before.mean() > 128 > after.mean()  # as the model is shown it: white on black
    assert "reads <b>7</b>" in again[2]


@pytest.mark.parametrize("drawing", ["", "!!!", "aGVsbG8", "A" * 10_000])
def test_nonsense_in_an_address_leaves_an_empty_sheet(drawing: str) -> None:
    label, sheet, _ = draw_panel.enter(DIGITS, None, "", asked(tab="draw", model="../../etc", label="99", drawing=drawing))
    assert label["value"] == draw_panel.ANY
    assert not isinstance(sheet, str)


def test_an_empty_sheet_is_waited_for_and_a_strange_one_refused() -> None:
    assert "Draw something" in draw_panel.describe("", DIGITS, draw_panel.ANY, Search())[0]
    assert "Draw something" in draw_panel.describe(sheet_of(Image.new("L", (28, 28), 255)), DIGITS, draw_panel.ANY, Search())[0]
    assert on_paper("") is None
    for text in ("file:///etc/passwd", "data:image/png;base64,@@@", "data:image/png;base64," + "A" * 2**20):
        with pytest.raises(ImageError, match="did not arrive"):
            on_paper(text)
    huge = "data:image/png;base64," + base64.b64encode(png(Image.new("1", (9000, 9000)), 9)).decode()
    with pytest.raises(ImageError):
        on_paper(huge)
    with pytest.raises(gr.Error, match="Nothing is drawn yet"):
        next(draw_panel.run("", DIGITS, draw_panel.ANY, Search()))


def drawn(seven: str, label: int = 7) -> Search:
    """A page on which this was drawn."""
    search = Search()
    draw_panel.describe(seven, DIGITS, label, search)
    return search


def test_the_search_shows_itself_and_can_be_stopped_until_it_ends(seven: str) -> None:
    events = list(draw_panel.run(seven, DIGITS, 7, drawn(seven)))
    assert len(events) > 10
    assert "Step 0 of" in events[0][1] and "Found:" in events[-1][1] and "drawn as 7" in events[-1][1]
    assert all(between[2]["interactive"] for between in events[:-1]) and not events[-1][2]["interactive"]
    assert events[0][0] != events[-1][0]
    assert "Download" in events[-1][3]


def test_a_search_that_is_stopped_says_so_and_ends(seven: str) -> None:
    page, another = drawn(seven), deepcopy(drawn(seven))
    events = draw_panel.run(seven, DIGITS, 7, page)
    next(events)
    another.stop()
    assert "Step 4 of" in next(events)[1]
    page.stop()
    (last,) = events
    assert "Stopped at step 8 of" in last[1] and not last[2]["interactive"]
    page.stop()  # nothing is searched any more
    assert "Step 0 of" in next(draw_panel.run(seven, DIGITS, 7, page))[1]


@pytest.mark.parametrize("changed", [("", DIGITS, 7), ("seven", DIGITS, 3)], ids=["cleared", "another label"])
def test_a_search_draws_nothing_over_what_was_drawn_meanwhile(seven: str, changed: tuple[str, str, int]) -> None:
    page = drawn(seven)
    events = draw_panel.run(seven, DIGITS, 7, page)
    next(events)
    sheet, model, label = changed
    looking = Thread(target=draw_panel.describe, args=(sheet and seven, model, label, page))
    looking.start()
    looking.join(0.2)
    assert looking.is_alive()  # until the search has seen it
    ((figures, words, stop, links),) = events
    looking.join(5)
    assert figures == words == links == gr.skip() and not stop["interactive"]
    waited_for = draw_panel.run(seven, DIGITS, 7, page)  # it was in line while the drawing changed
    assert next(waited_for)[0] == gr.skip()


def test_a_search_is_short_while_others_wait(seven: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [share(30, 3, others) for others in (0, 1, 29)] == [30, 15, 3]
    asked_for: list[str] = []
    monkeypatch.setattr(draw_panel, "queue_counter", lambda line: asked_for.append(line) or (lambda: 10**6))
    monkeypatch.setattr(draw_panel, "SHORTEST", 0.0)
    *_, last = draw_panel.run(seven, DIGITS, 7, drawn(seven))
    assert re.search(r"Time is up; the best of \d+ steps: [\d.]+ % off", last[1]) and asked_for == ["invert"]


def test_a_run_has_its_discriminators_verdict(trained: Run, seven: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(trained.path.parent))
    monkeypatch.setattr(PIPELINES, "_listed_at", float("-inf"))
    words = draw_panel.describe(seven, trained.id, draw_panel.ANY, Search())[2]
    assert "D gives this drawing <b>0." in words and "half of the real images score above" in words
    assert "real images</span>" in words and "G's own</span>" in words
    assert "LeNet" not in words  # it knows digits alone
    network, *_ = layers_panel.enter(trained.id, None, 0, None, None, "", asked(tab="layers", network="D"))
    assert network["value"] == "D"
    events = layers_panel.show(trained.id, "D", 0, 1, None, layers_panel.FIRST)
    assert "Input" in events[4]


def test_layers_show_maps_a_caption_and_the_table() -> None:
    slider, number, maps, caption, entering, weights, links = layers_panel.show(DIGITS, "G", 7, 3, None, layers_panel.FIRST)
    assert slider["value"] == number == 4 and slider["maximum"] == 8
    assert maps.mode == "LA" and maps.width > 500
    assert "transposed convolution 1: 32 maps of 14 × 14" in caption
    assert "comes without its discriminator" in entering
    total = sum(weight.numel() for weight in PIPELINES.get(DIGITS).generator.parameters())
    assert f">{total:,}</td></tr></tfoot>" in weights and weights.count('aria-current="true"') == 1
    query = query_of(links)
    network, seed, label, layer, filled = layers_panel.enter(query["model"], None, 0, None, None, "", asked(**query))
    assert (network["value"], seed["value"], label["value"], layer, filled) == ("G", 7, 3, 4, DIGITS)


def test_what_a_panel_shows_stays_where_the_model_stays_the_same() -> None:
    request = asked(tab="layers", model=SHAPES, seed="5", label="2", layer="3")
    _, seed, label, layer, _ = layers_panel.enter(SHAPES, None, 0, None, None, "", request)
    assert (seed["value"], label["value"], layer) == (5, 2, 3)
    network, seed, label, layer, _ = layers_panel.enter(DIGITS, "G", 1, 4, 2, SHAPES, request)  # later the choice counts
    assert (network["value"], seed["value"], label["value"], layer) == ("G", 1, 0, layers_panel.FIRST)
    assert draw_panel.enter(DIGITS, 3, SHAPES, asked(tab="draw", label="5"))[0]["value"] == 3


def test_a_translator_shows_every_network_on_the_example() -> None:
    pipeline = PIPELINES.get(HORSES)
    for network in layers_panel.networks(pipeline):
        slider, _, maps, caption, entering, *_ = layers_panel.show(HORSES, network, 0, None, None, layers_panel.FIRST)
        assert "convolution" in caption and maps.width >= 200 and slider["maximum"] > 5
        assert "Input" in entering
    assert not layers_panel.enter(HORSES, None, 5, None, 0, DIGITS, asked())[1]["visible"]  # it has no use for a seed


def test_what_the_endpoints_refuse() -> None:
    with pytest.raises(ValueError, match="There is no model named 'nobody'"):
        layers_panel.answer(None, "nobody", "G", 0, 0, 1)
    with pytest.raises(ValueError, match="no network 'D'"):
        layers_panel.answer(None, DIGITS, "D", 0, 0, 1)
    with pytest.raises(ValueError, match="layer = 99 is out of range"):
        layers_panel.answer(None, DIGITS, "G", 0, 0, 99)
    with pytest.raises(ValueError, match="Give a photo"):
        draw_panel.answer(None, DIGITS, -1, 0)
    with pytest.raises(ValueError, match="translates photos"):
        draw_panel.answer(Image.new("RGB", (9, 9)), HORSES, -1, 0)


def test_maps_of_any_number_make_a_grid() -> None:
    from ganlab.analysis.explore.inspect import inspect

    seen = inspect(PIPELINES.get(SHAPES), "G", label=2).activations
    for number, maps in enumerate(seen.maps, 1):
        assert 28 <= max(grid(maps).size) <= 1500
        assert f'<th scope="row">{number}. ' in table(seen, number)
