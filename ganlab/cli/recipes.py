"""`ganlab recipes`: every named recipe with its published result."""

from __future__ import annotations

import argparse

from ganlab.cli.output import add_json, print_json
from ganlab.training.recipes import RECIPES, TOGETHER


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Print one line for each recipe, then those that start several runs."""
    if options.json:
        for recipe in RECIPES.values():
            facts = {key: getattr(recipe, key) for key in ("name", "title", "group", "source", "published", "note")}
            print_json(facts | {"config": recipe.config.to_dict()})
        print_json(*({"name": name, "together": members} for name, members in TOGETHER.items()))
        return
    for recipe in RECIPES.values():
        print(f"{recipe.name:<26} {recipe.config.family:<8} {recipe.config.dataset:<14} {recipe.published or recipe.note}")
    for name, members in TOGETHER.items():
        print(f"{name:<26} starts {' and '.join(members)} side by side")
