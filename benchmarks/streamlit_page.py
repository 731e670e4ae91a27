"""A page of Streamlit's over a websocket, without a browser."""

from __future__ import annotations

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection


def rerun(page: str, query: str = "") -> bytes:
    """The message that asks for a page."""
    message = BackMsg()
    message.rerun_script.page_name, message.rerun_script.query_string = page, query
    return message.SerializeToString()


async def run_page(socket: ClientConnection, page: str) -> list[str]:
    """Ask for a page and wait for its end; the exceptions that it shows."""
    await socket.send(rerun(page))
    shown = []
    while True:
        forward = ForwardMsg()
        forward.ParseFromString(await socket.recv(decode=False))
        element = forward.delta.new_element
        if element.WhichOneof("type") == "exception":
            shown.append(f"/{page}: {element.exception.type}: {element.exception.message[:200]}")
        if forward.WhichOneof("type") == "script_finished":
            return shown
