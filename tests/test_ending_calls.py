"""One call that several spans tell of is counted once, and at the best that any of them knows."""

from __future__ import annotations

import time
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from otel_costing import CostSpanProcessor, attribute_to, receipt
from otel_costing.otlp import decode
from otel_costing.receipt import Receipt
from tests.tracing import (
    CALL,
    CALL_USD,
    attributes_of,
    counted,
    exported,
    metered,
    provider_of,
)

USD = "otel_costing.cost.usd"
STATUS = "otel_costing.status"
ID = "chatcmpl-CR1aXb9ZkPq0001"
NO_MODEL = {name: CALL[name] for name in CALL if "model" not in name}
NO_USAGE = {name: CALL[name] for name in CALL if "usage" not in name}


class Told:
    """An inner and an outer span, of two instrumentations."""

    def __init__(self, *, wrapping: int = 0) -> None:
        self.meters, self.reader = metered()
        simple, self._exporter = exported()
        forms: list[SpanProcessor] = [
            CostSpanProcessor(_Idle(), meter_provider=self.meters) for _ in range(wrapping)
        ]
        self.provider = provider_of(
            *(forms or [CostSpanProcessor(meter_provider=self.meters)]), simple
        )

    def nested(self, inner: dict[str, Any], outer: dict[str, Any]) -> Receipt:
        """End a span inside another."""
        with receipt() as so_far, self.span("framework", outer), self.span("sdk", inner):
            pass
        return so_far

    def span(self, scope: str, attributes: dict[str, Any]) -> Any:
        """Begin a span that has its attributes from the start."""
        tracer = self.provider.get_tracer(scope)
        return tracer.start_as_current_span("chat m", attributes=attributes)

    @property
    def spans(self) -> list[dict[str, Any]]:
        """What was exported, in the order it ended."""
        return [attributes_of(span) for span in self._exporter.get_finished_spans()]

    def statuses(self) -> list[str]:
        """What the spans say, in the order they ended."""
        return [span[STATUS] for span in self.spans]


class _Idle(SpanProcessor):
    """Takes what it gets."""

    def on_end(self, span: ReadableSpan) -> None:
        del span


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        pytest.param(NO_MODEL, CALL, id="the inner knows no model"),
        pytest.param(NO_USAGE, CALL, id="the inner knows no usage"),
        pytest.param(
            {**NO_USAGE, "gen_ai.response.id": ID},
            {**CALL, "gen_ai.response.id": ID},
            id="the inner knows its id alone",
        ),
    ],
)
def test_a_copy_that_knows_the_price_adds_it_and_no_call(
    inner: dict[str, Any], outer: dict[str, Any]
) -> None:
    told = Told()
    so_far = told.nested(dict(inner), dict(outer))

    assert (so_far.calls, so_far.unpriced, str(so_far.total_usd)) == (1, 0, CALL_USD)
    assert told.statuses() == ["unpriced", "priced"]
    assert told.spans[1][USD] == CALL_USD
    assert sum(counted(told.reader, "otel_costing.calls").values()) == 1
    assert sum(counted(told.reader, "otel_costing.usd").values()) == pytest.approx(0.0005825)


def test_a_copy_that_knows_less_adds_nothing() -> None:
    told = Told()
    so_far = told.nested(dict(CALL), dict(NO_USAGE))

    assert (so_far.calls, so_far.unpriced, str(so_far.total_usd)) == (1, 0, CALL_USD)
    assert told.statuses() == ["priced", "duplicate"]


def test_a_call_without_usage_that_two_instrumentations_saw_is_counted_once() -> None:
    told = Told()
    so_far = told.nested(dict(NO_USAGE), dict(NO_USAGE))

    assert (so_far.calls, so_far.unpriced) == (1, 1)
    assert told.statuses() == ["unpriced", "duplicate"]


def test_the_price_is_added_once_however_many_copies_know_it() -> None:
    told = Told()
    with receipt() as so_far, ExitStack() as spans:
        for scope in ("agent", "framework", "client"):
            spans.enter_context(told.span(scope, dict(CALL)))
        spans.enter_context(told.span("sdk", dict(NO_MODEL)))

    assert (so_far.calls, str(so_far.total_usd)) == (1, CALL_USD)
    assert told.statuses() == ["unpriced", "priced", "duplicate", "duplicate"]


def test_the_price_is_added_to_the_receipts_around_too() -> None:
    told = Told()
    with receipt() as outer:
        inner = told.nested(dict(NO_MODEL), dict(CALL))

    assert str(outer.total_usd) == str(inner.total_usd) == CALL_USD
    assert (outer.calls, outer.unpriced) == (1, 0)


def test_two_wrapping_processors_add_the_price_once() -> None:
    told = Told(wrapping=2)
    so_far = told.nested(dict(NO_MODEL), dict(CALL))

    assert (so_far.calls, so_far.unpriced, str(so_far.total_usd)) == (1, 0, CALL_USD)
    assert sum(counted(told.reader, "otel_costing.usd").values()) == pytest.approx(0.0005825)


def test_a_copy_on_a_receipt_brings_the_call_there_where_the_first_was_on_none() -> None:
    told = Told()
    known = {**CALL, "gen_ai.response.id": ID}
    with receipt() as so_far:
        mine = told.provider.get_tracer("sdk").start_span("chat m", attributes=known)
    told.provider.get_tracer("log").start_span("m", context=Context(), attributes=known).end()
    assert so_far.calls == 0
    mine.end()

    assert (so_far.calls, str(so_far.total_usd)) == (1, CALL_USD)
    assert told.statuses() == ["priced", "duplicate"]
    assert sum(counted(told.reader, "otel_costing.calls").values()) == 1


def test_a_journal_has_the_copy_that_knows_the_price(tmp_path: Path) -> None:
    processor = CostSpanProcessor(journal=tmp_path)
    provider = provider_of(processor)
    outer = provider.get_tracer("framework").start_span("chat m", attributes=CALL)
    inside = trace.set_span_in_context(outer)
    provider.get_tracer("sdk").start_span("chat m", context=inside, attributes=NO_MODEL).end()
    outer.end()
    processor.shutdown()

    (journal,) = tmp_path.iterdir()
    assert journal.read_bytes().count(CALL_USD.encode()) == 1


# --- runs of real packages that once came out wrong

FOUND = Path(__file__).parent / "live" / "found"
NOTHING: dict[str, int] = {}
ANTHROPIC = {
    "input": 1000,
    "cache_read": 300,
    "cache_write_5m": 400,
    "cache_write_1h": 100,
    "output": 150,
    "reasoning": 50,
}


def replayed(file: str) -> Receipt:
    """Return the receipt of captured spans, begun and ended in the order and at the times they were."""
    provider = provider_of(CostSpanProcessor())
    records = decode((FOUND / file).read_bytes()).spans
    moments = sorted(
        [(record.start_ns, 0, record) for record in records]
        + [(record.end_ns, 1, record) for record in records],
        key=lambda moment: moment[:2],
    )
    later_ns = time.time_ns() - moments[-1][0]
    live: dict[str, Any] = {}
    with attribute_to(team="support"), receipt() as so_far:
        for at_ns, is_end, record in moments:
            if is_end:
                known = {k: v for k, v in record.attributes.items() if v is not None}
                live[record.span_id].set_attributes(known)
                live[record.span_id].end(at_ns + later_ns)
                continue
            parent = live.get(record.parent_span_id)
            live[record.span_id] = provider.get_tracer(
                record.scope_name, record.scope_version
            ).start_span(
                record.name,
                context=None if parent is None else trace.set_span_in_context(parent),
                start_time=at_ns + later_ns,
            )
    return so_far


@pytest.mark.parametrize(
    ("file", "calls", "quantities"),
    [
        ("anthropic-native-and-openllmetry__stream.json", 1, ANTHROPIC),
        ("genai-openai-and-openinference__embeddings.json", 1, {"input": 77}),
        ("genai-openai-and-openinference__stream_unasked.json", 1, NOTHING),
        ("langfuse-and-openinference__embeddings.json", 1, {"input": 77}),
        # Two spans side by side without an id: nothing tells that they are one.
        ("langfuse-and-openinference__stream_unasked.json", 2, NOTHING),
        ("logfire-and-anthropic-native__stream.json", 1, ANTHROPIC),
        ("openinference-openai__embeddings.json", 1, {"input": 77}),
        ("openllmetry-and-genai-openai__stream_unasked.json", 1, NOTHING),
    ],
)
def test_a_run_that_was_once_counted_wrong_is_counted_right(
    file: str, calls: int, quantities: dict[str, int]
) -> None:
    so_far = replayed(file)

    assert so_far.calls == calls
    assert {line.meter: line.quantity for line in so_far.lines} == quantities
    assert so_far.total_usd == sum(
        (line.amount_usd or Decimal(0) for line in so_far.lines), Decimal(0)
    )
