"""Explore, a loop: an animation through several z and back to the first, for ever."""

from __future__ import annotations

import random

import gradio as gr
import torch

from ganlab.analysis.explore.animation import animate
from ganlab.analysis.explore.latents import class_of, seed
from ganlab.analysis.explore.paths import loop
from ganlab.app.compat import keep_bytes
from ganlab.app.playground.explore.interpolate import PATHS
from ganlab.app.playground.explore.section import Chosen, Section, address
from ganlab.app.playground.failures import refusal
from ganlab.app.playground.gradio_events import QUIET, SLOW
from ganlab.app.playground.html import endpoint, from_python, links, pipeline_of
from ganlab.core.film import formats

MOST_SEEDS, MOST_STEPS = 16, 30
_PIXELS = 2**23  # of all frames together: a file of a few megabytes
_SIDE = 224  # pixels, about, that a frame is enlarged to
_HELP = "A seamless round trip through the seeds. GIF plays everywhere; WebP is smaller and keeps every colour."
_MP4 = " MP4 is the smallest; most programs play it once." if "MP4" in formats() else " MP4 needs the package av on this server."
_CODE = 'animation = client.predict({model}, "0, 1, 2, 3", "slerp", 12, 20, "GIF", api_name="/explore_loop")'


def section(chosen: Chosen) -> Section:
    """Lay the section out where it is called."""
    with gr.Row(elem_classes="asks"):
        seeds = gr.Textbox("0, 1, 2, 3", label="Seeds, with commas between", max_length=400, min_width=220)
        path = gr.Radio(PATHS, value="slerp", label="Path", min_width=380)
        steps = gr.Slider(4, MOST_STEPS, 12, step=1, label="Frames from seed to seed", buttons=[], min_width=180)
        speed = gr.Slider(5, 30, 20, step=1, label="Frames per second", buttons=[], min_width=180)
        format = gr.Radio(list(formats()), value="GIF", label="Format", min_width=180)
    with gr.Row(elem_classes="asks"):
        resample = gr.Button("Resample seeds", min_width=140)
        make = gr.Button("Make the loop", variant="primary", min_width=140)
    animation = gr.Image(
        type="filepath", label="Loop", interactive=False, buttons=["download", "fullscreen"], height=320, elem_classes="crisp"
    )
    video = gr.Video(label="Loop", interactive=False, height=320, loop=True, autoplay=True, visible=False)
    link = gr.HTML()
    gr.HTML(_HELP + _MP4, elem_classes="quiet")
    example = from_python(_CODE, model="digits-quick")
    widgets = {"seeds": seeds, "path": path, "steps": steps, "speed": speed, "format": format}
    make.click(draw, [chosen.model, chosen.label, *widgets.values()], [animation, video, link], api_visibility="private", **SLOW)
    resample.click(_seeds, seeds, seeds, **QUIET)
    numbers = [lambda: gr.Number(12), lambda: gr.Number(20)]
    texts = [lambda: gr.Textbox()] * 3
    endpoint(answer, [*texts, *numbers, lambda: gr.Textbox("GIF"), lambda: gr.Textbox("")], [lambda: gr.File()], "explore_loop")
    defaults = {"seeds": "0, 1, 2, 3", "path": "slerp", "steps": 12, "speed": 20, "format": "GIF"}
    allowed = {"path": ("slerp", "lerp"), "steps": (4, MOST_STEPS), "speed": (5, 30), "format": formats()}
    return Section("loop", widgets, defaults, allowed, example, _CODE)


def _seeds(text: str) -> str:
    """As many seeds as there were."""
    return ", ".join(str(random.randrange(10**4)) for _ in range(min(max(text.count(",") + 1, 2), MOST_SEEDS)))


def make_loop(model: str | None, label: str | None, seeds: str, path: str, steps: float, speed: float, format: str) -> bytes:
    """The file's bytes; ValueError, one sentence, for what cannot be made."""
    pipeline = pipeline_of(model)
    stations = [seed(part) for part in seeds.split(",") if part.strip()]
    if not 2 <= len(stations) <= MOST_SEEDS or not 1 <= steps <= MOST_STEPS or not 1 <= speed <= 50:
        raise ValueError(f"A loop goes through 2 to {MOST_SEEDS} seeds in up to {MOST_STEPS} frames each, at most 50 a second.")
    z = loop(torch.cat([pipeline.latents(1, station) for station in stations]), int(steps), path)
    images = pipeline.generate(z, class_of(pipeline, label))
    size = pipeline.spec.image_size
    scale = max(1, min(_SIDE // size, int((_PIXELS / (len(z) * size**2)) ** 0.5)))
    return animate(images, format, frames_per_second=speed, scale=scale)


def answer(model: str, seeds: str, path: str, steps: float, speed: float, format: str, label: str) -> str:
    """/explore_loop: the file, in Gradio's own cache, which empties itself."""
    data = make_loop(model, label or None, seeds, path, steps, speed, format)
    return keep_bytes(data, f"loop.{format.lower()}")


def draw(
    model: str | None,
    label: str | None,
    seeds: str,
    path: str,
    steps: float,
    speed: float,
    format: str,
    progress: gr.Progress = gr.Progress(),  # noqa: B008 (how Gradio hands it over)
) -> tuple[gr.Image, gr.Video, str]:
    """Show the animation, and return the link that restores what it was made from."""
    progress(0.1, desc="Drawing the frames")
    try:
        made = answer(str(model), seeds, path, steps, speed, format, label or "")
    except ValueError as error:
        raise refusal(error) from None
    query = address("loop", model, label, seeds=seeds, path=path, steps=int(steps), speed=int(speed), format=format)
    films = format == "MP4"
    picture = gr.Image(None if films else made, visible=not films)
    return picture, gr.Video(made if films else None, visible=films), links(query)
