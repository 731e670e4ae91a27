from __future__ import annotations

import re

import pytest

from ganlab.data import DATASETS
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import RECIPES, TOGETHER, configs_of, recipe
from tests.support import ROOT

REQUIRED = {
    *("column-gan", "column-dcgan-28", "column-dcgan", "column-lsgan", "column-lsgan-mlp", "column-cgan", "column-cgan-fid"),
    *("book-gan", "book-dcgan-64", "book-cgan", "duel-bce", "duel-mse", "fashion-gan"),
    *("slides-dcgan", "slides-faces", "slides-faces-colour", "shapes-quick", "digits-quick", "digits-quick-conditional"),
    *(
        "digits-best",
        "digits-best-conditional",
        "fashion-best",
        "fashion-best-conditional",
        "cifar-best",
        "cifar-best-conditional",
    ),
}


def test_every_system_to_reproduce_has_its_recipe() -> None:
    assert set(RECIPES) >= REQUIRED


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_fits_its_family_and_its_data(name: str) -> None:
    config = RECIPES[name].config
    assert FAMILIES[config.family].accepts(DATASETS[config.dataset].conditionings)
    assert re.fullmatch(r"[a-z0-9-]+", name) and RECIPES[name].source


def test_the_two_halves_of_the_duel_differ_in_the_objective_only() -> None:
    first, second = (config.to_dict() for config in configs_of("duel").values())
    assert {key for key in first if first[key] != second[key]} == {"family"}
    assert TOGETHER["duel"] == ("duel-bce", "duel-mse")


def test_an_unknown_recipe_lists_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"recipe = 'nope' is not one of .*column-gan.*duel"):
        recipe("nope")


def test_published_schedules() -> None:
    column, book, slides = RECIPES["column-gan"].config, RECIPES["book-gan"].config, RECIPES["slides-dcgan"].config
    assert (column.steps, column.batch_size, column.sample_every, column.betas) == (200 * 600, 100, 600, (0.9, 0.999))
    assert (book.steps, book.batch_size, book.z_dim, book.samples) == (200 * 118, 512, 128, 64)
    assert (slides.steps, slides.batch_size, slides.sample_every, slides.samples) == (40_001, 32, 200, 25)


def test_the_results_list_every_recipe() -> None:
    results = (ROOT / "docs" / "results.md").read_text()
    assert [name for name in RECIPES if f"`{name}`" not in results] == []
