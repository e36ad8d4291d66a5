"""Where requests are sent on to: text -> scheme, host, port and path; and whether that is this collector itself."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from otel_costing_collector.addresses import Address
from otel_costing_collector.otlp_http import KINDS
from otel_costing_collector.spool_record import Kind

_PORTS = {"http": 80, "https": 443, "grpc": 4317, "grpcs": 4317}
_SHOULD_BE = "a URL such as https://tempo.example:4318 or grpc://tempo.example:4317"
_PATHS = {kind: path for path, kind in KINDS.items()}
_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - whoever connects to these reaches the loopback


class Endpoint(NamedTuple):
    """An OTLP endpoint: `http` and `https` speak OTLP/HTTP, `grpc` and `grpcs` OTLP/gRPC, those with an s under TLS."""

    scheme: str
    host: str
    port: int
    path: str = ""
    """Before `/v1/traces`; empty or without a slash at its end."""

    @property
    def is_grpc(self) -> bool:
        """Whether it speaks OTLP/gRPC."""
        return self.scheme.startswith("grpc")

    @property
    def is_secure(self) -> bool:
        """Whether it is reached under TLS."""
        return self.scheme.endswith("s")

    @property
    def target(self) -> str:
        """Host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def url(self, kind: Kind) -> str:
        """Return where requests of a kind are posted."""
        return f"{self.scheme}://{self.target}{self.path}{_PATHS[kind]}"

    def is_among(self, addresses: Iterable[Address]) -> bool:
        """Tell whether one of the addresses that we listen on is reached by it; asks for the host's numbers."""
        candidates = [address for address in addresses if address.port == self.port]
        return bool(candidates) and any(
            _listens(address, number) for number in _numbers(self.host) for address in candidates
        )


def endpoint_of(text: str) -> Endpoint:
    """Read a URL. Its path stands before `/v1/traces` and `/v1/logs`.

    Raises:
        ValueError: it is none that OTLP is sent to; the message quotes nothing, as people put passwords into URLs.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise ValueError(_SHOULD_BE) from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(_SHOULD_BE)
    if parts.username is not None:
        raise ValueError(f"{_SHOULD_BE}, without a name or password: see forward.headers_variable")
    path = parts.path.rstrip("/")
    if path.endswith(tuple(KINDS)) or (path and parts.scheme.startswith("grpc")):
        raise ValueError(f"{_SHOULD_BE}, without {path}, which is added by itself")
    return Endpoint(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path)


def _numbers(host: str) -> Iterator[str]:
    try:
        found = socket.getaddrinfo(_LOOPBACK_OF.get(host, host), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        # What has no number now may have one later; it is not known to be ours.
        return
    for _family, _type, _protocol, _name, place in found:
        yield str(place[0])


def _listens(address: Address, number: str) -> bool:
    if number in address.hosts:
        return True
    everywhere = any(ipaddress.ip_address(host).is_unspecified for host in address.hosts)
    return everywhere and _is_this_machine(number)


def _is_this_machine(number: str) -> bool:
    family = socket.AF_INET6 if ":" in number else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((number, 0))
        except OSError:
            return False
    return True
