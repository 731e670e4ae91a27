"""The helper process that decodes what strangers upload: `python -m ganlab.core.helper`, started by ganlab.core.isolated.

It reads a line of JSON for each file, and answers with a line and the picture's bytes. Its memory is limited as a whole, its
processor time for each file; the system ends it where it takes more. It imports no PyTorch.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from ganlab.core.images import ImageError, read

_STRIP = 2**20  # pixels that are sent at once


def main() -> None:
    """Answer until the other side closes the channel."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a decoder prints must not come between the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, with which the channel ends
    with suppress(ImportError):  # of a Pillow before 11.3
        from PIL import AvifImagePlugin  # noqa: PLC0415

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    _limit_memory(int(sys.argv[1]))
    for line in sys.stdin.buffer:
        request = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, request["seconds"])  # of processor time; SIGPROF ends the process
        _answer(Path(request["path"]), answers)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _answer(path: Path, answers: IO[bytes]) -> None:
    try:
        image = read(path)
    except ImageError as error:
        answers.write(json.dumps({"reason": str(error), "kind": error.kind, "limit": error.limit}).encode() + b"\n")
    else:
        answers.write(json.dumps({"size": image.size}).encode() + b"\n")
        rows = max(1, _STRIP // image.width)
        for top in range(0, image.height, rows):
            answers.write(image.crop((0, top, image.width, min(top + rows, image.height))).tobytes())
    answers.flush()


def _limit_memory(most: int) -> None:
    """Allow `most` bytes more than are taken now; where the system keeps no such limit, end the process that exceeds it."""
    with suppress(OSError, ValueError):
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + most, taken + most))
        return
    threading.Thread(target=_watch_memory, args=(most,), daemon=True).start()


def _watch_memory(most: int) -> None:
    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < most:
        time.sleep(0.02)
    os._exit(1)


if __name__ == "__main__":
    main()
