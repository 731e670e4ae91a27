"""How the playground looks: the colours of the other pages, its own style and script."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

_SHARED, _STATIC = (Path(__file__).parents[1] / "static" / name for name in ("shared", "playground"))
_STYLES = ("playground.css", "explore.css", "draw.css")
# Each uses what those before it define.
_SCRIPTS = (
    *(
        "whole.js",
        "wording.js",
        "choice.js",
        "problems.js",
        "spoken.js",
        "playground.js",
        "moments.js",
        "history.js",
        "directions.js",
        "local.js",
        "explore.js",
        "draw.js",
    ),
    *("layers.js", "address.js"),
)


def theme() -> gr.themes.Base:
    """The colours of .streamlit/config.toml and of the live view; no font from the network."""
    fonts = ("Source Sans", "system-ui", "sans-serif")
    theme = gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=fonts, font_mono=("ui-monospace", "monospace"))
    colours = {
        "body_background_fill": ("#ffffff", "#0e1117"),
        "background_fill_primary": ("#ffffff", "#0e1117"),
        "background_fill_secondary": ("#f2f4f7", "#1c222c"),
        "block_background_fill": ("#ffffff", "#0e1117"),
        "border_color_primary": ("#e2e6ec", "#29303c"),
        "body_text_color": ("#171b22", "#eef1f6"),
        "body_text_color_subdued": ("#596273", "#9ba6b6"),
        "block_label_text_color": ("#171b22", "#eef1f6"),
        "block_title_text_color": ("#171b22", "#eef1f6"),
        "input_background_fill": ("#f2f4f7", "#1c222c"),
        "checkbox_background_color_selected": ("#0072b2", "#1a79b5"),
        "checkbox_border_color_selected": ("#0072b2", "#1a79b5"),
        "slider_color": ("#0072b2", "#56b4e9"),
        "button_primary_background_fill": ("#0072b2", "#1a79b5"),
        "button_primary_background_fill_hover": ("#005f96", "#15699f"),
        "button_secondary_background_fill": ("#f2f4f7", "#1c222c"),
        "link_text_color": ("#0072b2", "#56b4e9"),
    }
    dark = {f"{name}_dark": value for name, (_, value) in colours.items()}
    return theme.set(**{name: value for name, (value, _) in colours.items()}, **dark)


def style() -> str:
    """The playground's own CSS: playground.css and those of its panels."""
    return "\n".join((_STATIC / name).read_text() for name in _STYLES)


def head() -> str:
    """The scripts, inline: Gradio sets a base address, which would misdirect a relative one. Its own styles come late."""
    scripts = [_SHARED / "arriving.js", *(_STATIC / name for name in _SCRIPTS)]
    style = f"<style>{(_STATIC / 'arriving.css').read_text()}</style>"
    return "\n".join([style, *(f"<script>{path.read_text()}</script>" for path in scripts)])
