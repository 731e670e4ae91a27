"""Kill real workers and servers at hundreds of random moments and look whether anything is lost.

    python benchmarks/faults.py [--kills 200] [--races 20] [--seed 0]

A moment counts when the wait status of a process says that a signal ended it. Many hit a server in the middle of a launch,
resume, fork, delete or clean (half of them together with its workers), the others a worker: at a random time, or right before
a random access to a file of its run. A viewer looks on meanwhile, every third chain of kills has its rate changed on the way.
After each the run must read, go on, and end bit for bit like a run that was never killed (a changed one: like its repeat); see
tests/support/faults.py for what is compared. `--disks 20 --locks 4`: runs that must wait for room, or for their record.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import pytest

from ganlab.runtime.run import runs
from tests.support.faults import SERVER, Faults, forked_workers
from tests.support.short_of_room import foreign_lock, little_room


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--races", type=int, default=20, help="several people at once (default: 20)")
    parser.add_argument("--together", type=int, default=0, help="kills of a server and its worker in one moment (0)")
    parser.add_argument("--apps", type=int, default=0, help="kills of the whole application, half of them with the worker (0)")
    parser.add_argument("--disks", type=int, default=0, help="disks that fill up while little room comes and goes (0)")
    parser.add_argument("--locks", type=int, default=0, help="records that another program locks (0)")
    parser.add_argument("--lock-seconds", type=float, default=45.0, help="for how long (45)")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after so long, however many it were (60)")
    options = parser.parse_args()
    begun, bad = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="ganlab-faults-") as folder, forked_workers(Path(folder) / "runs") as workers:
        faults = Faults(workers, options.seed)
        print(f"a run that nobody kills takes {faults.seconds:.1f} s", flush=True)
        for number in range(options.apps):
            faults.application(Path(folder), both=number % 2 == 1)
        bad += waits(faults, options)
        together = options.together
        while together or faults.kills < options.kills or faults.races < options.races:
            if time.monotonic() - begun > 60 * options.minutes:
                break
            try:
                if together:
                    together -= 1
                    faults.together()
                elif faults.races < options.races and faults.random.random() < 0.3:
                    faults.race()
                elif faults.random.random() < 0.6:
                    faults.chain(4)
                else:
                    faults.server(faults.random.choice(SERVER), both=faults.random.random() < 0.5)
            except Exception:
                bad += 1
                print(f"NOT SURVIVED after {faults.kills} kills:\n{traceback.format_exc()}", flush=True)
                workers.quiet()
                for run in runs(workers.root):
                    print(run.id, run.status(), (run.path / "worker.log").read_text()[-2000:], flush=True)
                    run.delete()
            print(f"\r{faults.kills} kills", end="", file=sys.stderr, flush=True)
    print(f"\n{faults.kills} kills in {time.monotonic() - begun:.0f} s, seed {options.seed}: {bad} not survived")
    for name, count in sorted(faults.counts.items()):
        print(f"{count:5d}  {name}")
    for name, count in sorted(faults.obeyed.items()):
        print(f"{count:5d}  {name}: the worker ended by itself (not counted)")
    for name, count in sorted(faults.when.items()):
        print(f"{count:5d}  workers {name}")
    print(f"{faults.races:5d}  times several people pressed Resume, Stop, Fork and Delete at once")
    print(f"{faults.looks:5d}  looks at runs while their workers trained; {faults.changes} live changes, each made once")
    print(f"at most {faults.most_lost} of {faults.config.checkpoint_every} steps between checkpoints were lost")
    sys.exit(bool(bad))


def waits(faults: Faults, options: argparse.Namespace) -> int:
    """Runs that must wait for room or for their record; how many did not end like an undisturbed run."""
    choices, bad = random.Random(options.seed), 0
    kinds = [("disks that filled up, with little room coming and going", little_room, ())] * options.disks
    kinds += [(f"records locked for {options.lock_seconds:g} s", foreign_lock, (options.lock_seconds,))] * options.locks
    counted: Counter[str] = Counter()
    waited: Counter[str] = Counter()
    for name, act, arguments in kinds:
        try:
            waited[name] += act(faults, choices, *arguments)
            counted[name] += 1
        except (Exception, pytest.skip.Exception):
            bad += 1
            print(f"NOT SURVIVED: {name}\n{traceback.format_exc()}", flush=True)
            faults.workers.quiet()
    for name, count in counted.items():
        print(f"{count:5d}  {name}: {waited[name]} waits, ended bit for bit like an undisturbed run", flush=True)
    return bad


if __name__ == "__main__":
    main()
