"""What is sent on carries what the processor would have written in the application, and is otherwise as it came."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags

from otel_costing import CostSpanProcessor
from otel_costing.otlp import decode
from otel_costing.rates import default_rates, packaged_rates
from otel_costing.spans import SpanRecord
from otel_costing_collector.forwarding.enrichment import sent_on
from otel_costing_collector.forwarding.from_json import traces_from_json
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.spool_record import Encoding, Kind, SpooledRequest
from tests.collector.bench import calls
from tests.collector.exports import SPAN_ID, json_logs, json_traces, logs, traces
from tests.conformance.truth import SPANS

BOOKS = PricingBooks(default_rates())
OURS = "otel_costing."
CAPTURED = sorted(SPANS.glob("*.json"))
Message = ExportTraceServiceRequest


def spooled(body: bytes, kind: Kind = Kind.TRACES, encoding: Encoding = Encoding.PROTOBUF) -> bytes:
    """Return what is sent on of a request that was just received."""
    return sent_on(SpooledRequest(1, time.time_ns(), kind, encoding, "", body), BOOKS)


def spans_in(body: bytes) -> list[Any]:
    return [
        span
        for resource_spans in Message.FromString(body).resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]


def said(span: Any) -> dict[str, str]:
    """Return what a span says by our own names."""
    return {
        pair.key: pair.value.string_value for pair in span.attributes if pair.key.startswith(OURS)
    }


# --- what is added


def _by_the_processor(records: list[SpanRecord]) -> dict[str, dict[str, str]]:
    """Return, by span id, what the processor puts on spans that end in their order."""
    exporter = InMemorySpanExporter()
    processor = CostSpanProcessor(SimpleSpanProcessor(exporter))
    for record in sorted(records, key=lambda one: one.end_ns):
        processor.on_end(_as_ended(record))
    return {
        f"{span.context.span_id:016x}": {
            name: str(value)
            for name, value in (span.attributes or {}).items()
            if name.startswith(OURS)
        }
        for span in exporter.get_finished_spans()
    }


def _as_ended(record: SpanRecord) -> ReadableSpan:
    trace_id = int(record.trace_id, 16)
    parent = record.parent_span_id
    return ReadableSpan(
        name=record.name,
        context=_context(trace_id, record.span_id),
        parent=_context(trace_id, parent) if parent else None,
        resource=Resource(dict(record.resource)),
        attributes=dict(record.attributes),
        status=Status(StatusCode.ERROR if record.failed else StatusCode.OK),
        start_time=record.start_ns,
        end_time=record.end_ns,
        instrumentation_scope=InstrumentationScope(record.scope_name, record.scope_version),
    )


def _context(trace_id: int, span_id: str) -> SpanContext:
    sampled = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(trace_id, int(span_id, 16), is_remote=False, trace_flags=sampled)


@pytest.mark.parametrize("captured", CAPTURED, ids=lambda path: path.stem)
def test_every_captured_span_gets_what_the_processor_writes(captured: Path) -> None:
    plain = traces_from_json(captured.read_bytes()).SerializeToString()

    enriched = spooled(plain)

    assert {span.span_id.hex(): said(span) for span in spans_in(enriched)} == _by_the_processor(
        decode(plain).spans
    )


def test_the_captures_are_of_calls_copies_and_failures() -> None:
    """Else the test above would compare nothing with nothing."""
    statuses = [
        said(span).get("otel_costing.status", "")
        for captured in CAPTURED
        for span in spans_in(spooled(captured.read_bytes(), encoding=Encoding.JSON))
    ]

    assert {"priced", "duplicate", "unpriced", ""} <= set(statuses)


def test_a_call_gets_its_exact_cost_and_no_figure_of_the_conventions() -> None:
    (span,) = spans_in(spooled(calls(1)))
    names = [pair.key for pair in span.attributes]

    assert said(span)["otel_costing.cost.usd"] == "0.004500000000"
    assert not [name for name in names if name.startswith("gen_ai.usage.cost.")]


def test_a_call_that_the_application_has_priced_stays_as_it_is() -> None:
    request = Message.FromString(calls(1))
    attributes = request.resource_spans[0].scope_spans[0].spans[0].attributes
    attributes.add(key="otel_costing.status").value.string_value = "priced"
    attributes.add(key="otel_costing.cost.usd").value.string_value = "9.000000000000"
    body = request.SerializeToString()

    assert spooled(body) == body


def test_a_span_that_names_an_earlier_book_is_priced_by_it(tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text(
        "name: half\n"
        "contracts:\n"
        "  - {provider: openai, models: gpt-4o, from: 2020-01-01, discount_percent: '50', source: x, checked: 2026-01-01}\n"
    )
    cheaper, problems = packaged_rates().with_overrides(overrides)
    assert cheaper is not None, problems
    books = PricingBooks(packaged_rates())
    books.use(cheaper)

    def usd(digest: str) -> str:
        body = calls(1, digest=digest)
        request = SpooledRequest(1, time.time_ns(), Kind.TRACES, Encoding.PROTOBUF, "", body)
        return said(spans_in(sent_on(request, books))[0])["otel_costing.cost.usd"]

    assert usd(packaged_rates().digest) == "0.004500000000"
    assert usd("of nobody") == "0.002250000000"


@pytest.mark.parametrize("own", [126, 128, 500])
def test_a_span_with_as_many_attributes_as_sdks_allow_gets_total_status_and_rate_alone(
    own: int,
) -> None:
    request = _plain_call()
    attributes = request.resource_spans[0].scope_spans[0].spans[0].attributes
    for number in range(own - len(attributes)):
        attributes.add(key=f"own.{number}").value.int_value = number

    (span,) = spans_in(spooled(request.SerializeToString()))

    assert set(said(span)) == {
        "otel_costing.cost.usd",
        "otel_costing.status",
        "otel_costing.rate.id",
    }
    assert len(span.attributes) == own + 3


def _plain_call() -> ExportTraceServiceRequest:
    """A call that names no book."""
    request = Message.FromString(calls(1))
    attributes = request.resource_spans[0].scope_spans[0].spans[0].attributes
    kept = [pair for pair in attributes if not pair.key.startswith(OURS)]
    del attributes[:]
    attributes.extend(kept)
    return request


def test_the_name_of_a_book_that_is_not_known_gives_way_to_that_of_the_book_that_priced() -> None:
    (span,) = spans_in(spooled(calls(1, digest="of nobody")))

    digests = [pair for pair in span.attributes if pair.key == "otel_costing.rates.digest"]
    assert [pair.value.string_value for pair in digests] == [BOOKS.current.digest]


# --- what stays


def test_a_request_without_calls_is_sent_on_to_the_byte() -> None:
    assert spooled(traces()) == traces()
    assert spooled(logs("whatever"), Kind.LOGS) == logs("whatever")


def test_what_a_newer_sender_says_stays_in_an_enriched_request() -> None:
    """Field 99 of a span, and of the resource's spans around it, is none that is known here."""
    unknown = bytes([0x9A, 0x06, 3]) + b"new"
    request = _plain_call()
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.MergeFromString(unknown)
    request.resource_spans[0].MergeFromString(unknown)

    enriched = spooled(request.SerializeToString())

    assert said(spans_in(enriched)[0])["otel_costing.status"] == "priced"
    assert enriched.count(unknown) == 2
    assert _without_ours(enriched) == request


def _without_ours(body: bytes) -> ExportTraceServiceRequest:
    request = Message.FromString(body)
    for resource_spans in request.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                kept = [pair for pair in span.attributes if not pair.key.startswith(OURS)]
                del span.attributes[:]
                span.attributes.extend(kept)
    return request


def test_rejected_spans_are_not_sent_on() -> None:
    body = traces(span_ids=[SPAN_ID, b"short", bytes(8)])

    assert [span.span_id for span in spans_in(spooled(body))] == [SPAN_ID]


def _values() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=20), st.booleans()
    )


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "gen_ai.operation.name",
                "gen_ai.request.model",
                "gen_ai.system",
                "gen_ai.usage.input_tokens",
                "gen_ai.usage.output_tokens",
                "gen_ai.usage.cost",
                "gen_ai.response.id",
                "otel_costing.team",
                "otel_costing.origin.source",
                "otel_costing.rates.digest",
            ]
        ),
        _values(),
    ),
    st.integers(0, 2**64 - 1),
)
def test_whatever_a_span_says_it_is_sent_on_with_all_of_it(
    attributes: dict[str, Any], end_ns: int
) -> None:
    request = Message.FromString(traces())
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.end_time_unix_nano = end_ns
    for name, value in attributes.items():
        kind = {bool: "bool", int: "int", float: "double", str: "string"}[type(value)]
        setattr(span.attributes.add(key=name).value, f"{kind}_value", value)
    before = request.SerializeToString()

    (after,) = spans_in(spooled(before))

    own = [pair for pair in span.attributes if pair.key != "otel_costing.rates.digest"]
    assert [pair for pair in after.attributes if pair in own] == own
    del after.attributes[:]
    del span.attributes[:]
    assert after == span


# --- JSON


def test_a_json_request_is_sent_on_in_protobuf_with_its_costs() -> None:
    captured = SPANS / "otel-genai-anthropic__anthropic_messages_create_stream.json"

    enriched = spooled(captured.read_bytes(), encoding=Encoding.JSON)

    assert any(said(span).get("otel_costing.status") == "priced" for span in spans_in(enriched))


def test_log_records_in_json_are_sent_on_in_protobuf() -> None:
    sent = spooled(json_logs("gen_ai.evaluation.result"), Kind.LOGS, Encoding.JSON)

    assert sent == logs("gen_ai.evaluation.result")


def test_a_json_request_of_spans_that_were_all_rejected_leaves_nothing() -> None:
    assert list(_spans_of(json_traces("00"))) == []


def _spans_of(body: bytes) -> Iterator[Any]:
    yield from spans_in(spooled(body, encoding=Encoding.JSON))
