"""OTLP over HTTP: every answer the specification names, and what is in the spool afterwards."""

from __future__ import annotations

import gzip
import json
import socket
import zlib

import pytest
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # no stubs exist
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # no stubs exist
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_costing_collector.spool_record import Encoding, Kind
from tests.collector.conftest import Start
from tests.collector.exports import SPAN_ID, json_logs, json_traces, logs, traces
from tests.collector.running import JSON, PROTOBUF, Running

TRACES = traces()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (TRACES, {"content_type": PROTOBUF}),
        (TRACES, {"content_type": f"{PROTOBUF}; charset=utf-8"}),
        (TRACES, {"content_type": PROTOBUF.upper()}),
        (TRACES, {"content_type": PROTOBUF, "content_encoding": "identity"}),
        (gzip.compress(TRACES, mtime=0), {"content_type": PROTOBUF, "content_encoding": "gzip"}),
        (zlib.compress(TRACES), {"content_type": PROTOBUF, "content_encoding": "deflate"}),
        (gzip.compress(TRACES, mtime=0), {"content_type": PROTOBUF, "content_encoding": "GZIP"}),
    ],
)
def test_a_request_is_on_disk_when_it_is_acknowledged(
    collector: Running, body: bytes, headers: dict[str, str]
) -> None:
    reply = collector.request(body=body, tls=None, **headers)

    assert (reply.status, reply.headers["content-type"], reply.body) == (200, PROTOBUF, b"")
    assert collector.spooled() == [TRACES]


def test_json_is_kept_as_it_came_and_answered_in_json(collector: Running) -> None:
    reply = collector.request(body=json_traces(), content_type=JSON)

    (request,) = collector.service.spool.unbooked()
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, JSON, b"{}")
    assert (json_traces(), Encoding.JSON) == (request.body, request.encoding)


@pytest.mark.parametrize(("media_type", "body"), [(PROTOBUF, b""), (JSON, b"{}"), (JSON, b"")])
def test_an_empty_request_is_acknowledged_and_not_kept(
    collector: Running, media_type: str, body: bytes
) -> None:
    assert collector.request(body=body, content_type=media_type).status == 200
    assert collector.spooled() == []


def test_a_span_without_an_id_is_a_partial_success(collector: Running) -> None:
    reply = collector.request(body=traces(span_ids=[SPAN_ID, b"bad"]), content_type=PROTOBUF)

    partial = ExportTraceServiceResponse.FromString(reply.body).partial_success
    assert (reply.status, partial.rejected_spans) == (200, 1)
    assert "span id" in partial.error_message
    assert len(collector.spooled()) == 1


def test_a_partial_success_in_json_spells_the_number_as_the_specification_does(
    collector: Running,
) -> None:
    reply = collector.request(body=json_traces("bad"), content_type=JSON)

    assert json.loads(reply.body)["partialSuccess"]["rejectedSpans"] == "1"
    assert collector.spooled() == []


REFUSED: list[tuple[str, dict[str, str], bytes, int, int]] = [
    ("POST /v1/traces", {"content_type": PROTOBUF}, b"\xff noise", 400, 3),
    ("POST /v1/traces", {"content_type": JSON}, b"{", 400, 3),
    ("POST /v1/traces", {"content_type": PROTOBUF, "content_encoding": "gzip"}, TRACES, 400, 3),
    ("POST /v1/traces", {"content_type": PROTOBUF, "content_encoding": "br"}, TRACES, 415, 3),
    ("POST /v1/traces", {"content_type": "text/plain"}, TRACES, 415, 3),
    ("POST /v1/traces", {}, TRACES, 415, 3),
    ("POST /v1/traces", {"content_type": PROTOBUF}, bytes(2**21), 413, 8),
    (
        "POST /v1/traces",
        {"content_type": PROTOBUF, "content_encoding": "gzip"},
        gzip.compress(bytes(2**28), mtime=0),
        413,
        8,
    ),
    ("GET /v1/traces", {"content_type": PROTOBUF}, b"", 405, 12),
    ("PUT /v1/logs", {"content_type": JSON}, b"", 405, 12),
    ("POST /v1/trace", {"content_type": PROTOBUF}, TRACES, 404, 12),
    ("POST /", {"content_type": PROTOBUF}, TRACES, 404, 12),
    ("POST /v1/metrics", {"content_type": PROTOBUF}, b"", 501, 12),
    ("POST /v1/metrics", {"content_type": JSON}, b"{}", 501, 12),
]


@pytest.mark.parametrize(("request_line", "headers", "body", "status", "code"), REFUSED)
def test_what_is_refused_says_why_in_the_encoding_of_the_request_and_leaves_nothing(
    start: Start, request_line: str, headers: dict[str, str], body: bytes, status: int, code: int
) -> None:
    collector = start("limits.request_bytes=1 MiB")
    method, path = request_line.split()

    reply = collector.request(method, path, body, tls=None, **headers)

    is_json = headers.get("content_type") == JSON
    said = json.loads(reply.body) if is_json else Status.FromString(reply.body)
    assert status == reply.status
    assert (JSON if is_json else PROTOBUF) == reply.headers["content-type"]
    assert code == (said["code"] if is_json else said.code)
    assert said["message"] if is_json else said.message
    assert "retry-after" not in reply.headers
    assert collector.spooled() == []


def test_a_wrong_method_is_told_the_right_one_and_a_wrong_encoding_the_right_ones(
    collector: Running,
) -> None:
    wrong_method = collector.request("GET")
    wrong_encoding = collector.request(content_type=PROTOBUF, content_encoding="br")

    assert wrong_method.headers["allow"] == "POST"
    assert wrong_encoding.headers["accept-encoding"] == "identity, gzip, deflate, zstd"


def test_a_full_spool_asks_for_the_request_again_within_two_seconds(start: Start) -> None:
    collector = start("spool.max_bytes=2 MiB", "limits.request_bytes=1 MiB")
    body = traces(padding=900_000)
    replies = [collector.request(body=body, content_type=PROTOBUF) for _ in range(4)]

    status = Status.FromString(replies[-1].body)
    hint = RetryInfo()
    assert [reply.status for reply in replies] == [200, 200, 503, 503]
    assert int(replies[-1].headers["retry-after"]) <= 2
    assert status.details[0].Unpack(hint)
    assert 0 < hint.retry_delay.ToTimedelta().total_seconds() <= 2
    assert collector.admin("/readyz").status == 503 or collector.spooled() == [body, body]

    collector.service.spool.forget([0])
    assert collector.request(body=body, content_type=PROTOBUF).status == 200


@pytest.mark.parametrize(
    ("body", "media_type"), [(logs, PROTOBUF), (json_logs, JSON)], ids=["protobuf", "json"]
)
def test_logs_are_taken_and_only_evaluations_kept(
    collector: Running, body: object, media_type: str
) -> None:
    before = collector.counted("discarded_items_total", signal="logs")
    for event in ("some.event", "gen_ai.evaluation.result"):
        reply = collector.request(
            path="/v1/logs",
            body=body(event),  # type: ignore[operator]  # one of two functions
            content_type=media_type,
        )
        assert reply.status == 200

    (request,) = collector.service.spool.unbooked()
    assert Kind.LOGS is request.kind
    assert b"gen_ai.evaluation.result" in request.body
    assert before + 1 == collector.counted("discarded_items_total", signal="logs")


def chunked(body: bytes, *, size: int = 100) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def raw(collector: Running, sent: bytes) -> bytes:
    """Send bytes, and return all that comes back until the collector closes."""
    with socket.create_connection(("127.0.0.1", collector.ports.http), timeout=20) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


HEAD = f"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\nconnection: close\r\n".encode()


def test_a_body_without_a_length_may_come_in_chunks(collector: Running) -> None:
    answer = raw(collector, HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunked(TRACES))

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert collector.spooled() == [TRACES]


def test_chunks_without_end_are_cut_off_at_the_limit(start: Start) -> None:
    collector = start("limits.request_bytes=64 KiB")
    body = chunked(bytes(200_000), size=10_000).removesuffix(b"0\r\n\r\n")

    answer = raw(collector, HEAD + b"transfer-encoding: chunked\r\n\r\n" + body)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_what_is_no_http_is_refused(collector: Running) -> None:
    assert raw(collector, b"\x16\x03\x01 this is TLS\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_sender_that_leaves_in_the_middle_leaves_nothing(collector: Running) -> None:
    with socket.create_connection(("127.0.0.1", collector.ports.http)) as connection:
        connection.sendall(HEAD + b"content-length: 1000\r\n\r\nonly this")

    assert collector.request(body=TRACES, content_type=PROTOBUF).status == 200
    assert collector.spooled() == [TRACES]
