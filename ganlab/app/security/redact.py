"""What a student must not read: where on the server anything lies."""

from __future__ import annotations

import re
from typing import Any

_PLACES = ("data_path", "start_from")  # settings that are paths
_PATH = re.compile(
    r"""(?P<quote>['"])(?:~|/|[A-Za-z]:\\)[^'"\n]*[/\\](?P<quoted>[^'"/\\\n]*)(?P=quote)"""
    r"""|(?<![\w.:/~-])(?:~|[A-Za-z]:)?[/\\](?:[^\s'",;:()<>/\\]+[/\\])+(?P<bare>[^\s'",;:()<>/\\]*)"""
)


def redact(value: Any) -> Any:
    """Return JSON values without this machine's paths: of one in a sentence the last part stays, a path setting becomes empty."""
    if isinstance(value, dict):
        return {key: _place(item) if key in _PLACES else redact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return _PATH.sub(_last_part, value) if isinstance(value, str) else value


def _place(value: Any) -> Any:
    """A setting; or, of several runs side by side, each one's, of which one may see that they differ."""
    if isinstance(value, list | tuple):
        return [str(item).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] for item in value]
    return ""


def _last_part(found: re.Match[str]) -> str:
    quote = found["quote"] or ""
    return f"{quote}{found['quoted'] or found['bare'] or '…'}{quote}"
