"""A request in JSON says in protobuf what it said, whatever else stands in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from otel_costing.otlp import decode
from otel_costing_collector.forwarding.from_json import logs_from_json, traces_from_json
from tests.conformance.truth import SPANS

SPAN = {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"}


def request(*spans: Any, **around: Any) -> bytes:
    return json.dumps({"resourceSpans": [{**around, "scopeSpans": [{"spans": spans}]}]}).encode()


def only(body: bytes) -> Any:
    (span,) = traces_from_json(body).resource_spans[0].scope_spans[0].spans
    return span


@pytest.mark.parametrize("captured", sorted(SPANS.glob("*.json")), ids=lambda path: path.stem)
def test_a_captured_request_reads_the_same_from_both(captured: Path) -> None:
    body = captured.read_bytes()

    assert decode(traces_from_json(body).SerializeToString()) == decode(body)


def test_ids_are_read_from_hex_in_any_case_and_from_base64() -> None:
    plain, shouted = only(request(SPAN)), only(request({**SPAN, "spanId": "B7AD6B7169203331"}))
    other = only(request({**SPAN, "spanId": "t61rcWkgMzE="}))

    assert plain.span_id == shouted.span_id == other.span_id == bytes.fromhex("b7ad6b7169203331")


def test_links_events_flags_and_schemas_come_along() -> None:
    span = only(
        request(
            {
                **SPAN,
                "parent_span_id": "00f067aa0ba902b7",
                "flags": 257,
                "traceState": "a=b",
                "status": {"code": 2, "message": "no"},
                "links": [{**SPAN, "attributes": [{"key": "a", "value": {"intValue": "1"}}]}],
                "events": [{"timeUnixNano": "5", "name": "e", "droppedAttributesCount": 1}],
            }
        )
    )

    assert span.parent_span_id.hex() == "00f067aa0ba902b7"
    assert (span.flags, span.trace_state, span.status.message) == (257, "a=b", "no")
    assert span.links[0].trace_id.hex() == SPAN["traceId"]
    assert span.links[0].attributes[0].value.int_value == 1
    assert (span.events[0].name, span.events[0].dropped_attributes_count) == ("e", 1)


ODD_ATTRIBUTES: list[Any] = [
    {"key": "a", "value": {"intValue": "many"}},
    {"key": "a", "value": {"intValue": 1.5}},
    {"key": "a", "value": {"stringValue": "half \ud800"}},
    {"key": "a", "value": {"intValue": 1, "stringValue": "both"}},
    {"key": 7, "value": {"intValue": 1}},
    {"key": "a", "value": 5},
]


@pytest.mark.parametrize("odd", ODD_ATTRIBUTES)
def test_an_attribute_that_protobuf_cannot_say_is_left_out_by_itself(odd: Any) -> None:
    good = {"key": "good", "value": {"stringValue": "yes"}}
    body = request(
        {**SPAN, "name": "chat", "attributes": [odd, good]}, resource={"attributes": [odd, good]}
    )

    made = traces_from_json(body)

    span = only(body)
    assert (span.name, [pair.key for pair in span.attributes]) == ("chat", ["good"])
    assert [pair.key for pair in made.resource_spans[0].resource.attributes] == ["good"]


def test_a_span_that_protobuf_cannot_say_is_left_out_by_itself() -> None:
    made = traces_from_json(request({**SPAN, "startTimeUnixNano": -1}, SPAN))

    assert len(made.resource_spans[0].scope_spans[0].spans) == 1


@pytest.mark.parametrize(
    "odd",
    [{"events": 5}, {"links": "none"}, {"links": [7]}, {"events": [{"timeUnixNano": "x"}]}],
)
def test_events_and_links_that_protobuf_cannot_say_cost_no_span(odd: dict[str, Any]) -> None:
    assert only(request({**SPAN, "name": "chat", **odd})).name == "chat"


def test_a_value_that_nests_beyond_all_measure_is_left_out() -> None:
    value: dict[str, Any] = {"intValue": 1}
    for _ in range(150):
        value = {"arrayValue": {"values": [value]}}
    span = only(request({**SPAN, "attributes": [{"key": "deep", "value": value}]}))

    assert list(span.attributes) == []


def test_a_list_of_requests_is_one() -> None:
    both = b"[" + request(SPAN) + b"," + request(SPAN) + b"]"

    assert len(traces_from_json(both).resource_spans) == 2


def test_log_records_keep_their_ids_body_and_attributes() -> None:
    record = {
        **SPAN,
        "timeUnixNano": "7",
        "severityNumber": 9,
        "body": {"stringValue": "said"},
        "attributes": [{"key": "a", "value": {"boolValue": True}}],
    }
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()

    (made,) = logs_from_json(body).resource_logs[0].scope_logs[0].log_records

    assert (made.span_id.hex(), made.time_unix_nano) == (SPAN["spanId"], 7)
    assert (made.severity_number, made.body.string_value) == (9, "said")
    assert made.attributes[0].value.bool_value
