"""What an application tells of its own work, on real spans: never an exception, never a float for money."""

from __future__ import annotations

import logging
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_costing import CostSpanProcessor, attribute_to, record_outcome, record_score
from otel_costing.evaluations import evaluations_on
from otel_costing.examined import examine
from otel_costing.otlp import decode
from otel_costing.outcomes import Outcome
from otel_costing.rates import default_rates
from otel_costing.readable import record_of
from tests.calls import NOON


class Traced:
    """Spans of a real SDK, and what they tell once they have ended."""

    def __init__(self, **limits: int) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(span_limits=SpanLimits(**limits), shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("app")

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return what the last span tells."""
        return examine(self._record(), default_rates(), NOON).outcomes

    def scores(self) -> list[tuple[Any, ...]]:
        """Return name, score, label and response of what the last span tells."""
        return [
            (one.name, one.score_value, one.score_label, one.response_id)
            for one in evaluations_on(self._record(), "")
        ]

    def _record(self) -> Any:
        return record_of(self._exporter.get_finished_spans()[-1])


class Unconvertible(Fraction):
    """A number of an application's own that does not say which."""

    def __float__(self) -> float:
        raise RuntimeError("on another device")


@pytest.fixture
def traced() -> Traced:
    return Traced()


def test_an_outcome_is_of_the_current_run_and_of_who_caused_it(traced: Traced) -> None:
    with (
        attribute_to(
            team="support", workflow="answer", feature="answers", customer_id="acme"
        ) as who,
        traced.tracer.start_as_current_span("work"),
    ):
        assert record_outcome("ticket_resolved", value_usd="12.50", quantity=2)

    (told,) = traced.outcomes()
    assert (told.name, told.value_usd, told.quantity, told.success) == (
        "ticket_resolved",
        Decimal("12.5"),
        2,
        True,
    )
    assert told.attribution == who
    assert told.attribution.origin_workflow_run_id


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Decimal("12.500000000000000"), Decimal("12.5")),
        (Decimal("1E-12"), Decimal("0.000000000001")),
        (Decimal(-3), Decimal(-3)),
        (Decimal("0E-30"), Decimal(0)),
        (7, Decimal(7)),
        ("-0.1", Decimal("-0.1")),
        ("999999999999.999999999999", Decimal("999999999999.999999999999")),
        (None, None),
    ],
)
def test_a_value_is_kept_to_the_last_digit(
    traced: Traced, value: Any, kept: Decimal | None, caplog: pytest.LogCaptureFixture
) -> None:
    with traced.tracer.start_as_current_span("work"):
        record_outcome("order", value_usd=value)

    assert traced.outcomes()[0].value_usd == kept
    assert caplog.records == []


@pytest.mark.parametrize(
    "value",
    [
        12.5,
        True,
        "12,50",
        "1e3",
        "",
        10**12,
        Decimal("1E-13"),
        Decimal("NaN"),
        Decimal("1E999999"),
        [1],
    ],
    ids=repr,
)
def test_what_is_no_exact_value_is_unknown_and_said_in_the_log(
    traced: Traced, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with traced.tracer.start_as_current_span("work"):
        assert record_outcome("order", value_usd=value)

    assert traced.outcomes()[0].value_usd is None
    (said,) = caplog.messages
    assert type(value).__name__ in said
    assert "as text or Decimal" in said


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": 1.0},
        {"quantity": True},
        {"quantity": 10**13},
        {"success": None},
        {"name": ""},
        {"name": 7},
    ],
    ids=repr,
)
def test_an_outcome_that_cannot_be_told_is_said_in_the_log_and_hurts_nobody(
    traced: Traced, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with traced.tracer.start_as_current_span("work"):
        assert not record_outcome(**{"name": "order", **wrong})

    assert traced.outcomes() == ()
    assert "not told" in caplog.text


def test_without_a_span_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    assert not record_outcome("order")
    assert not record_score("Relevance", 1, span=trace.INVALID_SPAN)
    assert [one.levelno for one in caplog.records if one.levelno > logging.DEBUG] == []


def test_a_text_that_the_sdk_would_cut_is_left_out() -> None:
    short = Traced(max_attribute_length=5)
    with short.tracer.start_as_current_span("work"):
        record_outcome("order", value_usd="1234.50")
        record_outcome("order", value_usd="12.5")

    assert [one.value_usd for one in short.outcomes()] == [None, Decimal("12.5")]


def test_half_a_character_does_not_cost_an_outcome_its_name(traced: Traced) -> None:
    with traced.tracer.start_as_current_span("work"):
        record_outcome("order\ud800")
        record_score("Tone\ud800", 1, "pa\udfffss", response_id="r\ud800")

    # An exporter would leave such an attribute out.
    assert traced.outcomes()[0].name == "order?"
    assert traced.scores() == [("Tone?", 1.0, "pa?ss", "r?")]


def test_a_span_that_fails_to_take_an_event_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(trace.NonRecordingSpan):
        def is_recording(self) -> bool:
            raise RuntimeError("broken")

    assert not record_outcome("order", span=Broken(trace.INVALID_SPAN_CONTEXT))
    assert "could not be told" in caplog.text


def test_what_is_told_on_a_calls_span_is_in_the_journal(tmp_path: Path) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(CostSpanProcessor(journal=tmp_path))
    said: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 7,
    }
    with provider.get_tracer("app").start_as_current_span("chat gpt-4o", attributes=said) as span:
        span.add_event("gen_ai.evaluation.result", {"gen_ai.evaluation.explanation": "her words"})
        span.add_event("something.else", {"gen_ai.evaluation.name": "unread"})
        record_score("Relevance", 1)
        record_outcome("order", value_usd="0.000000000001")
    provider.shutdown()

    (journal,) = tmp_path.iterdir()
    text = journal.read_bytes()
    (record,) = decode(text).spans
    (outcome,) = examine(record, default_rates(), NOON).outcomes
    assert [one.name for one in evaluations_on(record, "")] == ["", "Relevance"]
    assert outcome.value_usd == Decimal("1e-12")
    assert b"her words" not in text


def test_a_score_is_the_standard_event(traced: Traced) -> None:
    with traced.tracer.start_as_current_span("judge") as span:
        assert record_score("Relevance", 0.75, "pass", response_id="chatcmpl-1")
    with traced.tracer.start_as_current_span("other"):
        assert not record_score("Tone", span=span)

    assert traced.scores() == []
    assert [one.name for one in span.events] == ["gen_ai.evaluation.result"]  # type: ignore[attr-defined]
    attributes = dict(span.events[0].attributes or {})  # type: ignore[attr-defined]
    assert attributes == {
        "gen_ai.evaluation.name": "Relevance",
        "gen_ai.evaluation.score.value": 0.75,
        "gen_ai.evaluation.score.label": "pass",
        "gen_ai.response.id": "chatcmpl-1",
    }


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1, 1.0),
        (Decimal("0.5"), 0.5),
        (math.nan, None),
        (Decimal("sNaN"), None),
        (math.inf, None),
        ("high", None),
        (10**400, None),
        (Unconvertible(1), None),
    ],
)
def test_a_score_is_a_finite_number_or_unknown(
    traced: Traced, value: Any, kept: float | None
) -> None:
    with traced.tracer.start_as_current_span("judge"):
        assert record_score("Relevance", value, "fine")

    assert traced.scores() == [("Relevance", kept, "fine", "")]
