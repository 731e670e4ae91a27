"""The learning rates: what each network begins with, and how they fall."""

from ganlab.core.config import TrainConfig
from ganlab.training.lr_schedule import initial_rates, rate_factor


def test_rates_fall_linearly_over_the_last_part() -> None:
    config = TrainConfig(steps=100, lr_decay=0.5)
    assert [rate_factor(config, step) for step in (0, 50, 75, 100)] == [1.0, 1.0, 0.5, 0.0]
    assert rate_factor(TrainConfig(), 10**6) == 1.0


def test_discriminators_have_a_rate_of_their_own() -> None:
    config = TrainConfig(lr=1e-3, d_lr_ratio=2.0)
    assert initial_rates(config, ["G_AB", "G_BA", "D_A", "D_B"]) == {"G_AB": 1e-3, "G_BA": 1e-3, "D_A": 2e-3, "D_B": 2e-3}
