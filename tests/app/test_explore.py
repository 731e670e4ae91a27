"""The Explore and Classes panels: what an address restores, what is drawn and refused, and their named endpoints."""

from __future__ import annotations

import ast
import io
import json
import re
from functools import cache
from html import unescape
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
import torch
from PIL import Image

from ganlab import Pipeline
from ganlab.analysis.explore.latents import Latent
from ganlab.app import playground
from ganlab.app.api.pictures import Order, draw
from ganlab.app.playground import classes, html
from ganlab.app.playground.draw import panel as draw_panel
from ganlab.app.playground.explore import SECTIONS, _body, arithmetic, choose, interpolate, loop, map, nearest
from ganlab.app.playground.latent import panel as latent_panel
from ganlab.app.playground.latent import pasted
from ganlab.app.playground.layers import panel as layers_panel
from ganlab.app.playground.model_info import DIRECTIONS
from ganlab.core import film

ENDPOINTS = (
    "latent_picture",
    "explore_strip",
    "explore_loop",
    "explore_map",
    "explore_arithmetic",
    "explore_nearest",
    "classes_grid",
    "classes_mix",
)


@pytest.fixture(scope="module")
def demo() -> gr.Blocks:
    return playground.build()


def function(demo: gr.Blocks, name: str) -> Any:
    """The function behind a named endpoint."""
    return next(block.fn for block in demo.fns.values() if block.api_name == name)


def latents(shown: str) -> list[Latent]:
    return [Latent.parse(unescape(text)) for text in re.findall(r'data-latent="([^"]*)"', shown)]


@cache
def sections() -> list[Any]:
    """Laid out once; restoring reads them only."""
    with gr.Blocks():
        chosen = SimpleNamespace(model=gr.Textbox(), label=gr.Radio(), turn=gr.State(0))
        return [lay_out(chosen) for _, lay_out in SECTIONS.values()]


def restored(**query: str) -> dict[str, Any]:
    """Every widget of every section by its name in the address."""
    return {
        f"{section.name}_{name}": value
        for section in sections()
        for name, value in zip(section.widgets, section.restore(query), strict=True)
    }


def test_every_panel_has_its_named_endpoints_with_an_example(demo: gr.Blocks) -> None:
    named = {block.api_name for block in demo.fns.values() if block.api_visibility == "public"}
    assert named >= set(ENDPOINTS)
    code = "".join(section.code for section in sections()) + classes._CODE + pasted._EXAMPLE
    assert {name for name in ENDPOINTS if f'api_name="/{name}"' in code} == set(ENDPOINTS)


def test_an_address_restores_every_section() -> None:
    state = restored(
        between_from="7", between_path="lerp", between_count="5", loop_seeds="4, 5", loop_format="WebP", map_kind="Three seeds",
        map_reach="1.5", map_x="-0.5", sums_c="9", close_z="11",
    )  # fmt: skip
    assert (state["between_from"], state["between_to"], state["between_path"], state["between_count"]) == ("7", "1", "lerp", 5)
    assert (state["loop_seeds"], state["loop_format"], state["loop_speed"]) == ("4, 5", "WebP", 20)
    assert (state["map_kind"], state["map_reach"], state["map_x"], state["map_y"]) == ("Three seeds", 1.5, -0.5, 0.0)
    assert (state["sums_a"], state["sums_c"], state["close_z"]) == ("0", "9", "11")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("between_count", "1000000"),
        ("between_count", "many"),
        ("between_path", "spiral"),
        ("loop_format", "EXE"),
        ("map_kind", "<script>"),
        ("map_x", "nan"),
        ("map_reach", "-1"),
        ("map_side", "1e9"),
    ],
)
def test_nonsense_in_an_address_is_left_out(name: str, text: str) -> None:
    assert restored(**{name: text}) == restored()


def test_another_model_brings_its_labels_and_the_address_the_section() -> None:
    label, turn = choose("shapes-quick", 0, "heart")
    assert label["value"] == "heart" and "moon" in label["choices"] and label["visible"] and turn == 1
    assert choose("digits-quick", 0)[0]["visible"] is False
    assert choose("shapes-quick", 0, "<b>")[0]["value"] == "circle"
    request = SimpleNamespace(query_params={"section": "sums"}, headers={"referer": "http://lab:9/p/?x=1"})
    shown = _body(sections(), "digits-quick", "", request)
    assert shown[0].selected == "sums"
    assert 'Client("http://lab:9/p/")' in shown[-1] and '"digits-quick"' in shown[-1]
    assert all(update == gr.skip() for update in _body(sections(), "digits-quick", "digits-quick", request))


HOSTILE = 'x");import os;os.system("..\\'


def literals(code: str) -> list[Any]:
    """The arguments of the last call in an example, as Python reads them."""
    (call,) = [node for node in ast.walk(ast.parse(code).body[-1]) if isinstance(node, ast.Call)]
    return [ast.literal_eval(argument) for argument in call.args]


def test_no_name_from_outside_becomes_code_that_people_copy() -> None:
    request = SimpleNamespace(query_params={}, headers={"referer": 'http://lab/");evil("'})
    for code in _body(sections(), HOSTILE, "", request)[-len(sections()) :]:
        assert literals(code)[0] == HOSTILE
    shown = html.in_python(classes._CODE, 'http://lab/");evil("', model=HOSTILE, first="{second}", second=HOSTILE)
    assert literals(shown) == [HOSTILE, 0, "{second}", HOSTILE, 0.5, 1]
    assert ast.unparse(ast.parse(shown).body[1]) == "client = Client('http://lab/\");evil(\"')"


@pytest.mark.parametrize("seed", ["²", "٣" * 30, "1" * 5000, "-1", "1e3", str(2**31)])
def test_a_seed_that_is_none_is_left_out_of_every_panel(seed: str) -> None:
    query = {"seed": seed, "label": seed, "layer": seed, "rows": seed}
    assert latent_panel.arrived("digits-quick", query)[0] == 0
    assert classes.restore("shapes-quick", 0, query, "")[4] == 0
    request = SimpleNamespace(query_params=query | {"tab": "layers"})
    assert layers_panel.enter("digits-quick", None, 0, None, None, "", request)[1]["value"] == 0
    request = SimpleNamespace(query_params=query | {"tab": "draw"})
    assert draw_panel.enter("digits-quick", None, "", request)[0]["value"] == draw_panel.ANY


@pytest.mark.parametrize("seed", [1e14, -1, float("nan"), float("inf"), 0.5])
def test_endpoints_refuse_what_is_no_seed_in_one_sentence(demo: gr.Blocks, seed: float) -> None:
    for name, values in (
        ("layers_maps", (None, "digits-quick", "G", seed, 0, 1)),
        ("classes_grid", ("shapes-quick", seed, 2, 1)),
    ):
        with pytest.raises(gr.Error, match=r"seed = \S+ is not a whole number from 0 to 2147483647"):
            function(demo, name)(*values)
    with pytest.raises(gr.Error, match="seed = "):
        function(demo, "draw_closest")(Image.effect_noise((28, 28), 90), "digits-quick", -1, seed)


def test_a_z_goes_from_the_endpoint_to_the_box_and_into_the_address(demo: gr.Blocks) -> None:
    answer = function(demo, "latent_picture")
    picture, found = answer("shapes-quick", "7", "heart", "2,-1", 0.8)
    again, same = answer("shapes-quick", found["latent"], "heart", "", 1)
    assert picture.tobytes() == again.tobytes() and same["latent"] == found["latent"] and picture.width == 9 * 28
    assert found["score"] is None and Latent.parse(found["latent"]).label == "heart"
    numbers, label, truncation, *sliders, words = pasted.draw_pasted(found["latent"], "shapes-quick")
    assert (label, truncation, sliders) == (8, 1, [0.0] * DIRECTIONS) and "is drawn now" in words
    state = latent_panel.arrived("shapes-quick", {"z": numbers, "lock": "1"})
    assert state[-3] == numbers and state[3] is True
    z = Order.parse({"model": "shapes-quick", "z": numbers}).z
    assert torch.equal(torch.tensor(z), Latent.parse(found["latent"]).tensor())
    with pytest.raises(gr.Error, match="no class 'whale'"):
        answer("shapes-quick", "7", "whale", "", 1)


@pytest.mark.parametrize("text", ["", "seven", "{}", '{"model": "a", "z": [1.0]}', "<script>"])
def test_what_is_no_z_is_told_and_changes_nothing(text: str) -> None:
    *skipped, words = pasted.draw_pasted(text, "shapes-quick")
    assert 'class="wrong"' in words and "<script>" not in words
    assert all(update == gr.skip() for update in skipped)
    assert pasted.z_of_address({"z": text}) == ""


def test_a_strip_shows_pictures_whose_latents_can_be_pasted_back() -> None:
    shown = interpolate.draw("shapes-quick", "heart", "3", "4", "slerp", 5)
    found = latents(shown)
    assert [latent_panel.label for latent_panel in found] == ["heart"] * 5
    pipeline = Pipeline.load("shapes-quick")
    assert torch.equal(found[0].tensor(), pipeline.latents(1, 3)[0])
    assert "between_from=3" in unescape(shown) and "without its discriminator" in shown
    again = interpolate.draw("shapes-quick", "heart", found[-1].dump(), "3", "slerp", 5)
    assert latents(again)[0].z == found[-1].z
    picture, plain = interpolate.answer("shapes-quick", "3", "4", "slerp", 5, "heart")
    assert isinstance(picture, Image.Image) and [tuple(one["z"]) for one in plain] == [one.z for one in found]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (("nobody", None, "0", "1", "slerp", 5), "no model named"),
        ((None, None, "0", "1", "slerp", 5), "Choose a model"),
        (("horse2zebra-light", None, "0", "1", "slerp", 5), "translates photos"),
        (("shapes-quick", "whale", "0", "1", "slerp", 5), "no class"),
        (("shapes-quick", None, "<b>", "1", "slerp", 5), "not JSON"),
        (("shapes-quick", None, "0", "1", "slerp", 500), "2 to 16"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence_in_its_place(values: tuple[Any, ...], reason: str) -> None:
    shown = html.showing_refusal(interpolate.draw)(*values)
    assert reason in unescape(shown) and shown.startswith('<p class="wrong">') and "<b>" not in shown
    with pytest.raises(gr.Error, match=reason):
        html.as_gradio_error(interpolate.draw)(*values)


def test_a_map_and_its_points_agree() -> None:
    plane = ("Two directions", "0", "1", "2", 1, 2, 3, 5)
    picture = map.answer("digits-quick", *plane, "")
    assert picture.width == picture.height and picture.width % (5 * 28) == 0
    middle = latents(map.draw("digits-quick", None, *plane, 0, 0))[0]
    assert torch.allclose(middle.tensor(), Pipeline.load("digits-quick").latents(1, 0)[0])
    corner = latents(map.draw("digits-quick", None, "Three seeds", *plane[1:], -1, -1))[0]
    assert torch.allclose(corner.tensor(), middle.tensor(), atol=1e-6)
    x, y = map._clicked(5, torch.zeros(500, 500, 3).numpy(), SimpleNamespace(index=[410, 10]))
    assert (x, y) == (1.0, 1.0)
    assert map._map_or_nothing("digits-quick", None, "Two directions", "0", "1", "2", 2, 2, 3, 5) is None
    assert "two different directions" in html.showing_refusal(map.draw)(
        "digits-quick", None, "Two directions", "0", "1", "2", 2, 2, 3, 5, 0, 0
    )


def test_arithmetic_without_a_difference_is_the_third() -> None:
    found = latents(arithmetic.draw("digits-quick", None, "4", "4", "6"))
    assert len(found) == 4 and found[3].z == found[2].z
    _, latent_panel = arithmetic.answer("digits-quick", "4", "4", "6", "")
    assert tuple(latent_panel["z"]) == found[2].z and Latent.parse(json.dumps(latent_panel)).model == "digits-quick"


def test_a_loop_is_a_film(demo: gr.Blocks) -> None:
    path = function(demo, "explore_loop")("digits-quick", "0, 1", "slerp", 4, 10, "GIF", "")
    with Image.open(path) as made:
        assert made.n_frames == 8 and made.width == 224
    for format in film.formats():
        picture, video, _ = loop.draw("digits-quick", None, "0, 1", "slerp", 4, 10, format, lambda *_, **__: None)
        assert (picture.visible, video.visible) == (format != "MP4", format == "MP4")
    for seeds in ("", "1", "1, x", ", ".join("1" * 17)):
        with pytest.raises(ValueError):
            loop.make_loop("digits-quick", None, seeds, "slerp", 4, 10, "GIF")


def test_nearest_training_images_where_the_data_is_drawn_and_a_sentence_where_it_is_not() -> None:
    found = nearest.answer("shapes-quick", "0", "circle")
    assert [one["measure"] for one in found] == ["pixels"] and len(found[0]["nearest"]) == 6
    assert found[0]["typical distance between real images"] > 0 and found[0]["nearest"][0]["label"]
    *_, shown = nearest.search("shapes-quick", "circle", "0", lambda *_, **__: None)
    assert "By pixels" in shown and "10,000 training images" in shown and "only pixels" in shown
    (refused,) = nearest.search("digits-quick", None, "0", lambda *_, **__: None)
    assert "not on this machine" in refused


def test_classes_restore_by_name() -> None:
    query = {"model": "shapes-quick", "first": "star", "second": "moon", "seed": "8", "share": "0.25", "rows": "3"}
    shown = classes.restore("shapes-quick", 0, query, "http://lab/")
    assert (shown[0]["value"], shown[1]["value"]) == ("star", "moon") and shown[2:5] == [1, "shapes-quick", 8]
    assert shown[5:9] == [1.0, 0.25, 3, False] and '"star", "moon"' in shown[9]
    bad = classes.restore("shapes-quick", 0, {"share": "inf", "rows": "99", "seed": "-2", "first": "9"}, "http://lab/")
    assert bad[4:9] == [0, 1.0, 0.5, 4, False] and len(bad) == 10
    assert classes.restore("shapes-quick", 0, query | {"scores": "1"}, "")[8] is True
    kept = classes.choose("shapes-quick", 3, "moon", "circle")
    assert (kept[0]["value"], kept[1]["value"], kept[2]) == ("moon", "circle", 4)


def test_one_z_in_every_class_carries_the_names_of_the_classes(demo: gr.Blocks) -> None:
    found = latents(classes.draw_row("shapes-quick", 2, 1.0))
    assert [latent_panel.label for latent_panel in found] == list(Pipeline.load("shapes-quick").labels) and len(
        {one.z for one in found}
    ) == 1
    assert ">heart</span>" in classes.draw_grid("shapes-quick", 2, 1.0, "circle", "heart", 0.5, 3, False)
    assert function(demo, "classes_grid")("shapes-quick", 2, 3, 1.0).width == 10 * (2 * 28 + 2) + 2
    with pytest.raises(gr.Error, match="takes no label"):
        function(demo, "classes_grid")("digits-quick", 2, 3, 1.0)


def test_d_scores_every_picture_of_grid_and_mixture_when_asked() -> None:
    """The same picture gets the same score wherever it stands; no D, no scores, and it is said why."""
    asked = ("digits-cgan", 2, 1.0, "3", "8", 0.5, 2)
    plain, grid = (classes.draw_grid(*asked, judged) for judged in (False, True))
    assert "figcaption" not in plain and "scores=1" not in plain and "scores=1" in grid
    scores = re.findall(r"<figcaption>(-?\d+\.\d\d)</figcaption>", grid)
    assert len(scores) == 20 and len(set(scores)) > 5 and grid.count("<img") == 20
    row = re.findall(r"D (-?\d+\.\d\d)</figcaption>", classes.draw_row(*asked[:3]))
    assert row == scores[:10]
    plain, blend = (classes.draw_blend(*asked, judged) for judged in (False, True))
    found = re.findall(r"<figcaption>(\d+) % · D (-?\d+\.\d\d)</figcaption>", blend)
    assert len(found) == classes.STEPS and " · D " not in plain
    assert (found[0][1], found[-1][1]) == (row[3], row[8])
    assert "comes without its discriminator" in classes.draw_grid("shapes-quick", *asked[1:3], "circle", "heart", 0.5, 2, True)


def test_a_mixture_is_the_same_by_route_and_by_endpoint(demo: gr.Blocks) -> None:
    mix = function(demo, "classes_mix")
    pipeline = Pipeline.load("shapes-quick")
    pure = [pipeline.sample(1, 5, label=label)[0] for label in (0, 8)]
    assert [mix("shapes-quick", 5, "circle", "heart", share, 1.0).tobytes() for share in (0, 1)] == [
        one.tobytes() for one in pure
    ]
    half = mix("shapes-quick", 5, "circle", "heart", 0.5, 1.0)
    order = Order.parse({"model": "shapes-quick", "seed": "5", "label": "0", "mix": "8", "share": "0.5"})
    assert Image.open(io.BytesIO(draw(order, pipeline))).tobytes() == half.tobytes()
    with pytest.raises(gr.Error, match="no class 'whale'"):
        mix("shapes-quick", 5, "circle", "whale", 0.5, 1.0)
    with pytest.raises(ValueError, match="has no classes to mix"):
        draw(Order.parse({"model": "digits-quick", "mix": "1"}), Pipeline.load("digits-quick"))
    with pytest.raises(ValueError, match="share = '2'"):
        Order.parse({"model": "shapes-quick", "mix": "1", "share": "2"})
