"""What a request holds, read as far as the answer needs: whether it decodes, and which spans cannot be.

The parsed message is not kept: parsing again costs a microsecond a span when it is booked, keeping it would cost
memory for as long as the request waits. Source of the rules: `otel_costing.decoded`, which refuses the same spans
when the request is booked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.decoded import Undecodable
from otel_costing.otlp_json import decode_json
from otel_costing.otlp_logs import decode_json_logs, decode_protobuf_logs
from otel_costing_collector.refusals import Reason, Refused
from otel_costing_collector.spool_record import Encoding, Kind

_MOST_REASONS = 3
_NO_TRACE_ID, _NO_SPAN_ID = bytes(16), bytes(8)
_BAD_IDS = (
    "a span's trace id has 16 bytes and its span id and parent's 8, the first two not all zero"
)


class Contents(NamedTuple):
    """What the answer says of a request."""

    items: int
    """Spans or log records that are taken."""
    rejected: int = 0
    """Spans that cannot be told from others, and evaluation results that cannot be read."""
    why: str = ""
    wanted: bool = True
    """Whether there is anything in it to be booked."""
    unused: int = 0
    """Of the items, those that nothing is made of."""


def contents_of(body: bytes, kind: Kind, encoding: Encoding) -> Contents:
    """Read a request.

    Raises:
        Refused: it is no OTLP request of that kind in that encoding.
    """
    try:
        if kind is Kind.LOGS:
            return _logs(body, encoding)
        return _json_spans(body) if encoding is Encoding.JSON else _spans(body)
    except Undecodable as error:
        raise Refused(Reason.UNDECODABLE, str(error)) from None


def _spans(body: bytes) -> Contents:
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise Undecodable("this is no OTLP traces request in protobuf") from None
    spans = rejected = 0
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            spans += len(scope_spans.spans)
            rejected += sum(map(has_bad_ids, scope_spans.spans))
    kept = spans - rejected
    return Contents(kept, rejected, _BAD_IDS if rejected else "", wanted=kept > 0)


def has_bad_ids(span: Any) -> bool:
    """Tell whether a span in protobuf cannot be told from others, so that it is rejected."""
    trace_id, span_id, parent_id = span.trace_id, span.span_id, span.parent_span_id
    return (
        len(trace_id) != 16
        or len(span_id) != 8
        or trace_id == _NO_TRACE_ID
        or span_id == _NO_SPAN_ID
        # None at all and all zeros, however many, mean a root.
        or (len(parent_id) != 8 and bool(parent_id.strip(b"\0")))
    )


def _json_spans(body: bytes) -> Contents:
    if not body.strip() or body.strip() == b"{}":
        return Contents(0, wanted=False)
    decoded = decode_json(body)
    kept = len(decoded.spans)
    return Contents(kept, len(decoded.refused), _told(decoded.refused), wanted=kept > 0)


def _logs(body: bytes, encoding: Encoding) -> Contents:
    if not body.strip():
        return Contents(0, wanted=False)
    is_json = encoding is Encoding.JSON
    decoded = decode_json_logs(body) if is_json else decode_protobuf_logs(body)
    results, rejected = len(decoded.results), len(decoded.refused)
    taken = decoded.records - rejected
    return Contents(taken, rejected, _told(decoded.refused), results > 0, taken - results)


def _told(reasons: Iterable[str]) -> str:
    return "; ".join(list(dict.fromkeys(reasons))[:_MOST_REASONS])
