"""The ASGI routes and the static live view: everything a browser asks of a run while it trains and afterwards."""

from __future__ import annotations

from ganlab.app.api.routes import routes

__all__ = ["routes"]
