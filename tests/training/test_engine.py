from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from ganlab.core.config import TrainConfig
from ganlab.core.events import Checkpoint, Event, Finished, Progress, Samples, Started
from ganlab.core.interventions import Command
from ganlab.core.types import DataSpec
from ganlab.training import meter
from ganlab.training.adversarial import AdversarialTraining
from ganlab.training.engine import train
from ganlab.training.families import FAMILIES
from ganlab.training.meter import Diverged
from ganlab.training.objectives import NON_SATURATING
from ganlab.training.recipes import RECIPES
from ganlab.training.state import all_finite
from tests.support.small import shrink, small

pytestmark = pytest.mark.usefixtures("little_data")


def of_kind(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def points(events: list[Event]) -> dict[int, dict[str, float]]:
    """{step: metrics}, without what depends on the clock."""
    found = [point for event in of_kind(events, Progress) for point in event.points]
    return {step: {k: v for k, v in m.items() if not k.startswith(("speed/", "time/"))} for step, m in found}


def equal(first: Any, second: Any) -> bool:
    """Bit for bit, through dicts and lists."""
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(equal(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(equal, first, second))
    return bool(first == second)


def without_clock(state: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key != "seconds"}


def copied(event: Checkpoint) -> dict[str, Any]:
    """The state as a file would keep it: the live tensors go on changing."""
    import io

    buffer = io.BytesIO()
    torch.save(event.state, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=True)


FEW = {"steps": 4, "checkpoint_every": 2, "sample_every": 2}
CONFIGS = {f"family {name}": small(name, **FEW) for name in FAMILIES} | {
    f"recipe {r.name}": shrink(r.config, **FEW) for r in RECIPES.values()
}


def alike(config: TrainConfig) -> TrainConfig:
    """The same for configs that differ only in numbers which the same code runs with."""
    return config.replace(lr=1e-3, betas=(0.5, 0.99), z_dim=8, ema_decay=0.9 if config.ema_decay else 0.0)


FIRST = {alike(config): name for name, config in reversed(CONFIGS.items())}  # of those that are alike, by name
EVERYTHING = {name: config for name, config in CONFIGS.items() if name in FIRST.values()}
EVERYTHING["augmented, with R1"] = small(augment="adaptive", r1_weight=1.0, **FEW)


def trained_before(config: TrainConfig) -> dict[str, nn.Module] | None:
    """Generators in place of the model that `start_from` names, which a launch would load; None where it names none."""
    if not config.start_from:
        return None
    family = FAMILIES[config.family]
    networks = family.build_networks(config, DataSpec(config.image_size, config.channels or 3, family.conditioning))
    return {name: network for name, network in networks.items() if name.startswith("G")}


@pytest.mark.parametrize("config", EVERYTHING.values(), ids=EVERYTHING.keys())
def test_everything_trains_and_resuming_equals_not_having_stopped(config: TrainConfig) -> None:
    whole, state, initial = [], {}, trained_before(config)
    for event in train(config, initial=initial):
        whole.append(event)
        if isinstance(event, Checkpoint) and not state:
            state = copied(event)
    rest = list(train(config, resume=state))

    assert of_kind(whole, Finished) == [Finished(4, "finished")]
    assert [event.step for event in of_kind(whole, Samples)] == [0, 2, 4]
    assert [event.step for event in of_kind(whole, Checkpoint)] == [2, 4]
    assert of_kind(rest, Started)[0].step == 2
    assert points(rest) == {step: values for step, values in points(whole).items() if step > 2} and len(points(rest)) == 2
    last, again = of_kind(whole, Checkpoint)[-1], of_kind(rest, Checkpoint)[-1]
    assert equal(dict(last.model), dict(again.model))
    assert equal(without_clock(last.state), without_clock(again.state))
    assert equal(of_kind(whole, Samples)[-1].images, of_kind(rest, Samples)[-1].images)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_seed_gives_the_weights_and_z(family: str) -> None:
    first, again = (next(event for event in train(small(family)) if isinstance(event, Samples)) for _ in range(2))
    assert equal(first.images, again.images)


def test_equal_seeds_give_equal_runs_and_other_seeds_do_not() -> None:
    assert points(list(train(small(steps=3)))) == points(list(train(small(steps=3))))
    assert points(list(train(small(steps=3)))) != points(list(train(small(steps=3, seed=1))))


def test_the_duel_sees_the_same_batches_and_the_same_noise() -> None:
    pair = [
        of_kind(list(train(shrink(RECIPES[name].config, steps=1))), Checkpoint)[-1].state for name in ("duel-bce", "duel-mse")
    ]
    assert pair[0]["position"] == pair[1]["position"]
    assert torch.equal(pair[0]["training"]["noise"], pair[1]["training"]["noise"])


def test_points_fall_on_log_every_on_checkpoints_and_on_the_last_step() -> None:
    found = points(list(train(small(steps=20, log_every=8))))
    assert list(found) == [8, 10, 16, 20]


def test_asked_to_stop_it_checkpoints_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    events = list(train(small(steps=1000), commands=lambda: [Command("stop")]))
    assert [type(event) for event in events[-3:]] == [Progress, Checkpoint, Finished]
    assert of_kind(events, Finished) == [Finished(0, "stopped")]


@pytest.mark.parametrize("log_every", [1, 7, 1000])
def test_a_nan_ends_the_run_before_it_reaches_a_checkpoint(monkeypatch: pytest.MonkeyPatch, log_every: int) -> None:
    calls = []

    def breaks_at_step_9(fake: torch.Tensor) -> torch.Tensor:
        calls.append(fake)
        return fake.mean() * (float("nan") if len(calls) == 9 else 1.0)

    broken = replace(FAMILIES["dcgan"], objective=replace(NON_SATURATING, generator=breaks_at_step_9))
    monkeypatch.setitem(FAMILIES, "dcgan", broken)
    events: list[Event] = []
    with pytest.raises(Diverged, match=r"loss/\w/adversarial stopped being a number at step (9|10): try a lower learning rate"):
        events += train(small(log_every=log_every, checkpoint_every=10))
    assert not of_kind(events, Checkpoint)


def test_an_unknown_device_is_named() -> None:
    with pytest.raises(ValueError, match=r"device = 'cuda:7' is not on this machine; it has: .*cpu"):
        next(train(small(device="cuda:7")))


@pytest.fixture(autouse=True)
def quiet_threads() -> Iterator[None]:
    """Tiny tensors: one thread is faster than waking two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_nan_between_two_logged_steps_does_not_reach_the_checkpoint_of_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    looks = iter(range(1000))
    events: list[Event] = []
    with pytest.raises(Diverged, match="A weight stopped being a number by step 7: try a lower learning rate"):
        for event in train(
            small(log_every=1000, checkpoint_every=5, steps=1000), commands=lambda: [Command("stop")] if next(looks) == 7 else []
        ):
            events.append(event)
            if isinstance(event, Progress) and event.step == 6:
                _spoil(monkeypatch)
    (kept,) = of_kind(events, Checkpoint)
    assert kept.step == 5


def _spoil(monkeypatch: pytest.MonkeyPatch) -> None:
    real = AdversarialTraining.step

    def poisoned(self: Any, batches: Any) -> Any:
        with torch.no_grad():
            for parameter in self.networks.parameters():
                parameter.fill_(torch.nan)
        return real(self, batches)

    monkeypatch.setattr(AdversarialTraining, "step", poisoned)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_one_number_that_is_none_is_found_wherever_it_is(bad: float) -> None:
    tree = {"networks": {"G.w": torch.ones(3, 3)}, "optimizers": {"G": {"state": [torch.ones(2)], "step": torch.tensor(3)}}}
    assert all_finite(tree) and all_finite({"step": 3, "empty": torch.empty(0)})
    tree["optimizers"]["G"]["state"][0][1] = bad  # type: ignore[index]
    assert not all_finite(tree)
