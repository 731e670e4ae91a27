"""What a visitor reads where something failed, as text that stays text, and the one line of it that the log gets.

Gradio shows what is raised or warned of here as a notice; problems.js takes every notice, Gradio's own too, and puts its words
into the panel, below what was used last.
"""

from __future__ import annotations

import html
import logging
import traceback

import gradio as gr
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganlab.core.names import message, shown

_LOG = logging.getLogger(__name__)
_MOST = 300  # characters of an error in the log


def _words(reason: ValueError | str) -> str:
    """A sentence with text from outside, for a place where Gradio takes HTML: its notices show what they are given."""
    return html.escape(message(reason) if isinstance(reason, ValueError) else reason, quote=False)


def refusal(reason: ValueError | str) -> gr.Error:
    """The error to raise where a visitor's wish cannot be met, in one sentence; it leaves no trace in the log."""
    return gr.Error(_words(reason), duration=None, print_exception=False)


def warn(reason: ValueError | str) -> None:
    """Show a visitor one sentence that stays until it is closed or something else is done."""
    gr.Warning(_words(reason), duration=None)


def log(error: BaseException) -> None:
    """Write one line on an error that was not foreseen; the whole traceback at the level DEBUG."""
    (*_, last) = traceback.extract_tb(error.__traceback__) or [None]
    place = f" ({last.filename.rpartition('/')[2]}:{last.lineno})" if last else ""
    words = shown(" ".join(str(error).split())[:_MOST])
    _LOG.warning("%s: %s%s", type(error).__name__, words, place, exc_info=error if _LOG.isEnabledFor(logging.DEBUG) else None)


class OneLine:
    """ASGI middleware: what a request makes Gradio's own routes raise is one line of the log and one sentence."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it; uvicorn would write the whole traceback."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            log(error)
            if scope["type"] == "http" and not begun:
                await JSONResponse({"error": "This request could not be understood."}, 400)(scope, receive, send)
            elif scope["type"] == "http":
                await send({"type": "http.response.body"})
