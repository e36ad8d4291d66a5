"""Where requests go, and how; and what is wrong with it before the first is sent."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from otel_costing.problems import Problem
from otel_costing_collector.forwarding.endpoint import Endpoint
from otel_costing_collector.forwarding.headers import header_problems

COMPRESSIONS = ("gzip", "none")


class Route(NamedTuple):
    """One way to one endpoint."""

    endpoint: Endpoint
    headers: Mapping[str, str]
    """Said with each request."""
    compression: str
    """One of `COMPRESSIONS`."""
    timeout_s: float
    """For one request, to the end of its answer."""
    certificate: Path | None
    """PEM of who vouches for the endpoint; None for whom this machine trusts."""

    @property
    def is_compressed(self) -> bool:
        """Whether requests are sent in gzip."""
        return self.compression == "gzip"

    @property
    def shows_headers(self) -> bool:
        """Whether what the headers say can be read by others on the way."""
        return bool(self.headers) and not self.endpoint.is_secure


def route_problems(headers_variable: str, certificate: Path | None) -> list[Problem]:
    """Return why this variable and this file cannot serve."""
    problems = header_problems(headers_variable)
    if certificate is not None:
        try:
            ssl.create_default_context(cafile=certificate)
        except OSError as error:
            why = f"{certificate} holds no certificates in PEM: {error.strerror}"
            problems.append(Problem("forward.certificate", why))
    return problems
