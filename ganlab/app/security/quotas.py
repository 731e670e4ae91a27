"""How much of the server one student may use, one address, behind which a whole class may sit, and all together: the one table.

GANLAB_LIMITS, or `ganlab app --classroom --limits FACTOR`, multiplies every number of it. README.md prints it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, NamedTuple

VARIABLE = "GANLAB_LIMITS"
_LEAST, _MOST = 0.1, 100.0  # what the factor may be

Per = Literal["seat", "address", "server"]


class Rate(NamedTuple):
    """So much at once, then so much a second."""

    burst: float
    per_second: float


@dataclass(frozen=True)
class Row:
    """One kind of use. A number bounds what there is at the same time, a Rate what comes; None is no bound of its own.

    `seat` counts for each browser that has joined a class, `address` for each address in the network, `server` for all.
    The factor leaves what is `fixed`.
    """

    name: str
    bounds: str
    unit: str = ""
    seat: float | Rate | None = None
    address: float | Rate | None = None
    server: float | Rate | None = None
    fixed: bool = False


# An address has the first burst of more than forty seats: a class that begins together is not held up. What follows is about
# as much as the server can do, so one student who sits on thirty seats gains little.
TABLE = (
    # What is asked for: `buckets.py`
    Row("pictures", "pictures of a slider", seat=Rate(120, 60), address=Rate(5000, 600)),  # a drag asks for up to fifty a second
    # The playground asks about ten things when it opens.
    Row("posts", "events and changes, new websockets", seat=Rate(100, 10), address=Rate(4500, 200)),
    # Two runs compared while they train are asked for once or twice a second.
    Row("questions", "comparisons, details, the doctor", seat=Rate(60, 10), address=Rate(2700, 200)),
    Row("files", "exports, generators", seat=Rate(20, 0.5), address=Rate(900, 10)),  # seconds or megabytes each
    # Gradio puts its page together anew for each that asks, in the event loop: 57 ms.
    Row("openings", "the playground's page", seat=Rate(20, 0.5), address=Rate(900, 10)),
    Row("sent", "sent to the server", "MB", seat=Rate(256, 0.5), address=Rate(4096, 4)),  # uploads; an hour later deleted
    # Typing keeps no one else out, and a program that guesses all day long has 2000 + 12 h x 3600 = 45,200 tries of 100 million
    # codes: one chance in 2,200.
    Row("codes", "join codes tried", address=Rate(2000, 1), fixed=True),
    Row("seats", "browsers that join", address=Rate(200, 0.2)),
    # What waits and runs
    Row("values", "values in one call of the playground", seat=5_000),  # 0.75 MB as they wait; a page sends a thousand
    # Ten for each of a class of thirty. The tab of a seat that was not used for longest begins anew.
    Row("tabs", "tabs of the playground whose state is kept", seat=10, address=300, server=300),
    Row("jobs waiting", "jobs that wait", seat=24, address=400, server=800),
    Row("bytes waiting", "brought by jobs that wait", "MB", seat=16, address=128, server=256),
    # Two, so that one is left while a seat's own takes long; a translation at 1,024 pixels takes 350 MB.
    Row("slow jobs", "pictures, translations, searches at work in one line", seat=1, server=2),
    Row("photos", "photos translated in one go", seat=12),  # 12 megapixels are 4 MB as a JPEG: within what is stored
    Row("quick jobs", "quicker jobs at work in one line", seat=2, server=4),
    # What is kept
    Row("models", "models from files kept", seat=2, server=12),
    Row("model memory", "memory of models from files", "MB", seat=512, server=1536),
    Row("loading", "time to load models from files", "s", seat=Rate(60, 0.2), address=Rate(600, 0.5)),
    Row("stored", "files uploaded and made, kept for up to two hours", "MB", seat=128, address=1024, server=2048),
    # The sandbox, while the teacher has it open; its runs train one after another, beside the teacher's.
    Row("sandbox steps", "steps of a run in the sandbox", seat=600),
    Row("sandbox runs of one", "runs of one student in the sandbox that train or wait", seat=1, fixed=True),
    Row("sandbox runs", "runs in the sandbox that train or wait", server=8),
    Row("sandbox runs kept", "runs of the sandbox kept", seat=4, server=80),
    # What is connected
    # A browser opens six, and one for each page; one that lets the server wait makes room for a new one.
    Row("connections", "open connections", address=800, server=2000),
    Row("requests", "requests under way", seat=48, address=600),  # two of them as long as a playground is open
    Row("bodies", "requests that are being sent", seat=8, address=100, server=150),
    Row("pages", "open pages", seat=16, address=400, server=400),
    Row("message", "one message of a page", "MB", seat=1),
    Row("messages", "messages of pages, each 50 kB of a long one", seat=Rate(60, 8), address=Rate(2500, 100)),
    Row("reruns", "pages computed at a time", seat=2, server=6),
)
_BY_NAME = {row.name: row for row in TABLE}


def factor() -> float:
    """What GANLAB_LIMITS multiplies every limit by, 1 by default; ValueError, one sentence, for what cannot be meant."""
    text = os.environ.get(VARIABLE, "").strip()
    try:
        value = float(text or 1)
    except ValueError:
        value = 0.0
    if not _LEAST <= value <= _MOST:
        raise ValueError(f"{VARIABLE} = {text[:40]!r} is no factor of the limits: give a number from {_LEAST} to {_MOST:g}.")
    return value


def most(name: str, per: Per) -> int:
    """How many of it there may be at a time; KeyError for a row that is not in the table."""
    value, times = _value(name, per)
    assert not isinstance(value, Rate), f"{name} has a rate for each {per}"
    return max(1, round(value * times))


def rate(name: str, per: Per) -> Rate:
    """How fast it may come; KeyError for a row that is not in the table."""
    value, times = _value(name, per)
    assert isinstance(value, Rate), f"{name} has no rate for each {per}"
    return Rate(value.burst * times, value.per_second * times)


def _value(name: str, per: Per) -> tuple[float | Rate, float]:
    """What the table has, and what it is to be multiplied by."""
    row = _BY_NAME[name]
    value: float | Rate | None = {"seat": row.seat, "address": row.address, "server": row.server}[per]
    assert value is not None, f"{name} has no limit for each {per}"
    return value, 1.0 if row.fixed else factor()
