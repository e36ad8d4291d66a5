"""OTLP log records, as protobuf or JSON -> the evaluation results and outcomes among them. All others are counted, and left unread.

An id that is none is no reason to refuse a log record: it only stands in no trace.

Source: opentelemetry-proto `logs/v1/logs.proto`; the event's name stands in `event_name`, before that field was
there in the attribute `event.name`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from otel_costing.decoded import MOST_SPANS, Scope, Undecodable, span_of
from otel_costing.json_values import (
    Shape,
    attributes_in,
    each_in,
    either,
    id_in,
    json_of,
    time_in,
)
from otel_costing.log_records import LogRecord
from otel_costing.otlp import decompressed, looks_like_json
from otel_costing.otlp_attributes import pb_attributes
from otel_costing.semconv import EVENT_NAME
from otel_costing.spans import READ_EVENTS

_IN_BYTES = tuple(name.encode() for name in READ_EVENTS)
_LOGS = Shape(
    ("resourceLogs", "resource_logs"), ("scopeLogs", "scope_logs"), ("logRecords", "log_records")
)


class DecodedLogs(NamedTuple):
    """What one request holds."""

    records: int
    """All of them, of whatever kind."""
    results: list[LogRecord]
    """Those of `READ_EVENTS`."""
    refused: list[str]
    """Why each of those that was left out was left out."""


def decode_logs(body: bytes) -> DecodedLogs:
    """Read one request of unknown encoding.

    Raises:
        Undecodable: it is too large, broken, or something else altogether.
    """
    plain = decompressed(body)
    return decode_json_logs(plain) if looks_like_json(plain) else decode_protobuf_logs(plain)


def decode_protobuf_logs(body: bytes) -> DecodedLogs:
    """Read an `ExportLogsServiceRequest`, which is also a `LogsData`, in protobuf.

    Raises:
        Undecodable: the bytes are no such message, or nest too deeply.
    """
    try:
        request = ExportLogsServiceRequest.FromString(body)
    except DecodeError:
        raise Undecodable("this is no OTLP logs request in protobuf") from None
    scopes = [scope for resource in request.resource_logs for scope in resource.scope_logs]
    records = _within(sum(len(scope.log_records) for scope in scopes))
    results = list(_pb_results(request)) if any(name in body for name in _IN_BYTES) else []
    return DecodedLogs(records, results, [])


def _pb_results(request: ExportLogsServiceRequest) -> Iterator[LogRecord]:
    for resource_logs in request.resource_logs:
        resource = pb_attributes(resource_logs.resource.attributes)
        for scope_logs in resource_logs.scope_logs:
            scope = Scope(resource, scope_logs.scope.name, scope_logs.scope.version)
            for record in scope_logs.log_records:
                name = _pb_name(record)
                if name in READ_EVENTS:
                    yield _pb_record(record, scope, name)


def _pb_name(record: Any) -> str:
    if record.event_name:
        return str(record.event_name)
    named = (one.value.string_value for one in record.attributes if one.key == EVENT_NAME)
    return next(named, "")


def _pb_record(record: Any, scope: Scope, name: str) -> LogRecord:
    return LogRecord(
        *span_of(record.trace_id.hex(), record.span_id.hex()),
        record.time_unix_nano or record.observed_time_unix_nano,
        pb_attributes(record.attributes),
        scope.name,
        scope.resource,
        name,
    )


def decode_json_logs(body: bytes | str) -> DecodedLogs:
    """Read one JSON request. A result whose time or attributes cannot be read is refused by itself.

    Raises:
        Undecodable: this is no JSON, or JSON of another shape.
    """
    request = json_of(body)
    if not isinstance(request, dict):
        raise Undecodable("this JSON is no object, so it is no OTLP logs request")
    decoded = DecodedLogs(0, [], [])
    records = 0
    for record, scope in each_in(request, _LOGS):
        records += 1
        name = _json_name(record)
        if name in READ_EVENTS:
            _keep(decoded, record, scope, name)
    return decoded._replace(records=_within(records))


def _keep(decoded: DecodedLogs, record: Mapping[str, Any], scope: Scope, name: str) -> None:
    try:
        decoded.results.append(_json_record(record, scope, name))
    except Undecodable as refused:
        decoded.refused.append(str(refused))


def _json_name(record: Mapping[str, Any]) -> Any:
    said = either(record, "eventName", "event_name")
    if said:
        return said
    pairs = record.get("attributes")
    named = [
        pair
        for pair in (pairs if isinstance(pairs, list) else ())
        if isinstance(pair, dict) and pair.get("key") == EVENT_NAME
    ]
    return attributes_in(named[:1]).get(EVENT_NAME)


def _json_record(record: Mapping[str, Any], scope: Scope, name: str) -> LogRecord:
    return LogRecord(
        *span_of(
            id_in(either(record, "traceId", "trace_id"), 32),
            id_in(either(record, "spanId", "span_id"), 16),
        ),
        time_in(either(record, "timeUnixNano", "time_unix_nano") or 0)
        or time_in(either(record, "observedTimeUnixNano", "observed_time_unix_nano") or 0),
        attributes_in(record.get("attributes")),
        scope.name,
        scope.resource,
        name,
    )


def _within(records: int) -> int:
    if records > MOST_SPANS:
        raise Undecodable(f"a request holds at most {MOST_SPANS} log records")
    return records
