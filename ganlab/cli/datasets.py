"""`ganlab datasets`: the data sets that can be trained on by name, and whether they are here."""

from __future__ import annotations

import argparse

from ganlab.cli.output import add_json, print_json
from ganlab.core.text import counted
from ganlab.data import DATASETS
from ganlab.data.registry import Availability

_FACTS = ("name", "title", "image_size", "channels", "num_images", "num_classes")


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Print one line for each data set."""
    for source in DATASETS.values():
        available = source.available()
        if options.json:
            facts = {key: getattr(source, key) for key in _FACTS}
            kinds = sorted(kind.value for kind in source.conditionings)
            print_json(facts | {"conditionings": kinds, "state": available.state, "megabytes": available.megabytes})
            continue
        size = counted(source.num_images, "image") if source.num_images else ""
        print(f"{source.name:<16} {_state(available):<18} {size:>14}  {source.title}")


def _state(available: Availability) -> str:
    """Whether a set is here, or how it gets here."""
    if available.state == "download":
        return f"{available.megabytes:,} MB to fetch" if available.megabytes else "to fetch"
    return {"ready": "here", "needs folder": "fetched by hand"}[available.state]
