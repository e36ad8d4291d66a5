"""A page in a browser on this machine reaches its loopback too, and nobody who sits before it asked for that: pure.

`Host` is a number or `localhost`, for a name can be pointed here by whoever owns it (DNS rebinding). A page says where it is
from by `Origin`, which every browser sends with whatever is not a plain GET of its own, or by `Sec-Fetch-Site`.
Source: the Fetch standard, "Origin header"; W3C Fetch Metadata Request Headers.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

_HOST = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<name>[^:]*))(?::[0-9]{1,5})?")
_OWN_SITES = frozenset({b"none", b"same-origin"})


def refusal_of(headers: Iterable[tuple[bytes, bytes]], *, by_any_name: bool = False) -> str:
    """Return why a request is not answered, in one sentence; empty where nothing speaks against it.

    Args:
        headers: names in lower case, as ASGI has them.
        by_any_name: whether `Host` may be a name, where a token is asked for: no page has it, whatever points here.
    """
    told = list(headers)
    hosts = _of(told, b"host")
    is_known = by_any_name or _is_number_or_localhost(b"".join(hosts).decode("latin-1"))
    if len(hosts) != 1 or not is_known:
        return "ask for it by number, or as localhost"
    if any(origin not in _own_origins(hosts[0]) for origin in _of(told, b"origin")):
        return "pages of other origins are not answered"
    if any(site.lower() not in _OWN_SITES for site in _of(told, b"sec-fetch-site")):
        return "pages of other sites are not answered"
    return ""


def _of(headers: list[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value.strip() for found, value in headers if found == name]


def _own_origins(host: bytes) -> tuple[bytes, bytes]:
    return b"http://" + host, b"https://" + host


def _is_number_or_localhost(host: str) -> bool:
    told = _HOST.fullmatch(host)
    if told is None:
        return False
    name = told["v6"] or told["name"]
    if name.lower() == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
