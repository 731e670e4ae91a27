"""`ganlab queue`: the run that has each device, and the runs that wait for it in order."""

from __future__ import annotations

import argparse

from ganlab.app.views.cleanup_wording import shortage_text
from ganlab.cli.output import add_json, print_json
from ganlab.core.text import byte_size, counted
from ganlab.runtime.device_queue import Place, cancel, queue
from ganlab.runtime.disk import bytes_of, room
from ganlab.runtime.limits import most_waiting, shortage, will_wait
from ganlab.runtime.run import Run, runs_root


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("--cancel", metavar="RUN", help="take a run that waits or is paused out of the queue")
    add_json(parser)


def run(options: argparse.Namespace) -> None:
    """Print one line for each run in the queue, then the room that is left; `--cancel RUN` takes one out."""
    if options.cancel:
        cancel(Run.open(options.cancel))
        print(f"{options.cancel} was taken out of the queue.")
        return
    found = queue()
    places = [place for members in found.values() for place in members]
    if options.json:
        for place in places:
            facts = {"ahead": place.ahead, "paused": place.paused, "away": place.away}
            print_json({"run": place.run.id, "device": place.device} | facts)
        return
    for place in places:
        print(f"{place.device:<12} {place.run.id:<52} {_position(place)}")
    used, left = byte_size(bytes_of(runs_root())), byte_size(room())
    waiting = will_wait(found)
    print(f"{counted(waiting, 'run')} {'waits' if waiting == 1 else 'wait'} (at most {most_waiting()} may).")
    print(f"The runs take {used} of the disk; {left} are left.")
    if lacking := shortage():
        print(shortage_text(lacking))


def _position(place: Place) -> str:
    if place.ahead is not None:
        return f"waits, {counted(place.ahead, 'run')} ahead"
    if place.away:
        return "paused, gave its turn to another run"
    return "paused" if place.paused else "trains"
