"""Nothing leaves this machine: a connection or a look-up beyond loopback fails, and is told."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

attempts: list[str] = []
"""What was tried, in order: also where the caller swallowed the failure."""

_CONNECTING = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}


def stay_on_this_machine() -> None:
    """Guard this process for the rest of its life."""
    sys.addaudithook(_refuse_the_world)


def _refuse_the_world(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _CONNECTING:
        return
    host = _host(event, arguments)
    if host is None or _is_here(host):
        return
    attempts.append(f"{event} {host}")
    raise PermissionError(f"this test stays on loopback; {event} wanted {host}")


def _host(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Return where to; None for a socket file."""
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        return None if arguments[0] is None else str(arguments[0])
    address = arguments[1]
    return str(address[0]) if isinstance(address, tuple) else None


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
