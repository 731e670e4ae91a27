"""What people and attackers have in common: a seat at an address of their own, and Gradio's ways in."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.under_siege.server import Target

PATIENCE = 30.0  # seconds


class Client(httpx.AsyncClient):
    """A browser at `address`, one of 127.0.0.0/8, so that this one machine plays many; with a seat once it has joined."""

    def __init__(self, target: Target, address: str, *, most: int = 100) -> None:
        self.target, self.address, self._endpoints = target, address, dict[str, int]()
        self._asking = asyncio.Lock()
        self.gradio = f"{target.playground}/gradio_api"
        super().__init__(
            base_url=target.url,
            timeout=PATIENCE,
            headers={"Origin": target.url, "X-GANLab": "1"},
            transport=httpx.AsyncHTTPTransport(local_address=address, limits=httpx.Limits(max_connections=most)),
        )

    async def join(self, *, teacher: bool = False) -> Client:
        """Take a seat; nothing is asked where the playground is served alone."""
        if teacher:
            await self.get("/join", params={"teacher": self.target.token})
        elif self.target.code:
            await self.post("/join", data={"code": self.target.code})
        return self

    async def upload(self, name: str, data: bytes) -> str:
        """The path by which Gradio keeps the file; httpx.HTTPError where it keeps none."""
        answer = await self.post(f"{self.gradio}/upload", files={"files": (name, data)})
        return str(answer.raise_for_status().json()[0])

    async def enqueue(self, endpoint: str, data: list[Any], session: str) -> httpx.Response:
        """Put a call into Gradio's queue, as its page does."""
        async with self._asking:
            if not self._endpoints:
                config = (await self.get(f"{self.target.playground}/config")).raise_for_status().json()
                self._endpoints = {one["api_name"]: one["id"] for one in config["dependencies"] if one["api_name"]}
        body = {"data": data, "fn_index": self._endpoints[endpoint], "session_hash": session, "trigger_id": None}
        return await self.post(f"{self.gradio}/queue/join", json=body)

    async def queued(self, endpoint: str, data: list[Any], session: str = "") -> dict[str, Any]:
        """The last message about a queued call: {"msg": "process_completed", "success": ..., "output": ...}."""
        session = session or secrets.token_hex(6)
        (await self.enqueue(endpoint, data, session)).raise_for_status()
        address = f"{self.gradio}/queue/data?session_hash={session}"
        async with self.stream("GET", address) as stream:
            stream.raise_for_status()
            async for line in stream.aiter_lines():
                message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if message.get("msg") in ("process_completed", "unexpected_error", "close_stream"):
                    return dict(message)
        return {"msg": "the stream ended", "success": False}

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[ClientConnection]:
        """A session of Streamlit's pages."""
        address = f"{self.target.url.replace('http', 'ws', 1)}/_stcore/stream"
        seat = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with connect(
            address,
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=self.target.url,  # type: ignore[arg-type]
            additional_headers={"Cookie": seat},
            local_addr=(self.address, 0),
            max_size=None,
            compression=None,
            open_timeout=PATIENCE,
            close_timeout=1,
        ) as socket:
            yield socket


def picture(path: str) -> dict[str, Any]:
    """An uploaded file as an endpoint's value."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}
