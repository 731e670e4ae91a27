"""`ganlab pull`: a model of the Hugging Face Hub, downloaded into the standard cache and described."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ganlab.app.views.decision_wording import lines
from ganlab.app.views.model_wording import collapse_text
from ganlab.cli.progress import driven
from ganlab.models import hub
from ganlab.models.catalogue import find_here
from ganlab.models.pipeline import Pipeline
from ganlab.models.pretrained import on_hub


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument(
        "model", help="a name that `ganlab zoo` lists, org/name, org/name@revision, org/name/file.pth, spaces/…, a link"
    )
    parser.add_argument("--revision", default="", help="a branch, a tag or a commit (default: the newest)")


def run(options: argparse.Namespace) -> None:
    """Download a model; print where it lies, what it is and how to use it."""
    there = on_hub(options.model)
    if there is None and find_here(options.model):
        raise ValueError(f"{options.model} is already on this machine: use it by this name.")
    address, sha256 = (there.address, there.sha256) if there and there.address else (hub.parse(options.model), "")
    path = driven(hub.pulling(address, revision=options.revision, sha256=sha256))
    print(path)
    name = str(replace(address, revision=options.revision) if options.revision else options.model)
    pipeline = Pipeline.load(path, name=name)  # ValueError, one sentence, where it cannot be used
    size = f"{pipeline.spec.image_size} pixels, {'colour' if pipeline.spec.channels == 3 else 'grey'}"
    print(f"{pipeline.title}, {size}, {sum(w.numel() for w in pipeline.generator.parameters()):,} parameters")
    for line in lines(pipeline.decisions, pipeline.unused):
        print(line)
    if pipeline.translates:
        ways = ", ".join(f"{way} ({pipeline.route_title(way)})" for way in pipeline.routes)
        print(f"It translates: {ways}\nUse it with: ganlab translate photo.jpg --model {name} -o made.png")
    else:
        if warning := collapse_text(pipeline):
            print(warning)
        print(f"Draw from it with: ganlab sample {name} -n 64 -o sheet.png")


def fetched(model: str) -> str:
    """`model` itself, after a model of the Hub was downloaded behind a bar."""
    if find_here(model) is None and (there := on_hub(model)) and there.address:
        driven(hub.pulling(there.address, sha256=there.sha256))
    return model
