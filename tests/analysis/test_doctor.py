"""The run doctor: what each detector sees and what it leaves alone, on made-up records, any records, and a real run."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab.__main__ import main
from ganlab.analysis.doctor import Finding, examination, examine
from ganlab.analysis.doctor.detectors import DETECTORS
from ganlab.analysis.doctor.detectors.labels import by_chance, meaningless
from ganlab.analysis.doctor.detectors.leakage import label_pixels
from ganlab.analysis.doctor.examination import read
from ganlab.analysis.doctor.real_images import Real
from ganlab.analysis.doctor.record import Record
from ganlab.analysis.doctor.tiles import Tiles, read_tiles
from ganlab.app.api import routes
from ganlab.app.views.doctor_wording import all_clear, worded
from ganlab.core.images import png, sheet
from ganlab.core.interventions import Intervention
from ganlab.core.types import Batch, Conditioning, DataSpec
from ganlab.runtime.fork import may_change, new_fork
from ganlab.runtime.run import Run
from ganlab.runtime.store import Annotation, Series
from ganlab.runtime.worker import work
from ganlab.training.adversarial import AdversarialTraining
from ganlab.training.families import FAMILIES
from ganlab.training.objectives import HINGE, LEAST_SQUARES, NON_SATURATING, WASSERSTEIN
from tests.support import ROOT
from tests.support.fake_runs import FakeRun
from tests.support.records import CHANCE, NOISE, STEPS, balanced, kinds, record, tiles
from tests.support.small import small

# -- each detector: a hit and a near miss ----------------------------------------------------------------------------------


def test_d_wins_only_when_it_is_sure_all_the_time() -> None:
    assert kinds(record(**balanced(0.995, 0.01, 0.001), d_steps=20)) == {"d-wins"}
    assert kinds(record(**balanced(0.9, 0.15))) == set()
    sure_for_a_while = balanced(0.3, 0.8)
    sure_for_a_while["score__real"] = np.where(STEPS < 1000, 1.0, 0.65)
    assert kinds(record(**sure_for_a_while)) == set()


CURVES = np.genfromtxt(Path(__file__).parent / "curves" / "dcgan-d-ahead-at-first.csv", delimiter=",", names=True, deletechars="")


@pytest.mark.parametrize("until", range(100, 701, 50))
def test_a_healthy_d_may_be_ahead_at_first(until: int) -> None:
    """A DCGAN on shapes (28 px, 8 wide, batches of 8) as it was recorded: G catches up from step 450 on."""
    some = CURVES[CURVES["step"] <= until]
    steps = some["step"].astype(int)
    series = {name: Series(steps, some[name]) for name in CURVES.dtype.names[1:]}
    base = FAMILIES["dcgan"]
    young = Record(
        config=base.config.replace(batch_size=8, width=8), objective=base.objective, defaults=base.config, series=series
    )
    assert DETECTORS["d-wins"](young) is None
    sure = 250 <= until <= 450
    for cause in ({"d_steps": 20}, {"d_lr_ratio": 100.0}, {"lr": 0.01}):  # what will not heal is found as early as before
        favoured = replace(young, config=young.config.replace(**cause))
        assert (DETECTORS["d-wins"](favoured) is not None) == sure


def by_heart(trained: float, held_out: float, fake: float = 0.1, wobble: float = 0.02) -> dict[str, np.ndarray]:
    """Curves of a D with these scores of images it knows, of others and of fakes."""
    return {
        "known__trained": trained + wobble * NOISE,
        "known__held_out": held_out - wobble * NOISE,
        "score__fake": fake + wobble * NOISE,
    }


def test_a_d_that_takes_held_out_images_for_fakes_knows_the_others_by_heart() -> None:
    found = DETECTORS["overfitting"](record(**by_heart(0.9, 0.3)))
    assert found is not None and found.fix == {"augment": "diff"} and set(found.fix) <= set(may_change(FAMILIES["dcgan"].config))
    assert found.evidence.numbers["like_fakes"] == pytest.approx(0.75, abs=0.05)
    assert "Augmentation (augment)" in worded(found)["explanation"]
    assert DETECTORS["overfitting"](record(**by_heart(0.9, 0.7))) is None  # nearer to what it knows
    assert DETECTORS["overfitting"](record(**by_heart(0.52, 0.48, 0.5))) is None  # it can hardly tell anything
    assert DETECTORS["overfitting"](record(**balanced(0.6, 0.5))) is None  # nothing was held out


def test_what_augments_already_is_advised_otherwise() -> None:
    found = DETECTORS["overfitting"](record(**by_heart(0.9, 0.3), augment="diff"))
    assert found is not None and found.fix == {} and "although what it sees is augmented" in worded(found)["explanation"]


def test_a_d_without_a_scale_knows_by_heart_too() -> None:
    found = DETECTORS["overfitting"](record("wgan-gp", **by_heart(40.0, -10.0, -20.0)))
    assert found is not None and found.evidence.numbers["like_fakes"] == pytest.approx(50 / 60, abs=0.02)
    assert DETECTORS["overfitting"](record("wgan-gp", **by_heart(40.0, 35.0, -20.0))) is None


def test_held_out_images_decide_whether_few_images_are_too_few() -> None:
    curves = balanced(0.9, 0.15) | {"known__trained": 0.95}
    assert kinds(record(**curves, num_images=100)) == {"few-images"}  # nothing else is known
    assert kinds(record(**curves, known__held_out=0.1, num_images=100)) == {"overfitting", "few-images"}
    assert [one.kind for one in examination.findings(record(**curves, known__held_out=0.1, num_images=100))] == ["overfitting"]
    assert kinds(record(**curves, known__held_out=0.9, num_images=100)) == set()


def test_a_d_that_is_still_ahead_after_a_while_wins_whatever_the_settings() -> None:
    assert kinds(record(**balanced(0.995, 0.01, 0.001))) == {"d-wins"}
    assert kinds(record(**balanced(0.995, 0.01, 0.001), batch_size=8)) == set()


def test_the_fix_of_a_winning_d_undoes_what_makes_it_strong() -> None:
    found = DETECTORS["d-wins"](record(**balanced(0.995, 0.01, 0.001), d_steps=20))
    assert found is not None and found.fix == {"d_steps": 1}
    found = DETECTORS["d-wins"](record(**balanced(0.995, 0.01, 0.001), d_lr_ratio=100.0, lr=1e-5))
    assert found is not None and found.fix["d_lr_ratio"] == 1.0


def test_g_wins_when_d_does_worse_than_a_coin() -> None:
    assert kinds(record(**balanced(-0.15, 1.4))) == {"g-wins"}
    assert kinds(record(**balanced(0.02, 1.0))) == set()  # the equilibrium


def test_least_squares_halves_are_measured_on_their_own_scale() -> None:
    lost = {"score__real": 0.4 + 0 * NOISE, "score__fake": 0.6 + 0 * NOISE, "loss__D__adversarial": 0.4 + 0 * NOISE}
    assert kinds(record("lsgan", **lost)) == {"g-wins"}  # d_loss = mean: guessing costs 0.25
    assert kinds(record("lsgan", **lost | {"d_loss": "sum"})) == set()  # 0.5


def test_a_wasserstein_d_cannot_win() -> None:
    curves = balanced(0.999, 0.001, 0.0001)
    assert kinds(record("wgan-gp", **curves)) == set()


def test_divergence_by_holes_by_word_and_by_size() -> None:
    broken = balanced(0.4, 0.6)
    broken["loss__G__adversarial"] = np.where(STEPS > 1500, np.nan, 1.5)
    found = DETECTORS["divergence"](record(**broken))
    assert found is not None and found.step_from == 1510 and found.severity == "failure"
    failure_notes = [Annotation(1, 700, 0.0, "failed", data={"reason": "diverged", "step": 700, "metric": "loss/D/adversarial"})]
    assert "divergence" in kinds(record(**balanced(0.4, 0.6), notes=failure_notes))
    resumed = [*failure_notes, Annotation(2, 700, 0.0, "queued"), Annotation(3, 600, 0.0, "started")]
    for later in ([], [Annotation(4, 900, 0.0, "paused")], [Annotation(4, 2000, 0.0, "finished")]):
        assert "divergence" not in kinds(record(**balanced(0.4, 0.6), notes=resumed + later))  # it went well
    assert "divergence" in kinds(record(**balanced(0.4, 0.6), notes=resumed[:2]))  # not begun yet
    again = [*resumed, Annotation(4, 800, 0.0, "failed", data=failure_notes[0].data)]
    found = DETECTORS["divergence"](record(**balanced(0.4, 0.6), notes=again))
    assert found is not None and found.step_from == 800
    grown = balanced(0.4, 0.6) | {"loss__G__adversarial": np.exp(STEPS / 200.0)}
    assert "divergence" in kinds(record(**grown))


def test_a_wasserstein_loss_is_bounded_by_the_diameter_of_images() -> None:
    steep = {"loss__D__adversarial": -500.0 + NOISE}
    assert "divergence" in kinds(record("wgan-gp", image_size=28, channels=1, **steep))
    assert "divergence" not in kinds(record("wgan-gp", image_size=256, channels=3, **steep))
    drifted = {"loss__D__adversarial": -3.0 + NOISE, "loss__G__adversarial": 5000.0 + NOISE}  # G's zero is anywhere
    assert kinds(record("wgan-gp", image_size=28, channels=1, **drifted)) == set()


def test_a_rate_is_too_high_only_with_symptoms() -> None:
    leaping = balanced(0.4, 0.6) | {"loss__D__adversarial": 2.0 + 3.0 * NOISE}
    assert "rate" in kinds(record(**leaping, lr=0.01))
    assert "rate" not in kinds(record(**balanced(0.4, 0.6), lr=0.01))
    assert "rate" not in kinds(record(**leaping, lr=2e-4))
    found = DETECTORS["rate"](record(**leaping, lr=0.01))
    assert found is not None and 0 < found.fix["lr"] <= 6e-4  # type: ignore[operator]


def test_oscillation_wants_wide_and_regular_swings() -> None:
    swing = 0.4 * np.sin(STEPS / 30.0)
    assert kinds(record(**balanced(0.1, 0.8) | {"score__real": 0.5 + swing, "score__fake": 0.5 - swing})) == {"oscillation"}
    small_swing = 0.05 * np.sin(STEPS / 30.0)
    assert kinds(record(**balanced(0.1, 0.8) | {"score__real": 0.6 + small_swing})) == set()
    assert "oscillation" not in kinds(record(**balanced(0.1, 0.8) | {"score__real": 0.5 + 0.4 * NOISE}))


def test_a_stalled_input_is_known_by_the_waiting_not_by_the_speed() -> None:
    assert kinds(record(**balanced(0.4, 0.6), time__waiting_for_data=np.where(STEPS > 1000, 0.8, 0.01))) == {"stalled-input"}
    slow = record(**balanced(0.4, 0.6), time__waiting_for_data=0.01 + 0 * NOISE, speed__images_per_second=1e5 / STEPS)
    assert kinds(slow) == set()


REAL = Real(tiles(400, seed=5), whole=True)


def test_collapse_is_measured_against_real_images() -> None:
    found = DETECTORS["collapse"](record(pictures={0: tiles(), 1000: tiles(), 2000: tiles(spread=0.05)}, real=REAL))
    assert found is not None and found.evidence.sheets == (2000,) and found.step_from == 2000
    assert kinds(record(pictures={1000: tiles(), 2000: tiles(spread=0.8)}, real=REAL)) == set()


def test_collapse_within_each_class_is_found() -> None:
    classes = Real(tiles(400, seed=5, by_column=0.3), whole=True)
    per_class = tiles(by_column=0.995)
    assert "collapse" in kinds(record("cgan", pictures={1000: per_class, 2000: per_class}, real=classes, labelled=True))


def test_a_young_g_is_not_collapsed() -> None:
    growing = {1000: tiles(spread=0.05), 2000: tiles(spread=0.2)}
    assert kinds(record(pictures=growing, real=REAL)) == set()
    alike = {1000: tiles(spread=0.2), 2000: tiles(spread=0.2)}
    assert kinds(record(pictures=alike, real=REAL)) == {"collapse"}


def test_collapse_without_training_images_is_measured_against_contrast() -> None:
    assert kinds(record(pictures={1000: tiles(), 2000: tiles(spread=0.02)})) == {"collapse"}
    assert kinds(record(pictures={1000: tiles(), 2000: tiles()})) == set()


def test_dead_output_is_flat() -> None:
    flat = Tiles(0.5 + 0.001 * CHANCE.random((40, 64)), np.arange(40) % 10)
    found = DETECTORS["dead"](record(pictures={0: flat, 500: tiles(), 1000: flat, 1500: flat, 2000: flat}, real=REAL))
    assert found is not None and found.step_from == 1000
    assert "dead" not in kinds(record(pictures={0: flat, 2000: tiles()}, real=REAL))
    assert "dead" not in kinds(record(pictures={0: flat}))  # before the first step every G draws grey


def test_memorisation_wants_the_whole_data_set() -> None:
    eight = tiles(8, seed=9)
    copies = Tiles(np.repeat(eight.rows, 5, axis=0) + 0.01 * CHANCE.random((40, 64)).astype(np.float32), np.arange(40) % 5)
    assert kinds(record(pictures={2000: copies}, real=Real(eight, whole=True))) == {"memorisation"}
    assert "memorisation" not in kinds(record(pictures={2000: copies}, real=Real(eight, whole=False)))
    assert "memorisation" not in kinds(record(pictures={2000: tiles(seed=3)}, real=Real(eight, whole=True)))


def test_one_picture_repeated_is_told_as_such() -> None:
    one = Tiles(np.repeat(tiles(1).rows, 64, axis=0), np.zeros(64, int))
    assert kinds(record(pictures={2000: tiles(spread=0.01)}, real=Real(one, whole=True))) == {"repeated-data"}


SORTED = Real(tiles(400, seed=5, by_column=0.3), whole=True)


def test_labels_are_ignored_when_columns_mean_nothing() -> None:
    facts: dict[str, Any] = {"labelled": True, "num_images": 1000, **balanced(0.4, 0.6)}
    mixed = {1500: tiles(seed=2), 2000: tiles()}
    assert kinds(record("cgan", pictures=mixed, **facts)) == {"labels-ignored"}
    assert kinds(record("cgan", pictures=mixed, real=SORTED, **facts)) == {"labels-ignored"}  # 128,000 images
    sorted_by_label = {1500: tiles(by_column=0.5), 2000: tiles(by_column=0.5)}
    assert kinds(record("cgan", pictures=sorted_by_label, real=SORTED, **facts)) == set()
    lone = {1500: tiles(64, columns=64, seed=2), 2000: tiles(64, columns=64)}  # one picture of each label says nothing
    assert kinds(record("cgan", pictures=lone, real=SORTED, **facts)) == set()
    young = facts | {"num_images": 10**6}
    assert kinds(record("cgan", pictures={60: tiles()}, **young)) == set()


def test_a_young_g_on_few_images_does_not_ignore_the_labels_yet() -> None:
    facts: dict[str, Any] = {"labelled": True, "num_images": 1000, "batch_size": 8, **balanced(0.4, 0.6)}
    mixed = {1500: tiles(seed=2), 2000: tiles()}
    assert kinds(record("cgan", pictures=mixed, real=SORTED, **facts)) == set()  # 16 passes, but 16,000 images
    assert kinds(record("cgan", pictures=mixed, **facts)) == {"labels-ignored"}  # whether they say anything nobody knows


def test_labels_that_say_nothing_are_told_from_the_training_images() -> None:
    sorted_by_label = {1500: tiles(by_column=0.5), 2000: tiles(by_column=0.5)}  # G obeys them all the same
    found = DETECTORS["labels-ignored"](record("cgan", pictures=sorted_by_label, real=REAL, labelled=True))
    assert found is not None and worded(found)["title"] == "The labels carry no information" and found.fix == {}
    shuffled = [meaningless(tiles(400, seed=seed)) for seed in range(20)]
    assert sum(chance is not None for chance in shuffled) >= 18
    assert meaningless(SORTED.tiles) is None and meaningless(tiles(100)) is None  # ten of each are too few to say


def by_labels(real: float | np.ndarray, fake: float | np.ndarray) -> dict[str, np.ndarray]:
    """What D says of the same pictures with labels of real ones and with labels of fakes."""
    return {"labels__of_real": real + 0.02 * NOISE, "labels__of_fake": fake - 0.02 * NOISE[::-1]}


def test_labels_leak_when_they_alone_tell_real_from_fake() -> None:
    won = balanced(0.999, 0.001, 0.0001)
    found = examination._without_consequences(
        [one for detect in DETECTORS.values() if (one := detect(record("cgan", **won, **by_labels(0.98, 0.02))))]
    )
    assert [finding.kind for finding in found] == ["label-leak"] and found[0].fix == {}  # it explains why D wins
    assert kinds(record("cgan", **balanced(0.7, 0.4), **by_labels(0.6, 0.35))) == {"label-leak"}
    assert kinds(record("cgan", **balanced(0.7, 0.4), **by_labels(0.5, 0.5))) == set()
    assert kinds(record("cgan", **balanced(0.7, 0.4), **by_labels(0.4, 0.6))) == set()  # fakes are asked for what looks real
    assert kinds(record("cgan", **balanced(0.7, 0.4), **by_labels(0.55, 0.48))) == set()  # a trace of it
    once = by_labels(np.where(STEPS < 1000, 0.9, 0.5), np.where(STEPS < 1000, 0.1, 0.5))
    assert kinds(record("cgan", **balanced(0.7, 0.4), **once)) == set()


def test_a_label_written_into_the_pictures_is_read_from_a_few_pixels() -> None:
    plain, marks = tiles(400, seed=5, by_column=0.3), tiles(400, seed=5, by_column=0.3)
    marks.rows[:, :10] = np.eye(10)[marks.columns]
    facts: dict[str, Any] = {"pictures": {2000: tiles(by_column=0.5)}, "labelled": True}
    assert kinds(record("cgan", real=Real(plain, True), **facts)) == set()
    assert kinds(record("cgan", real=Real(marks, True), **facts)) == {"labels-in-pictures"}
    assert kinds(record("dcgan", real=Real(marks, True), pictures={2000: tiles()})) == set()
    assert label_pixels(marks)[0] == 10 and label_pixels(marks.first(20)) == (0, 0.0)  # too few of each to tell
    assert label_pixels(tiles(400, by_column=1.0)) == (0, 0.0)  # one picture of each class: no mark, but the picture itself


@pytest.mark.parametrize("order", ["d-then-g", "g-then-d"])
def test_what_labels_tell_d_is_on_record_and_changes_nothing(order: str) -> None:
    config = small("cgan", image_size=16, width=4, update_order=order, fresh_fakes=order == "d-then-g", architecture="mlp")
    generator = torch.Generator().manual_seed(0)
    batch = Batch(torch.rand(8, 1, 16, 16, generator=generator) * 2 - 1, torch.arange(8))

    def trained(asked: Any, ask: bool) -> Any:
        torch.manual_seed(0)
        training = FAMILIES["cgan"].build(config, DataSpec(16, 1, Conditioning.LABEL, 10))
        with pytest.MonkeyPatch.context() as patch:
            if asked:
                patch.setattr(AdversarialTraining, "asked", asked)
            for _ in range(3):
                training.step(iter([batch] * 2))
                found = training.label_scores() if ask else {}
        return found, training

    assert trained(None, True)[0] == {}  # the labels of the batch itself: they cannot tell
    found, training = trained(lambda self, batch: (batch.condition + 1) % 10, True)
    assert set(found) == {"labels/of_real", "labels/of_fake"} and all(0 < score < 1 for score in found.values())
    _, unasked = trained(lambda self, batch: (batch.condition + 1) % 10, False)
    assert all(module.training for module in training.D.modules())
    for one, other in zip(training.networks.state_dict().values(), unasked.networks.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_the_permutation_test_reads_chance_for_chance() -> None:
    values = [by_chance(tiles(seed=seed)) for seed in range(20)]
    assert 0.2 < float(np.mean(values)) < 0.8 and by_chance(tiles(by_column=0.5)) == 0


# -- objectives ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", [NON_SATURATING, LEAST_SQUARES, HINGE], ids=lambda one: one.name)
def test_undecided_is_what_the_best_constant_answer_costs(objective: Any) -> None:
    answers = torch.linspace(-5, 5, 10_001)
    costs = [sum(half.item() for half in objective.discriminator(answer, answer)) for answer in answers[::10]]
    assert min(costs) == pytest.approx(objective.undecided, abs=1e-4)
    real, fake = objective.certain
    sure = torch.tensor(30.0) if objective is NON_SATURATING else None
    halves = objective.discriminator(*((sure, -sure) if sure is not None else (torch.tensor(real), torch.tensor(fake))))
    assert sum(half.item() for half in halves) == pytest.approx(0, abs=1e-4)


def test_wasserstein_has_no_scale() -> None:
    assert WASSERSTEIN.certain is None and WASSERSTEIN.undecided is None


# -- any record ------------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(st.floats(width=32), st.sampled_from([0.0, 1.0, math.nan, math.inf, -math.inf]))
NAMES = st.sampled_from(
    [
        "loss/D/adversarial",
        "loss/G/adversarial",
        "loss/D",
        "loss",
        "score/real",
        "score/fake",
        "gradient/G",
        "labels/of_real",
        "labels/of_fake",
        "time/waiting_for_data",
        "speed/images_per_second",
        "loss/G_AB/cycle",
        "x/y/z",
        "/",
    ]
)


@st.composite
def any_series(draw: st.DrawFn) -> Series:
    values = draw(st.lists(NUMBERS, max_size=60))
    if values and draw(st.booleans()):
        values = values[:1] * draw(st.integers(20, 120))
    start, gap = draw(st.integers(0, 1000)), draw(st.integers(1, 50))
    return Series(start + gap * np.arange(len(values), dtype=np.int64), np.array(values, dtype=np.float64))


@st.composite
def any_tiles(draw: st.DrawFn) -> Tiles:
    count, size = draw(st.integers(1, 40)), draw(st.sampled_from([1, 16, 64]))
    level = draw(st.floats(0, 1))
    rows = np.full((count, size), level) if draw(st.booleans()) else np.random.default_rng(count).random((count, size))
    return Tiles(rows, np.arange(count) % draw(st.integers(1, 12)))


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(FAMILIES)),
    st.dictionaries(NAMES, any_series(), max_size=8),
    st.dictionaries(st.integers(0, 3000), st.one_of(st.none(), any_tiles()), max_size=5),
    st.one_of(st.none(), any_tiles()),
    st.booleans(),
)
def test_no_record_makes_a_detector_raise(
    family: str, series: dict[str, Series], sheets: dict[int, Tiles | None], real: Tiles | None, labelled: bool
) -> None:
    base = FAMILIES[family]
    one = Record(
        config=base.config,
        objective=base.objective,
        defaults=base.config,
        series=series,
        sheets=tuple(sorted(sheets)),
        labelled=labelled,
        read_sheet=sheets.get,
        read_real=lambda: None if real is None else Real(real, True),
    )
    with np.errstate(all="ignore"):
        for detect in DETECTORS.values():
            found = detect(one)
            if found is not None:
                json.dumps(found.to_dict(), allow_nan=False)
                assert found.step_from <= found.step_to and worded(found)["explanation"].endswith(".")
                for name, value in found.fix.items():
                    base.config.replace(**{name: value})


# -- sheets ----------------------------------------------------------------------------------------------------------------


def test_tiles_are_read_back_as_they_were_drawn(tmp_path: Path) -> None:
    images = torch.randint(0, 256, (23, 1, 16, 16), dtype=torch.uint8)
    sheet(images, 5).save(tmp_path / "sheet.png")
    found = read_tiles(tmp_path / "sheet.png", 16, 23)
    assert found is not None and np.allclose(found.rows, images.flatten(1).numpy() / 255, atol=1e-6)
    assert found.columns.tolist() == [index % 5 for index in range(23)]
    drawn = read_tiles(tmp_path / "sheet.png", 16, 0, (1, 4))
    assert drawn is not None and len(drawn.rows) == 10


def test_what_is_no_sheet_reads_as_none(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n")
    sheet(torch.zeros(4, 1, 16, 16, dtype=torch.uint8), 2).save(tmp_path / "other.png")
    sound = png(sheet(torch.randint(0, 256, (64, 1, 16, 16), dtype=torch.uint8), 8))
    at = sound.index(b"IDAT")
    (tmp_path / "garbled.png").write_bytes(sound[: at - 2] + b"\0\0" + sound[at:])  # its data seems to end at once
    assert read_tiles(tmp_path / "broken.png", 16, 4) is None and read_tiles(tmp_path / "garbled.png", 16, 4) is None
    assert read_tiles(tmp_path / "missing.png", 16, 4) is None
    assert read_tiles(tmp_path / "other.png", 15, 4) is None


# -- runs ------------------------------------------------------------------------------------------------------------------


def sick(home: Path) -> FakeRun:
    """A run whose D takes every picture for what it is."""
    fake = FakeRun(home, d_steps=20, checkpoint_every=100, channels=1)
    fake.point = lambda step: (step, {  # type: ignore[method-assign]
        "loss/D/adversarial": 0.001, "loss/G/adversarial": 9.0, "score/real": 0.999, "score/fake": 0.001
    })  # fmt: skip
    return fake.start().train(100).checkpoint().train(500).checkpoint()


def test_a_run_with_nothing_on_record_is_healthy(tmp_path: Path) -> None:
    assert examine(Run.create(small(), root=tmp_path)) == []


def test_a_young_and_a_balanced_run_are_healthy(tmp_path: Path) -> None:
    fake = FakeRun(tmp_path, channels=1).start().train(50)
    assert examine(fake.run) == []
    assert examine(fake.train(700).run) == []
    fake.finish()


def test_a_finding_names_its_checkpoint_and_a_fix_that_a_fork_takes(tmp_path: Path) -> None:
    fake = sick(tmp_path).finish("stopped")
    (finding,) = [one for one in examine(fake.run) if one.kind == "d-wins"]
    assert finding.fix == {"d_steps": 1} and finding.fork_step == 100 and set(finding.fix) <= set(may_change(fake.config))
    assert finding.evidence.series[:2] == ("score/real", "score/fake")


def test_a_damaged_sheet_costs_what_it_shows_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = sick(tmp_path).finish("stopped")
    before, asked = examine(fake.run), []
    fake.run.sample_path(fake.run.samples()[-1]).write_bytes(b"junk")
    monkeypatch.setattr(examination, "real_sample", lambda config, channels: asked.append(channels))
    assert [finding.kind for finding in examine(fake.run)] == [finding.kind for finding in before] and asked == [1]


def test_a_fork_has_seen_the_images_of_its_parent(tmp_path: Path) -> None:
    fake = FakeRun(tmp_path, batch_size=64, channels=1).start().train(200).checkpoint().finish("stopped")
    made = new_fork(fake.run, 200, batch_size=8, d_steps=3).create()
    assert read(made).images_seen == 200 * 64
    live = FakeRun(tmp_path, batch_size=4, channels=1).start().train(100)
    live.recorder._writer.intervene(Intervention(50, "d_steps", 5).to_dict(), {"name": "d_steps", "before": 1, "value": 5})
    assert read(live.run).images_seen == 50 * 4 + 50 * 5 * 4
    live.finish()


def test_route_command_and_function_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    fake = sick(tmp_path).finish("stopped")
    expected = [worded(finding) for finding in examine(fake.run)]
    client = TestClient(Starlette(routes=routes()))
    assert client.get(f"/api/runs/{fake.id}/doctor").json() == {"findings": expected, "all_clear": all_clear(fake.run.status())}
    assert client.get("/api/runs/nobody/doctor").status_code == 404
    assert main(["doctor", fake.id, "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(expected))
    assert main(["doctor", fake.id]) == 1
    assert f"ganlab train --fork {fake.id}@100 --d-steps 1" in capsys.readouterr().out
    healthy = FakeRun(tmp_path, channels=1).start().train(300).finish("stopped")
    assert main(["doctor", healthy.id]) == 0
    assert "Healthy so far" in capsys.readouterr().out


def test_no_findings_are_no_health_where_a_run_is_young_or_broke_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    early, up_to_there = "It is too early to say much: every GAN is out of balance at first.", "Up to there nothing in the curves"
    waiting, full = FakeRun(tmp_path).queue(), "Out of memory: try batch_size = 32 (it was 64)."
    unbegun, failed = FakeRun(tmp_path).queue().fail(full), FakeRun(tmp_path, channels=1).start().train(300).fail(full)
    lost = FakeRun(tmp_path, channels=1).start().train(300)
    lost.release()
    client = TestClient(Starlette(routes=routes()))
    cases = [(waiting, "", early), (unbegun, full, early), (failed, full, up_to_there), (lost, "The worker was", up_to_there)]
    for fake, ending, sentence in cases:
        assert main(["doctor", fake.id]) == 0
        output = capsys.readouterr().out
        assert output.startswith(ending) and sentence in output and "Healthy" not in output
        assert client.get(f"/api/runs/{fake.id}/doctor").json()["all_clear"] in output
    waiting.release()


def test_a_real_run_that_learns_nothing_is_found_and_its_fork_can_begin(tmp_path: Path) -> None:
    run = Run.create(
        small(lr=1e-6, d_lr_ratio=100.0, steps=110, sample_every=55, checkpoint_every=55, image_size=16, width=4), root=tmp_path
    )
    work(run)
    names = set(run.metric_names())
    assert {"gradient/G", "gradient/D", "time/waiting_for_data"} <= names
    share = run.series(["time/waiting_for_data"])["time/waiting_for_data"].values
    assert ((share >= 0) & (share <= 1)).all()
    found: list[Finding] = examine(run)
    assert "dead" in {finding.kind for finding in found}
    finding = found[0]
    assert finding.fork_step == 55 and finding.fix["lr"] == 2e-4 and finding.to_dict()["before"]["lr"] == 1e-6
    assert new_fork(run, finding.fork_step, **finding.fix).create().config.lr == 2e-4


def test_a_real_run_that_stops_being_a_number_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = AdversarialTraining.step

    def breaking(self: AdversarialTraining, batches: Any) -> Any:
        metrics = step(self, batches)
        return metrics | {"loss/G/adversarial": torch.tensor(math.nan)} if self.steps_done == 30 else metrics

    monkeypatch.setattr(AdversarialTraining, "step", breaking)
    run = Run.create(small(steps=60, image_size=16, width=4), root=tmp_path)
    work(run)
    assert run.status().state == "failed"
    assert [finding.kind for finding in examine(run)][:1] == ["divergence"]


def test_sheets_of_translators_are_judged_by_what_was_drawn() -> None:
    assert FAMILIES["pix2pix"].drawn == (1,) and FAMILIES["cyclegan"].drawn == (1, 4)


def test_a_record_is_read_from_every_familys_settings(tmp_path: Path) -> None:
    for family in FAMILIES:
        if "shapes" in (small(family).dataset,):
            assert read(Run.create(small(family), root=tmp_path)).step == 0


def test_an_address_with_a_fix_opens_the_fork_dialog_filled_in() -> None:
    from streamlit.testing.v1 import AppTest

    from ganlab.runtime.run import runs_root

    fake = sick(runs_root()).finish("stopped")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/watch.py")
    for name, value in {"run": fake.id, "fork": "100", "d_steps": "1"}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    assert [one.value for one in app.info] == ["The doctor's advice is filled in: D steps per step."]
    assert [one.value for one in app.number_input if one.label == "D steps per step"] == [1]
    assert [one.value for one in app.selectbox if one.label == "From step"] == [100]
    assert any(one.label == "Start the fork" for one in app.button)
