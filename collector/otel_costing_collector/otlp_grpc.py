"""OTLP over gRPC, on raw bytes: the message is parsed once, by `contents`.

The methods are unary, and handled as streams of one message (the same on the wire), so that the head of a call is
checked before its message is read into memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from otel_costing_collector.answers import response_to, status_of
from otel_costing_collector.reception import Posted, Reception
from otel_costing_collector.refusals import Reason, Refused
from otel_costing_collector.spool_record import Encoding, Kind

_Context = grpc.aio.ServicerContext[bytes, bytes]
_Behaviour = Callable[[Any, _Context], Awaitable[bytes]]

_SERVICE = "/opentelemetry.proto.collector.{}Service/Export"
KINDS = {
    _SERVICE.format("trace.v1.Trace"): Kind.TRACES,
    _SERVICE.format("logs.v1.Logs"): Kind.LOGS,
}
_NOT_IMPLEMENTED = frozenset(
    {
        _SERVICE.format("metrics.v1.Metrics"),
        _SERVICE.format("profiles.v1development.Profiles"),
    }
)
_PROTOCOL = "grpc"
STATUS_DETAILS = "grpc-status-details-bin"


class OtlpGrpc(grpc.GenericRpcHandler):
    """The services."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            method: grpc.stream_unary_rpc_method_handler(self._behaviour(kind))
            for method, kind in KINDS.items()
        }
        self._unimplemented: grpc.RpcMethodHandler[Any, Any] = grpc.stream_unary_rpc_method_handler(
            _refuse_signal
        )

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Return what handles a method; None has gRPC answer that there is no such method."""
        method = handler_call_details.method
        if method in _NOT_IMPLEMENTED:
            return self._unimplemented
        return self._handlers.get(method)

    def _behaviour(self, kind: Kind) -> _Behaviour:
        async def export(_requests: Any, context: _Context) -> bytes:
            try:
                with self._reception.answering(_PROTOCOL):
                    return await self._accepted(kind, context)
            except Refused as refused:
                return await _abort(context, refused)

        return export

    async def _accepted(self, kind: Kind, context: _Context) -> bytes:
        metadata = dict(context.invocation_metadata() or ())
        identity = self._reception.admit(_text(metadata.get("authorization")))
        with self._reception.in_flight.holding() as held:
            body = await self._message(context)
            held.at_least(len(body))
            posted = Posted(_PROTOCOL, kind, Encoding.PROTOBUF, "identity", identity.name, body)
            contents = await self._reception.receive(posted, held)
            return response_to(contents, kind, Encoding.PROTOBUF)

    async def _message(self, context: _Context) -> bytes:
        seconds = self._reception.limits.body_timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                message, after = await context.read(), await context.read()
        except TimeoutError:
            raise Refused(
                Reason.TOO_SLOW, f"the message took over {seconds:g} s to arrive"
            ) from None
        if not isinstance(message, bytes) or isinstance(after, bytes):
            raise Refused(Reason.UNDECODABLE, "a call holds exactly one message")
        return message


async def _refuse_signal(_requests: Any, context: _Context) -> bytes:
    return await _abort(
        context, Refused(Reason.NOT_IMPLEMENTED, "only traces and logs are taken here")
    )


async def _abort(context: _Context, refused: Refused) -> bytes:
    details = status_of(refused).SerializeToString()
    await context.abort(refused.reason.grpc_status, refused.message, ((STATUS_DETAILS, details),))
    raise AssertionError("abort always raises")


def _text(value: str | bytes | None) -> str | None:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def grpc_server(
    reception: Reception, *, max_request_bytes: int, header_timeout_seconds: float
) -> grpc.aio.Server:
    """Return a server without a port.

    Args:
        reception: takes the requests.
        max_request_bytes: of a message after decompression, which grpcio bounds while decompressing since 1.84.
        header_timeout_seconds: until a connection is one of HTTP/2.
    """
    server = grpc.aio.server(
        options=(
            ("grpc.max_receive_message_length", max_request_bytes),
            ("grpc.server_handshake_timeout_ms", int(header_timeout_seconds * 1000)),
            ("grpc.max_concurrent_streams", 100),
            # Else a second collector on the same port would get every other connection.
            ("grpc.so_reuseport", 0),
            # Senders keep connections alive as often as every ten seconds; none is cut off for it.
            ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
            ("grpc.keepalive_permit_without_calls", 1),
        )
    )
    server.add_generic_rpc_handlers((OtlpGrpc(reception),))
    return server
