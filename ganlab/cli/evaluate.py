"""`ganlab evaluate`: measured values on the terminal and in files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from ganlab.analysis.reproduce.published import published_results
from ganlab.metrics.exports import to_csv, to_json, to_latex

if TYPE_CHECKING:
    from ganlab.analysis.jobs.kinds import Working
    from ganlab.core.events import Loading
    from ganlab.metrics.value import Value


def evaluate(options: argparse.Namespace) -> None:
    """One line per value, with its error and its protocol, as soon as it is known; the same in files where they are asked for.

    What cannot be measured leaves the others alone; ValueError says at the end what that was.
    """
    from ganlab.analysis.jobs.measuring import measure_all
    from ganlab.cli.progress import driven
    from ganlab.metrics.catalogue import metric

    if options.n is not None and not 2 <= options.n <= 1_000_000:
        raise ValueError(f"-n {options.n} is out of range: 2 to 1,000,000.")
    metrics = [name for name in options.metrics.replace(",", " ").split() if name]
    for name in metrics:
        metric(name)
    asked = (metrics, options.n, options.reference, options.split, options.seed, options.floors, options.device)
    values: list[Value] = []
    troubles: list[str] = []
    try:
        driven(_told(measure_all(options.subjects, *asked), values, troubles))
    finally:  # also when it is cut short: measuring takes long
        if values:
            write(values, options)
    if troubles:
        raise ValueError(" ".join(troubles))


def _told(work: Working, values: list[Value], troubles: list[str]) -> Generator[Loading, None, None]:
    """Only how far it is; values are printed and kept, and so is what could not be measured, once anything could."""
    from ganlab.analysis.jobs.kinds import Measured
    from ganlab.core.events import Loading

    with closing(work):
        for told in work:
            if isinstance(told, Loading):
                yield told
            elif isinstance(told, Measured):
                values += told.values
                tqdm.write("\n".join(map(str, told.values)), file=sys.stdout)
            elif told.minor:
                tqdm.write(told.sentence, file=sys.stderr)
            else:
                troubles.append(told.sentence)


def write(values: list[Value], options: argparse.Namespace) -> None:
    """The files that `--json`, `--csv` and `--latex` name."""
    published = published_results(value.subject for value in values)
    if options.json:
        _save(options.json, to_json(values))
    if options.csv:
        _save(options.csv, to_csv(values, published))
    if options.latex:
        _save(options.latex, to_latex(values, published))


def _save(path: Path, text: str) -> None:
    """ValueError when it cannot be; file names that are no Unicode are written with their bytes escaped."""
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}.") from error
