"""How Gradio answers the events of the panels."""

from __future__ import annotations

from typing import Any

QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
# Through the queue: only there does Gradio notice that a gr.State has changed.
TURNING: dict[str, Any] = {"concurrency_limit": None, "show_progress": "hidden", "api_visibility": "private"}
SOON: dict[str, Any] = {
    "concurrency_limit": 2,
    "concurrency_id": "explore",
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}
SLOW: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "explore-slowly"}
