"""Where visitors' files lie: a folder of this server's own that goes with it, and that the next one removes if it was killed.

Gradio's is shared by all of its apps on the machine, and every one of them hands out what is in it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from ganlab.core.lock import FileLock, is_held

_VARIABLE = "GRADIO_TEMP_DIR"
_PREFIX, _LOCK = "ganlab-uploads-", "lock"
_ours: list[tuple[Path, FileLock]] = []  # the server's, as long as it lives


def keep_uploads_apart() -> None:
    """Make the folder, and remove those of servers that are dead; nothing where the environment names a folder already."""
    if _VARIABLE in os.environ:
        return
    made = Path(tempfile.mkdtemp(prefix="ganlab-new-"))  # another server that starts now sees it when it is locked
    lock = FileLock(made / _LOCK)
    lock.acquire()
    (made / "files").mkdir()
    folder = made.rename(made.with_name(made.name.replace("ganlab-new-", _PREFIX)))
    _ours.append((folder, lock))
    os.environ[_VARIABLE] = str(folder / "files")
    atexit.register(remove_uploads)
    for other in folder.parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another user's
            if (other / _LOCK).exists() and not is_held(other / _LOCK):
                shutil.rmtree(other, ignore_errors=True)


def remove_uploads() -> None:
    """Remove this server's folder; harmless twice."""
    while _ours:
        folder, lock = _ours.pop()
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
