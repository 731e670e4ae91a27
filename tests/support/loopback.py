"""A small web server on this machine that serves one file the way real ones do: with ranges, cuts, refusals."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What is served under which path, and how; `asked` remembers (path, Range header)."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None  # bytes, then the connection is closed
    cuts: int = 1  # how many answers are cut
    ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    hold: threading.Event | None = None  # answers wait for it after their first byte
    address: str = ""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the test."""


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """`site.address` answers while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            site.asked.append((self.path, wanted))
            body = site.files.get(self.path.lstrip("/"))
            if body is None:
                self.send_error(404)
                return
            start = int(re.sub(r"\D", "", wanted)) if wanted and site.ranges else 0
            if start >= len(body) and start:
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            part = body[start:]
            if site.cut_after is not None and site.cuts > 0:
                site.cuts -= 1
                part = part[: site.cut_after]
            self.wfile.write(part[:1])
            self.wfile.flush()
            if site.hold:
                site.hold.wait(10)
            self.wfile.write(part[1:])

        def log_message(self, *_: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
