"""How much a request may bring: most of what is sent is read whole, and as JSON it takes twenty times its size in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST_UPLOADED = 64 * 2**20  # bytes of one file for the playground
_FORM = 2**20  # bytes that a form adds to its file
_MOST = 2 * 2**20  # bytes of anything else: the longest that a page sends is a drawing's 2**20 characters
_FILES = re.compile(r"/playground/gradio_api/upload|/_stcore/upload_file/.*")  # Streamlit holds its own to maxUploadSize
_ENDLESS = "A request must say how long it is, in Content-Length."


def refusal(path: str, headers: Mapping[str, str]) -> tuple[int, str] | None:
    """The status and the sentence for a request whose body is too long or of no length known beforehand; None for others.

    Browsers, gradio_client and Streamlit's uploader always name the length of what they send; no length means no body.
    """
    if "transfer-encoding" in headers or not headers.get("content-length", "0").isdecimal():
        return 411, _ENDLESS
    most = MOST_UPLOADED + _FORM if _FILES.fullmatch(path) else _MOST
    return (413, "That is too much to send at once; give a smaller file.") if size(headers) > most else None


def size(headers: Mapping[str, str]) -> int:
    """Bytes of the body of a request that is not refused."""
    return int(headers.get("content-length", "0"))
