"""`ganlab recipes`: every named recipe with its published result."""

from __future__ import annotations

import argparse

from ganlab.training.recipes import RECIPES, TOGETHER


def add(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(options: argparse.Namespace) -> None:
    """Print one line for each recipe, then those that start several runs."""
    for recipe in RECIPES.values():
        print(f"{recipe.name:<26} {recipe.config.family:<8} {recipe.config.dataset:<14} {recipe.published or recipe.note}")
    for name, members in TOGETHER.items():
        print(f"{name:<26} starts {' and '.join(members)} side by side")
