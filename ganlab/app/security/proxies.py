"""The proxies whose word counts on where a request comes from: those that were named, and a Space's own."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network

VARIABLE = "FORWARDED_ALLOW_IPS"  # uvicorn's own, whose default would believe every program on this machine
# A Space is reached through its proxy alone, which stands in a private network and adds the visitor's address to the end.
_OF_A_SPACE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


def trusted_proxies(given: Sequence[str] = ()) -> list[str]:
    """The addresses and networks in `given` and in FORWARDED_ALLOW_IPS, where commas or spaces part them; a Space's without any.

    ValueError, one sentence, for what is none. "*", any at all, is for where nothing but the proxy can reach this server.
    """
    named = [name for name in [*given, *re.split(r"[\s,]+", os.environ.get(VARIABLE, ""))] if name]
    for name in named:
        try:
            ip_network("::" if name == "*" else name)
        except ValueError:
            raise ValueError(
                f"--proxy {name!r} is no address of a proxy: write 127.0.0.1, or a network such as 10.0.0.0/8."
            ) from None
    return list(dict.fromkeys(named)) or list(_OF_A_SPACE if os.environ.get("SPACE_HOST") else ())


def is_one_of(host: str, proxies: Sequence[str]) -> bool:
    """Whether an address is one of those that `trusted_proxies` returned."""
    with suppress(ValueError):  # no address: a socket in the file system
        return "*" in proxies or any(ip_address(host) in ip_network(proxy) for proxy in proxies)
    return False
