"""The Evaluate page through Streamlit's own harness: what the form asks for, what jobs show, what can be taken along."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ganlab.analysis.jobs import Job, jobs
from ganlab.analysis.jobs.job import Progress
from ganlab.app.views.evaluate import charts, form, reproduce, subjects
from ganlab.app.views.evaluate.subjects import models_here, problem, to_download
from ganlab.core.errors import NotFetched
from ganlab.core.lock import FileLock
from ganlab.metrics.tables import tables
from ganlab.metrics.value import Value
from tests.support import ROOT

A = Value("lenet-mnist distance", 5.19, 0.25, 2000, 60_000, "mnist train, 28 px", "lenet-mnist b1", "bilinear 28", 0)
ASKED = {"subjects": ["digits-quick"], "metrics": ["frechet-lenet"], "n": 2000, "reference": "", "split": "train", "seed": 0}
ASKED |= {"floors": True, "device": "auto"}


def value(subject: str, number: float, **changes: Any) -> Value:
    return replace(A, **{"subject": subject, "value": number, "step": 750, **changes})


def real(number: float, **changes: Any) -> Value:
    return value("real images (mnist test)", number, step=None, floor=True, **changes)


def visit(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90)
    app.switch_page("pages/evaluate.py")
    for name, text in query.items():
        app.query_params[name] = text
    return ran(app.run())


def ran(app: AppTest) -> AppTest:
    assert not app.exception, [element.message for element in app.exception]
    return app


def texts(app: AppTest) -> str:
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.info, app.warning, app.error)
    words = "\n".join(element.value for kind in kinds for element in kind)
    return words.replace("\\", "").replace("\N{NO-BREAK SPACE}", " ")


def button(app: AppTest, label: str) -> Any:
    return next(button for button in app.button if button.label == label)


def rows(app: AppTest, number: int = 0) -> list[dict[str, str]]:
    """The cells of a table, without Markdown's escapes."""
    return [
        {key.replace("\\", ""): str(text).replace("\\", "").replace("\N{NO-BREAK SPACE}", " ") for key, text in row.items()}
        for row in app.table[number].value.to_dict("records")
    ]


@pytest.fixture
def job() -> Callable[..., Job]:
    """A job as its worker leaves it."""

    def make(
        values: list[Value], state: str = "finished", sentence: str = "Done.", *, title: str = "Some digits", **more: Any
    ) -> Job:
        made = Job.create(more.pop("kind", "evaluate"), {**ASKED, **more}, title)
        made.write("values.json", [value.to_dict() for value in values])
        made.write_progress(Progress("reading_images", "digits-quick", 500, 2000, rate=250.0, seconds_left=6.0))
        if state:
            made.write("outcome.json", {"state": state, "sentence": sentence})
        return made

    return make


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any], str]]:
    """What would have been started; no process is."""
    made: list[tuple[str, dict[str, Any], str]] = []

    def launch(kind: str, arguments: dict[str, Any], title: str) -> Job:
        made.append((kind, arguments, title))
        return Job.create(kind, arguments, title)

    for module in (form, reproduce):
        monkeypatch.setattr(module, "launch", launch)
    monkeypatch.setattr(subjects, "answers", lambda urls: True)
    return made


# -- the form -------------------------------------------------------------------------------------------------------------


def test_a_newcomer_presses_one_button(launched: list[tuple[str, dict[str, Any], str]]) -> None:
    page = visit()
    assert "Nothing has been measured here yet" in texts(page) and "There is no classifier for Shapes here" in texts(page)
    ran(button(page, "Measure").click().run())
    ((kind, arguments, title),) = launched
    assert (kind, title) == ("evaluate", "Ten shapes, by name (shipped)")
    asked = {**ASKED, "subjects": ["shapes-quick"], "metrics": ["frechet-photos", "kid-photos"], "n": None}
    assert arguments == asked
    (job,) = jobs()
    assert page.query_params["job"] in (job.id, [job.id])


def test_where_digits_are_here_they_are_recommended_and_read_by_their_own_classifier(
    real_data: Path, launched: list[tuple[str, dict[str, Any], str]]
) -> None:
    page = visit()
    assert page.multiselect("evaluate.models").value == ["digits-quick"]
    button(page, "Measure").click().run()
    assert launched[0][1]["metrics"] == ["frechet-lenet", "kid-lenet"]


def test_general_features_read_what_has_no_classifier(launched: list[tuple[str, dict[str, Any], str]]) -> None:
    page = visit(model="shapes-quick")
    assert not [box for box in page.selectbox if box.key == "evaluate.reader"]  # no classifier of digits for shapes
    assert "an encoder that GANLab trained on photos reads the pictures" in texts(ran(page.run()))
    button(page, "Measure").click().run()
    assert launched[0][1]["metrics"] == ["frechet-photos", "kid-photos"]
    again = visit(job=jobs()[0].id)
    assert again.pills("evaluate.cheap").value == ["frechet-lenet", "kid-lenet"]


def test_without_any_model_it_leads_to_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ganlab.models.catalogue.SHIPPED", tmp_path)
    page = visit()
    assert "There is nothing to measure yet" in texts(page)
    assert [link.proto.label for link in page.get("page_link")] == ["Train a GAN"] and not page.button


def test_translators_and_damaged_models_are_not_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("digits-quick", "facades-light"):
        shutil.copytree(ROOT / "checkpoints" / name, tmp_path / name)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    monkeypatch.setattr("ganlab.models.catalogue.SHIPPED", tmp_path)
    assert list(models_here()) == ["digits-quick"]


def test_what_cannot_be_downloaded_is_known_before_a_measurement_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subjects, "answers", lambda urls: False)
    monkeypatch.setattr("ganlab.data.sets.torchvision_sets.answers", lambda *_: False)
    asked = {"subjects": ["a"], "metrics": ["frechet-lenet-mnist"], "reference": "mnist"}
    with pytest.raises(NotFetched, match=r"^MNIST digits cannot be downloaded now .*: choose another model or reference, or"):
        subjects.check_reach(asked, {})
    with pytest.raises(NotFetched, match=r"^Inception's weights cannot be downloaded now"):
        subjects.check_reach(asked | {"metrics": ["fid"]}, {})
    subjects.check_reach(asked | {"reference": "shapes"}, {})


def test_everything_can_be_asked_for(launched: list[tuple[str, dict[str, Any], str]], tmp_path: Path) -> None:
    page = visit(model="shapes-quick")
    page.text_area("evaluate.others").set_value("/a/pictures\n\n shapes-quick \norg/name")
    page.number_input("evaluate.n").set_value(123)
    page.number_input("evaluate.seed").set_value(7)
    page.selectbox("evaluate.split").set_value("test")
    page.checkbox("evaluate.floors").set_value(False)
    button(ran(page.run()), "Measure").click().run()
    ((_, arguments, title),) = launched
    assert arguments["subjects"] == ["shapes-quick", "/a/pictures", "org/name"] and title.endswith(", pictures and 1 more")
    assert (arguments["n"], arguments["seed"], arguments["split"], arguments["floors"]) == (123, 7, "test", False)


def test_a_folder_as_reference_must_exist_and_has_no_floors(
    launched: list[tuple[str, dict[str, Any], str]], tmp_path: Path
) -> None:
    page = visit()
    page.selectbox("evaluate.reference").set_value("folder")
    assert "Name the folder or zip of real images" in texts(ran(page.run()))
    assert button(page, "Measure").disabled and page.checkbox("evaluate.floors").disabled
    page.text_input("evaluate.folder").set_value(str(tmp_path / "nowhere"))
    assert "does not exist on this machine" in texts(ran(page.run()))
    page.text_input("evaluate.folder").set_value(str(tmp_path))
    button(ran(page.run()), "Measure").click().run()
    ((_, arguments, _),) = launched
    assert (arguments["reference"], arguments["floors"]) == (str(tmp_path), False)
    assert arguments["metrics"] == ["frechet-photos", "kid-photos"]


def test_what_cannot_be_measured_is_said_before_it_is_started() -> None:
    found = models_here()
    plain, conditional = found["digits-quick"], found["digits-quick-conditional"]
    assert "takes no label" in problem(["accuracy-lenet"], [plain, conditional], False)
    assert "own classifier" in problem(["accuracy-lenet"], [conditional], True)
    assert not problem(["accuracy-lenet", "intra-lenet"], [conditional], False)
    page = visit()
    page.multiselect("evaluate.models").set_value([])
    assert "Choose a model" in texts(ran(page.run())) and button(page, "Measure").disabled


def test_inception_says_what_it_costs() -> None:
    assert "weights (96 MB) are downloaded first" in to_download(["fid", "frechet-lenet"])
    assert "205 MB" in to_download(["kid", "column-fid"])
    assert to_download(["frechet-lenet-mnist"]) == ""
    assert "96 MB" in texts(visit())


def test_a_double_click_measures_once(launched: list[tuple[str, dict[str, Any], str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamlit.rerun", lambda *where, **how: None)
    page = visit()
    button(page, "Measure").click()
    button(ran(page.run()), "Measure").click()
    ran(page.run())
    assert len(launched) == 1


def test_a_table_can_be_reproduced(launched: list[tuple[str, dict[str, Any], str]]) -> None:
    page = visit()
    page.text_input("evaluate.budget").set_value("soon")
    button(page, "Reproduce").click()
    assert "budget = 'soon' is no length of time" in texts(ran(page.run())) and not launched
    page.text_input("evaluate.budget").set_value("2m")
    button(page, "Reproduce").click()
    ran(page.run())
    assert launched[0][:2] == ("reproduce", {"name": "column", "budget": 120.0})


# -- jobs and results -----------------------------------------------------------------------------------------------------


def test_results_have_floors_last_and_the_protocol_in_words(job: Callable[..., Job]) -> None:
    made = job([value("digits-quick", 5.19), value("digits-quick-conditional", 3.75), real(0.56, error=0.075)])
    page = visit(job=made.id)
    shown = rows(page)
    assert [row["Distance ↓ lower is better"] for row in shown] == ["5.19 ± 0.25", "**3.75 ± 0.25**", ":gray[*0.560 ± 0.075*]"]
    assert [row["Measured"] for row in shown[:2]] == ["Quick digits (shipped)", "Quick digits on demand (shipped)"]
    assert shown[2]["Measured"] == ":gray[*Floor: real images (mnist test)*]" and shown[2]["Step"] == "–"
    assert (
        "2,000 images against 60,000 of mnist train, 28 px, read by the classifier of MNIST digits, resize bilinear 28."
        in texts(page)
    )
    assert "Bold: the best" in texts(page)
    labels = [element.proto.label for element in page.get("download_button")]
    assert labels == ["CSV", "JSON", "LaTeX"] and len(page.get("plotly_chart")) == 1


def test_what_two_standard_errors_cannot_tell_apart_is_both_best(job: Callable[..., Job]) -> None:
    made = job([value("a", 5.0), value("b", 4.5), value("c", 9.0)])
    assert [row["Distance ↓ lower is better"].startswith("**") for row in rows(visit(job=made.id))] == [True, True, False]


def test_different_protocols_are_different_tables(job: Callable[..., Job]) -> None:
    made = job([value("a", 5.0), value("b", 4.0, n_fake=50), real(0.4, reference="mnist train, second half, 28 px")])
    page = visit(job=made.id)
    assert [[row["Measured"] for row in rows(page, number)] for number in range(3)] == [
        ["a"],
        ["b"],
        [":gray[*Floor: real images (mnist test)*]"],
    ]
    assert any("not to be compared" in element.label for element in page.expander)


def test_published_numbers_have_a_column_of_their_own(job: Callable[..., Job]) -> None:
    made = job([value("column-gan, epoch 1", 80.0), value("digits-quick", 5.0)], kind="reproduce")
    shown = rows(visit(job=made.id))
    published = [row["Published by its source"] for row in shown]
    assert published == ["FID 540.90 → 103.69", "–"]
    assert "not to be compared with the other columns" in texts(visit(job=made.id))


def test_two_metrics_can_be_put_against_each_other(job: Callable[..., Job]) -> None:
    kernel = {"metric": "lenet-mnist recall", "higher_is_better": True}
    made = job([value("a", 5.0), value("a", 0.4, **kernel), real(0.5), real(0.9, **kernel)])
    page = visit(job=made.id)
    assert len(page.get("plotly_chart")) == 2
    assert [box.label for box in page.selectbox if box.label in ("Bars", "Across", "Up")] == ["Bars", "Across", "Up"]
    assert list(rows(page)[0]) == ["Measured", "Step", "Distance ↓ lower is better", "Recall ↑ higher is better"]


def test_an_active_job_shows_its_progress_and_can_be_stopped(job: Callable[..., Job]) -> None:
    made = job([value("digits-quick", 5.19)], state="")
    with FileLock(made.lock_path):
        page = visit(job=made.id)
        (bar,) = page.get("progress")
        words = bar.proto.text.replace("\\", "")
        assert words == "Reading Quick digits (shipped), 500 of 2,000 images, 250 a second, 6 s left"
        assert bar.proto.value == 25 and rows(page)[0]["Distance ↓ lower is better"] == "5.19 ± 0.25"
        assert not page.get("download_button") and not [one for one in page.button if one.label == "Delete"]
        ran(button(page, "Stop").click().run())
        assert made.stop_requested() and button(page, "Stopping").disabled
    page = ran(page.run())
    assert "Its process was killed" in texts(page) and "Lost" in texts(page)


@pytest.mark.parametrize(("state", "sentence"), [("failed", "There is no model 'x'."), ("stopped", "Stopped; what was …")])
def test_how_a_job_ended_is_said_once(job: Callable[..., Job], state: str, sentence: str) -> None:
    made = job([], state, sentence)
    made.write("failures.json", [sentence] if state == "failed" else [])
    page = visit(job=made.id)
    assert texts(page).count(sentence) == 1 and state.capitalize() in texts(page)
    assert not page.table and not page.get("download_button")


def test_a_subject_that_failed_keeps_its_sentence(job: Callable[..., Job]) -> None:
    made = job([value("digits-quick", 5.0)], sentence="Done, but one part could not be measured.")
    made.write("failures.json", ["nowhere: There is no model 'nowhere'."])
    page = visit(job=made.id)
    assert page.warning[0].value.replace("\\", "") == "nowhere: There is no model 'nowhere'." and len(page.table) == 1


def test_the_address_leads_back_to_the_job_and_its_form(job: Callable[..., Job]) -> None:
    first = job([value("a", 5.0)], n=333, subjects=["digits-quick", "/my/pictures"], metrics=["kid-lenet-mnist", "fid"])
    second = job([value("b", 4.0)])
    assert rows(visit())[0]["Measured"] == "b"  # the newest
    page = visit(job=first.id)
    assert rows(page)[0]["Measured"] == "a" and page.number_input("evaluate.n").value == 333
    assert page.multiselect("evaluate.models").value == ["digits-quick"]
    assert page.text_area("evaluate.others").value == "/my/pictures"
    assert (page.session_state["evaluate.cheap"], page.session_state["evaluate.inception"]) == (["kid-lenet"], ["fid"])
    button(page, "Show").click()
    assert rows(ran(page.run()))[0]["Measured"] == "b"
    assert page.query_params["job"] in (second.id, [second.id])


@pytest.mark.parametrize("id", ["../x", "20200101-gone", "a/b"])
def test_a_stale_or_wild_address_shows_the_newest(job: Callable[..., Job], id: str) -> None:
    made = job([value("a", 5.0)])
    page = visit(job=id)
    assert "is not here. The newest one is shown." in texts(page) and page.query_params["job"] in (made.id, [made.id])


def test_deleting_asks_first(job: Callable[..., Job]) -> None:
    made, other = job([value("a", 5.0)], title="Doomed"), job([value("b", 5.0)])
    page = visit(job=made.id)
    ran(page.button(f"evaluate.delete/{made.id}").click().run())
    assert len(jobs()) == 2
    ran(page.button("evaluate.sure").click().run())
    assert [one.id for one in jobs()] == [other.id]


def test_many_and_damaged_jobs_do_not_break_the_page(job: Callable[..., Job]) -> None:
    made = [job([value("a", 5.0)], title=f"Job *{number}* <b>") for number in range(6)][-1]
    (made.path / "job.json").write_text("{")
    page = visit()
    assert any(element.label == "2 older" for element in page.expander)
    assert "Damaged" in texts(page) and "Job *4* <b>" in texts(page)


# -- charts ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_dark", [True, False])
def test_bars_have_error_bars_and_the_floor_is_a_line(is_dark: bool) -> None:
    (table,) = tables([value("a", 5.0), value("<i>b</i>", 4.0), real(0.5)])
    figure = charts.bars(table, table.columns[0], {"a": "A"}, is_dark)
    (bar,) = figure.data
    assert (list(bar.x), list(bar.error_x.array)) == ([5.0, 4.0], [0.25, 0.25])
    assert list(figure.layout.yaxis.ticktext) == ["A", "&lt;i>b&lt;/i>"]
    assert [line.x0 for line in figure.layout.shapes] == [0.5]


def test_steps_tell_checkpoints_of_one_model_apart() -> None:
    (table,) = tables([value("a", 5.0, step=100), value("a", 4.0, step=2000)])
    figure = charts.bars(table, table.columns[0], {}, False)
    assert list(figure.layout.yaxis.ticktext) == ["a, step 100", "a, step 2,000"]


def test_the_scatter_shows_whoever_has_both_metrics() -> None:
    recall = {"metric": "lenet-mnist recall", "higher_is_better": True}
    measured = [value("a", 5.0), value("a", 0.4, **recall), value("b", 4.0), real(0.5), real(0.9, **recall)]
    (table,) = tables(measured)
    figure = charts.scatter(table, *table.columns, {}, False)
    assert [(trace.name, trace.x[0], trace.y[0]) for trace in figure.data] == [
        ("a", 5.0, 0.4),
        ("Floor: real images (mnist test)", 0.5, 0.9),
    ]
    assert figure.layout.yaxis.title.text == "Recall, higher is better"
