"""`ganlab queue` and `ganlab clean`: what a server of runs is doing, and what it can do without."""

from __future__ import annotations

import argparse
import dataclasses
import json

from ganlab.runtime.run import Run, runs_root


def queue_command(options: argparse.Namespace) -> None:
    """`ganlab queue`: who has each device and who waits for it, in order; `--cancel RUN` takes one out."""
    from ganlab.core.text import readable
    from ganlab.runtime.disk import bytes_of, room
    from ganlab.runtime.housekeeping import cancel, most_waiting, queue, warning, will_wait

    if options.cancel:
        cancel(Run.open(options.cancel))
        print(f"{options.cancel} leaves the queue.")
        return
    found = queue()
    places = [place for members in found.values() for place in members]
    if options.json:
        for place in places:
            print(json.dumps({"run": place.run.id, "device": place.device, "ahead": place.ahead}))
        return
    for place in places:
        print(f"{place.device:<8} {place.run.id:<52} {'waits, ' + str(place.ahead) + ' before it' if place.waits else 'has it'}")
    used, left = readable(bytes_of(runs_root())), readable(room())
    print(f"{will_wait(found)} of at most {most_waiting()} runs wait; the runs take {used}, {left} are left.")
    if told := warning():
        print(told)


def clean_command(options: argparse.Namespace) -> None:
    """`ganlab clean`: free space of ended runs by the stated rule; `--dry-run` only tells what that would free."""
    from ganlab.runtime.housekeeping import Rule, clean

    if options.every < 1:
        raise ValueError(f"--every {options.every} is out of range: at least 1.")
    rule = dataclasses.replace(Rule(), every=options.every)
    print(rule)
    print(clean(rule=rule, dry_run=options.dry_run).told("Would free" if options.dry_run else "Freed"))
