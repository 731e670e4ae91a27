"""A Hugging Face Space as a folder: the playground alone, this package, and the models that were chosen."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ganlab.core.shipped import BUNDLE, shipped
from ganlab.models.catalogue import models
from ganlab.models.entry import ModelEntry
from ganlab.runtime import checkpoint

_PACKAGE = Path(__file__).resolve().parents[2]
_NOT_NEEDED = ("streamlit", "plotly", "-e")
_WEIGHTS = (checkpoint.INFO, checkpoint.MODEL, checkpoint.DISCRIMINATORS, "README.md")  # never the state for resuming
_TITLE = re.compile(r"[^\W_][\w .,:!()&+-]{0,59}")
_APP = '''"""GANLab's playground on a Space: `python app.py` serves it where GRADIO_SERVER_NAME and GRADIO_SERVER_PORT say."""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no stranger makes this Space download models; take it out to allow it

from ganlab.app.playground_server import main

host, port = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), os.environ.get("GRADIO_SERVER_PORT", "7860")
names = [*os.environ.get("SPACE_HOST", "").split(","), "*.hf.space"]  # add a domain of your own here
allowed = [f"--allow-host={name.strip()}" for name in names if name.strip()]
raise SystemExit(main(["--host", host, "--port", port, *allowed, "--allow-frame=https://huggingface.co"]))
'''
_README = """---
title: "{title}"
emoji: 🎨
colorFrom: blue
colorTo: gray
sdk: gradio
sdk_version: {gradio}
python_version: "3.11"
app_file: app.py
pinned: false
license: mit
---

# {title}

Draw from a GAN's latent space, explore it, see what its layers see, and translate pictures. Written by `ganlab space`.
Models: {models}.
"""


def write(folder: Path, names: Sequence[str] = (), title: str = "GANLab playground") -> Path:
    """Write the Space into `folder` with the models called `names` (all shipped ones where none is named) and return it.

    `python app.py` in it starts what the Space will show. ValueError, one sentence, where the folder exists or a name is wrong.
    """
    if folder.exists():
        raise ValueError(f"{folder} exists already: name a folder that does not, or delete it first.")
    if not _TITLE.fullmatch(title):
        raise ValueError(f"title = {title[:80]!r} is not a short line of letters, digits and plain punctuation.")
    chosen, needs = _chosen(names), _requirements()
    folder.mkdir(parents=True)
    shutil.copytree(_PACKAGE, folder / "ganlab", ignore=shutil.ignore_patterns("__pycache__", BUNDLE))
    shutil.copy(shipped("LICENSE"), folder)
    for model in chosen:
        _copy(model, folder / "checkpoints" / model.name)
    gradio = next(line.partition("==")[2] for line in needs if line.startswith("gradio=="))
    (folder / "app.py").write_text(_APP)
    (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in needs))
    (folder / ".gitattributes").write_text("*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    listed = ", ".join(model.name for model in chosen)
    (folder / "README.md").write_text(_README.format(title=title, gradio=gradio, models=listed))
    return folder


def _chosen(names: Sequence[str]) -> list[ModelEntry]:
    known = {model.name: model for model in models()}
    for name in names:
        if name not in known:
            raise ValueError(f"There is no model {name!r} here; choose from {', '.join(known)}.")
    found = [known[name] for name in names] or [model for model in known.values() if model.origin == "shipped"]
    if not found:
        raise ValueError("There is no model to put on a Space: train one first.")
    return found


def _requirements() -> list[str]:
    """The project's own pins but for what only the other pages need."""
    lines = [line.strip() for line in shipped("requirements.txt").read_text().splitlines()]
    return [line for line in lines if line and not line.startswith(("#", *_NOT_NEEDED))]


def _copy(model: ModelEntry, target: Path) -> None:
    target.mkdir(parents=True)
    for name in _WEIGHTS:
        if (model.folder / name).is_file():
            shutil.copy(model.folder / name, target)
    if model.picture:
        shutil.copy(model.picture, target / "samples.png")
