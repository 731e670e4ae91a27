"""Names as they come from outside: any bytes but those that no file can have, among them all that has ever broken a page."""

from __future__ import annotations

import os
import random
import re

KNOWN = [
    b"\xbb\xe7\xc1\xf8",  # cp949
    "강아지".encode(),
    "\u1100\u1161".encode(),  # hangul taken apart, as macOS does
    "\u202egnp.exe".encode(),
    b"\x1b[31mred\x1b[0m",
    b"line\nbreak\ttab\r",
    b"\x7f\xc2\x85\xe2\x80\xa8",
    b"\xed\xb2\xbb",  # a surrogate in UTF-8
    "👩\u200d🔬".encode(),
    b"[link](http:example.com) <b>*$x$*<i> `code` :red[no] |",
    b"\\xbb \\u202e C:\\path",
    b"'\"; DROP TABLE runs; --",
    b"%00%ff{0}%s${x}",
    b" spaces ",
    b"-rf *",
    b"\xff\xfe\xfd",
    b"\x93\xfa\x96\x7b",  # shift_jis
    b"\xb2\xe2\xca\xd4",  # gbk
    b"a" * 200,
    b"\xff" * 200,
]


def outside_names(count: int, seed: int = 0) -> list[bytes]:
    """So many different names of 1 to 200 bytes that a folder can hold; none can be a run's, all of which is ASCII."""
    rng, found = random.Random(seed), dict.fromkeys(KNOWN)
    allowed = [byte for byte in range(1, 256) if byte != ord("/")]
    while len(found) < count:
        kind = rng.randrange(3)
        if kind == 0:
            name = bytes(rng.choices(allowed, k=rng.randint(1, 24)))
        elif kind == 1:
            name = "".join(chr(rng.choice((rng.randrange(1, 0xD800), rng.randrange(0x2000, 0x2070)))) for _ in range(6)).encode()
        else:
            name = rng.choice(KNOWN[:18]) + bytes(rng.choices(allowed, k=3))
        if b"/" not in name and not name.startswith(b".") and not re.fullmatch(rb"[a-z0-9_-]+", name):
            found[name] = None
    return list(found)[:count]


def as_text(name: bytes) -> str:
    """The name as Python reads it from the file system."""
    return os.fsdecode(name)
