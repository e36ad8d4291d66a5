"""Sending over OTLP/HTTP, in protobuf.

Source: opentelemetry-proto `docs/specification.md`, "OTLP/HTTP": sent again are 429, 502, 503, 504 and what got no
answer.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from otel_costing_collector.forwarding.outcomes import Declined, Later, Outcome, shortened, taken
from otel_costing_collector.forwarding.route import Route
from otel_costing_collector.spool_record import Kind

_AGAIN = frozenset({429, 502, 503, 504})
_OF_CONTENT = frozenset({400, 413, 422, 500})
"""Refusals that may be for what is in a request."""
_LARGEST_ANSWER_BYTES = 2**20
_GZIP = zlib.MAX_WBITS | 16
_MEDIA_TYPE = "application/x-protobuf"


class OverHttp:
    """A client of one endpoint; used from one event loop."""

    def __init__(self, route: Route) -> None:
        """Prepare it."""
        self._route = route
        about = {"user-agent": "otel-costing", **route.headers, "content-type": _MEDIA_TYPE}
        if route.is_compressed:
            about["content-encoding"] = "gzip"
        pem = route.certificate
        verify = True if pem is None else ssl.create_default_context(cafile=pem)
        self._client = httpx2.AsyncClient(headers=about, timeout=route.timeout_s, verify=verify)

    async def send(self, kind: Kind, body: bytes) -> Outcome:
        """Send one request."""
        content = await asyncio.to_thread(_compressed, body) if self._route.is_compressed else body
        url = self._route.endpoint.url(kind)
        try:
            async with (
                asyncio.timeout(self._route.timeout_s),
                self._client.stream("POST", url, content=content) as response,
            ):
                return _outcome(kind, response, await _answer(response))
        except TimeoutError:
            return Later(f"no answer within {self._route.timeout_s:g} s")
        except httpx2.HTTPError as error:
            return Later(shortened(f"{type(error).__name__}: {error}"))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()


def _compressed(body: bytes) -> bytes:
    # The lowest level: telemetry repeats itself, and it leaves time for pricing.
    deflate = zlib.compressobj(level=1, wbits=_GZIP)
    return deflate.compress(body) + deflate.flush()


async def _answer(response: httpx2.Response) -> bytes:
    """Return the answer's body; nothing of one that is beyond all measure."""
    parts = b""
    async for part in response.aiter_bytes():
        parts += part
        if len(parts) > _LARGEST_ANSWER_BYTES:
            return b""
    return parts


def _outcome(kind: Kind, response: httpx2.Response, answer: bytes) -> Outcome:
    status = response.status_code
    if status in _AGAIN:
        return Later(f"HTTP {status}", _seconds(response.headers.get("retry-after", "")))
    if not response.is_success:
        return Declined(f"HTTP {status}", is_for_all=status not in _OF_CONTENT)
    is_protobuf = response.headers.get("content-type", "").startswith(_MEDIA_TYPE)
    return taken(kind, answer if is_protobuf else b"")


def _seconds(retry_after: str) -> float:
    """Read `Retry-After`: seconds or a date; 0 where it is neither. Source: RFC 9110 section 10.2.3."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
