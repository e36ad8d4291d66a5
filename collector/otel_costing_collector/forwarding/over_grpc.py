"""Sending over OTLP/gRPC, raw bytes.

Source: opentelemetry-proto `docs/specification.md`, "OTLP/gRPC": the retryable codes, and RESOURCE_EXHAUSTED where it
comes with a `RetryInfo`.
"""

from __future__ import annotations

from collections.abc import Mapping

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # no stubs exist
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # no stubs exist

from otel_costing_collector.forwarding.outcomes import Declined, Later, Outcome, shortened, taken
from otel_costing_collector.forwarding.route import Route
from otel_costing_collector.otlp_grpc import KINDS, STATUS_DETAILS
from otel_costing_collector.spool_record import Kind

_AGAIN = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
_FOR_ALL = frozenset(
    {
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)
"""Refusals that are not for what is in a request."""
_OPTIONS = (("grpc.max_send_message_length", -1), ("grpc.primary_user_agent", "otel-costing"))


class OverGrpc:
    """A client of one endpoint; made and used in one event loop."""

    def __init__(self, route: Route) -> None:
        """Prepare it."""
        self._channel = _channel(route)
        self._metadata = tuple(route.headers.items())
        self._timeout_s = route.timeout_s
        self._calls: Mapping[Kind, grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]] = {
            kind: self._channel.unary_unary(method) for method, kind in KINDS.items()
        }

    async def send(self, kind: Kind, body: bytes) -> Outcome:
        """Send one request."""
        try:
            call = self._calls[kind](body, timeout=self._timeout_s, metadata=self._metadata)
            return taken(kind, await call)
        except grpc.aio.AioRpcError as error:
            return _failed(error)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._channel.close()


def _channel(route: Route) -> grpc.aio.Channel:
    target = route.endpoint.target
    compression = grpc.Compression.Gzip if route.is_compressed else grpc.Compression.NoCompression
    if not route.endpoint.is_secure:
        return grpc.aio.insecure_channel(target, _OPTIONS, compression)
    authority = route.certificate.read_bytes() if route.certificate else None
    credentials = grpc.ssl_channel_credentials(authority)
    return grpc.aio.secure_channel(target, credentials, _OPTIONS, compression)


def _failed(error: grpc.aio.AioRpcError) -> Outcome:
    code = error.code()
    why = shortened(f"gRPC {code.name}: {error.details() or ''}".rstrip(": "))
    after_s = _retry_seconds(error)
    if code in _AGAIN:
        return Later(why, after_s or 0.0)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and after_s is not None:
        return Later(why, after_s)
    return Declined(why, is_for_all=code in _FOR_ALL)


def _retry_seconds(error: grpc.aio.AioRpcError) -> float | None:
    """Return what a `RetryInfo` asks for, None where there is none."""
    details = dict(error.trailing_metadata()).get(STATUS_DETAILS)
    if not isinstance(details, bytes):
        return None
    try:
        status = Status.FromString(details)
    except DecodeError:
        return None
    hint = RetryInfo()
    for detail in status.details:
        if detail.Unpack(hint):
            return float(hint.retry_delay.ToTimedelta().total_seconds())
    return None
