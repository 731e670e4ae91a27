"""What the command line's verbs about the Hub and the catalogue do."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganlab.metrics.value import Value


def pull(options: argparse.Namespace) -> None:
    """`ganlab pull`: fetch a model, say what it is, where it lies and how to use it."""
    from ganlab.analysis.explore.variety import collapse
    from ganlab.cli.progress import driven
    from ganlab.models import hub
    from ganlab.models import pretrained as zoo
    from ganlab.models.catalogue import find_here
    from ganlab.models.pipeline import Pipeline

    there = zoo.on_hub(options.model)
    if there is None and find_here(options.model):
        raise ValueError(f"{options.model} is here already: use it by that name.")
    address, sha256 = (there.address, there.sha256) if there else (hub.parse(options.model), "")
    path = driven(hub.pulling(address, revision=options.revision, sha256=sha256))
    print(path)
    name = str(replace(address, revision=options.revision) if options.revision else options.model)
    pipeline = Pipeline.load(path, name=name)  # whether it can be used; the sentence else says why not
    size = f"{pipeline.spec.image_size} pixels, {'colour' if pipeline.spec.channels == 3 else 'grey'}"
    print(f"{pipeline.title}, {size}, {sum(w.numel() for w in pipeline.generator.parameters()):,} parameters")
    if pipeline.translates:
        ways = ", ".join(f"{way} ({pipeline.route_title(way)})" for way in pipeline.routes)
        print(f"It translates: {ways}\nUse it with: ganlab translate photo.jpg --model {name} -o made.png")
    else:
        if bad := collapse(pipeline):
            print(bad)
        print(f"Draw from it with: ganlab sample {name} -n 64 -o sheet.png")


def push(options: argparse.Namespace) -> None:
    """`ganlab push`: upload a model with its card, and say where it is."""
    from ganlab.models import hub

    page = hub.push(
        options.model,
        options.repo,
        private=not options.public,
        licence=options.licence,
        values=_values(options),
    )
    print(f"{'Public' if options.public else 'Private'}: {page}\nUse it anywhere with: ganlab pull {options.repo}")


def _values(options: argparse.Namespace) -> list[Value]:
    """What `ganlab evaluate --json` wrote; ValueError when the file holds something else."""
    from ganlab.metrics.value import Value

    if options.values is None:
        return []
    try:
        return [Value.from_dict(value) for value in json.loads(options.values.read_text())]
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(
            f"{options.values} is no file that `ganlab evaluate --json` wrote ({error}).".replace("\n", " ")
        ) from None


def zoo(options: argparse.Namespace) -> None:
    """`ganlab zoo`: every model that can be chosen, and where it is now; `ganlab zoo train`: shipped ones, made anew."""
    from ganlab.models.pretrained import OnHub, catalogue, state

    if options.action == "train":
        _train(options)
        return
    for entry in catalogue():
        where = state(entry)
        if options.json:
            print(json.dumps(asdict(entry) | {"state": where, "size": entry.size}, default=str))
            continue
        size = f"{entry.size / 1e6:,.1f} MB" if entry.size else "?"
        print(f"{entry.name:<34} {where:<12} {size:>9}  {entry.licence:<11}  {entry.title}")
        address = f" [{entry.source.address}]" if isinstance(entry.source, OnHub) else ""
        print(f"    {entry.verdict}{address}")


def export(options: argparse.Namespace) -> None:
    """`ganlab export --onnx`: the generator for programs without PyTorch."""
    from ganlab.models.export_onnx import to_onnx
    from ganlab.models.pipeline import Pipeline

    data = to_onnx(Pipeline.load(fetched(options.model)))
    options.output.write_bytes(data)
    print(f"{len(data) / 1e6:,.1f} MB in {options.output}")


def space(options: argparse.Namespace) -> None:
    """`ganlab space`: write a Space, and say how to try it here and how to upload it."""
    from ganlab.models.publish.space import write

    names = [name.strip() for name in options.models.split(",") if name.strip()]
    written = write(options.folder, names, options.title)
    size = sum(path.stat().st_size for path in written.rglob("*") if path.is_file())
    print(f"{size / 1e6:,.1f} MB in {written}\nTry it here:  cd {written} && python app.py")
    print(
        f"Put it online: hf repos create ORG/NAME --type space --space-sdk gradio && hf upload ORG/NAME {written} . --type space"
    )


def _train(options: argparse.Namespace) -> None:
    from ganlab.cli.progress import driven
    from ganlab.models.catalogue import NAMES
    from ganlab.models.publish.ship import TARGET, train_and_ship

    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is not shipped; these are: {', '.join(NAMES)}.")
    for name in options.names or NAMES:
        print(driven(train_and_ship(name, options.to or TARGET)), flush=True)


def fetched(model: str) -> str:
    """`model` itself, after what of it lies on the Hub has been downloaded behind a bar."""
    from ganlab.cli.progress import driven
    from ganlab.models import hub
    from ganlab.models.catalogue import find_here
    from ganlab.models.pretrained import on_hub

    if find_here(model) is None and (there := on_hub(model)):
        driven(hub.pulling(there.address, sha256=there.sha256))
    return model
