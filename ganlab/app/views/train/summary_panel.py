"""The panel beside the settings: what will run where, how large it is, how long it may take, what is still wrong."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ganlab.app.views.permissions import error_text, redacted
from ganlab.app.views.train import datasets, proposed
from ganlab.app.views.train.choice import Choice
from ganlab.app.views.train.pace import pace
from ganlab.app.views.wording import escaped
from ganlab.core.config import TrainConfig, Value
from ganlab.core.devices import devices
from ganlab.core.text import byte_size, counted, duration
from ganlab.data import DATASETS
from ganlab.training.families import FAMILIES
from ganlab.training.networks.layers import count_parameters
from ganlab.training.preflight import networks_on_meta


def panel(
    chosen: Choice, changes: Mapping[str, Value], asked: Mapping[str, str], wrong: list[str], waits: str = ""
) -> tuple[dict[str, Value], bool]:
    """Draw the panel and return (what the device chooser changes, whether the run can start). `waits`: why it cannot yet."""
    device = _device(chosen, asked)
    try:
        configs = chosen.configs({**changes, **device})
        config = next(iter(configs.values()))
        sizes = {name: count_parameters(network) for name, network in networks_on_meta(config).items()}
    except ValueError as error:
        st.error(error_text(error))
        return device, False
    st.markdown("  \n".join(_facts(config, sizes, len(configs), chosen.found.count if chosen.found else 0)))
    lacking = datasets.missing(config) or waits
    if lacking:
        st.info(escaped(redacted(lacking)))
    if wrong:
        st.error(f"{len(wrong)} setting{'s are' if len(wrong) > 1 else ' is'} not valid yet; the form shows which.")
    return device, not (lacking or wrong)


def _device(chosen: Choice, asked: Mapping[str, str]) -> dict[str, Value]:
    """Where to train; `auto` is the first device, and says so."""
    found = devices()
    titles = {"auto": f"Automatic: {found[0].title}", **{device.name: device.title for device in found}}
    if len(found) == 1:
        titles = {"auto": found[0].title}
    key = "train/device"
    wanted = asked.get("device", chosen.base.device)
    st.session_state.setdefault(key, wanted if wanted in titles else "auto")
    hint = "Runs on one device wait for each other."
    device = st.selectbox("Device", list(titles), key=key, format_func=titles.__getitem__, help=hint)
    return {} if device == chosen.base.device else {"device": device}


def _facts(config: TrainConfig, sizes: Mapping[str, int], count: int, pictures: int) -> list[str]:
    """Exact or measured, never guessed; `pictures` are those of a folder, 0 where they are not known."""
    source = DATASETS[config.dataset]
    lines = [f"**{FAMILIES[config.family].title}** on **{source.title}**" + (f", {count} runs together" if count > 1 else "")]
    images = source.count(config.image_size, FAMILIES[config.family].conditioning) or pictures
    if images:
        epochs = config.steps * config.batch_size * config.d_steps / images
        lines.append(f"{config.steps:,} steps, {epochs:,.1f} epochs of {images:,} images")
    else:
        lines.append(f"{counted(config.steps, 'step')} of {counted(config.batch_size, 'image')} each")
    lines.append("Parameters: " + ", ".join(f"{name} {value:,}" for name, value in sizes.items()))
    measured = pace(config)
    if measured:
        time, memory = duration(config.steps * measured.seconds), byte_size(measured.memory)
        lines.append(f"About {time} and {memory}, measured here in a run like this")
    elif (seconds := proposed.seconds_a_step(config)) is not None:
        lines.append(f"About {duration(config.steps * seconds)} here, by some steps that were just measured")
    return lines
