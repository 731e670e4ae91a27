"""`ganlab evaluate`: measured values on the terminal and in files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.metrics.exports import to_csv, to_json, to_latex
from ganlab.published import published_results

if TYPE_CHECKING:
    from ganlab.metrics.value import Value


def evaluate(options: argparse.Namespace) -> None:
    """One line per value, with its error and its protocol; the same in files where they are asked for."""
    from ganlab.evaluation import Asked, evaluate, evaluate_floors
    from ganlab.terminal import driven

    if not 2 <= options.n <= 1_000_000:
        raise ValueError(f"-n {options.n} is out of range: 2 to 1,000,000.")
    metrics = [name for name in options.metrics.replace(",", " ").split() if name]
    asked = Asked(metrics, options.n, options.reference, options.split, options.seed, options.device)
    values = []
    for subject in options.subjects:
        values += driven(evaluate(subject, asked))
    if options.floors:
        values += driven(evaluate_floors(options.subjects[0], asked))
    for value in values:
        print(value)
    write(values, options)


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
