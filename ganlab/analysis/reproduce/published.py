"""What others report for the recipes that they are the source of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ganlab.models.catalogue import models
from ganlab.runtime import checkpoint
from ganlab.training.recipes import RECIPES


def published_results(names: Iterable[str]) -> dict[str, str]:
    """{name: the FID or losses that its recipe's source reports, under its own protocol}, for those that have a recipe with one.

    A name is a model's, a checkpoint folder, or a recipe's, to which ", epoch 1" may be added.
    """
    folders = {model.name: model.folder for model in models()}
    recipes = {name: _recipe(folders.get(name, Path(name)), name) for name in names}
    found = {name: RECIPES[recipe] for name, recipe in recipes.items() if recipe in RECIPES}
    return {name: recipe.published for name, recipe in found.items() if recipe.numbers}


def _recipe(folder: Path, name: str) -> str:
    try:
        return checkpoint.read_info(folder).recipe
    except (ValueError, OSError):  # no checkpoint of ours
        return name.partition(",")[0]
