"""IPython's display, for tests that show something in a notebook."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest


def notebook_cell(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is shown in one place of a notebook from now on, one after another."""
    seen: list[str] = []

    class Shown:
        def update(self, html: str) -> None:
            seen.append(html)

    def display(html: str, display_id: bool) -> Shown:
        seen.append(html)
        return Shown()

    module: Any = ModuleType("IPython.display")
    module.HTML, module.display = str, display
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return seen
