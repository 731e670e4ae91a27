"""The form filled in for one's own pictures: once for each place and family, and never over what the visitor has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.serving import looks
from ganlab.app.serving.looks import Look
from ganlab.app.views.inspection_wording import filled_line
from ganlab.app.views.loading_wording import doing_text
from ganlab.app.views.permissions import redacted, requires
from ganlab.app.views.train.own_pictures import POLL
from ganlab.app.views.train_links import as_text
from ganlab.app.views.wording import escaped
from ganlab.core.config import TrainConfig, Value
from ganlab.data.inspection import Inspection
from ganlab.data.sets.folder import FOLDER
from ganlab.training.families import FAMILIES
from ganlab.training.proposal import Proposal

_FILLED, _PENDING, CHOSEN = "train.filled", "train.pending", "train.family.chosen"


@dataclass(frozen=True)
class Filled:
    """What the form was filled with, for which place, family and device; `problem` where nothing fits."""

    place: str
    family: str
    device: str
    proposal: Proposal | None = None
    problem: str = ""

    @property
    def values(self) -> Mapping[str, Value]:
        """The proposed settings."""
        return {name: getattr(self.proposal.config, name) for name in self.proposal.proposed} if self.proposal else {}


def pending() -> dict[str, str] | None:
    """The query that the form is to be filled from, once."""
    query: dict[str, str] | None = st.session_state.pop(_PENDING, None)
    return query


def apply(base: TrainConfig, changes: Mapping[str, Value], found: Inspection | None) -> str:
    """Fill the form for the pictures that were `found`, and say so; return why the start must wait, "" where it need not."""
    if found is None:
        return ""
    waits = _fill(base, changes, found)
    _line(base, changes)
    return waits


def offer(data_path: str) -> None:
    """A button that leaves a recipe for the settings that are proposed for these pictures."""
    if st.button("Use the settings proposed for these pictures", icon=":material/auto_fix_high:", type="tertiary"):
        st.session_state[CHOSEN] = False
        st.session_state[_PENDING] = {"family": TrainConfig.family, "dataset": FOLDER.name, "data_path": data_path}
        st.rerun()


def _fill(base: TrainConfig, changes: Mapping[str, Value], found: Inspection) -> str:
    """Fill in what is proposed, where that has not been done, and return why the start must wait; "" where it need not."""
    filled: Filled | None = st.session_state.get(_FILLED)
    place, name = looks.stamp(base.data_path), st.session_state.get("train/device", base.device)
    if filled and (filled.place, filled.family, filled.device) == (place, base.family, name):
        return filled.problem
    known = filled.values if filled else {}
    given = {name: value for name, value in changes.items() if known.get(name) != value}
    family = {"family": base.family} if st.session_state.get(CHOSEN) else {}
    device = {} if name == base.device else {"device": name}
    look = settings_for(found, base.data_path, {**given, **family, **device})
    if not look.done:
        _progress(found, base.data_path, {**given, **family, **device})
        return "The settings for these pictures are being worked out."
    if look.result is None:
        st.session_state[_FILLED] = Filled(place, base.family, name, problem=look.problem)
        return look.problem
    config = look.result.config
    st.session_state[_FILLED] = Filled(place, config.family, name, look.result)
    st.session_state[_PENDING] = _query(config)
    st.rerun()
    return ""


def _line(base: TrainConfig, changes: Mapping[str, Value]) -> None:
    """Say what was filled in, and what of it the visitor has changed since."""
    filled: Filled | None = st.session_state.get(_FILLED)
    if filled and filled.proposal and (filled.place, filled.family) == (looks.stamp(base.data_path), base.family):
        own = [name for name, value in filled.values.items() if changes.get(name, getattr(base, name)) != value]
        st.info(filled_line(filled.proposal, own), icon=":material/auto_fix_high:")


def seconds_a_step(config: TrainConfig) -> float | None:
    """How long a step takes here, where that was just measured with these settings."""
    filled: Filled | None = st.session_state.get(_FILLED)
    if not (filled and filled.proposal):
        return None
    measured = filled.proposal.config
    same = {name: getattr(measured, name) for name in ("steps", "seed", "sample_every", "checkpoint_every", "log_every", "flip")}
    if type(config) is not type(measured) or config.replace(**same) != measured:
        return None
    return filled.proposal.seconds


@requires(Action.UPLOAD)
def settings_for(found: Inspection, data_path: str, given: Mapping[str, Value]) -> Look[Proposal]:
    """The look at which settings fit these pictures."""
    return looks.at_settings(found, data_path, given)


@st.fragment(run_every=POLL)
def _progress(found: Inspection, data_path: str, given: Mapping[str, Value]) -> None:
    look = settings_for(found, data_path, given)
    if look.done:
        st.rerun()
    st.caption(f":material/timer: {escaped(redacted(doing_text(look.progress)))} …")


def _query(config: TrainConfig) -> dict[str, str]:
    """The address of the form that holds this config."""
    usual = FAMILIES[config.family].config.to_dict()
    changed = {name: value for name, value in config.to_dict().items() if value != usual.get(name)}
    return {name: as_text(value) for name, value in {**changed, "family": config.family, "dataset": config.dataset}.items()}
