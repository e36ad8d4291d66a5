"""One pricing path, many doors: a span that comes through all of them is one call with one price."""

from __future__ import annotations

import gzip
import time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from google.protobuf.json_format import MessageToJson
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext
from opentelemetry.util.types import AnyValue

from otel_costing import CostSpanProcessor, attribute_to, price_span, receipt
from otel_costing.attribution import Attribution
from otel_costing.batch import seal
from otel_costing.clickhouse import ClickHouseSpanExporter
from otel_costing.clickhouse.reports import entries_of_call, entries_of_trace
from otel_costing.clickhouse.store import Store
from otel_costing.cost import Cost, PricedCall
from otel_costing.entry import stated
from otel_costing.ingest import ingest
from otel_costing.ledger import LedgerEntry
from otel_costing.rates import default_rates
from otel_costing.usage_events import (
    UsageEvent,
    call_id_of_request,
    decoded,
    encoded,
    examine_event,
)
from tests.clickhouse.tables import everything, rows

SCOPE = "opentelemetry.instrumentation.genai.anthropic"
CALL: dict[str, AnyValue] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-sonnet-4-5",
    "gen_ai.response.id": "msg_01XFDUDYJgAACzvnptvVoYEL",
    "gen_ai.usage.input_tokens": 1800,
    "gen_ai.usage.cache_read.input_tokens": 300,
    "gen_ai.usage.cache_write.input_tokens": 500,
    "gen_ai.usage.output_tokens": 200,
}
# 1000 x 3 + 300 x 0.30 + 500 x 3.75 + 200 x 15, USD per million tokens
USD = Decimal("0.007965")


class Made(NamedTuple):
    """One model call, as every door got it."""

    exported: ReadableSpan
    rebuilt: ReadableSpan
    receipt_usd: Decimal
    journal: Path


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """One call in an application with the processor, both of its forms and a journal."""
    beside, behind = InMemorySpanExporter(), InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(CostSpanProcessor(journal=tmp_path / "journal"))
    provider.add_span_processor(SimpleSpanProcessor(beside))
    with attribute_to(team="search"), receipt() as so_far:
        provider.get_tracer(SCOPE, "1.3b0").start_span(
            "chat claude-sonnet-4-5", attributes=CALL
        ).end()
    (exported,) = beside.get_finished_spans()
    CostSpanProcessor(SimpleSpanProcessor(behind)).on_end(_as_emitted(exported))
    (rebuilt,) = behind.get_finished_spans()
    return Made(exported, rebuilt, so_far.total_usd, tmp_path / "journal")


def _as_emitted(span: ReadableSpan) -> ReadableSpan:
    """The span as the instrumentation made it, before any cost was on it."""
    return ReadableSpan(
        name=span.name,
        context=span.context,
        resource=span.resource,
        attributes=CALL,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def said(span: ReadableSpan) -> Decimal:
    attributes = span.attributes or {}
    return Decimal(str(attributes["otel_costing.cost.usd"]))


@pytest.fixture
def files(made: Made, tmp_path: Path) -> list[Path]:
    """The span as emitted and as priced, in every form a file may have."""
    paths = []
    for name, span in (("emitted", _as_emitted(made.exported)), ("priced", made.exported)):
        request = encode_spans([span])
        forms = {
            "pb": request.SerializeToString(),
            "pb.gz": gzip.compress(request.SerializeToString()),
            "json": MessageToJson(request).encode(),
        }
        for ending, body in forms.items():
            path = tmp_path / f"{name}.{ending}"
            path.write_bytes(body)
            paths.append(path)
    return paths


def test_the_functions_the_processor_and_the_receipt_say_one_number(made: Made) -> None:
    priced = price_span(CALL, scope_name=SCOPE, start_time=1, end_time=time.time_ns())

    assert isinstance(priced, PricedCall)
    assert isinstance(priced.cost, Cost)
    assert priced.cost.total_usd == USD
    assert said(made.exported) == USD
    assert said(made.rebuilt) == USD
    assert made.receipt_usd == USD


def test_every_door_to_the_ledger_books_the_same_single_entry(
    made: Made, files: list[Path], dsn: str
) -> None:
    exporter = ClickHouseSpanExporter(dsn=dsn)
    exporter.export([_as_emitted(made.exported)])
    exporter.export([made.exported])
    exporter.shutdown()
    with Store.open(dsn) as store:
        first = everything(store)["ledger"]
        for door in ([made.journal], *([path] for path in files)):
            report = ingest(door, store, received_ns=time.time_ns())
            assert (report.billable_calls, report.duplicates, report.refused) == (1, 1, ())

        after = everything(store)
        assert after["ledger"] == first
        assert after["findings"] == []
        assert rows(store, "SELECT total_usd, sign, status FROM ledger") == [(USD, 1, "priced")]


def event_of(made: Made, request_id: str, **said: str) -> UsageEvent:
    """The call as its caller would state it without OpenTelemetry, in the course of the span that tells of it."""
    usual = {
        "trace_id": f"{context_of(made).trace_id:032x}",
        "span_id": f"{context_of(made).span_id:016x}",
        "response_id": str(CALL["gen_ai.response.id"]),
    }
    return UsageEvent(
        call_id=call_id_of_request("search", "", request_id),
        request_id=request_id,
        provider="anthropic",
        model="claude-sonnet-4-5",
        usage={"input": 1000, "cache_read": 300, "cache_write_5m": 500, "output": 200},
        started_ns=made.exported.start_time or 0,
        ended_ns=made.exported.end_time or 0,
        attribution=Attribution(team="search"),
        operation="chat",
        **{**usual, **said},  # type: ignore[arg-type]  # all of them are texts
    )


def context_of(made: Made) -> SpanContext:
    context = made.exported.get_span_context()
    assert context is not None
    return context


def book(store: Store, event: UsageEvent) -> LedgerEntry:
    """Book an event as a collector reads it from its spool; return its charge."""
    now_ns = time.time_ns()
    examined = [examine_event(one, default_rates(), now_ns) for one in decoded(encoded([event]))]
    for batch in seal(examined, default_rates(), now_ns, largest=10):
        store.book(batch)
    return entries_of_call(store, event.call_id)[0]


def test_an_event_and_a_span_of_one_call_are_charged_once(made: Made, dsn: str) -> None:
    with Store.open(dsn) as store:
        book(store, event_of(made, "told-by-both"))
        ingest([made.journal], store, received_ns=time.time_ns())
        store.settle(now_ns=time.time_ns())

        assert rows(store, "SELECT sum(sign), sum(total_usd) FROM ledger") == [(1, USD)]


def test_an_event_states_the_same_lines_as_the_span_to_the_last_digit(made: Made, dsn: str) -> None:
    with Store.open(dsn) as store:
        ingest([made.journal], store, received_ns=time.time_ns())
        (span,) = entries_of_trace(store, f"{context_of(made).trace_id:032x}")
        event = book(store, event_of(made, "by-itself", trace_id="", span_id="", response_id=""))

    assert event.total_usd == span.total_usd == USD
    assert stated(event.items) == stated(span.items)
    assert (event.rate_id, event.provider, event.model) == (span.rate_id, span.provider, span.model)
