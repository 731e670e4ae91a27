"""The sentences about a background job: what it does, and how it ended."""

from __future__ import annotations

from ganlab.analysis.jobs import Status
from ganlab.analysis.jobs.job import Progress
from ganlab.analysis.jobs.messages import ADVICE
from ganlab.app.views.loading_wording import loading_text
from ganlab.core.errors import describe


def progress_text(progress: Progress) -> str:
    """What a job does or waits for."""
    if progress.waiting:
        return f"Waiting for {'another job' if progress.ahead <= 1 else f'{progress.ahead} other jobs'} to end"
    return loading_text(progress)


def outcome_text(status: Status) -> str:
    """How a job ended; "" while it is active."""
    match status.reason:
        case "":
            return "" if status.active else "Done."
        case "parts_failed":
            parts = status.details["parts"]
            return f"Done, but {'one part' if parts == 1 else f'{parts} parts'} could not be measured."
        case "not_begun":
            return "Stopped before it began."
        case "nothing_kept":
            return "Stopped before anything was measured."
        case "values_kept":
            return "Stopped; what was measured before is kept."
        case "no_process":
            return "The process could not start; job.log in the folder of the job says why."
        case "killed":
            return "Its process was killed; what it had measured by then is kept."
    return describe(status.reason, status.details, ADVICE)
