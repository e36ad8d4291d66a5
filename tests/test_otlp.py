"""OTLP as it comes: every encoding gives the same spans, and hostile bytes one sentence."""

from __future__ import annotations

import base64
import gzip
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from otel_costing.otlp import Decoded, Undecodable, decode, decompressed
from otel_costing.spans import SpanRecord

TRACE, SPAN, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"
START, END = 1_795_348_800_000_000_000, 1_795_348_801_000_000_000


def json_span(**changes: Any) -> dict[str, Any]:
    return {
        "traceId": TRACE,
        "spanId": SPAN,
        "parentSpanId": PARENT,
        "name": "chat gpt-5",
        "kind": 3,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": END,
        "attributes": [
            {"key": "text", "value": {"stringValue": "é"}},
            {"key": "count", "value": {"intValue": "9007199254740993"}},
            {"key": "number", "value": {"intValue": 7}},
            {"key": "share", "value": {"doubleValue": 0.5}},
            {"key": "flag", "value": {"boolValue": True}},
            {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {}]}}},
            {
                "key": "map",
                "value": {"kvlistValue": {"values": [{"key": "k", "value": {"intValue": 1}}]}},
            },
            {"key": "bytes", "value": {"bytesValue": "AAEC"}},
        ],
        "status": {"code": 2},
        "links": [{"traceId": TRACE, "spanId": PARENT}],
        **changes,
    }


def request(*spans: dict[str, Any]) -> dict[str, Any]:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "assistant"}}]}
    scope = {"name": "acme", "version": "2.1"}
    return {
        "resourceSpans": [
            {"resource": resource, "scopeSpans": [{"scope": scope, "spans": list(spans)}]}
        ]
    }


def as_json(*spans: dict[str, Any]) -> bytes:
    return json.dumps(request(*spans)).encode()


def as_protobuf() -> bytes:
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "assistant"
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name, scope_spans.scope.version = "acme", "2.1"
    span = scope_spans.spans.add(
        trace_id=bytes.fromhex(TRACE),
        span_id=bytes.fromhex(SPAN),
        parent_span_id=bytes.fromhex(PARENT),
        name="chat gpt-5",
        kind=3,
        start_time_unix_nano=START,
        end_time_unix_nano=END,
    )
    span.status.code = Status.STATUS_CODE_ERROR
    span.links.add(trace_id=bytes.fromhex(TRACE), span_id=bytes.fromhex(PARENT))
    values = {
        pair: span.attributes.add(key=pair).value for pair in ("text", "count", "number", "share")
    }
    values["text"].string_value, values["count"].int_value = "é", 9007199254740993
    values["number"].int_value, values["share"].double_value = 7, 0.5
    span.attributes.add(key="flag").value.bool_value = True
    listed = span.attributes.add(key="list").value.array_value.values
    listed.add().string_value = "a"
    listed.add()
    mapped = span.attributes.add(key="map").value.kvlist_value.values
    mapped.add(key="k").value.int_value = 1
    span.attributes.add(key="bytes").value.bytes_value = b"\0\1\2"
    return message.SerializeToString()


EXPECTED = SpanRecord(
    trace_id=TRACE,
    span_id=SPAN,
    parent_span_id=PARENT,
    name="chat gpt-5",
    kind="client",
    start_ns=START,
    end_ns=END,
    attributes={
        "text": "é",
        "count": 9007199254740993,
        "number": 7,
        "share": 0.5,
        "flag": True,
        "list": ("a", None),
        "map": {"k": 1},
    },
    scope_name="acme",
    scope_version="2.1",
    resource={"service.name": "assistant"},
    failed=True,
    links=((TRACE, PARENT),),
)


@pytest.mark.parametrize(
    "body",
    [
        as_json(json_span()),
        as_protobuf(),
        gzip.compress(as_json(json_span()), mtime=0),
        gzip.compress(as_protobuf(), mtime=0),
        b"\xef\xbb\xbf " + as_json(json_span()),
        b"[" + as_json(json_span()) + b"]",
    ],
    ids=["json", "protobuf", "json gzip", "protobuf gzip", "byte order mark", "list"],
)
def test_every_encoding_gives_the_same_span(body: bytes) -> None:
    assert decode(body) == Decoded([EXPECTED], [])


def test_ids_in_base64_and_capitals_and_snake_case_names_are_read() -> None:
    span = json_span(
        traceId=base64.b64encode(bytes.fromhex(TRACE)).decode(),
        spanId=SPAN.upper(),
        kind="SPAN_KIND_CLIENT",
        status={"code": "STATUS_CODE_ERROR"},
    )
    span["start_time_unix_nano"] = span.pop("startTimeUnixNano")

    assert decode(as_json(span)).spans == [EXPECTED]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"traceId": ""}, "no trace id"),
        ({"traceId": "0" * 32}, "no trace id"),
        ({"spanId": None}, "no span id"),
        ({"spanId": "xyz"}, "no span id"),
        ({"spanId": 7}, "no span id"),
        ({"parentSpanId": "12"}, "no parent span id"),
        ({"endTimeUnixNano": -1}, "whole nanoseconds"),
        ({"endTimeUnixNano": 2**64}, "whole nanoseconds"),
        ({"endTimeUnixNano": "soon"}, "whole nanoseconds"),
        ({"endTimeUnixNano": 1.5}, "whole nanoseconds"),
        ({"endTimeUnixNano": None}, "whole nanoseconds"),
        ({"attributes": {"a": 1}}, "list of objects"),
        ({"links": [3]}, "list of objects"),
    ],
)
def test_a_span_that_cannot_be_kept_is_refused_and_the_next_one_stays(
    changes: dict[str, Any], why: str
) -> None:
    decoded = decode(as_json(json_span(**changes), json_span()))

    assert decoded.spans == [EXPECTED]
    assert [why in reason for reason in decoded.refused] == [True]


@pytest.mark.parametrize("parent", ["", None, "0" * 16])
def test_a_span_without_a_parent_is_a_root(parent: str | None) -> None:
    assert decode(as_json(json_span(parentSpanId=parent))).spans[0].parent_span_id == ""


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "the JSON is broken"),
        (b'{"resourceSpans": 3}', "`resourceSpans` must be a list of objects"),
        (b'{"resourceSpans": [[]]}', "`resourceSpans` must be a list of objects"),
        (b'{"logs": []}', "no `resourceSpans`"),
        (b"[3]", "no `resourceSpans`"),
        (b'{"a": "\xff"}', "the JSON is broken"),
        (b'{"resourceSpans":' + b"[" * 200_000, "nests too deeply"),
        (b"hello, this is no span", "neither OTLP protobuf nor OTLP JSON"),
        (as_protobuf()[:-5], "neither OTLP protobuf nor OTLP JSON"),
        (gzip.compress(b"{}", mtime=0)[:-4], "cut short"),
        (b"\x1f\x8bnonsense", "gzip data is broken"),
    ],
)
def test_what_is_no_request_is_refused_in_a_sentence(body: bytes, why: str) -> None:
    with pytest.raises(Undecodable, match=why):
        decode(body)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)

    with pytest.raises(Undecodable, match="at most 1000 bytes"):
        decompressed(bomb, largest=1000)


def test_half_a_character_becomes_one_that_can_be_stored() -> None:
    body = as_json(json_span()).replace(rb"\u00e9", rb"\ud83d")

    assert decode(body).spans[0].attributes["text"] == "?"


def test_deep_values_are_cut_and_an_empty_request_is_empty() -> None:
    value: dict[str, Any] = {"stringValue": "deep"}
    for _ in range(100):
        value = {"arrayValue": {"values": [value]}}
    decoded = decode(as_json(json_span(attributes=[{"key": "deep", "value": value}])))

    assert str(decoded.spans[0].attributes["deep"]).count("(") == 16
    assert decode(b"") == Decoded([], [])


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(json_span())), JSON_VALUES)
def test_any_json_anywhere_in_a_span_is_read_or_refused(field: str, value: Any) -> None:
    decoded = decode(as_json(json_span(**{field: value})))

    assert len(decoded.spans) + len(decoded.refused) == 1


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(Undecodable):
        assert isinstance(decode(body), Decoded)
