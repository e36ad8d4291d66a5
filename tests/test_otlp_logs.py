"""Log requests as they come: evaluation results in every encoding, all else counted, hostile bytes one sentence."""

from __future__ import annotations

import base64
import gzip
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.decoded import MOST_EVENTS, Undecodable
from otel_costing.log_records import LogRecord
from otel_costing.otlp import decode
from otel_costing.otlp_logs import DecodedLogs, decode_logs
from otel_costing.semconv import EVALUATION_RESULT
from otel_costing.spans import SpanEvent

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
NOON = 1_795_348_800_000_000_000
SCORE_KEY = "gen_ai.evaluation.score.value"
SCORE = {"key": SCORE_KEY, "value": {"doubleValue": 0.75}}
NAMED = {"key": "event.name", "value": {"stringValue": EVALUATION_RESULT}}
EXPECTED = LogRecord(
    TRACE,
    SPAN,
    NOON,
    {SCORE_KEY: 0.75},
    "acme.evaluator",
    {"service.name": "judge"},
)


def json_record(**changes: Any) -> dict[str, Any]:
    return {
        "eventName": EVALUATION_RESULT,
        "traceId": TRACE,
        "spanId": SPAN,
        "timeUnixNano": str(NOON),
        "observedTimeUnixNano": str(NOON + 1),
        "attributes": [SCORE],
        "body": {"stringValue": "never read"},
        **changes,
    }


def as_json(*records: Any) -> bytes:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "judge"}}]}
    scope = {"scope": {"name": "acme.evaluator"}, "logRecords": list(records)}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}).encode()


def as_protobuf(event_name: str = EVALUATION_RESULT, **changes: Any) -> bytes:
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    resource_logs.resource.attributes.add(key="service.name").value.string_value = "judge"
    scope_logs = resource_logs.scope_logs.add()
    scope_logs.scope.name = "acme.evaluator"
    said: dict[str, Any] = {
        "event_name": event_name,
        "trace_id": bytes.fromhex(TRACE),
        "span_id": bytes.fromhex(SPAN),
        "time_unix_nano": NOON,
        "observed_time_unix_nano": NOON + 1,
        **changes,
    }
    record = scope_logs.log_records.add(**said)
    record.attributes.add(key=SCORE_KEY).value.double_value = 0.75
    return request.SerializeToString()


ENCODINGS = {
    "protobuf": as_protobuf(),
    "json": as_json(json_record()),
    "gzip": gzip.compress(as_protobuf(), mtime=0),
    "snake case": as_json(
        {
            "event_name": EVALUATION_RESULT,
            "trace_id": TRACE.upper(),
            "span_id": base64.b64encode(bytes.fromhex(SPAN)).decode(),
            "time_unix_nano": NOON,
            "attributes": [{"key": SCORE_KEY, "value": {"double_value": 0.75}}],
        }
    ),
}


@pytest.mark.parametrize("body", ENCODINGS.values(), ids=ENCODINGS)
def test_every_encoding_gives_the_same_result(body: bytes) -> None:
    assert decode_logs(body) == DecodedLogs(1, [EXPECTED], [])


def test_an_event_named_by_an_attribute_is_read_in_json() -> None:
    decoded = decode_logs(as_json(json_record(eventName="", attributes=[SCORE, NAMED])))

    assert decoded.results[0].attributes[SCORE_KEY] == 0.75


def test_an_event_named_by_an_attribute_is_read_in_protobuf() -> None:
    request = ExportLogsServiceRequest.FromString(as_protobuf(event_name=""))
    attributes = request.resource_logs[0].scope_logs[0].log_records[0].attributes
    attributes.add(key="event.name").value.string_value = EVALUATION_RESULT

    assert len(decode_logs(request.SerializeToString()).results) == 1


@pytest.mark.parametrize(
    "body",
    [
        as_protobuf(event_name="user.clicked"),
        as_json(json_record(eventName="user.clicked", body={"stringValue": EVALUATION_RESULT})),
        as_json(json_record(eventName=7, attributes=[NAMED])),
        as_json(json_record(eventName="", attributes={"event.name": EVALUATION_RESULT})),
        as_json({}),
    ],
)
def test_other_records_are_counted_and_left_unread(body: bytes) -> None:
    assert decode_logs(body) == DecodedLogs(1, [], [])


@pytest.mark.parametrize(
    ("changes", "stands_in"),
    [
        ({"traceId": ""}, ("", "")),
        ({"traceId": "0" * 32}, ("", "")),
        ({"traceId": "zz"}, ("", "")),
        ({"spanId": None}, (TRACE, "")),
        ({"spanId": "0" * 16}, (TRACE, "")),
        ({"spanId": "short"}, (TRACE, "")),
    ],
)
def test_a_record_without_a_usable_id_is_kept_and_stands_in_no_span(
    changes: dict[str, Any], stands_in: tuple[str, str]
) -> None:
    (result,) = decode_logs(as_json(json_record(**changes))).results

    assert (result.trace_id, result.span_id) == stands_in


@pytest.mark.parametrize("trace_id", [b"", b"short", bytes(16), bytes(17)])
def test_a_protobuf_record_without_a_usable_id_stands_in_no_span(trace_id: bytes) -> None:
    (result,) = decode_logs(as_protobuf(trace_id=trace_id)).results

    assert (result.trace_id, result.span_id) == ("", "")


@pytest.mark.parametrize(
    ("body", "time_ns"),
    [
        (as_json(json_record(timeUnixNano=None)), NOON + 1),
        (as_json(json_record(timeUnixNano="0")), NOON + 1),
        (as_protobuf(time_unix_nano=0), NOON + 1),
        (as_json(json_record(timeUnixNano=0, observedTimeUnixNano=None)), 0),
    ],
)
def test_a_record_without_a_time_has_the_one_when_it_was_first_seen(
    body: bytes, time_ns: int
) -> None:
    assert decode_logs(body).results[0].time_ns == time_ns


@pytest.mark.parametrize(
    "changes",
    [{"timeUnixNano": -1}, {"timeUnixNano": "soon"}, {"timeUnixNano": 1.5}, {"attributes": 7}],
)
def test_a_result_that_cannot_be_read_is_refused_and_the_rest_stays(changes: Any) -> None:
    decoded = decode_logs(as_json(json_record(**changes), json_record()))

    assert (decoded.records, decoded.results) == (2, [EXPECTED])
    assert len(decoded.refused) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xff noise",
        as_protobuf()[:-4],
        b"{",
        b"[" * 100_000,
        b"[]",
        b'"text"',
        b'{"resourceLogs": 1}',
        b'{"resourceLogs": [{"scopeLogs": [{"logRecords": [1]}]}]}',
        gzip.compress(as_protobuf(), mtime=0)[:-4],
    ],
)
def test_what_is_no_logs_request_is_undecodable(body: bytes) -> None:
    with pytest.raises(Undecodable):
        decode_logs(body)


def test_a_request_that_is_too_large_is_refused_while_it_is_inflated() -> None:
    with pytest.raises(Undecodable, match="at most"):
        decode_logs(gzip.compress(bytes(65 * 2**20)))


@given(st.binary(max_size=200))
def test_hostile_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(Undecodable):
        decode_logs(body)


def spans(encoding: str, *names: str) -> bytes:
    """Return a request of one span with an event of each name."""
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(trace_id=bytes.fromhex(TRACE), span_id=bytes.fromhex(SPAN))
    )
    for name in names:
        event = span.events.add(name=name, time_unix_nano=NOON)
        event.attributes.add(key=SCORE_KEY).value.double_value = 0.75
    if encoding == "protobuf":
        return request.SerializeToString()
    events = [{"name": name, "timeUnixNano": str(NOON), "attributes": [SCORE]} for name in names]
    told = {"traceId": TRACE, "spanId": SPAN, "startTimeUnixNano": 0, "endTimeUnixNano": 0}
    scope = {"spans": [{**told, "events": events}]}
    return json.dumps({"resourceSpans": [{"scopeSpans": [scope]}]}).encode()


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_of_the_events_of_a_span_only_evaluation_results_are_read(encoding: str) -> None:
    (span,) = decode(spans(encoding, "exception", EVALUATION_RESULT)).spans
    (bare,) = decode(spans(encoding)).spans

    assert span.events == (SpanEvent(NOON, {SCORE_KEY: 0.75}),)
    assert bare.events == ()


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_one_span_brings_no_more_results_than_the_limit(encoding: str) -> None:
    (span,) = decode(spans(encoding, *[EVALUATION_RESULT] * (MOST_EVENTS + 1))).spans

    assert len(span.events) == MOST_EVENTS


@pytest.mark.parametrize("events", [{}, [], None, "", 0])
def test_a_json_span_whose_events_are_nothing_is_read(events: Any) -> None:
    request = json.loads(spans("json"))
    request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["events"] = events

    assert len(decode(json.dumps(request).encode()).spans) == 1
