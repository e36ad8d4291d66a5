"""What a request holds: the same spans are refused here and when they are booked."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing.otlp import decode
from otel_costing_collector.contents import Contents, contents_of
from otel_costing_collector.refusals import Reason, Refused
from otel_costing_collector.spool_record import Encoding, Kind
from tests.collector.exports import SPAN_ID, TRACE_ID, json_logs, json_traces, logs, traces

EVALUATION = "gen_ai.evaluation.result"


@given(
    st.sampled_from([TRACE_ID, bytes(16), b"", b"short", bytes(17)]),
    st.sampled_from([SPAN_ID, bytes(8), b"", b"short"]),
    st.sampled_from([SPAN_ID, bytes(8), b"", bytes(3), b"short", b"\x10"]),
)
def test_a_span_is_rejected_exactly_where_booking_refuses_it(
    trace_id: bytes, span_id: bytes, parent_id: bytes
) -> None:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(
        trace_id=trace_id, span_id=span_id, parent_span_id=parent_id
    )
    body = request.SerializeToString()

    contents = contents_of(body, Kind.TRACES, Encoding.PROTOBUF)
    booked = decode(body)

    assert (len(booked.spans), len(booked.refused)) == (contents.items, contents.rejected)
    assert bool(booked.refused) == bool(contents.why)
    assert bool(booked.spans) == contents.wanted


@pytest.mark.parametrize("encoding", Encoding)
@pytest.mark.parametrize("kind", Kind)
def test_an_empty_request_is_fine_and_not_worth_keeping(kind: Kind, encoding: Encoding) -> None:
    assert contents_of(b"", kind, encoding) == Contents(0, wanted=False)


@pytest.mark.parametrize("body", [b"{}", b' {"resourceSpans": []} '])
def test_an_empty_json_request_is_fine(body: bytes) -> None:
    assert contents_of(body, Kind.TRACES, Encoding.JSON) == Contents(0, wanted=False)


def test_a_json_span_without_an_id_is_rejected_and_the_rest_stays() -> None:
    contents = contents_of(json_traces(SPAN_ID.hex(), "zz"), Kind.TRACES, Encoding.JSON)

    assert (contents.items, contents.rejected, contents.wanted) == (1, 1, True)
    assert "span id" in contents.why


@pytest.mark.parametrize("make", [logs, json_logs])
def test_only_logs_with_an_evaluation_are_wanted(make: object) -> None:
    encoding = Encoding.PROTOBUF if make is logs else Encoding.JSON

    wanted = contents_of(make(EVALUATION), Kind.LOGS, encoding)  # type: ignore[operator]  # one of two functions
    other = contents_of(make("something.else"), Kind.LOGS, encoding)  # type: ignore[operator]  # as above

    assert wanted == Contents(1, wanted=True, unused=0)
    assert other == Contents(1, wanted=False, unused=1)


def test_beside_an_evaluation_other_log_records_are_counted_as_unused() -> None:
    request = json.loads(json_logs(EVALUATION))
    records = request["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    records.extend([{"eventName": "something.else"}, {"body": {"stringValue": EVALUATION}}])

    contents = contents_of(json.dumps(request).encode(), Kind.LOGS, Encoding.JSON)

    assert contents == Contents(3, wanted=True, unused=2)


@pytest.mark.parametrize(
    ("body", "kind", "encoding"),
    [
        (b"\xff\xff noise", Kind.TRACES, Encoding.PROTOBUF),
        (traces()[:-4], Kind.TRACES, Encoding.PROTOBUF),
        (b"\x0a" * 3 + b"\x0a\x7f", Kind.LOGS, Encoding.PROTOBUF),
        (b"{", Kind.TRACES, Encoding.JSON),
        (b"[" * 100_000, Kind.TRACES, Encoding.JSON),
        (b"[" * 100_000, Kind.LOGS, Encoding.JSON),
        (b'{"resourceMetrics": []}', Kind.TRACES, Encoding.JSON),
        (b'"text"', Kind.LOGS, Encoding.JSON),
        (b"{", Kind.LOGS, Encoding.JSON),
        (b'{"resourceLogs": 1}', Kind.LOGS, Encoding.JSON),
        (b'{"resourceLogs": [1]}', Kind.LOGS, Encoding.JSON),
    ],
)
def test_what_is_no_request_is_undecodable(body: bytes, kind: Kind, encoding: Encoding) -> None:
    with pytest.raises(Refused) as refused:
        contents_of(body, kind, encoding)

    assert Reason.UNDECODABLE is refused.value.reason


@given(st.binary(max_size=200), st.sampled_from(Kind), st.sampled_from(Encoding))
def test_hostile_bytes_are_read_or_refused_and_nothing_else(
    body: bytes, kind: Kind, encoding: Encoding
) -> None:
    try:
        contents = contents_of(body, kind, encoding)
    except Refused:
        return
    assert contents.items >= 0
