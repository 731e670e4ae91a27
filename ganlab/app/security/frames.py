"""The sites that may show the app in a frame, beside its own pages: a course's page, a notebook."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

VARIABLE = "GANLAB_ALLOW_FRAME"
_ORIGIN = re.compile(r"https?://(\*\.)?[\w-]+(\.[\w-]+)*(:(\d{1,5}|\*))?", re.ASCII)


def allowed_frames(given: Sequence[str] = ()) -> list[str]:
    """The origins in `given` and in GANLAB_ALLOW_FRAME, where spaces or commas part them; ValueError for what is none."""
    named = [*given, *re.split(r"[\s,]+", os.environ.get(VARIABLE, ""))]
    origins = [origin.rstrip("/").lower() for origin in named if origin]
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"{origin!r} is no site that could show the app in a frame: write https://moodle.example.org, without a path."
            )
    return origins
