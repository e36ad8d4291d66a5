"""OTLP over gRPC to an endpoint that answers as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import grpc
import pytest
import trustme
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # no stubs exist
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # no stubs exist

from otel_costing_collector.forwarding.endpoint import Endpoint
from otel_costing_collector.forwarding.outcomes import Declined, Later, Outcome, Taken
from otel_costing_collector.forwarding.over_grpc import OverGrpc
from otel_costing_collector.forwarding.route import Route
from otel_costing_collector.otlp_grpc import KINDS, STATUS_DETAILS
from otel_costing_collector.spool_record import Kind
from tests.collector.exports import traces
from tests.collector.forwarding.receiver import partly

Answer = Callable[[grpc.ServicerContext], bytes]


class Endpoints(grpc.GenericRpcHandler):
    """One service that answers each method alike."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes, dict[str, Any]]] = []
        self.answer: Answer = lambda _context: b""

    def service(self, handler_call_details: Any) -> grpc.RpcMethodHandler[Any, Any]:
        """Return what handles any method."""

        def export(body: bytes, context: grpc.ServicerContext) -> bytes:
            metadata = dict(context.invocation_metadata())
            self.received.append((handler_call_details.method, body, metadata))
            return self.answer(context)

        return grpc.unary_unary_rpc_method_handler(export)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> Iterator[tuple[Endpoints, int, int]]:
    endpoints = Endpoints()
    opened = grpc.server(ThreadPoolExecutor(2), [endpoints])
    issued = authority.issue_cert("localhost", "127.0.0.1")
    pair = (issued.private_key_pem.bytes(), issued.cert_chain_pems[0].bytes())
    plain = opened.add_insecure_port("127.0.0.1:0")
    secure = opened.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    opened.start()
    yield endpoints, plain, secure
    opened.stop(0)


def send(
    port: int,
    *,
    scheme: str = "grpc",
    kind: Kind = Kind.TRACES,
    compression: str = "gzip",
    certificate: Path | None = None,
) -> Outcome:
    async def once() -> Outcome:
        endpoint = Endpoint(scheme, "127.0.0.1", port)
        way = OverGrpc(Route(endpoint, {"authorization": "Bearer x"}, compression, 2, certificate))
        try:
            return await way.send(kind, traces())
        finally:
            await way.close()

    return asyncio.run(once())


@pytest.mark.parametrize("compression", ["gzip", "none"])
@pytest.mark.parametrize("kind", [Kind.TRACES, Kind.LOGS])
def test_a_request_arrives_whole_with_its_headers(
    server: tuple[Endpoints, int, int], kind: Kind, compression: str
) -> None:
    endpoints, port, _ = server
    endpoints.answer = lambda _context: b""

    assert send(port, kind=kind, compression=compression) == Taken()
    method, body, metadata = endpoints.received[-1]
    assert (KINDS[method], body) == (kind, traces())
    assert metadata["authorization"] == "Bearer x"


def test_what_was_left_out_is_read_from_the_answer(server: tuple[Endpoints, int, int]) -> None:
    endpoints, port, _ = server
    endpoints.answer = lambda _context: partly(3, "too old")

    assert send(port) == Taken(3, "too old")


def saying(code: grpc.StatusCode, seconds: int | None = None) -> Answer:
    def answer(context: grpc.ServicerContext) -> NoReturn:
        if seconds is not None:
            hint = AnyMessage()
            hint.Pack(RetryInfo(retry_delay=Duration(seconds=seconds)))
            details = Status(code=code.value[0], details=[hint]).SerializeToString()
            context.set_trailing_metadata(((STATUS_DETAILS, details),))
        context.abort(code, "so it is")

    return answer


def for_all(why: str) -> Declined:
    return Declined(why, is_for_all=True)


@pytest.mark.parametrize(
    ("code", "seconds", "outcome"),
    [
        (grpc.StatusCode.UNAVAILABLE, None, Later("gRPC UNAVAILABLE: so it is")),
        (grpc.StatusCode.UNAVAILABLE, 7, Later("gRPC UNAVAILABLE: so it is", 7)),
        (grpc.StatusCode.ABORTED, None, Later("gRPC ABORTED: so it is")),
        (grpc.StatusCode.DATA_LOSS, None, Later("gRPC DATA_LOSS: so it is")),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 2, Later("gRPC RESOURCE_EXHAUSTED: so it is", 2)),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, None, Declined("gRPC RESOURCE_EXHAUSTED: so it is")),
        (grpc.StatusCode.INVALID_ARGUMENT, None, Declined("gRPC INVALID_ARGUMENT: so it is")),
        (grpc.StatusCode.UNAUTHENTICATED, None, for_all("gRPC UNAUTHENTICATED: so it is")),
        (grpc.StatusCode.UNIMPLEMENTED, None, for_all("gRPC UNIMPLEMENTED: so it is")),
    ],
)
def test_a_status_says_whether_to_send_again_and_when(
    server: tuple[Endpoints, int, int],
    code: grpc.StatusCode,
    seconds: int | None,
    outcome: Outcome,
) -> None:
    endpoints, port, _ = server
    endpoints.answer = saying(code, seconds)

    assert send(port) == outcome


def test_details_that_are_none_say_nothing(server: tuple[Endpoints, int, int]) -> None:
    endpoints, port, _ = server

    def answer(context: grpc.ServicerContext) -> NoReturn:
        context.set_trailing_metadata(((STATUS_DETAILS, b"\xff\xff"),))
        context.abort(grpc.StatusCode.UNAVAILABLE, "so it is")

    endpoints.answer = answer

    assert send(port) == Later("gRPC UNAVAILABLE: so it is")


def test_nobody_there_is_asked_again_later() -> None:
    assert isinstance(send(1), Later)


def test_under_tls_the_endpoint_must_be_who_it_says(
    server: tuple[Endpoints, int, int], authority: trustme.CA, tmp_path: Path
) -> None:
    endpoints, _, secure = server
    endpoints.answer = lambda _context: b""
    pem, other = tmp_path / "ca.pem", tmp_path / "other.pem"
    authority.cert_pem.write_to_path(pem)
    trustme.CA().cert_pem.write_to_path(other)

    assert send(secure, scheme="grpcs", certificate=pem) == Taken()
    assert isinstance(send(secure, scheme="grpcs", certificate=other), Later)
