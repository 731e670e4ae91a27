"""GET /api/runs/{id}/doctor: what is wrong with a run, computed at most every few seconds for all its viewers."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ganlab.app.serving.shared import SharedResult
from ganlab.runtime.run import Run

SECONDS = 10.0  # that an answer is good for
_MOST = 16  # runs


class Doctors:
    """The answers for the runs examined last."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, SharedResult[dict[str, Any]]] = OrderedDict()

    async def examined(self, run: Run) -> dict[str, Any]:
        """The findings as JSON values, at most SECONDS old."""
        key = str(run.path)
        if key not in self._answers:
            self._answers[key] = SharedResult(lambda: _diagnosis(run), SECONDS)
        self._answers.move_to_end(key)
        while len(self._answers) > _MOST:
            self._answers.popitem(last=False)
        return await self._answers[key].get()


def _diagnosis(run: Run) -> dict[str, Any]:
    from ganlab.app.views.doctor_wording import diagnosis  # noqa: PLC0415  (keeps PyTorch out of ganlab.app.api)

    return diagnosis(run)
