"""What a model card is written from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganlab.metrics.value import Value
from ganlab.runtime.checkpoint import Info
from ganlab.runtime.run import Run


@dataclass(frozen=True)
class Facts:
    """The model and what is known of it; `values` were measured by `ganlab evaluate`, `licence` "" is not stated.

    `summary`, one sentence, and `words`, Markdown, are a person's own.
    """

    repo: str
    info: Info
    parameters: int
    run: Run | None = None
    values: Sequence[Value] = ()
    licence: str = ""
    pictured: bool = False
    summary: str = ""
    words: str = ""

    @property
    def translates(self) -> bool:
        """Whether it makes pictures of pictures."""
        return self.info.conditioning.between_images
