"""Any damage to folders of runs: no page, no route and no verb may raise, and a whole run beside them stays listed by all.

    python benchmarks/bad_runs.py [--count 2000] [--seed 0] [--group 50]

So many damaged copies of a run that has ended, a group of them in one folder at a time: values of any type in the settings and
the record, files cut, replaced by folders, pipes, loops and devices, 50 GB long, without permissions, folders of any name. Ends
with 1 and the faults, where there are any.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.bad_runs import bad_run  # noqa: E402
from tests.support.every_look import Looks  # noqa: E402
from tests.support.fake_runs import FakeRun  # noqa: E402


def main() -> int:
    """Look at group after group."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--group", type=int, default=50)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    faults: Counter[str] = Counter()
    looks, started = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ganlab-bad-") as folder:
        made = FakeRun(Path(folder, "model"), recipe="shapes-quick", steps=300)
        made.start().train(200).checkpoint().train(100).checkpoint().finish()
        for first in range(0, options.count, options.group):
            faulthandler.dump_traceback_later(900, exit=True)
            found = group(Path(folder), made.run.path, options.seed, range(first, min(first + options.group, options.count)))
            looks += found.count
            for fault in found.faults:
                kind = _plain(fault).strip().splitlines()[-1][:150]
                if not faults[kind]:
                    print("\n".join(_plain(fault).splitlines()[:1] + _plain(fault).splitlines()[-16:]), flush=True)
                faults[kind] += 1
            print(f"{first + options.group} of {options.count}: {looks:,} looks, {faults.total()} faults", flush=True)
    print(f"{options.count:,} damaged runs, {looks:,} looks, {faults.total()} faults, {time.monotonic() - started:,.0f} s")
    for kind, times in faults.most_common():
        print(f"  {times} x {kind}")
    return 1 if faults else 0


def _plain(fault: str) -> str:
    """Without the colours and frames that Streamlit draws."""
    return re.sub("\x1b\\[[0-9;]*m", "", fault)


def group(folder: Path, model: Path, seed: int, numbers: range) -> Looks:
    """Damaged runs of these numbers beside a whole one, looked at by everything, then deleted."""
    root = folder / "runs"
    os.environ["GANLAB_RUNS"] = str(root)
    whole = Path(shutil.copytree(model, root / "20261130-000000-whole"))
    bad = [bad_run(Random(f"{seed}/{number}"), model, root, number) for number in numbers]
    looks = Looks(folder)
    looks.everything(whole.name, [path.name for path in bad if path.name.isascii() and path.name.isprintable()])
    looks.delete_the_damaged()
    shutil.rmtree(root, ignore_errors=True)
    return looks


if __name__ == "__main__":
    sys.exit(main())
