"""`ganlab push`: a run or a checkpoint, uploaded to the Hugging Face Hub with its card."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ganlab.metrics.value import Value
from ganlab.models.publish.push import push


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("model", help="a run, a shipped model or a checkpoint folder")
    parser.add_argument("repo", help="org/name; created if it does not exist")
    parser.add_argument("--public", action="store_true", help="make it public (default: private)")
    parser.add_argument("--licence", default="", help="of these weights, such as mit or cc-by-4.0 (default: not stated)")
    parser.add_argument("--values", type=Path, metavar="FILE", help="what `ganlab evaluate --json FILE` measured, for the card")


def run(options: argparse.Namespace) -> None:
    """Upload a model with its card, and print its page."""
    page = push(
        options.model,
        options.repo,
        private=not options.public,
        licence=options.licence,
        values=_values(options.values) if options.values else [],
    )
    print(f"{'Public' if options.public else 'Private'}: {page}\nUse it anywhere with: ganlab pull {options.repo}")


def _values(file: Path) -> list[Value]:
    """The values that `ganlab evaluate --json` wrote; ValueError when the file holds something else."""
    try:
        return [Value.from_dict(value) for value in json.loads(file.read_text())]
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}.") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file} was not written by `ganlab evaluate --json` ({error}).".replace("\n", " ")) from None
