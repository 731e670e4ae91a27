"""`ganlab doctor`: what is wrong with a run, in the terminal."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator

from ganlab.analysis.doctor import Finding, examine
from ganlab.app.views.doctor_wording import all_clear, worded
from ganlab.app.views.status_wording import status_text
from ganlab.cli.output import add_json, print_json
from ganlab.core.flags import as_flag
from ganlab.runtime.run import Run
from ganlab.runtime.status import BROKEN_OFF


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("run", metavar="RUN")
    add_json(parser, "the findings as one JSON list")


def run(options: argparse.Namespace) -> int:
    """Print the findings. Return 1 when there are any, 0 where there are none or the run is too young to examine."""
    run = Run.open(options.run)
    found = examine(run)
    if options.json:
        print_json([worded(finding) for finding in found])
    else:
        print(*_paragraphs(run, found), sep="\n\n")
    return 1 if found else 0


def _paragraphs(run: Run, found: list[Finding]) -> Iterator[str]:
    """Why the run failed or was lost, if so; then the findings, or that there are none."""
    status = run.status()
    if status.state in BROKEN_OFF:
        yield status_text(status)
    yield from (paragraph(run, finding) for finding in found)
    if not found:
        yield all_clear(status)


def paragraph(run: Run, finding: Finding) -> str:
    """A finding as a paragraph, with the command that starts a fork with its fix."""
    words = worded(finding)
    numbers = ", ".join(f"{words['labels'][name]} {value:.3g}" for name, value in finding.evidence.numbers.items())
    lines = [
        f"{words['title']} ({finding.severity}, steps {finding.step_from:,} to {finding.step_to:,})",
        *textwrap.wrap(words["explanation"], 98, initial_indent="  ", subsequent_indent="  "),
        f"  measured: {numbers}" if numbers else "",
        f"  curves: {', '.join(finding.evidence.series)}" if finding.evidence.series else "",
        f"  sample sheets: step {', '.join(map(str, finding.evidence.sheets))}" if finding.evidence.sheets else "",
    ]
    if finding.fix and finding.fork_step is not None:
        flags = " ".join(as_flag(name, value) for name, value in finding.fix.items())
        lines.append(f"  try: ganlab train --fork {run.id}@{finding.fork_step} {flags}")
    elif finding.fix:
        lines.append(f"  try in a new run: {', '.join(f'{name} = {value}' for name, value in finding.fix.items())}")
    return "\n".join(filter(None, lines))
