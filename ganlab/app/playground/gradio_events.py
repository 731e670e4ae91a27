"""How Gradio answers the events of the panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradio.components import Component

# On no widget at all: else each change of an event's state makes the browser copy the state of everything inside its outputs
# (Gradio 6.31), which for tabs and columns is the whole page, and was more than half of the time that it took to open.
UNSEEN: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": [], "api_visibility": "private"}
QUIET: dict[str, Any] = UNSEEN | {"queue": False}
# Through the queue: only there does Gradio notice that a gr.State has changed.
TURNING: dict[str, Any] = UNSEEN | {"concurrency_id": "turning"}
SOON: dict[str, Any] = UNSEEN | {"concurrency_id": "explore", "trigger_mode": "always_last"}
SLOW: dict[str, Any] = {"concurrency_id": "explore-slowly"}
QUICK_LINES = ("turning", "explore")  # how many are at work in each line: `queueing.py`


def by_name(function: str, widgets: Mapping[str, Component | Sequence[Component]], outputs: Sequence[str] = ()) -> dict[str, Any]:
    """Return the arguments of an event that the JavaScript `function` answers in the browser.

    Gradio hands over values by position; `function` gets one object instead, with the value of each of `widgets` under its name
    (a list of values for several). It returns an object with the new values of `outputs`, which are names of `widgets` too.
    """
    several = {name: not isinstance(widget, Component) for name, widget in widgets.items()}
    flat = {name: [widget] if isinstance(widget, Component) else list(widget) for name, widget in widgets.items()}
    numbered = {name: ", ".join(f"{name}_{index}" for index in range(len(flat[name]))) for name in flat}
    fields = ", ".join(f"{name}: [{values}]" if several[name] else f"{name}: {values}" for name, values in numbered.items())
    answer = ", ".join(f"...answer.{name}" if several[name] else f"answer.{name}" for name in outputs)
    return {
        "fn": None,
        "inputs": [widget for group in flat.values() for widget in group],
        "outputs": [widget for name in outputs for widget in flat[name]] or None,
        "js": f"({', '.join(numbered.values())}) => {{ const answer = {function}({{ {fields} }}); return [{answer}]; }}",
    }
