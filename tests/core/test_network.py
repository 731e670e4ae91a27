"""Which proxies of the environment can be used, measured by the client that would use them."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.core import network
from ganlab.core.network import direct_loopback, unusable_proxy

SCHEMES = ["", "http://", "https://", "HTTP://", "socks5://", "socks5h://", "socks://", "socks4://", "ftp://", "://"]
HOSTS = ["", "proxy", "proxy:3128", "user:secret@proxy:1080/", "[::1]:1080", "[::1", "proxy:port", "proxy:99999"]


@given(st.sampled_from(["all_proxy", "ALL_PROXY", "http_proxy", "HTTPS_PROXY"]), st.sampled_from(SCHEMES), st.sampled_from(HOSTS))
def test_a_proxy_that_the_client_cannot_take_is_refused_before(name: str, scheme: str, host: str) -> None:
    problem = unusable_proxy({name: scheme + host})
    assert name in problem if problem else True
    assert "secret" not in problem and "\n" not in problem
    with pytest.MonkeyPatch.context() as patch:
        for other in ("all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
            patch.delenv(other, raising=False)
        patch.setenv(name, scheme + host)
        try:
            httpx.Client(verify=False).close()
        except (ValueError, ImportError, httpx.InvalidURL):
            assert problem


def test_without_the_package_a_socks_proxy_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not unusable_proxy({"ALL_PROXY": "socks5://127.0.0.1:1080"})
    monkeypatch.setattr(network, "find_spec", lambda name: None)
    assert "pip install socksio" in unusable_proxy({"ALL_PROXY": "socks5://127.0.0.1:1080"})
    assert not unusable_proxy({"ALL_PROXY": "http://127.0.0.1:3128", "no_proxy": "socks://x"})


@pytest.mark.parametrize("excepted", ["", "example.org", "localhost,example.org"])
@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_this_machine_is_never_asked_through_a_proxy(excepted: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    environment = {"ALL_PROXY": "http://127.0.0.1:1", name: excepted}
    for key, value in direct_loopback(environment).items():
        monkeypatch.setenv(key, value)
    with httpx.Client(verify=False) as client:
        for address in ("http://127.0.0.1:8501/", "http://localhost:8501/"):
            assert client._transport_for_url(httpx.URL(address)) is client._transport
        assert client._transport_for_url(httpx.URL("http://far.example/")) is not client._transport
    assert direct_loopback({"PATH": "/bin"}) == {"PATH": "/bin"}
