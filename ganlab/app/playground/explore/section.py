"""What the sections of the Explore panel share: the chosen model and label, and how an address fills their widgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr


@dataclass(frozen=True)
class Chosen:
    """The head of the panel; `turn` counts up whenever the sections must draw anew."""

    model: gr.Textbox
    label: gr.Radio
    turn: gr.State


@dataclass(frozen=True)
class Section:
    """A sub-tab: its widgets by their name in an address, and what these are set to for a query."""

    name: str
    widgets: Mapping[str, gr.components.Component]
    defaults: Mapping[str, Any]
    allowed: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    example: gr.Code | None = None
    code: str = ""

    def restore(self, query: Mapping[str, str]) -> list[Any]:
        """A value for each widget: from the address where it makes sense, else the default."""
        return [self._value(name, query.get(f"{self.name}_{name}", "")) for name in self.widgets]

    def _value(self, name: str, text: str) -> Any:
        default = self.defaults[name]
        try:
            value = type(default)(text[:200_000])
        except ValueError:
            return default
        if name in self.allowed:
            low, high = self.allowed[name][0], self.allowed[name][-1]
            fits = low <= value <= high if isinstance(default, int | float) else value in self.allowed[name]
            return value if fits else default
        return value or default


def address(section: str, model: str | None, label: str | None, **values: Any) -> dict[str, Any]:
    """The query that `restore` understands."""
    head = {"tab": "explore", "section": section, "model": model, "label": label}
    return head | {f"{section}_{name}": value for name, value in values.items()}


def redraw(chosen: Chosen, widgets: Sequence[Any], draw: Callable[..., Any], outputs: Any, **settings: Any) -> None:
    """Call `draw` with model, label and widgets' values whenever one of them changes."""
    # What is pasted into a text box is a change to Gradio, but no input.
    events = [chosen.turn.change, *[widget.change if isinstance(widget, gr.Textbox) else widget.input for widget in widgets]]
    gr.on(events, draw, [chosen.model, chosen.label, *widgets], outputs, **settings)
