"""Links to the Train page that fill its form: with what a model was trained with, or with shapes in place of other data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ganlab.data import DATASETS
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import RECIPES

DIGITS, SHAPES = "digits-quick", "shapes-quick"
_DATA = "shapes"


def train_query(recipe: str, config: Mapping[str, Any]) -> dict[str, str]:
    """The Train page's query that leads to this recipe, or to this family, data and settings."""
    if recipe in RECIPES:
        base, first = RECIPES[recipe].config.to_dict(), {"recipe": recipe}
    else:
        base, first = {}, {"family": str(config["family"]), "dataset": str(config["dataset"])}
    changed = {name: value for name, value in config.items() if _plain(base.get(name)) != _plain(value)}
    return {name: as_text(value) for name, value in changed.items() if name not in ("family", "device")} | first


def shapes_link(recipe: str, config: Mapping[str, Any]) -> None:
    """Offer to train on shapes, which need no network: with the same settings where shapes fit them."""
    family = FAMILIES.get(str(config.get("family")))
    fits = recipe != DIGITS and family and family.accepts(DATASETS[_DATA].conditionings)
    query = train_query(recipe, config) | {"dataset": _DATA} if fits else {"recipe": SHAPES}
    st.page_link("pages/train.py", label="Train on shapes instead", icon=":material/category:", query_params=query)


def as_text(value: object) -> str:
    """A setting's value as the address writes it."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
