"""Where a collector listens: text -> address, and whether others than this machine can reach it."""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
from typing import NamedTuple

_ADDRESS = re.compile(r"(?:\[(?P<bracketed>[^\]]+)\]|(?P<plain>[^:\[\]]+)):(?P<port>[0-9]{1,5})")
_LOOPBACKS = ("127.0.0.1", "::1")
LOCALHOST = "localhost"
_BACKLOG = 2048


class Address(NamedTuple):
    """A host, by number or `localhost`, and a port; port 0 is any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host == LOCALHOST or ipaddress.ip_address(self.host).is_loopback

    def url_on(self, port: int, *, tls: bool = False) -> str:
        """Return where this machine asks it over HTTP, once it listens on a port."""
        host = "127.0.0.1" if self.host in {LOCALHOST, "0.0.0.0"} else self.host  # noqa: S104 - compared, not bound
        return f"{'https' if tls else 'http'}://{Address('::1' if host == '::' else host, port)}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The numbers to bind: `localhost` is both loopbacks."""
        return _LOOPBACKS if self.host == LOCALHOST else (self.host,)


def address_of(text: str) -> Address:
    """Read `127.0.0.1:4317`, `[::1]:4317` or `localhost:4317`.

    Raises:
        ValueError: it is none of these; the message says what it should be.
    """
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or int(match["port"]) > 65535:
        raise ValueError(f"an address such as 127.0.0.1:4317 or [::1]:4317, not {text!r}")
    host = match["bracketed"] or match["plain"]
    if host != LOCALHOST:
        try:
            host = str(ipaddress.ip_address(host))
        except ValueError:
            raise ValueError(f"an address by number, or localhost, not {host!r}") from None
    return Address(host, int(match["port"]))


def listening_sockets(address: Address) -> list[socket.socket]:
    """Return bound sockets; the second loopback is left out where this machine has none.

    Raises:
        OSError: the address, either of both loopbacks, is in use, or it is not this machine's.
    """
    first, *others = address.hosts
    sockets = [_bound(first, address.port)]
    port = sockets[0].getsockname()[1]
    for host in others:
        try:
            sockets.append(_bound(host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE and address.port:
                _close(sockets)
                raise
    return sockets


def _close(sockets: list[socket.socket]) -> None:
    for one in sockets:
        one.close()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, what is accepted here waits for no acknowledgement before it sends on (asyncio: TCP_NODELAY).
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound
