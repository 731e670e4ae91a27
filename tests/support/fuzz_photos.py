"""Thousands of damaged photos through the door that every upload comes in by. A process of its own, so that it can be measured.

python -m tests.support.fuzz_photos FOLDER COUNT SEED    ->  one line of JSON
"""

from __future__ import annotations

import json
import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ganlab.core.images import ImageError, read

PATH = re.compile(r"[/\\]\w+[/\\]|0x[0-9a-f]{6,}|Traceback")  # what no error text may show


def flip(data: bytearray, chance: random.Random) -> None:
    """A few bits anywhere."""
    for _ in range(chance.randint(1, 20)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def spoil_head(data: bytearray, chance: random.Random) -> None:
    """Bytes of the header, where sizes, depths and offsets are."""
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(min(400, len(data)))] = chance.randrange(256)


def extremes(data: bytearray, chance: random.Random) -> None:
    """A number somewhere becomes the largest or smallest that fits."""
    at, length = chance.randrange(len(data)), chance.choice([1, 2, 4, 8])
    data[at : at + length] = bytes([chance.choice([0x00, 0x7F, 0x80, 0xFF])]) * length


def cut(data: bytearray, chance: random.Random) -> None:
    """The end is missing."""
    del data[chance.randrange(len(data)) :]


def drop(data: bytearray, chance: random.Random) -> None:
    """A piece out of the middle is missing."""
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, 4000)]


def repeat(data: bytearray, chance: random.Random) -> None:
    """A piece comes twice."""
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.randint(1, 4000)]


def graft(data: bytearray, chance: random.Random) -> None:
    """The head of another format before the rest."""
    heads = [b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0\x08\0\0\0", b"RIFF\xff\xff\xff\x7fWEBPVP8X", b"BM", b"%!PS-Adobe", b"<svg "]
    head = chance.choice(heads)
    data[: len(head)] = head


DAMAGES: list[Callable[[bytearray, random.Random], None]] = [flip, spoil_head, extremes, cut, drop, repeat, graft]


def main(folder: Path, count: int, seed: int) -> None:
    """Damage `count` photos out of `folder`, read each, and say what came of it."""
    chance = random.Random(seed)
    photos = sorted(path for path in folder.iterdir() if path.is_file() and path.stat().st_size < 400_000)
    originals = [path.read_bytes() for path in photos]
    result = {"count": 0, "decoded": 0, "refused": 0, "slowest": 0.0, "crashes": [], "telling": []}
    for data in originals:  # what an undamaged photo costs is not the damage's doing
        _try(data, result)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result |= {"count": 0, "decoded": 0, "refused": 0}
    for _ in range(count):
        data = bytearray(chance.choice(originals))
        for damage in chance.choices(DAMAGES, k=chance.choice([1, 1, 2, 3])):
            if data:
                damage(data, chance)
        _try(bytes(data), result)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps(result | {"megabytes": grown // 1024}))


def _try(data: bytes, result: dict) -> None:
    started = time.process_time()
    with tempfile.NamedTemporaryFile(suffix=".upload") as file:
        file.write(data)
        file.flush()
        result["count"] += 1
        try:
            image = read(Path(file.name))
            assert image.mode == "RGB" and image.width * image.height <= 2**26
            result["decoded"] += 1
        except ImageError as error:
            result["refused"] += 1
            if PATH.search(str(error)) or Path(file.name).name in str(error) or "\n" in str(error):
                result["telling"].append(str(error))
        except BaseException as error:
            result["crashes"].append(repr(error))
    result["slowest"] = max(result["slowest"], time.process_time() - started)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
