"""The run doctor on injected failures and on healthy runs: what it finds, what it names rightly, its false alarms.

    nice python benchmarks/doctor.py --runs FOLDER [--untuned] [--there] [--seeds 3] [--first-seed 1] [--only NAME] [--extra RUNS]

Every run is a real one, tiny (16 to 32 pixels, narrow networks, 150 to 1,300 steps), trained in this process one after the other
and kept in FOLDER; those already there are only examined again. `--untuned` takes the runs that no threshold was set on, with
seeds from 11; `--there` trains nothing. `--extra` names folders of finished runs that are healthy. Rows that want data which is
not in GANLAB_DATA are left out. Each run is looked at after every tenth of its steps: a finding in any look at a healthy run is
a false alarm of that look, and a finding that is gone in a later look at a failure was taken back.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import torch

from benchmarks.doctor_runs.case import ended, run_of
from benchmarks.doctor_runs.tuned import TUNED
from benchmarks.doctor_runs.untuned import FIRST_SEED, UNTUNED
from ganlab.analysis.doctor.examination import findings, read
from ganlab.runtime.run import Run, runs

LOOKS = 10


@dataclass
class Totals:
    """Counts over all rows: of failures, and of healthy runs and the looks at them."""

    injected: int = 0
    found: int = 0
    named: int = 0
    kept: int = 0  # failures of which no finding was taken back
    healthy: int = 0
    alarms: int = 0
    looks: int = 0
    alarms_in_looks: int = 0
    seen: set[str] = field(default_factory=set)  # kinds in alarms


def main() -> None:
    """Train what is missing, examine everything, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--untuned", action="store_true")
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument("--there", action="store_true")
    parser.add_argument("--extra", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    torch.set_num_threads(1)
    cases, first, count = (UNTUNED, FIRST_SEED, 1) if options.untuned else (TUNED, 1, 3)
    first, count = options.first_seed or first, options.seeds or count
    totals = Totals()
    began = time.process_time()
    print(f"| {'run':<42} | found | named | looks | findings |\n|---|---|---|---|---|")
    for case in cases:
        if options.only in case.name and case.possible:
            of = ended if options.there else run_of
            found = [run for seed in range(first, first + count) if (run := of(case, seed, options.runs)) is not None]
            if found:
                report(case.name, case.expected, found, totals)
    for run in [run for folder in options.extra for run in runs(folder) if run.status().step > 500]:
        report(f"healthy, trained for real: {run.title}, {run.status().step:,} steps", frozenset(), [run], totals)
    print_totals(totals)
    print(f"{time.process_time() - began:.0f} s of one core", file=sys.stderr)


def report(name: str, expected: frozenset[str], found: list[Run], totals: Totals) -> None:
    """One row of the table."""
    looks = [looked_at(run) for run in found]
    kinds = [some[-1] for some in looks]
    hits, named = sum(map(bool, kinds)), sum(bool(expected & some) for some in kinds)
    if expected:
        kept = sum(stays(some, expected) for some in looks)
        totals.injected, totals.found, totals.named = totals.injected + len(found), totals.found + hits, totals.named + named
        totals.kept += kept
        beside = f"kept in {kept} of {len(found)}"
    else:
        alarms = sum(bool(one) for some in looks for one in some)
        totals.healthy, totals.alarms = totals.healthy + len(found), totals.alarms + hits
        totals.looks, totals.alarms_in_looks = totals.looks + LOOKS * len(found), totals.alarms_in_looks + alarms
        beside = f"{alarms} of {LOOKS * len(found)}"
        kinds = [set().union(*some) for some in looks]
        totals.seen.update(*kinds)
    shown = "; ".join(" ".join(sorted(some)) or "none" for some in kinds)
    print(
        f"| {name:<42} | {hits} of {len(found)} | {f'{named} of {len(found)}' if expected else '–'} | {beside} | {shown} |",
        flush=True,
    )


def looked_at(run: Run) -> list[set[str]]:
    """The kinds of finding after each tenth of the run's steps."""
    record = read(run)
    record = replace(record, read_sheet=cache(record.read_sheet))
    return [{finding.kind for finding in findings(record.until(record.step * tenth // LOOKS))} for tenth in range(1, LOOKS + 1)]


def stays(looks: list[set[str]], expected: frozenset[str]) -> bool:
    """Whether some finding that names the failure is there in every look after the first that has one."""
    there = [bool(expected & kinds) for kinds in looks]
    return True not in there or all(there[there.index(True) :])


def print_totals(totals: Totals) -> None:
    """The sums, with their shares."""
    for text, count, of in (
        ("injected failures found", totals.found, totals.injected),
        ("named rightly", totals.named, totals.injected),
        ("never taken back", totals.kept, totals.injected),
        ("false alarms at the end of healthy runs", totals.alarms, totals.healthy),
        ("false alarms in looks at healthy runs", totals.alarms_in_looks, totals.looks),
    ):
        print(f"\n{text}: {count} of {of} ({count / max(1, of):.0%})", end="")
    print(f"\nkinds of false alarm: {', '.join(sorted(totals.seen)) or 'none'}")


if __name__ == "__main__":
    main()
