"""What is to be trained, before any setting is changed: a recipe or a family, and a data set. Lives in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import streamlit as st

from ganlab.app.views import start_run, url_state
from ganlab.app.views.train import datasets, own_pictures, proposed
from ganlab.app.views.train_links import as_text
from ganlab.app.views.wording import escaped
from ganlab.core import plugins
from ganlab.core.config import TrainConfig
from ganlab.core.types import Conditioning
from ganlab.data.inspection import Inspection
from ganlab.data.sets.folder import FOLDER
from ganlab.training.families import FAMILIES
from ganlab.training.recipes import RECIPES, TOGETHER, configs_of

RECIPE, PICTURES, OWN = "A recipe", "Your own images", "A family and a data set"
_PAGE = "train"
_ASKED, _MODE, _RECIPE, _FAMILY = "train.asked", "train.mode", "train.recipe", "train.family"


@dataclass(frozen=True)
class Choice:
    """`recipe` (empty: none) and the config that the form starts from; `data` is what the data chooser changed in it.

    `found` is what was found where one's own pictures lie.
    """

    recipe: str
    base: TrainConfig
    data: Mapping[str, object] = field(default_factory=dict)
    found: Inspection | None = None

    @property
    def key(self) -> str:
        """Tells the widgets of one choice from those of another."""
        return f"train/{self.recipe or self.base.family}/{self.base.dataset}"

    def query(self, changes: Mapping[str, object]) -> dict[str, str]:
        """The URL's query that leads back to this form."""
        first = {"recipe": self.recipe} if self.recipe else {"family": self.base.family, "dataset": self.base.dataset}
        return {name: as_text(value) for name, value in {**first, **self.data, **changes}.items()}

    def configs(self, changes: Mapping[str, object]) -> dict[str, TrainConfig]:
        """{recipe or "": config} to launch, several when they are one experiment; ValueError naming what does not fit."""
        if self.recipe:
            return configs_of(self.recipe, {**self.data, **changes})
        return {"": self.base.replace(**changes)}


def restore_from_url() -> Mapping[str, str]:
    """Fill the choosers from the URL when it changed from outside; returns the settings that it asked for."""
    filled = proposed.pending()
    if filled is not None or url_state.changed_outside(_PAGE) or _MODE not in st.session_state:
        asked = filled or url_state.asked() or url_state.last(_PAGE)
        for key in [key for key in st.session_state if str(key).startswith("train/")]:
            del st.session_state[key]
        st.session_state[_ASKED] = asked
        own = PICTURES if asked.get("dataset") == FOLDER.name else OWN
        st.session_state[_MODE] = own if asked.get("family") in FAMILIES else RECIPE
        if filled is None:
            st.session_state[proposed.CHOSEN] = asked.get("family") in FAMILIES
        st.session_state[_RECIPE] = asked["recipe"] if asked.get("recipe") in recipe_names() else start_run.recommended()
        st.session_state[_FAMILY] = asked["family"] if asked.get("family") in FAMILIES else TrainConfig.family
    return st.session_state[_ASKED]


def write_to_url(choice: Choice, changes: Mapping[str, object]) -> None:
    """Let the address bar lead back to the form as it is."""
    url_state.write(_PAGE, choice.query(changes))


def choose(asked: Mapping[str, str]) -> Choice:
    """Draw the choosers; ValueError in one sentence when there is no data to learn from yet."""
    st.segmented_control("Start from", (RECIPE, PICTURES, OWN), key=_MODE, required=True, label_visibility="collapsed")
    for left_out in plugins.skipped():
        st.caption(f":orange[:material/extension_off:] {escaped(str(left_out))}")
    if st.session_state[_MODE] == PICTURES:
        return _pictures(asked)
    left, right = st.columns([3, 2])
    if st.session_state[_MODE] == RECIPE:
        name = left.selectbox("Recipe", recipe_names(), key=_RECIPE, format_func=recipe_title)
        base = next(iter(configs_of(name).values()))
        with left:
            about(name)
    else:
        with left:
            name, base = "", _family()
    with right:
        data = datasets.choose(base, asked, key=f"train/{name or base.family}", own=not name)
    found = None
    if base.replace(**data).dataset == FOLDER.name:
        path = data["data_path"] = own_pictures.choose(asked)
        st.caption(own_pictures.LAYOUTS[FAMILIES[base.family].conditioning])
        found = own_pictures.show(path)
        if name and found:
            proposed.offer(path)
    return Choice(name, base.replace(**data), data, found)


def _pictures(asked: Mapping[str, str]) -> Choice:
    """First the pictures, which decide the family unless the visitor does."""
    path = own_pictures.choose(asked)
    found = own_pictures.show(path)
    base = _family(own_pictures.LAYOUTS)
    data = {"dataset": FOLDER.name, "data_path": path}
    return Choice("", base.replace(**data), data, found)


def _family(layouts: Mapping[Conditioning, str] = MappingProxyType({})) -> TrainConfig:
    """The defaults of the family that is chosen; `layouts` say how the images of each kind must lie."""
    family = st.selectbox("Family", list(FAMILIES), key=_FAMILY, format_func=_family_title, on_change=_chosen)
    whose = f"From the package {package}." if (package := FAMILIES.packages.get(family)) else ""
    layout = layouts.get(FAMILIES[family].conditioning, "")
    st.caption("  \n".join(filter(None, (FAMILIES[family].paper, whose, layout))))
    return FAMILIES[family].config


def _chosen() -> None:
    st.session_state[proposed.CHOSEN] = True


def recipe_names() -> list[str]:
    """Every recipe in the order of registration; what starts several of them together comes before them."""
    together = {members[0]: name for name, members in TOGETHER.items()}
    names: list[str] = []
    for name in RECIPES:
        names += [together[name], name] if name in together else [name]
    return names


def recipe_title(name: str) -> str:
    """ "Column: GAN, fully connected"."""
    if name in TOGETHER:
        return f"{RECIPES[TOGETHER[name][0]].group}: both, side by side"
    recipe = RECIPES[name]
    return recipe.title if recipe.title.startswith(recipe.group) else f"{recipe.group}: {recipe.title}"


def _family_title(name: str) -> str:
    return f"{FAMILIES[name].title} ({FAMILIES[name].year})"


def about(name: str) -> None:
    """Where a recipe comes from and what its source reports."""
    members = [RECIPES[member] for member in TOGETHER.get(name, (name,))]
    lines = [f"Source: {members[0].source}."]
    if name in TOGETHER:
        lines.append(f"Starts {len(members)} runs on the same batches and the same noise.")
    for recipe in members:
        prefix = f"{recipe.title}: published" if len(members) > 1 else "Published:"
        lines += [f"{prefix} {recipe.published}."] if recipe.published else []
        lines += [recipe.note] if recipe.note and len(members) == 1 else []
    st.caption("  \n".join(lines))
