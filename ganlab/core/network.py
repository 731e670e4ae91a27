"""The proxies that the environment names: which of them no client here can use, and never one for this machine itself."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit

_KINDS = ("http", "https", "socks5", "socks5h")
_FOR = ("http", "https", "all")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def unusable_proxy(environment: Mapping[str, str]) -> str:
    """Why the HTTP client of Gradio and the Hub cannot use a proxy that is named, in one sentence; "" where it can.

    That client ends with a traceback as it is made, before anything is asked.
    """
    for name in _variables(environment):
        kind = _kind(environment[name])
        if kind not in _KINDS:
            begins = ", ".join(f"{usable}://" for usable in _KINDS)
            return f"{name} names no proxy that can be used here: it must be one of {begins} and a host; correct or unset it."
        if kind.startswith("socks") and not find_spec("socksio"):
            return f"{name} names a SOCKS proxy, which needs the package socksio: `pip install socksio` installs it."
    return ""


def names_socks(environment: Mapping[str, str]) -> bool:
    """Whether a SOCKS proxy is named, which Python's own urllib cannot use."""
    return any(_kind(environment[name]).startswith("socks") for name in _variables(environment))


def _kind(proxy: str) -> str:
    """What the address begins with; "" where it is none. Never more: it may hold a password."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return parts.scheme if parts.hostname and parts.port != 0 else ""
    except ValueError:
        return ""


def direct_loopback(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with requests to this machine kept from its proxies, where it names any."""
    excepted = environment.get("no_proxy") or environment.get("NO_PROXY") or ""  # the lower-case one counts, as everywhere
    missing = [host for host in _LOOPBACK if host not in excepted.split(",")]
    if not _variables(environment) or not missing or excepted.strip() == "*":
        return dict(environment)
    return {**environment, "no_proxy": ",".join(filter(None, [excepted, *missing]))}


def _variables(environment: Mapping[str, str]) -> list[str]:
    """The variables that name a proxy; of two spellings of one, the lower-case one."""
    found = {name.lower(): name for name in sorted(environment) if environment[name]}
    return [found[f"{scheme}_proxy"] for scheme in _FOR if f"{scheme}_proxy" in found]
