"""OTLP over gRPC: every answer the specification names, and what is in the spool afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # no stubs exist
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # no stubs exist
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_costing_collector.spool_record import Kind
from tests.collector.conftest import Start
from tests.collector.exports import SPAN_ID, logs, traces
from tests.collector.running import TRACE_METHOD, Running

SERVICE = "/opentelemetry.proto.collector.{}Service/Export"
LOGS_METHOD = SERVICE.format("logs.v1.Logs")
METRICS_METHOD = SERVICE.format("metrics.v1.Metrics")


def refusal(collector: Running, body: bytes, method: str = TRACE_METHOD) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as refused:
        collector.export(body, method=method)
    return refused.value


def trailing(error: grpc.RpcError) -> dict[str, str | bytes]:
    return {one.key: one.value for one in error.trailing_metadata() or ()}


def retry_hint(error: grpc.RpcError) -> float | None:
    status = Status.FromString(trailing(error)["grpc-status-details-bin"])
    hint = RetryInfo()
    if not (status.details and status.details[0].Unpack(hint)):
        return None
    seconds: float = hint.retry_delay.ToTimedelta().total_seconds()
    return seconds


@pytest.mark.parametrize("compression", grpc.Compression)
def test_a_request_is_on_disk_when_it_is_acknowledged(
    collector: Running, compression: grpc.Compression
) -> None:
    assert collector.export(traces(padding=5000), compression=compression) == b""
    assert [traces(padding=5000)] == collector.spooled()


def test_an_empty_request_is_acknowledged_and_not_kept(collector: Running) -> None:
    assert collector.export(b"") == b""
    assert collector.spooled() == []


def test_a_span_without_an_id_is_a_partial_success(collector: Running) -> None:
    answer = collector.export(traces(span_ids=[SPAN_ID, b"bad", b""]))

    assert ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans == 2
    assert len(collector.spooled()) == 1


def test_logs_are_taken_and_only_evaluations_kept(collector: Running) -> None:
    for event in ("some.event", "gen_ai.evaluation.result"):
        assert collector.export(logs(event), method=LOGS_METHOD) == b""

    (request,) = collector.service.spool.unbooked()
    assert (Kind.LOGS, logs("gen_ai.evaluation.result")) == (request.kind, request.body)


def test_bytes_that_are_no_request_are_an_invalid_argument(collector: Running) -> None:
    error = refusal(collector, b"\xff noise")

    assert grpc.StatusCode.INVALID_ARGUMENT is error.code()
    assert retry_hint(error) is None
    assert collector.spooled() == []


@pytest.mark.parametrize("method", [METRICS_METHOD, SERVICE.format("trace.v2.Trace")])
def test_metrics_and_unknown_methods_are_not_implemented(collector: Running, method: str) -> None:
    assert grpc.StatusCode.UNIMPLEMENTED is refusal(collector, b"", method).code()


def test_a_message_over_the_limit_is_not_to_be_sent_again(start: Start) -> None:
    collector = start("limits.request_bytes=1 MiB")
    error = refusal(collector, bytes(2 * 2**20))

    assert grpc.StatusCode.RESOURCE_EXHAUSTED is error.code()
    assert "grpc-status-details-bin" not in trailing(error)


def test_a_full_spool_asks_for_the_request_again_within_two_seconds(start: Start) -> None:
    collector = start("spool.max_bytes=2 MiB", "limits.request_bytes=1 MiB")
    body = traces(padding=900_000)
    collector.export(body)
    collector.export(body)

    error = refusal(collector, body)
    hint = retry_hint(error)

    assert grpc.StatusCode.UNAVAILABLE is error.code()
    assert hint is not None
    assert 0 < hint <= 2

    collector.service.spool.forget([0])
    assert collector.export(body) == b""


def test_two_messages_in_one_call_are_refused_rather_than_half_acknowledged(
    collector: Running,
) -> None:
    def two() -> Iterator[bytes]:
        yield traces()
        yield traces()

    with grpc.insecure_channel(f"127.0.0.1:{collector.ports.grpc}") as channel:
        call: grpc.StreamUnaryMultiCallable[bytes, bytes] = channel.stream_unary(TRACE_METHOD)
        with pytest.raises(grpc.RpcError) as refused:
            call(two(), timeout=10)

    assert grpc.StatusCode.INVALID_ARGUMENT is refused.value.code()
    assert collector.spooled() == []
