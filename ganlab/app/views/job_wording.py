"""The sentences about a background job: what it does, and how it ended."""

from __future__ import annotations

from ganlab.analysis.jobs.job import Progress
from ganlab.app.views.loading_wording import loading_text


def progress_text(progress: Progress) -> str:
    """What a job does or waits for."""
    if progress.waiting:
        return f"Waiting for {'another job' if progress.ahead <= 1 else f'{progress.ahead} other jobs'} to end"
    return loading_text(progress)
