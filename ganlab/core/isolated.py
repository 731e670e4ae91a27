"""Pictures from strangers: decoded within bounds that are proved, else in a helper process with limits on memory and time.

What a JPEG or a PNG can cost follows from its bytes, which ganlab.core.decoding_cost looks at. Of the other formats some costs
stay unknown, such as an AVIF's whose film is larger than it claims: there it loses a helper, and one visitor one picture.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image

from ganlab.core import images
from ganlab.core.image_formats import HEAD, format_of
from ganlab.core.images import MAX_PIXELS, ImageError

SECONDS = 5.0  # of processor time for a picture; 64 megapixels take up to 2
WAIT = 30.0  # seconds, by the clock, for a helper that does not answer
MEMORY = 1_500 * 10**6  # bytes for each helper; 64 megapixels with transparency take 1,000
MOST = 2  # helpers
PROVED = ("JPEG", "PNG")  # what nearly all photos are: sending their pixels between processes would double their time
_HOME = Path(__file__).resolve().parents[2]
_COSTLY = "The image takes too long or too much memory to decode; make it smaller, or save it anew."
_BUSY = "Too many pictures are waiting to be decoded; try again in a moment."


class Helpers:
    """A few helper processes, started when first needed and kept; any thread may ask. One that fails is replaced."""

    def __init__(self, most: int = MOST, seconds: float = SECONDS, memory: int = MEMORY, wait: float = WAIT) -> None:
        self._places = threading.BoundedSemaphore(most)
        self._idle: list[subprocess.Popen[bytes]] = []  # lists are changed in one step
        self._seconds, self._memory, self._wait = seconds, memory, wait

    def read(self, path: Path) -> Image.Image:
        """Do what ganlab.core.images.read does, in a helper: an upright picture "RGB", or an ImageError with the reason."""
        if not self._places.acquire(timeout=self._wait):
            raise ImageError(_BUSY, "busy")
        try:
            helper = self._ready()
            try:
                image = self._asked(helper, path)
            except BaseException:
                helper.kill()
                _closed(helper)
                raise
            self._idle.append(helper)
        except (OSError, EOFError, MemoryError):
            raise ImageError(_COSTLY, "too_costly") from None
        finally:
            self._places.release()
        if isinstance(image, ImageError):
            raise image
        return image

    def close(self) -> None:
        """End the helpers that have nothing to do."""
        while self._idle:
            _closed(self._idle.pop())

    def _ready(self) -> subprocess.Popen[bytes]:
        with suppress(IndexError):
            while True:
                helper = self._idle.pop()
                if helper.poll() is None:
                    return helper
                _closed(helper)
        return subprocess.Popen(
            [sys.executable, "-m", "ganlab.core.helper", str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=2**20,  # where the system can
            env=os.environ
            | {"PYTHONPATH": f"{_HOME}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
            | {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},  # what threads reserve would count
        )

    def _asked(self, helper: subprocess.Popen[bytes], path: Path) -> Image.Image | ImageError:
        """The picture or why there is none; EOFError or OSError from a helper that the system or the clock has ended."""
        assert helper.stdin and helper.stdout
        alarm = threading.Timer(self._wait, helper.kill)
        alarm.start()
        try:
            helper.stdin.write(json.dumps({"path": str(path.absolute()), "seconds": self._seconds}).encode() + b"\n")
            helper.stdin.flush()
            line = helper.stdout.readline(10_000)
            if not line.endswith(b"\n"):
                raise EOFError
            answer: dict[str, Any] = json.loads(line)
            if "size" not in answer:
                return ImageError(answer["reason"], answer["kind"], answer["limit"])
            width, height = answer["size"]
            if not 0 < width * height <= MAX_PIXELS:
                raise EOFError
            pixels = bytearray(3 * width * height)
            if helper.stdout.readinto(pixels) < len(pixels):  # type: ignore[attr-defined]
                raise EOFError
            return Image.frombuffer("RGB", (width, height), memoryview(pixels), "raw", "RGB", 0, 1)  # type: ignore[arg-type]
        finally:
            alarm.cancel()


def _closed(helper: subprocess.Popen[bytes]) -> None:
    """End a helper by closing its channel, and take its exit status."""
    with suppress(OSError), helper:  # leaving the block closes both ends and waits
        pass


HELPERS = Helpers()
atexit.register(HELPERS.close)


def read(path: Path) -> Image.Image:
    """Do what ganlab.core.images.read does with a stranger's file, at bounded cost: an upright picture "RGB", or ImageError."""
    if not path.is_file():
        return images.read(path)  # which says why not
    with path.open("rb") as file:
        proved = format_of(file.read(HEAD)) in PROVED
    return images.read(path) if proved else HELPERS.read(path)
