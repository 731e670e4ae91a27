"""The live view in a real browser, on run directories that this process writes as a worker would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.fake_runs import FakeRun
from tests.support.workers import wait_for

LOSSES = ".chart.loss .plot"


@pytest.fixture
def fake(root: Path) -> Iterator[FakeRun]:
    run = FakeRun(root, recipe="digits-quick", steps=2000).start()
    for _ in range(6):
        run.train(100)
    yield run
    run.release()


def open_live(page: Any, server: Any, *runs: FakeRun, extra: str = "") -> None:
    key = "run" if len(runs) == 1 else "runs"
    page.goto(f"{server.url}/live/?{key}={','.join(run.id for run in runs)}{extra}")


def drawn(page: Any, selector: str = LOSSES) -> dict[str, Any]:
    """What a chart shows: its x range and the longest trace's points."""
    page.wait_for_function("plot => document.querySelector(plot)?.data?.length > 0", arg=selector)
    return page.evaluate(
        """plot => {
            const { data, layout } = document.querySelector(plot);
            return { range: layout.xaxis.range, y: layout.yaxis.type, traces: data.length,
                     points: Math.max(...data.map((t) => t.x.length)), last: Math.max(...data.map((t) => t.x.at(-1))),
                     most: Math.max(...data.flatMap((t) => t.y)), dashes: data.map((t) => t.line.dash),
                     colours: [...new Set(data.map((t) => t.line.color))] };
        }""",
        selector,
    )


def sheet_step(page: Any) -> int:
    return int(page.locator("canvas").first.get_attribute("data-step"))


def wait_for_sheet(page: Any, step: int) -> str:
    """The picture on screen once it is the sheet of `step`."""
    page.wait_for_function("step => document.querySelector('canvas')?.dataset.step == step", arg=step)
    return page.evaluate("document.querySelector('canvas').toDataURL()")


def wait_for_step(page: Any, text: str) -> None:
    page.locator("dd", has_text=text).first.wait_for()


def drag(page: Any, start: float, stop: float) -> None:
    """Select a part of the x axis of the losses, as fractions of the plot."""
    box = page.locator(f"{LOSSES} .nsewdrag").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + stop * box["width"], y, steps=8)
    page.mouse.up()


def test_curves_and_sheets_advance_while_it_trains(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    wait_for_step(page, "600 of 2,000")
    before, picture = drawn(page), wait_for_sheet(page, 600)
    assert (before["traces"], before["points"], before["last"]) == (4, 60, 600)
    fake.train(100)
    page.wait_for_function("plot => document.querySelector(plot).data[0].x.at(-1) === 700", arg=LOSSES)
    assert wait_for_sheet(page, 700) != picture
    wait_for_step(page, "700 of 2,000")
    fake.train(1300)
    fake.finish()
    page.get_by_text("Finished", exact=True).wait_for()
    assert page.locator("button.stop").is_hidden()


def test_a_zoom_survives_refreshes_and_travels_in_the_url(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    whole = drawn(page)["range"]
    drag(page, 0.25, 0.5)
    page.get_by_role("button", name="Reset zoom").wait_for()
    zoomed = drawn(page)["range"]
    assert zoomed == pytest.approx([0.25 * whole[1], 0.5 * whole[1]], rel=0.05)
    assert drawn(page, ".chart.score .plot")["range"] == pytest.approx(zoomed)
    for step in (700, 800):
        fake.train(100)
        wait_for_step(page, f"{step} of 2,000")
        assert drawn(page)["range"] == pytest.approx(zoomed)
    page.wait_for_function("location.search.includes('zoom=')")
    page.reload()
    assert drawn(page)["range"] == pytest.approx(zoomed, rel=1e-4)
    page.get_by_role("button", name="Reset zoom").click()
    page.wait_for_function("plot => document.querySelector(plot).layout.xaxis.range[0] === 0", arg=LOSSES)
    assert "zoom" not in page.evaluate("new Promise(done => setTimeout(() => done(location.search), 400))")


def test_scrubbing_changes_the_picture_and_the_charts_follow(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    newest = wait_for_sheet(page, 600)
    scrubber = page.get_by_label("Step of the sheet")
    scrubber.fill("2")
    assert wait_for_sheet(page, 200) != newest
    drawn(page)
    cursor = page.locator(".chart.loss .cursor")
    assert cursor.inner_text() == "200"
    at_200 = cursor.bounding_box()["x"]
    scrubber.press("ArrowRight")
    wait_for_sheet(page, 300)
    assert cursor.bounding_box()["x"] > at_200
    fake.train(100)  # does not pull a chosen step away
    wait_for_step(page, "700 of 2,000")
    assert sheet_step(page) == 300
    page.wait_for_function("location.search.includes('step=300')")
    page.reload()
    wait_for_sheet(page, 300)
    page.get_by_role("button", name="Live", exact=True).click()
    wait_for_sheet(page, 700)


def test_the_pointer_on_a_chart_picks_the_sheet(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    wait_for_sheet(page, 600)
    whole = drawn(page)["range"]
    box = page.locator(f"{LOSSES} .nsewdrag").bounding_box()

    def at(step: int) -> tuple[float, float]:
        return box["x"] + box["width"] * step / whole[1], box["y"] + 40

    page.mouse.move(*at(190))
    wait_for_sheet(page, 200)
    assert page.locator(".chart.score .hair").is_visible()
    page.mouse.move(5, 5)
    wait_for_sheet(page, 600)
    page.mouse.click(*at(410))
    page.mouse.move(5, 5)
    wait_for_sheet(page, 400)


def test_space_plays_every_sheet_and_ends_at_the_newest(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    wait_for_sheet(page, 600)
    page.get_by_label("Sheets per second").select_option("16")
    page.evaluate(
        """window.seen = []; new MutationObserver(() => seen.push(Number(document.querySelector('canvas').dataset.step)))
        .observe(document.querySelector('canvas'), {attributes: true, attributeFilter: ['data-step']})"""
    )
    page.locator("h1").first.click()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert list(dict.fromkeys(page.evaluate("seen"))) == list(range(0, 700, 100))


def test_stop_asks_first_and_then_stops(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Keep training").click()
    assert not fake.run.stop_requested()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator("dialog .danger").click()
    page.get_by_text("Stopping…").wait_for()
    wait_for(fake.run.stop_requested)
    fake.finish("stopped")
    page.get_by_text("Stopped", exact=True).wait_for()


def test_two_runs_are_laid_over_each_other(page: Any, server: Any, fake: FakeRun, root: Path) -> None:
    other = FakeRun(root, recipe="duel-mse", steps=2000, phase=1.0, z_dim=64).queue()
    open_live(page, server, fake, other)
    page.locator(".sheet", has_text="squared error").get_by_text("Waiting for cpu: 1 run is ahead.").wait_for()
    other.start().train(100).train(200)
    page.wait_for_function("plot => document.querySelector(plot)?.data?.length === 8", arg=LOSSES)
    shown = drawn(page)
    assert len(shown["colours"]) == 2
    assert set(filter(None, shown["dashes"])) == {"solid", "dash"}
    captions = page.locator("figcaption")
    page.wait_for_function("document.querySelectorAll('canvas').length === 2")
    assert captions.all_inner_texts() == ["Quick digits · step 600", "Duel: squared error · step 300"]
    page.get_by_label("Step of the sheet").fill("1")
    page.wait_for_function("[...document.querySelectorAll('canvas')].every(sheet => sheet.dataset.step === '100')")
    page.locator(".card", has_text="squared error").get_by_role("button", name="Stop").click()
    page.locator("dialog .danger").click()
    page.get_by_text("Stopping…").wait_for()
    wait_for(other.run.stop_requested)
    assert not fake.run.stop_requested()
    page.get_by_text("z has 100 and 64 numbers in these runs: where that differs, it cannot be the same z.").wait_for()
    assert page.get_by_role("button", name="Draw from a new z in each").is_visible()
    assert said_of_z(page, [None, 64]) == "one: no pictures here, since this model translates photos and has no z."
    assert said_of_z(page, [None, None]) == "These runs translate photos: none of them draws from z."
    assert said_of_z(page, [64, 64]) == ""
    other.release()


def said_of_z(page: Any, lengths: list[int | None]) -> str:
    """Below the button that draws from two runs with z of these lengths."""
    return page.evaluate(
        """async (lengths) => {
        const { SameZ } = await import("./parts/same.js");
        const same = new SameZ([{title: "one"}, {title: "other"}], {seed: null});
        same.update(lengths);
        return same.note.textContent }""",
        lengths,
    )


def test_runs_are_compared_at_equal_places(page: Any, server: Any, fake: FakeRun, root: Path) -> None:
    other = FakeRun(root, recipe="digits-quick", batch_size=128, steps=2000).start().train(100).train(200)
    measured = {"gradient/G": 0.5, "gradient/D": 2.0, "labels/of_real": 0.7, "labels/of_fake": 0.6}
    for run in (fake, other):
        run.report([(run.step, measured)])
    open_live(page, server, fake, other, extra="&theme=dark")
    title, table = page.locator("#comparison h2"), page.locator("#comparison tbody")

    def row(name: str) -> list[str]:
        return table.locator("tr", has=page.get_by_role("rowheader", name=name, exact=True)).locator("td").all_inner_texts()

    page.get_by_text("At the same step: 300, the last that all runs have reached").wait_for()
    assert row("Real images seen") == ["19,200", "38,400"] and row("batch_size") == ["64", "128"]
    assert row("Length of the gradient of G") == ["–", "0.500"] and row("Length of the gradient of D") == ["–", "2.000"]
    assert row("D's score with labels of real images") == ["–", "0.700"]
    page.get_by_role("button", name="Images", exact=True).click()
    page.get_by_text("At the same number of images seen: 38,400, the last that all runs have reached").wait_for()
    whole, box = drawn(page)["range"], page.locator(f"{LOSSES} .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 25_600 / whole[1], box["y"] + 40)  # the newest are followed, but for now not shown
    page.wait_for_function("[...document.querySelectorAll('canvas')].map(sheet => sheet.dataset.step).join() === '400,200'")
    page.get_by_text("At the same number of images seen: 25,600").wait_for()
    assert row("Step") == ["400", "200"]
    page.mouse.move(5, 5)
    page.get_by_text("At the same number of images seen: 38,400, the last that all runs have reached").wait_for()
    page.get_by_label("Step of the sheet").fill("4")  # the sheet of step 400
    page.get_by_text("At the same number of images seen: 25,600").wait_for()
    assert row("Step") == ["400", "200"] and "as far" not in title.inner_text()
    page.wait_for_function("[...document.querySelectorAll('canvas')].map(sheet => sheet.dataset.step).join() === '400,200'")
    page.get_by_role("button", name="Time", exact=True).click()
    page.get_by_text("At the same training time: 3.0 s, the last that all runs have reached").wait_for()
    first = table.get_by_role("rowheader", name="Training time")
    before = first.bounding_box()["x"]
    narrow = "box => { box.style.width = '15rem'; box.scrollLeft = 60; return box.scrollLeft }"
    assert page.locator(".scroll").evaluate(narrow) == 60
    assert first.bounding_box()["x"] == before  # the names of the rows stay while the runs scroll
    page.get_by_role("button", name="Images", exact=True).click()
    page.get_by_text("At the same number of images seen: 25,600").wait_for()
    page.locator(".chart.loss .chip").nth(1).click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Copied").wait_for()
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    page.get_by_text("At the same number of images seen: 25,600").wait_for()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"  # the sender's is not the receiver's
    chips = page.locator(".chart.loss .chip")
    assert [chip.get_attribute("aria-pressed") for chip in chips.all()] == ["true", "false", "true", "true"]
    assert drawn(page)["traces"] == 6  # each of the three once as it is, once smoothed
    page.get_by_role("button", name="Draw from the same new z").click()
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")  # as on plain HTTP
    page.wait_for_function("location.search.includes('seed=')")
    page.reload()
    page.get_by_role("button", name="Copy link").click()
    link = page.get_by_label("Link to this view")
    assert "x=images" in link.input_value() and "step=400" in link.input_value() and "&seed=" in link.input_value()
    assert link.evaluate("field => field === document.activeElement && field.selectionEnd - field.selectionStart") == len(
        page.url
    )
    drawn_anew = page.locator("#comparison .same figcaption")  # from the address's seed
    drawn_anew.nth(1).wait_for()
    titles = [f"Quick digits, batch_size\u00a0{size}" for size in (64, 128)]  # two of a recipe are told apart by what differs
    assert drawn_anew.all_inner_texts() == titles
    for place in ("thead th", ".card h1", ".chart.loss .legend b"):
        assert page.locator(place).all_inner_texts() == titles
    assert page.locator("#sheets figcaption").all_inner_texts() == [f"{titles[0]} · step 400", f"{titles[1]} · step 200"]
    assert told_apart(page, {"lr": [1, 1], "width": [8, None]}, [0, 0]) == ["a, width 8", "a, width –"]
    assert told_apart(page, {"lr": [1, 1, 2, 2], "width": [8, 9, 8, 9]}, [0] * 4) == [
        f"a, lr {lr}, width {width}" for lr in (1, 2) for width in (8, 9)
    ]
    minutes, seconds = (told_apart(page, {}, [0, later]) for later in (60, 5))
    assert [title.count(":") for title in minutes] == [1, 1] and minutes[0] != minutes[1]
    assert seconds[1].startswith("a, started 1 Jan ") or seconds[1].startswith("a, started 31 Dec ")
    assert seconds[1].endswith(":05")
    assert told_apart(page, {"lr": [1, 2, 2]}, [0, 0, 0]) == ["a, lr 1", "a, lr 2, no. 2", "a, lr 2, no. 3"]
    other.release()


def told_apart(page: Any, settings: dict[str, list[Any]], created: list[float]) -> list[str]:
    """What runs of one name are called beside each other."""
    return page.evaluate(
        """async ([settings, created]) => {
        const [{ Run }, { distinguish }] = await Promise.all([import("./state/run.js"), import("./titles.js")]);
        const runs = created.map((created, i) => Object.assign(new Run(String(i), i, 2), {summary: {title: "a", created}}));
        distinguish(runs, settings);
        return runs.map((run) => run.title.replaceAll("\u00a0", " ")) }""",
        [settings, created],
    )


def test_it_recovers_when_the_server_comes_back(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    wait_for_step(page, "600 of 2,000")
    server.stop()
    page.get_by_text("Reconnecting…").wait_for()
    fake.train(100)
    server.start()
    wait_for_step(page, "700 of 2,000")
    assert page.get_by_text("Reconnecting…").is_hidden()
    page.wait_for_function("plot => document.querySelector(plot).data[0].x.length === 70", arg=LOSSES)


def test_a_resumed_run_goes_on_where_it_resumed(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    wait_for_step(page, "600 of 2,000")
    fake.release()  # killed: its last checkpoint was at step 400
    page.get_by_text("Lost", exact=True).wait_for()
    fake.queue()
    page.locator(".card").get_by_text("Waiting for cpu: 1 run is ahead.").wait_for()
    fake.start(400).train(100)
    wait_for_step(page, "500 of 2,000")
    # What was shown before is not taken back: it stays until it has been computed again.
    page.wait_for_function("plot => document.querySelector(plot).data[0].x.length === 60", arg=LOSSES)
    assert drawn(page)["last"] == 600
    wait_for_sheet(page, 600)
    fake.train(200)
    wait_for_step(page, "700 of 2,000")
    page.wait_for_function("plot => document.querySelector(plot).data[0].x.length === 70", arg=LOSSES)
    wait_for_sheet(page, 700)
    assert page.locator(".chart.loss .flag").get_attribute("title") == "Resumed after step 400. (step 400)"


def test_in_a_frame_it_is_as_tall_as_its_content(page: Any, server: Any, fake: FakeRun) -> None:
    page.goto(f"{server.url}/api/runs")
    page.evaluate(
        """address => { document.body.innerHTML = '<iframe style="width: 1000px; height: 300px"></iframe>';
        document.querySelector('iframe').src = address }""",
        f"{server.url}/live/?run={fake.id}",
    )
    frame = page.frame_locator("iframe")
    frame.locator("canvas").wait_for()
    page.wait_for_function("document.querySelector('iframe').clientHeight > 600")
    inside = "document.querySelector('iframe').contentDocument.documentElement"
    page.wait_for_function(f"{inside}.scrollHeight <= document.querySelector('iframe').clientHeight")  # what comes later, too
    height = page.evaluate("new Promise(done => setTimeout(() => done(document.querySelector('iframe').clientHeight), 1500))")
    assert height < 1200  # and does not grow with itself
    time = frame.get_by_role("button", name="Time", exact=True)
    time.click()
    page.wait_for_url("**/api/runs#x=time")  # the address bar leads back to the view
    page.evaluate("document.querySelector('iframe').contentWindow.location.reload()")
    page.wait_for_function("document.querySelector('iframe').contentDocument.querySelector('canvas') === null")
    time.and_(frame.locator("[aria-pressed=true]")).wait_for()
    page.set_viewport_size({"width": 1000, "height": 400})
    frame.get_by_role("button", name="Stop").click()
    asked = frame.locator("dialog").bounding_box()  # within the window: the middle of the frame is below it
    assert asked["y"] >= 0 and asked["y"] + asked["height"] <= 400


def test_before_the_first_step_it_says_what_it_waits_for(page: Any, server: Any, root: Path) -> None:
    fake = FakeRun(root, recipe="digits-best").queue()
    open_live(page, server, fake)
    page.locator("#waiting").get_by_text("Waiting for cpu: 1 run is ahead.").wait_for()
    page.get_by_text("Queued", exact=True).wait_for()
    fake.load(16000, 64000)
    page.locator("#waiting").get_by_text("Reading shapes: 16,000 of 64,000 images.").wait_for()
    assert page.locator("#waiting .bar i").evaluate("bar => bar.style.width") == "25%"
    fake.start().train(50)
    drawn(page)
    assert page.locator("#waiting").is_hidden()
    fake.fail("loss/G/adversarial stopped being a number at step 50: try a lower learning rate.")
    page.locator(".message", has_text="try a lower learning rate").wait_for()
    page.get_by_text("Failed", exact=True).wait_for()
    fake.run.delete()
    page.locator(".message", has_text="it was deleted").wait_for()


def test_a_run_that_is_not_there_offers_others(page: Any, server: Any, fake: FakeRun) -> None:
    page.goto(f"{server.url}/live/?run=nothing-of-that-name")
    page.get_by_text("Not there").wait_for()
    page.get_by_role("listitem").get_by_text("running at step 600").wait_for()
    page.get_by_role("link", name="Quick digits").click()
    wait_for_step(page, "600 of 2,000")


def test_smoothing_log_and_axis_travel_in_the_url(page: Any, server: Any, fake: FakeRun) -> None:
    open_live(page, server, fake)
    drawn(page)
    page.get_by_role("button", name="Log y").click()
    page.get_by_role("button", name="Time", exact=True).click()
    page.get_by_label("Smoothing").fill("0")
    page.wait_for_function("['log=1', 'x=time', 'smooth=0'].every(part => location.search.includes(part))")
    page.reload()
    shown = drawn(page)
    assert (shown["y"], shown["traces"]) == ("log", 2)
    assert shown["last"] == pytest.approx(6.0, abs=0.2)  # seconds, at the pretended 100 steps/s
    page.get_by_role("button", name="Epoch", exact=True).click()
    page.wait_for_function("plot => Math.abs(document.querySelector(plot).data[0].x.at(-1) - 6) < 0.01", arg=LOSSES)


def test_a_hundred_thousand_points_are_thinned_and_refined_where_one_looks(page: Any, server: Any, root: Path) -> None:
    fake = FakeRun(root, steps=200_000).start()
    values = np.random.default_rng(0).normal(1.0, 0.1, 100_000)
    values[70_000] = 9.0
    fake.recorder._writer.write([(i, {"loss/G/adversarial": value}) for i, value in enumerate(values.tolist(), 1)])
    fake.step = 100_000
    fake.report([])
    open_live(page, server, fake, extra="&smooth=0")
    shown = drawn(page)
    assert shown["points"] <= 1500
    assert shown["most"] == pytest.approx(9.0)
    drag(page, 0.5, 0.501 + 12 / 600)
    page.wait_for_function("plot => { const x = document.querySelector(plot).data[0].x; return x.length > 900 }", arg=LOSSES)
    fake.release()


def test_a_tab_in_the_background_asks_less(page: Any, server: Any, fake: FakeRun) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/delta" in request.url else None)
    page.add_init_script("Object.defineProperty(document, 'hidden', {get: () => window.away ?? false})")
    open_live(page, server, fake)
    wait_for_step(page, "600 of 2,000")
    page.evaluate("window.away = true")
    page.wait_for_timeout(1200)  # the request that was due
    before = len(asked)
    page.wait_for_timeout(3000)
    assert len(asked) - before <= 1
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(2500)
    assert len(asked) - before >= 3


@pytest.mark.parametrize("server", ["/some/where"], indirect=True)
def test_it_works_behind_a_path_prefix(page: Any, server: Any, fake: FakeRun) -> None:
    page.goto(f"{server.url}/live?run={fake.id}")
    assert drawn(page)["last"] == 600
    wait_for_sheet(page, 600)


def test_smoothing_is_the_same_for_reduced_and_for_whole_series(page: Any, server: Any) -> None:
    page.goto(f"{server.url}/live/")
    wholly, reduced = page.evaluate(
        """async () => {
        const { smooth } = await import("./maths.js");
        const steps = Array.from({length: 4000}, (_, i) => 10 * i);
        const values = steps.map((step, i) => Math.sin(step / 9000) + (i % 2 ? 0.5 : -0.5));
        const pick = steps.map((_, i) => i).filter((i) => i % 20 === 10);
        const means = pick.map((i) => values.slice(i - 10, i + 10).reduce((a, b) => a + b) / 20);
        return [smooth(steps, values, 0.995, 10).at(-1), smooth(pick.map((i) => steps[i]), means, 0.995, 10).at(-1)] }"""
    )
    assert wholly == pytest.approx(reduced, abs=0.02)
