"""What is said to the endpoint beside each request, such as its token: from an environment variable, never logged.

Source: OpenTelemetry `specification/protocol/exporter.md`, OTEL_EXPORTER_OTLP_HEADERS: `name=value` by commas, values
URL-encoded. The reader in opentelemetry-api quotes a header that is none in its log, so it is not used.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import unquote

from otel_costing.problems import Problem

_NAME = re.compile(r"[a-z0-9_.-]+")
"""What HTTP and gRPC both take."""
_BINARY = "-bin"
_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
"""Without a space at its ends: HTTP takes none there, and its client would quote the value in what it says of it."""


def headers_in(variable: str) -> Mapping[str, str]:
    """Return the headers that an environment variable holds, by name in lower case; none where it is not named."""
    return {name: value for name, value in _written(variable) if _is_one(name, value)}


def header_problems(variable: str) -> list[Problem]:
    """Return what is wrong with an environment variable of headers, never with a word of them."""
    if not variable:
        return []
    written = _written(variable)
    if not written:
        return [Problem(variable, "this environment variable holds no headers; set it")]
    return [
        Problem(variable, f"header {number} is no `name=value` in plain ASCII, URL-encoded")
        for number, (name, value) in enumerate(written, start=1)
        if not _is_one(name, value)
    ]


def _written(variable: str) -> list[tuple[str, str]]:
    text = os.environ.get(variable, "") if variable else ""
    halves = [one.partition("=") for one in text.split(",") if one.strip()]
    return [(unquote(name.strip()).lower(), unquote(value.strip())) for name, _, value in halves]


def _is_one(name: str, value: str) -> bool:
    is_name = bool(_NAME.fullmatch(name)) and not name.endswith(_BINARY)
    return is_name and bool(_VALUE.fullmatch(value))
