"""Python and JavaScript meet by the names of the widgets."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import gradio as gr
import pytest
from gradio.blocks import BlockContext

from ganlab.app import playground
from ganlab.app.playground.gradio_events import by_name


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node")
def test_a_function_gets_one_object_and_sets_what_it_names() -> None:
    with gr.Blocks():
        seed, first, second = gr.Number(), gr.Slider(), gr.Slider()
    found = by_name("double", {"seed": seed, "offsets": [first, second]}, ["offsets", "seed"])
    assert found["inputs"] == [seed, first, second] and found["outputs"] == [first, second, seed]
    double = "const double = ({ seed, offsets }) => ({ seed: 2 * seed, offsets: offsets.map((x) => 2 * x) });"
    script = f"{double} console.log(JSON.stringify(({found['js']})(7, 1, 2)))"
    assert json.loads(subprocess.run(["node", "-e", script], capture_output=True, check=True).stdout) == [2, 4, 14]


def test_no_event_of_the_playground_hands_values_over_by_position() -> None:
    scripts = [str(one.js) for one in playground.build().fns.values() if one.js]
    assert len(scripts) > 8
    assert not [script for script in scripts if re.search(r"\.\.\.values", script)]
    (draw,) = {script for script in scripts if "window.ganlab.draw(" in script}
    assert all(
        f"{name}: " in draw for name in ("model", "seed", "label", "truncation", "count", "every_label", "z", "lock", "offsets")
    )


def test_no_event_shows_its_progress_on_a_layout() -> None:
    """A layout's state is all that lies inside it: copied in the browser with each change of an event's state."""
    for one in playground.build().fns.values():
        shown = one.outputs if one.show_progress_on is None else one.show_progress_on
        assert one.js or not [block for block in shown if isinstance(block, BlockContext) and block.children], one.api_name
