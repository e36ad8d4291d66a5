"""Requests as senders make them, in both encodings."""

from __future__ import annotations

import json
from collections.abc import Iterable

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACE_ID = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")
SPAN_ID = bytes.fromhex("b7ad6b7169203331")


def traces(
    *, span_ids: Iterable[bytes] = (SPAN_ID,), trace_id: bytes = TRACE_ID, padding: int = 0
) -> bytes:
    """Return a request of one span for each id, the first with `padding` bytes of an attribute."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number, span_id in enumerate(span_ids):
        span = spans.add(trace_id=trace_id, span_id=span_id, name="chat gpt-5", kind=3)
        if padding and not number:
            span.attributes.add(key="padding").value.string_value = "x" * padding
    return request.SerializeToString()


def numbered(number: int, padding: int = 0) -> bytes:
    """Return a request that differs from every other number's."""
    return traces(span_ids=[(number + 1).to_bytes(8)], padding=padding)


def json_traces(*span_ids: str) -> bytes:
    spans = [
        {
            "traceId": TRACE_ID.hex(),
            "spanId": span_id,
            "startTimeUnixNano": "1795348800000000000",
            "endTimeUnixNano": "1795348801000000000",
        }
        for span_id in span_ids or (SPAN_ID.hex(),)
    ]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def logs(event_name: str) -> bytes:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(event_name=event_name)
    return request.SerializeToString()


def json_logs(event_name: str) -> bytes:
    record = {"eventName": event_name}
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()
