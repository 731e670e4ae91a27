"""Where a request comes from: the word of a proxy that was named counts, and of no other peer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ganlab.app import compat, playground_server, server
from ganlab.app.security import classroom, join, visitor
from ganlab.app.security.buckets import Limit
from ganlab.app.security.gate import Gate
from ganlab.app.security.proxies import VARIABLE, trusted_proxies
from tests.support.whole_app import Asked, everything

SPACE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("SPACE_HOST", raising=False)
    monkeypatch.setattr(uvicorn.config, "ProxyHeadersMiddleware", ProxyHeadersMiddleware)  # no test of another file has


def believed(peer: str, **forwarded: str) -> tuple[str, str]:
    """The client and the scheme that an app sees behind uvicorn's own layers."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await everything(scope, receive, send)

    config = uvicorn.Config(app)
    config.load()
    headers = {name.replace("_", "-"): value for name, value in forwarded.items()}
    Asked(config.loaded_app)("GET", "/", headers, client=(peer, 1))
    return seen[0]["client"][0], seen[0]["scheme"]


def test_no_peer_is_believed_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"x_forwarded_for": "198.51.100.7", "x_forwarded_proto": "https"}
    assert believed("127.0.0.1", **given) == ("198.51.100.7", "https"), "uvicorn's own default"
    compat.believe_proxies(trusted_proxies())
    for peer in ("127.0.0.1", "::1", "192.0.2.1"):
        assert believed(peer, **given) == (peer, "http")
    compat.believe_proxies(trusted_proxies(["127.0.0.2", "192.0.2.0/24"]))
    assert believed("127.0.0.1", **given) == ("127.0.0.1", "http")
    assert [believed(peer, **given)[0] for peer in ("127.0.0.2", "192.0.2.9")] == ["198.51.100.7"] * 2


def test_what_a_visitor_wrote_before_the_proxys_own_word_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_HOST", "org-name.hf.space")
    compat.believe_proxies(trusted_proxies())
    assert believed("10.20.1.2", x_forwarded_for="203.0.113.5, 198.51.100.7, 10.3.1.1")[0] == "198.51.100.7"
    assert believed("198.51.100.9", x_forwarded_for="203.0.113.5")[0] == "198.51.100.9"


def test_both_servers_name_the_same_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "127.0.0.2")
    server.middleware()
    assert believed("127.0.0.1", x_forwarded_for="198.51.100.7")[0] == "127.0.0.1"
    assert believed("127.0.0.2", x_forwarded_for="198.51.100.7")[0] == "198.51.100.7"
    made: list[Any] = []
    monkeypatch.setattr(playground_server, "application", lambda *_: everything)
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, **_: made.append(self.config))
    playground_server.main(["--port", "0", "--proxy", "192.0.2.0/24"])
    assert set(made[0].forwarded_allow_ips.split(",")) == {"192.0.2.0/24", "127.0.0.2"}


def test_proxies_are_named_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trusted_proxies() == []
    monkeypatch.setenv(VARIABLE, "127.0.0.1, ::1 10.0.0.0/8")
    assert trusted_proxies(["192.0.2.1", "127.0.0.1"]) == ["192.0.2.1", "127.0.0.1", "::1", "10.0.0.0/8"]
    monkeypatch.setenv("SPACE_HOST", "org-name.hf.space")
    assert "192.168.0.0/16" not in trusted_proxies(), "who names one means no other"
    monkeypatch.delenv(VARIABLE)
    assert trusted_proxies() == SPACE
    for wrong in ("lab.example.org", "127.0.0.1:8501", "10.0.0.1/8", "x"):
        with pytest.raises(ValueError, match=r"is no address of a proxy: write 127\.0\.0\.1"):
            trusted_proxies([wrong])


def test_codes_are_counted_by_the_address_that_is_believed(own_directories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(classroom.VARIABLE, "1")
    monkeypatch.setattr("ganlab.app.security.join.Limit", lambda *limits: Limit(*limits, clock=lambda: 0.0))
    compat.believe_proxies(trusted_proxies())
    config = uvicorn.Config(Starlette(routes=join.routes()))
    config.load()
    ask, wrong = Asked(config.loaded_app), "2" * 8 if visitor.keys().code != "2" * 8 else "3" * 8
    answers = []
    for number in range(2050):
        named = {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250}"}
        answers.append(ask("POST", "/join", named, f"code={wrong}", client=("127.0.0.1", 1)))
    refused = [answer.status for answer in answers[2000:]]
    assert refused == [429] * 50


def test_the_server_says_once_that_a_proxy_must_be_named(capfd: pytest.CaptureFixture[str]) -> None:
    ask = Asked(Gate(everything))
    for _ in range(3):
        assert ask("GET", "/", {"X-Forwarded-For": "198.51.100.7"}, client=("127.0.0.1", 1)).passed
    ask("GET", "/", {"X-Forwarded-For": "198.51.100.7"}, client=("198.51.100.7", 1))  # as behind uvicorn's layer
    assert capfd.readouterr().err.count("start the app with --proxy 127.0.0.1") == 1
