"""`ganlab evaluate`: measured values on the terminal and in files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from ganlab.analysis.jobs.measuring import measure_all
from ganlab.analysis.jobs.messages import Measured, Working
from ganlab.analysis.reproduce.published import published_results
from ganlab.app.views.decision_wording import decision_lines
from ganlab.app.views.metric_wording import features_text, standing_text
from ganlab.cli.arguments import SEEDS, Parser
from ganlab.cli.assume import add_assume, assumed
from ganlab.cli.output import check_files, save
from ganlab.cli.progress import driven
from ganlab.core.errors import Mistakes
from ganlab.core.events import Loading
from ganlab.metrics.catalogue import GENERAL, KINDS, metric
from ganlab.metrics.exports import to_csv, to_json, to_latex
from ganlab.metrics.features.inception_weights import TENSORFLOW, at_hand
from ganlab.metrics.standing import standing
from ganlab.metrics.value import Value
from ganlab.models.adapters.foreign import Basis, Decision

MOST = 1_000_000  # images


def add(parser: Parser) -> None:
    """The verb's arguments."""
    parser.add_argument("subjects", nargs="+", help="runs, models, checkpoint folders, files of weights, or folders of images")
    usual = "distances in the features of the data's own classifier, or else of an encoder of photos"
    parser.add_argument("--metrics", help=f"names with commas; an unknown one lists them all (default: {usual})")
    parser.add_argument(
        "-n",
        "--n",
        type=int,
        metavar="COUNT",
        help="images (default: all of a folder; of a model as many as there are real ones beside them, 10000 at most)",
    )
    parser.add_argument("--reference", default="", help="a data set, or a folder of images (default: what it was trained on)")
    parser.add_argument("--split", choices=("train", "test"), default="train", help="part of the reference (default: train)")
    parser.add_argument("--seed", type=int, between=SEEDS, default=0, help="the seed of z and of the random subsets (default: 0)")
    floors = "measure real images too, once per reference (default: yes)"
    parser.add_argument("--floors", action=argparse.BooleanOptionalAction, default=True, help=floors)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the values and their protocols to this file too")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the same, one value a line")
    parser.add_argument("--latex", type=Path, metavar="FILE", help="the same as tables, one for each protocol")
    parser.add_argument("--device", default="auto", help="default: auto")
    add_assume(parser)


def run(options: argparse.Namespace) -> None:
    """Print one line per value, with its error and its protocol, as soon as it is known; write the files that the flags name.

    A subject that cannot be measured does not stop the others; ValueError names it at the end.
    """
    metrics = None if options.metrics is None else [name for name in options.metrics.replace(",", " ").split() if name]
    fewest = min((KINDS[metric(name).kind].fewest for name in (GENERAL if metrics is None else metrics)), default=1)
    if options.n is not None and not fewest <= options.n <= MOST:
        raise ValueError(f"-n {options.n} is out of range: {fewest} to {MOST:,}.")
    asked = (metrics, options.n, options.reference, options.split, options.seed, options.floors, options.device, assumed(options))
    check_files(options.json, options.csv, options.latex)  # before anything is measured: that takes long
    values: list[Value] = []
    failures: list[str] = []
    try:
        driven(_reported(measure_all(options.subjects, *asked), values, failures))
        if metrics is None and values:
            print(features(values), file=sys.stderr)
        for line in standings(values):
            print(line)
    finally:  # also when it is cut short: measuring takes long
        if values:
            write(values, options)
    if failures:
        raise Mistakes(*failures)


def _reported(work: Working, values: list[Value], failures: list[str]) -> Generator[Loading, None, None]:
    """The progress of `work` alone: its values are printed and added to `values`, the parts that failed to `failures`."""
    with closing(work):
        for event in work:
            if isinstance(event, Loading):
                yield event
            elif isinstance(event, Measured):
                values += event.values
                for line in _left_open(event.values):
                    tqdm.write(line, file=sys.stderr)
                tqdm.write("\n".join(map(str, event.values)), file=sys.stdout)
            elif event.minor:
                tqdm.write(event.sentence, file=sys.stderr)
            else:
                failures.append(event.sentence)


def features(values: Sequence[Value]) -> str:
    """Which features were used and why, and how FID can be had where it was not measured."""
    used = dict.fromkeys(features_text(value.extractor) for value in values)
    text = f"Read by {'; and by '.join(used)}."
    if any(value.metric == "FID" for value in values):
        return text
    how = "reads ten images a second without a GPU" if at_hand(TENSORFLOW) else f"downloads {TENSORFLOW.megabytes} MB first"
    return f"{text} These distances are no FID, which --metrics fid measures: it {how}."


def standings(values: Sequence[Value]) -> list[str]:
    """How far each value is from what real images read, where that was measured under the same protocol."""
    found = [(value, standing(value, values)) for value in values]
    return [f"{value.subject}: {value.metric} is {standing_text(value, beside)}." for value, beside in found if beside]


def _left_open(values: Sequence[Value]) -> list[str]:
    """What the file of a subject left open, once for all its values: those of one event."""
    one = values[0]
    decided = [Decision(setting, value, (), Basis(basis)) for setting, value, basis in one.decisions]
    return [f"{one.subject}: {line}" for line in decision_lines(decided)]


def write(values: list[Value], options: argparse.Namespace) -> None:
    """Write the files that `--json`, `--csv` and `--latex` name."""
    published = published_results(value.subject for value in values)
    if options.json:
        _save(options.json, to_json(values))
    if options.csv:
        _save(options.csv, to_csv(values, published))
    if options.latex:
        _save(options.latex, to_latex(values, published))


def _save(path: Path, text: str) -> None:
    """Write the file; bytes of file names that are not Unicode are escaped. ValueError where it cannot be written."""
    save(path, text.encode("utf-8", "backslashreplace"))
