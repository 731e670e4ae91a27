"""`ganlab space`: a folder that is a Hugging Face Space."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab.core.text import byte_size
from ganlab.models.publish.space import write


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("folder", type=Path, help="where to write it; it must not exist yet")
    parser.add_argument("--models", default="", help="runs and shipped models, with commas (default: all shipped ones)")
    parser.add_argument("--title", default="GANLab playground", help="default: GANLab playground")


def run(options: argparse.Namespace) -> None:
    """Write a Space; print how to try it here and how to upload it."""
    names = [name.strip() for name in options.models.split(",") if name.strip()]
    written = write(options.folder, names, options.title)
    size = sum(path.stat().st_size for path in written.rglob("*") if path.is_file())
    print(f"Wrote {byte_size(size)} to {written}.\nTry it here:  cd {written} && python app.py")
    print(
        f"Put it online: hf repos create ORG/NAME --type space --space-sdk gradio && hf upload ORG/NAME {written} . --type space"
    )
