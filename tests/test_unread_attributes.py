"""What pricing does not ask for may be left unread: every captured span comes to the same either way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from otel_costing.decoded import Undecodable
from otel_costing.examined import examine, examine_all, read_attributes
from otel_costing.otlp import decode, decode_checked
from otel_costing.rates import default_rates
from otel_costing.spans import SpanRecord

CAPTURED = sorted((Path(__file__).parent / "conformance" / "spans").glob("*.json"))
READ = read_attributes()


def value_of(said: Any) -> AnyValue:
    """Return an attribute's value as it stands on the wire."""
    if isinstance(said, bool):
        return AnyValue(bool_value=said)
    if isinstance(said, int):
        return AnyValue(int_value=said)
    if isinstance(said, float):
        return AnyValue(double_value=said)
    value = AnyValue()
    if isinstance(said, str):
        value.string_value = said
    elif isinstance(said, Mapping):
        value.kvlist_value.values.extend(pairs(said))
    else:
        value.array_value.values.extend(map(value_of, said))
    return value


def pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=value_of(said)) for key, said in attributes.items()]


def protobuf(spans: Iterable[SpanRecord]) -> bytes:
    """Return a request of spans, each with a resource and a scope of its own."""
    request = ExportTraceServiceRequest()
    for one in spans:
        of_resource = request.resource_spans.add()
        of_resource.resource.attributes.extend(pairs(one.resource))
        of_scope = of_resource.scope_spans.add()
        of_scope.scope.name, of_scope.scope.version = one.scope_name, one.scope_version
        span = of_scope.spans.add(
            trace_id=bytes.fromhex(one.trace_id),
            span_id=bytes.fromhex(one.span_id),
            parent_span_id=bytes.fromhex(one.parent_span_id),
            name=one.name,
            start_time_unix_nano=one.start_ns,
            end_time_unix_nano=one.end_ns,
        )
        span.status.code = Status.STATUS_CODE_ERROR if one.failed else Status.STATUS_CODE_OK
        span.attributes.extend(pairs(one.attributes))
    return request.SerializeToString()


@pytest.mark.parametrize("file", CAPTURED, ids=lambda file: file.stem)
def test_every_captured_span_is_examined_the_same(file: Path) -> None:
    body = protobuf(decode(file.read_bytes()).spans)
    whole, asked_for = decode(body).spans, decode_checked(body, READ).spans
    now_ns = max(span.end_ns for span in whole)

    rates = default_rates()
    each_alone = [examine(span, rates, now_ns) for span in whole]
    assert examine_all(asked_for, rates, now_ns) == each_alone
    assert all(READ.issuperset(span.attributes) for span in asked_for)


def test_json_is_read_as_ever() -> None:
    body = CAPTURED[0].read_bytes()

    assert decode_checked(body, READ) == decode(body)


def test_the_last_of_two_values_of_one_name_holds_however_often_it_was_read() -> None:
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    )
    span.attributes.extend(pairs({"user.id": "first"}))
    span.attributes.extend(pairs({"user.id": "second", "k" * 200: "unread"}))
    body = request.SerializeToString()

    for _ in range(2):
        assert decode_checked(body, READ).spans[0].attributes == {"user.id": "second"}


def test_what_is_no_request_after_all_is_said_to_be_none() -> None:
    with pytest.raises(Undecodable, match="neither OTLP protobuf nor OTLP JSON"):
        decode_checked(b"\x0a\xff", READ)


def test_an_attribute_that_is_asked_for_and_broken_refuses_the_request() -> None:
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    )
    span.attributes.extend(pairs({"user.id": "broken"}))
    body = request.SerializeToString().replace(b"broken", b"\xff" * 6)

    with pytest.raises(Undecodable):
        decode_checked(body, READ)
