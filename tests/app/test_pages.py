"""The pages through Streamlit's own harness: what they show and what their buttons do, without a browser."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ganlab.app.views import start_run
from ganlab.app.views.train.choice import recipe_names
from ganlab.app.views.wording import escaped, model_remarks
from ganlab.core.config import TrainConfig
from ganlab.core.interventions import Intervention
from ganlab.data import DATASETS, data_root
from ganlab.models import pretrained
from ganlab.runtime import checkpoint
from ganlab.runtime.run import Run, runs
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import RECIPES, configs_of
from tests.support import ROOT
from tests.support.fake_runs import FakeRun

APP = str(ROOT / "app.py")


@pytest.fixture(autouse=True)
def shipped(own_directories: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of shipped models, empty: what the project ships may change."""
    monkeypatch.setattr("ganlab.models.catalogue.SHIPPED", own_directories / "shipped")
    return own_directories / "shipped"


def visit(page: str = "home", **query: str) -> AppTest:
    """The page as it is after its first run; it raised nothing."""
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page(f"pages/{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    return ran(app.run())


def ran(app: AppTest) -> AppTest:
    assert not app.exception, [element.message for element in app.exception]
    return app


def texts(app: AppTest) -> str:
    """Everything the page says, as Markdown and as it is read."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.info, app.warning, app.error)
    words = "\n".join(element.value for kind in kinds for element in kind)
    return f"{words}\n{as_read(words)}"


def as_read(markdown: str) -> str:
    """Text in which each character stands for itself, without its escapes."""
    return re.sub(r"\\([\W_])", r"\1", markdown)


def links(app: AppTest) -> dict[str, str]:
    """{label: address} of the links to other pages and of link buttons."""
    found = {}
    for kind in ("page_link", "link_button"):
        for element in app.get(kind):
            query = getattr(element.proto, "query_string", "")
            found[element.proto.label] = getattr(element.proto, "page", "") or getattr(element.proto, "url", "")
            found[element.proto.label] += f"?{query}" if query else ""
    return found


def address(app: AppTest) -> dict[str, str]:
    """The query in the address bar."""
    return {name: value if isinstance(value, str) else value[0] for name, value in app.query_params.items()}


def frames(app: AppTest) -> list[str]:
    return [element.proto.src for element in app.get("iframe")]


def button(app: AppTest, label: str) -> Any:
    return next(button for button in app.button if button.label == label)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, TrainConfig]]:
    """What would have been started; no worker is."""
    made: list[tuple[str, TrainConfig]] = []

    def launch_together(configs: dict[str, TrainConfig]) -> list[Run]:
        made.extend(configs.items())
        group = {"group": "g" if len(configs) > 1 else "", "group_size": len(configs)}
        return [Run.create(config, recipe=name, **group) for name, config in configs.items()]

    monkeypatch.setattr(start_run, "launch_together", launch_together)
    return made


# -- Home -----------------------------------------------------------------------------------------------------------------


def test_home_begins_with_one_button_and_needs_no_network() -> None:
    page = visit("home")
    assert page.title[0].value == "Watch a machine learn to draw"
    assert [button.label for button in page.button] == ["Train digits now", "Train shapes"]
    assert "need no network" in texts(page)
    assert "How it goes" in texts(page)


@pytest.mark.parametrize(("label", "recipe"), [("Train digits now", "digits-quick"), ("Train shapes", "shapes-quick")])
def test_home_starts_a_run(label: str, recipe: str, launched: list[tuple[str, TrainConfig]]) -> None:
    button(visit("home"), label).click().run()
    ((name, config),) = launched
    assert (name, config.dataset) == (recipe, recipe.split("-")[0].replace("digits", "mnist"))


@pytest.fixture
def unplugged(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server answers, and no worker would be started."""
    monkeypatch.setattr("ganlab.data.download.answers", lambda *_: False)
    monkeypatch.setattr("ganlab.data.sets.torchvision_sets.answers", lambda *_: False)
    monkeypatch.setattr("ganlab.runtime.launch.hand_over", lambda *_, **__: None)


@pytest.mark.usefixtures("unplugged")
def test_without_a_network_home_offers_the_shapes_and_makes_no_run() -> None:
    page = ran(button(visit("home"), "Train digits now").click().run())
    assert not runs() and not page.error
    assert "The digits cannot be downloaded now" in page.warning[0].value
    assert button(page, "Train shapes").proto.type == "primary" and button(page, "Train digits now").proto.type == "secondary"
    ran(button(page, "Train shapes").click().run())
    assert [run.settings.dataset for run in runs()] == ["shapes"]


@pytest.mark.usefixtures("unplugged")
@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ({"recipe": "digits-quick"}, {"recipe=shapes-quick"}),
        ({"family": "wgan-gp", "dataset": "cifar10", "steps": "77"}, {"family=wgan-gp", "dataset=shapes", "steps=77"}),
    ],
)
def test_without_a_network_train_offers_the_same_on_shapes(asked: dict[str, str], offered: set[str]) -> None:
    page = ran(button(visit("train", **asked), "Start training").click().run())
    (error,) = page.error
    assert "cannot be downloaded now" in error.value and "there is no network" in error.value
    assert not runs()
    link = links(page)["Train on shapes instead"]
    assert offered <= set(link.partition("?")[2].split("&")), link
    assert "dataset=shapes" in link or "recipe=shapes-quick" in link


def test_a_run_whose_download_failed_offers_the_shapes(fake: Callable[..., FakeRun]) -> None:
    run = fake(recipe="digits-quick", dataset="mnist").queue()
    run.recorder.annotate("failed", {"reason": "not_fetched", "text": "mnist could not be downloaded.", "name": "mnist"})
    run.release()
    assert "recipe=shapes-quick" in links(visit("watch", run=run.id))["Train on shapes instead"]


def test_home_says_how_good_a_model_is_and_lists_what_the_hub_has(fake: Callable[..., FakeRun], shipped: Path) -> None:
    source = fake(family="lsgan").start().train(10).checkpoint().run
    shutil.copytree(source.checkpoints()[-1], shipped / "good-one")
    (shipped / "good-one" / "README.md").write_text('---\nlicense: cc0-1.0\nverdict: "Draws: well."\n---\n\n# Good\n')
    page = visit("home")
    text = texts(page)
    assert "Draws: well. Licence cc0-1.0; shipped with GANLab." in text
    assert all(escaped(entry.title) in text and escaped(model_remarks(entry)) in text for entry in pretrained.HUB)


def test_home_shows_what_was_trained(fake: Callable[..., FakeRun]) -> None:
    run = fake(steps=400).start().train(200).checkpoint()
    page = visit("home")
    assert "DCGAN on Shapes" in texts(page)
    assert "200 of 400 steps" in texts(page)
    assert links(page)["Play with this"].endswith(f"model={run.id}")
    assert "family=dcgan" in links(page)["Train this"]
    assert "steps=400" in links(page)["Train this"]


def test_shipped_models_come_after_ones_own(fake: Callable[..., FakeRun], shipped: Path) -> None:
    source = fake(family="lsgan").start().train(10).checkpoint().run
    shutil.copytree(source.checkpoints()[-1], shipped / "good-one")
    page = visit("home")
    assert "10 steps, shipped" in texts(page)
    assert "How it goes" not in texts(page)
    models = [element.proto.query_string for element in page.get("page_link") if element.proto.label == "Play with this"]
    assert models == [f"model={source.id}", "model=good-one"]


@pytest.mark.parametrize("gone_first", [True, False])
def test_a_run_deleted_while_its_card_is_drawn_says_so(
    gone_first: bool, fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, deleted = (fake().start().train(10).checkpoint().finish().run for _ in range(2))
    read = checkpoint.read_info

    def read_info(folder: Path) -> checkpoint.Info:
        info = None if gone_first else read(folder)
        if deleted.path in folder.parents:
            shutil.rmtree(deleted.path, ignore_errors=True)
        return info or read(folder)

    monkeypatch.setattr("ganlab.app.views.home.cards.checkpoint.read_info", read_info)
    page = visit("home")
    played = [element.proto.query_string for element in page.get("page_link") if element.proto.label == "Play with this"]
    assert played == [f"model={kept.id}"]
    assert "dcgan on shapes was deleted." in texts(page)


def test_home_stays_short(fake: Callable[..., FakeRun]) -> None:
    for _ in range(13):
        fake(samples=1).start().train(1).checkpoint().finish()
    page = visit("home")
    assert len([element for element in page.get("page_link") if element.proto.label == "Play with this"]) == 12
    assert "1 more in Play" in links(page)


def test_a_damaged_model_does_not_break_home(fake: Callable[..., FakeRun]) -> None:
    run = fake().start().train(100).checkpoint()
    (run.run.checkpoints()[-1] / "config.json").write_text("{")
    assert "is damaged" in texts(visit("home"))


def test_train_this_leads_to_the_same_config(fake: Callable[..., FakeRun]) -> None:
    run = fake(family="lsgan", steps=77, lr=0.003, betas=(0.1, 0.9)).start().train(10).checkpoint()
    query = links(visit("home"))["Train this"].partition("?")[2]
    page = visit("train", **dict(pair.split("=") for pair in query.replace("%2C", ",").split("&")))
    assert page.number_input("train/lsgan/shapes/steps").value == 77
    assert page.number_input("train/lsgan/shapes/lr").value == 0.003
    assert page.text_input("train/lsgan/shapes/betas").value == "0.1, 0.9"
    assert run.id in {other.id for other in runs()}


# -- Train ----------------------------------------------------------------------------------------------------------------


def chosen(recipe: str) -> str:
    """The settings of a recipe that are no numbers: forms of recipes that agree in them have the same widgets."""
    values = next(iter(configs_of(recipe).values())).to_dict()
    return str({name: value for name, value in values.items() if isinstance(value, str | bool)})


@pytest.mark.parametrize("name", {chosen(name): name for name in reversed(recipe_names())}.values())
def test_every_recipe_has_a_form(name: str) -> None:
    page = visit("train", recipe=name)
    assert page.selectbox("train.recipe").value == name
    assert "Parameters: " in texts(page)
    assert not page.error
    dataset = next(iter(configs_of(name).values())).dataset
    if dataset == "folder":  # which is still to be named
        assert button(page, "Start training").disabled
        return
    absent = "is not on this machine: fetch it into" in texts(page)
    by_hand = dataset in ("celeba", "facades", "horse2zebra")
    assert button(page, "Start training").disabled == absent == by_hand


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_offers_the_data_it_accepts_and_all_its_settings(family: str) -> None:
    page = visit("train", family=family)
    fitting = {name for name, source in DATASETS.items() if FAMILIES[family].accepts(source.conditionings)}
    data = page.selectbox(f"train/{family}/dataset")
    assert set(data.options) == {DATASETS[name].title for name in fitting}
    assert data.value == "shapes"  # the one that is always here
    keys = {widget.key.rsplit("/")[-1] for widget in [*page.number_input, *page.selectbox, *page.checkbox, *page.text_input]}
    asked = {setting.name for setting in FAMILIES[family].settings()} - {"family", "data_path"}
    assert asked <= keys


@pytest.mark.parametrize(("family", "data"), [("pix2pix", "facades"), ("cyclegan", "horse2zebra")])
def test_translators_learn_their_own_data_where_it_is(family: str, data: str) -> None:
    size = f"train/{family}/{{}}/image_size"
    assert visit("train", family=family).number_input(size.format("shapes")).value == 64
    (data_root() / data).mkdir(parents=True)
    page = visit("train", family=family)
    assert page.selectbox(f"train/{family}/dataset").value == data
    assert page.number_input(size.format(data)).value == 256
    assert "200.0 epochs of" in texts(page)
    assert not button(page, "Start training").disabled


@pytest.mark.parametrize(
    ("family", "layout"),
    [("cgan", "One subfolder for each class, named after it"), ("pix2pix", "two folders with the same"), ("cyclegan", "trainA")],
)
def test_ones_own_images_are_told_how_to_lie(family: str, layout: str) -> None:
    page = visit("train", family=family, dataset="folder")
    assert layout in texts(page)
    assert button(page, "Start training").disabled


def test_a_new_family_appears_in_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    new = replace(FAMILIES["dcgan"], name="newgan", title="NewGAN", config=FAMILIES["dcgan"].config.replace(family="newgan"))
    monkeypatch.setitem(FAMILIES, "newgan", new)
    page = visit("train", family="newgan")
    assert page.selectbox("train.family").value == "newgan"
    assert "**NewGAN** on **Shapes**" in texts(page)


def test_start_launches_what_the_form_says(launched: list[tuple[str, TrainConfig]]) -> None:
    page = visit("train", recipe="digits-quick", steps="33")
    page.number_input("train/digits-quick/mnist/batch_size").set_value(16)
    button(ran(page.run()), "Start training").click().run()
    ((name, config),) = launched
    assert name == "digits-quick"
    assert config == RECIPES["digits-quick"].config.replace(steps=33, batch_size=16)


def test_a_double_click_starts_one_run(launched: list[tuple[str, TrainConfig]], monkeypatch: pytest.MonkeyPatch) -> None:
    """For the second click Streamlit runs the page again, in the same session, before the browser has left the page."""
    monkeypatch.setattr("streamlit.switch_page", lambda *where, **how: None)
    page = visit("train", recipe="shapes-quick")
    button(page, "Start training").click()
    button(ran(page.run()), "Start training").click()
    ran(page.run())
    assert len(launched) == 1
    button(ran(page.run()), "Start training").click()  # the page was drawn anew: this is another click
    ran(page.run())
    assert len(launched) == 2


def test_a_duel_starts_both_together(launched: list[tuple[str, TrainConfig]]) -> None:
    button(visit("train", recipe="duel", dataset="shapes", steps="9"), "Start training").click().run()
    assert [(name, config.dataset, config.steps) for name, config in launched] == [
        ("duel-bce", "shapes", 9),
        ("duel-mse", "shapes", 9),
    ]
    assert {run.settings.group for run in runs()} == {"g"}


def test_the_form_round_trips_through_the_address() -> None:
    page = visit("train", family="wgan-gp", dataset="shapes", gp_weight="5", betas="0.5,0.9", seed="3")
    assert page.number_input("train/wgan-gp/shapes/gp_weight").value == 5
    page.number_input("train/wgan-gp/shapes/steps").set_value(123)
    ran(page.run())
    query = address(page)
    assert query == {
        "family": "wgan-gp",
        "dataset": "shapes",
        "image_size": "28",
        "gp_weight": "5.0",
        "betas": "0.5,0.9",
        "seed": "3",
        "steps": "123",
    }
    again = visit("train", **query)
    for name, value in (("gp_weight", 5), ("steps", 123), ("seed", 3), ("lr", 1e-4)):
        assert again.number_input(f"train/wgan-gp/shapes/{name}").value == value


def test_a_stale_address_undoes_nothing() -> None:
    """A busy browser sends the next change along with an address from before the page rewrote it."""
    page = visit("train", family="dcgan", dataset="shapes")
    before = address(page)
    for name, value in (("steps", 11), ("batch_size", 12), ("seed", 13)):
        page.number_input(f"train/dcgan/shapes/{name}").set_value(value)
        for key, old in before.items():
            page.query_params[key] = old
        for key in set(page.query_params) - set(before):
            del page.query_params[key]
        ran(page.run())
    assert {name: address(page)[name] for name in ("steps", "batch_size", "seed")} == {
        "steps": "11",
        "batch_size": "12",
        "seed": "13",
    }


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"steps": "abc"}, "steps = 'abc' is not a whole number"),
        ({"steps": "0"}, "steps = 0 is out of range: 1 to 10,000,000."),
        ({"lr": "7"}, "lr = 7.0 is out of range"),
        ({"betas": "0.5"}, "betas = '0.5' is not numbers like its default"),
        ({"architecture": "magic"}, "architecture = 'magic' is not one of"),
        ({"image_size": "27"}, "image_size = 27 does not fit"),
    ],
)
def test_a_wrong_value_is_one_sentence(query: dict[str, str], sentence: str) -> None:
    page = visit("train", family="dcgan", dataset="shapes", **query)
    assert sentence in texts(page)
    assert button(page, "Start training").disabled == ("image_size" in query)  # otherwise the default is taken


def test_typed_nonsense_blocks_the_start_until_it_is_mended() -> None:
    page = visit("train", family="dcgan")
    betas = page.text_input("train/dcgan/shapes/betas")
    betas.set_value("half")
    assert "betas = 'half' is not numbers" in texts(ran(page.run()))
    assert button(page, "Start training").disabled
    page.text_input("train/dcgan/shapes/betas").set_value("0.4, 0.9")
    assert not button(ran(page.run()), "Start training").disabled


def test_ones_own_images_need_a_folder(tmp_path: Path) -> None:
    page = visit("train", family="dcgan", dataset="folder")
    assert button(page, "Start training").disabled
    assert "Name a folder or a zip" in texts(page)
    page.text_input("train/data_path").set_value(str(tmp_path / "nowhere"))
    assert "does not exist on this machine" in texts(ran(page.run()))
    page.text_input("train/data_path").set_value(str(tmp_path))
    assert "holds no images" in texts(ran(page.run()))  # more of this is in tests/app/test_own_pictures.py
    assert button(page, "Start training").disabled


def test_what_must_be_downloaded_says_so() -> None:
    assert "will download 31 MB" in texts(visit("train", family="dcgan", dataset="fashion-mnist"))
    assert "Ready." in texts(visit("train", family="dcgan", dataset="shapes"))


def test_time_is_told_only_when_it_was_measured(fake: Callable[..., FakeRun]) -> None:
    assert "measured" not in texts(visit("train", family="dcgan", dataset="shapes"))
    fake(**{name: value for name, value in FAMILIES["dcgan"].config.to_dict().items() if name != "dataset"}).start().train(100)
    text = texts(visit("train", family="dcgan", dataset="shapes"))
    assert "About 1.7 min and 419 MB, measured here in a run like this" in text


# -- Watch ----------------------------------------------------------------------------------------------------------------


def test_watch_says_what_to_do_when_nothing_was_trained() -> None:
    page = visit("watch")
    assert "No runs yet" in texts(page)
    assert "Train a GAN" in links(page)
    assert not frames(page)


def test_pages_that_are_left_open_show_what_has_begun(fake: Callable[..., FakeRun]) -> None:
    watch, home = visit("watch"), visit("home")
    run = fake().start().train(10).checkpoint()
    assert frames(ran(watch.run())) == [f"/live/?run={run.id}&theme=light"]
    assert "Models here" in texts(ran(home.run()))


def test_watch_shows_the_active_run(fake: Callable[..., FakeRun]) -> None:
    active = fake().start().train(10)
    finished = fake().start().finish()
    page = visit("watch")
    assert frames(page) == [f"/live/?run={active.id}&theme=light"]
    assert address(page) == {"run": active.id}
    assert frames(visit("watch", run=finished.id)) == [f"/live/?run={finished.id}&theme=light"]
    assert links(page)["Open on its own"] == f"/live/?run={active.id}"


def test_of_two_runs_that_read_alike_either_can_be_chosen(fake: Callable[..., FakeRun]) -> None:
    first, second = fake().start().finish(), fake().start().finish()
    page = visit("watch", run=second.id)
    (menu,) = page.selectbox
    assert len(set(menu.options)) == 2
    menu.select(next(option for option in menu.options if first.id in option)).run()
    assert address(page) == {"run": first.id}


def test_watch_compares_runs_and_survives_a_stale_link(fake: Callable[..., FakeRun]) -> None:
    first, second = fake().start(), fake().start()
    both = f"{first.id},{second.id}"
    assert frames(visit("watch", runs=both)) == [f"/live/?runs={first.id}%2C{second.id}&theme=light"]
    page = visit("watch", run="20200101-gone")
    assert "is not here. The newest one is shown." in texts(page)
    assert len(frames(page)) == 1


def test_a_stopped_run_can_be_resumed_and_played_with(fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    run = fake().start().train(10).checkpoint().finish("stopped")
    page = visit("watch", run=run.id)
    assert [button.label for button in page.button] == ["Resume", "Play with this", "Fork"]
    resumed: list[str] = []
    monkeypatch.setattr("ganlab.app.views.run_actions.resume", lambda run: resumed.append(run.id))
    button(page, "Resume").click().run()
    assert resumed == [run.id]


# -- Runs -----------------------------------------------------------------------------------------------------------------


def rows(page: AppTest) -> list[dict[str, Any]]:
    return page.dataframe[0].value.to_dict("records")


def test_runs_lists_everything(fake: Callable[..., FakeRun]) -> None:
    assert "No runs yet" in texts(visit("runs"))
    fake(recipe="digits-quick", dataset="mnist").start().train(200)
    failed = fake().start().fail("The disk is full: make room, then resume.")
    page = visit("runs")
    shown = {row["recipe"]: row for row in rows(page)}
    running = shown[RECIPES["digits-quick"].title]
    assert (running["status"], running["data"], running["steps"], running["progress"]) == (
        "Running",
        "MNIST digits",
        "200 of 1,000",
        0.2,
    )
    assert running["loss G"] == pytest.approx(2.5, abs=2)
    assert re.search(r"/api/runs/.*/sheets/200\.png$", running["sheet"])
    assert shown["DCGAN on Shapes"]["status"] == "Failed"
    assert shown["DCGAN on Shapes"]["why"] == "The disk is full: make room, then resume."
    assert failed.run.status().state == "failed"


def select(*chosen: FakeRun) -> AppTest:
    """The Runs page with these rows selected."""
    app = AppTest.from_file(APP, default_timeout=60)
    app.switch_page("pages/runs.py")
    app.session_state["runs.selected"] = [run.id for run in chosen]
    return ran(app.run())


def test_one_run_can_be_watched_played_with_and_exported(fake: Callable[..., FakeRun]) -> None:
    run = fake().start().train(10).checkpoint().finish()
    fake().start()
    page = select(run)
    assert [button.label for button in page.button] == ["Watch", "Play with this", "Fork", "Repeat", "Name and notes", "Delete"]
    offered = links(page)
    assert offered["CSV"] == f"/api/runs/{run.id}/metrics.csv"
    assert offered["Zip"] == f"/api/runs/{run.id}/export.zip"


def test_up_to_four_runs_can_be_compared(fake: Callable[..., FakeRun]) -> None:
    made = [fake().start().finish() for _ in range(5)]
    page = ran(button(select(*made[:4]), "Compare these 4").click().run())
    assert all(run.id in frames(page)[0] for run in made[:4])
    assert "At most 4 runs can be compared." in texts(select(*made))


def test_a_fork_offers_what_may_change_and_its_checkpoints(fake: Callable[..., FakeRun]) -> None:
    run = fake().start().train(10).checkpoint().train(10).checkpoint().finish("stopped")
    page = select(run)
    button(page, "Fork").click().run()
    labels = [field.label for field in [*page.text_input, *page.number_input, *page.selectbox]]
    assert "Learning rate" in labels and "D steps per step" in labels and "Width" not in labels
    assert next(box for box in page.selectbox if box.label == "From step").options == ["20", "10"]
    assert button(page, "Start the fork")


def test_a_fork_s_fields_hold_the_settings_that_its_checkpoint_was_trained_with(fake: Callable[..., FakeRun]) -> None:
    run = fake().start().train(10).checkpoint().train(10)
    run.recorder._writer.intervene(Intervention(15, "lr", 0.001).to_dict(), {"name": "lr", "before": 0.0002, "value": 0.001})
    run.finish("stopped")
    page = select(run)
    button(page, "Fork").click().run()
    (rate,) = (field for field in [*page.text_input, *page.number_input] if field.label == "Learning rate")
    assert run.run.config_now.lr == 0.001 and float(rate.value) == 0.0002


def test_a_fork_link_that_cannot_be_followed_says_so(fake: Callable[..., FakeRun]) -> None:
    run = fake().start().train(10).checkpoint().train(10).checkpoint().finish("stopped")
    page = visit("watch", run=run.id, fork="999", lr="abc", d_steps="3")
    assert "The link asks for step 999, which has no checkpoint to continue from: choose another." in texts(page)
    assert [info.value for info in page.info] == ["The doctor's advice is filled in: D steps per step."]
    page = visit("watch", run=run.id, fork="10", lr="abc")
    assert next(box for box in page.selectbox if box.label == "From step").value == 10
    assert "The link" not in texts(page) and not page.info and "can be played with, not forked" not in texts(page)
    (run.run.checkpoints()[0] / checkpoint.STATE).unlink()
    page = visit("watch", run=run.id, fork="20")
    assert (
        "1 other checkpoint can be played with, not forked: a fork needs the state kept with the newest checkpoints, up to"
        in texts(page)
    )


def test_a_run_deleted_right_before_its_buttons_are_drawn_says_so(
    fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, real = fake().start().train(10).checkpoint().finish("stopped"), Run.open

    def opened(id: str) -> Run:
        found = real(id)
        shutil.rmtree(found.path)
        return found

    monkeypatch.setattr(Run, "open", opened)
    assert f"There is no run named {run.id!r} any more." in texts(visit("watch", run=run.id, fork="10"))


def test_deleting_asks_first(fake: Callable[..., FakeRun]) -> None:
    run, other = fake().start().finish(), fake().start().finish()
    page = select(run)
    button(page, "Delete").click().run()
    assert {one.id for one in runs()} == {run.id, other.id}
    sure = [button for button in page.button if button.label == "Delete"][-1]
    ran(sure.click().run())
    assert {one.id for one in runs()} == {other.id}


def test_an_active_run_cannot_be_deleted(fake: Callable[..., FakeRun]) -> None:
    run = fake().start().train(10)
    page = select(run)
    assert [button.label for button in page.button] == ["Watch", "Stop", "Name and notes"]
    assert "Stop it first to delete it." in texts(page)
    button(page, "Stop").click().run()
    assert run.run.stop_requested()


def test_a_click_that_the_disk_refuses_is_told_without_a_path(
    fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = select(fake().start().train(10))

    def refuse(run: Run, who: str = "") -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(run.path / "control.jsonl"))

    monkeypatch.setattr(Run, "request_stop", refuse)
    button(page, "Stop").click().run()  # a fragment asks to run again, which this harness knows no fragment for
    assert [as_read(error.value) for error in ran(page.run()).error] == [
        "control.jsonl cannot be written: make it writable again, then try again."
    ]


def test_of_several_runs_the_one_that_cannot_be_deleted_stays_selected_and_says_why(
    fake: Callable[..., FakeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = (fake().start().train(10).finish() for _ in range(2))
    delete = Run.delete

    def refuse(run: Run) -> None:
        if run.id == kept.run.id:
            raise OSError(errno.EROFS, "Read-only file system", str(run.path))
        delete(run)

    monkeypatch.setattr(Run, "delete", refuse)
    page = select(gone, kept)
    button(page, "Delete").click().run()
    ran(page.button(key="runs.delete").click().run())
    assert not gone.run.path.exists() and kept.run.path.exists()
    assert page.session_state["runs.selected"] == [kept.run.id]
    assert ["make it writable again" in error.value for error in ran(page.run()).error] == [True]


# -- Play -----------------------------------------------------------------------------------------------------------------


def test_play_passes_the_address_on() -> None:
    (source,) = frames(visit("play", model="some-run", seed="4", offsets="1,2"))
    assert source == "/playground/?model=some-run&seed=4&offsets=1%2C2&__theme=light"


def test_a_stale_link_promises_no_run_where_there_is_none() -> None:
    page = visit("watch", run="20200101-gone")
    assert "is not here." in texts(page) and "newest" not in texts(page)
