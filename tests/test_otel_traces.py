"""Rows as the exporter writes them, Map or JSON, are the spans that an OTLP request would have brought."""

from __future__ import annotations

import json
from typing import Any

import pytest

from otel_costing.batch import Examined, examine
from otel_costing.decoded import Undecodable
from otel_costing.dialects import DIALECTS
from otel_costing.evaluations import evaluations_on
from otel_costing.otel_traces import (
    READ,
    READ_OF_RESOURCES,
    TELLING,
    Schema,
    TracesRow,
    record_of,
)
from otel_costing.otlp import decode
from otel_costing.rates import default_rates
from otel_costing.semconv import EVALUATION_RESULT
from otel_costing.spans import Attributes, SpanRecord
from tests.calls import NOON, SECOND, TRACE, hex_id
from tests.conformance.truth import SPANS

CAPTURED = [
    record for file in sorted(SPANS.glob("*.json")) for record in decode(file.read_bytes()).spans
]
SCHEMAS = pytest.mark.parametrize("schema", Schema)


def row(**said: Any) -> TracesRow:
    """Return a row that tells of a span of one second."""
    given = {"attributes": {}, "resource": {}, "events": (), **said}
    plain = TracesRow(
        trace_id=TRACE,
        span_id=hex_id(1),
        parent_span_id="",
        name="chat m",
        kind="Client",
        start_ns=NOON,
        duration_ns=SECOND,
        status="Unset",
        resource=json.dumps(given.pop("resource")),
        scope_name="acme",
        scope_version="1",
        attributes=json.dumps(given.pop("attributes")),
        events_ns=(),
        events=tuple(map(json.dumps, given.pop("events"))),
        event_names=(),
        links=(),
    )
    return plain._replace(**given)


def examined(record: SpanRecord) -> Examined:
    return examine(record, default_rates(), record.end_ns, backfill=True)


def only(attributes: Attributes, names: frozenset[str]) -> Attributes:
    return {name: value for name, value in attributes.items() if name in names}


@pytest.mark.parametrize(
    "record", CAPTURED, ids=lambda record: f"{record.scope_name} {record.name}"
)
def test_what_is_not_read_of_a_captured_span_says_nothing_of_its_cost(record: SpanRecord) -> None:
    kept = record._replace(
        attributes=only(record.attributes, READ),
        resource=only(record.resource, READ_OF_RESOURCES),
    )

    assert examined(kept) == examined(record)


def test_a_span_without_a_telling_attribute_says_the_same_without_any() -> None:
    silent = [record for record in CAPTURED if TELLING.isdisjoint(record.attributes)]

    assert silent
    for record in silent:
        assert examined(record._replace(attributes={})) == examined(record)


def test_what_must_be_missing_on_an_estimate_is_read() -> None:
    estimates = [dialect.estimated_if for dialect in DIALECTS if dialect.estimated_if]

    assert any(one.missing for one in estimates)
    assert READ.issuperset(name for one in estimates for name in one.missing)


@SCHEMAS
def test_a_row_is_a_span(schema: Schema) -> None:
    told = row(
        parent_span_id=hex_id(7),
        resource={"service.name": "assistant"},
        attributes={"gen_ai.request.model": "m"},
        links=[(TRACE, hex_id(3)), ("", "")],
        status="Error",
    )

    assert record_of(told, schema) == SpanRecord(
        trace_id=TRACE,
        span_id=hex_id(1),
        parent_span_id=hex_id(7),
        name="chat m",
        kind="client",
        start_ns=NOON,
        end_ns=NOON + SECOND,
        attributes={"gen_ai.request.model": "m"},
        scope_name="acme",
        scope_version="1",
        resource={"service.name": "assistant"},
        failed=True,
        links=((TRACE, hex_id(3)),),
    )


@pytest.mark.parametrize(
    ("told", "kind", "failed"),
    [
        (row(kind="Server", status="Error"), "server", True),
        (row(kind="SPAN_KIND_SERVER", status="STATUS_CODE_ERROR"), "server", True),
        (row(kind="Unspecified", status="Ok"), "", False),
        (row(kind="", status=""), "", False),
    ],
)
def test_kinds_and_statuses_are_known_by_the_names_of_all_versions(
    told: TracesRow, kind: str, *, failed: bool
) -> None:
    record = record_of(told, Schema.MAP)

    assert (record.kind, record.failed) == (kind, failed)


def test_a_scope_may_stand_among_the_attributes_as_it_did_before_it_had_columns() -> None:
    attributes = {"otel.scope.name": "openai", "otel.scope.version": "2.1"}
    record = record_of(row(attributes=attributes, scope_name="", scope_version=""), Schema.MAP)

    assert (record.scope_name, record.scope_version) == ("openai", "2.1")


def test_counts_that_came_as_text_are_counts() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.usage.input_tokens": 700,
        "gen_ai.usage.output_tokens": 20,
    }
    texts = {name: str(value) for name, value in attributes.items()}

    assert examined(record_of(row(attributes=texts), Schema.MAP)) == examined(
        record_of(row(attributes=attributes), Schema.JSON)
    )


def test_yes_and_no_that_came_as_text_are_read_where_they_decide() -> None:
    estimated = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.request.stream": "true",
        "gen_ai.usage.input_tokens": "700",
    }
    told = row(attributes=estimated, scope_name="openlit.instrumentation.openai")
    account = examined(record_of(told, Schema.MAP)).account

    assert account is not None
    assert "estimated_usage" in account.assumptions


def test_a_text_that_says_yes_stays_a_text_where_kinds_are_kept() -> None:
    attributes = {"gen_ai.request.stream": "true"}

    assert record_of(row(attributes=attributes), Schema.JSON).attributes == attributes


def test_a_name_may_be_the_beginning_of_another() -> None:
    """The engine writes such an object with the same key twice."""
    text = '{"gen_ai":{"usage":{"input_tokens":700,"input_tokens":{"cached":300}}}}'
    record = record_of(row()._replace(attributes=text), Schema.JSON)

    assert record.attributes == {
        "gen_ai.usage.input_tokens": 700,
        "gen_ai.usage.input_tokens.cached": 300,
    }


def test_lists_stand_as_they_would_have_come() -> None:
    attributes = {"gen_ai.response.finish_reasons": ["stop", "length"], "user.id": None}
    record = record_of(row(attributes=attributes), Schema.JSON)

    assert record.attributes == {"gen_ai.response.finish_reasons": ("stop", "length")}


@pytest.mark.parametrize("stored_ns", [-SECOND, 0])
def test_a_span_that_ends_before_it_starts_keeps_both_times(stored_ns: int) -> None:
    assert record_of(row(duration_ns=stored_ns), Schema.MAP).end_ns == NOON + stored_ns


@SCHEMAS
def test_evaluations_on_a_span_are_read(schema: Schema) -> None:
    said = {"gen_ai.evaluation.name": "Relevance", "gen_ai.evaluation.score.value": 0.75}
    if schema is Schema.MAP:
        said["gen_ai.evaluation.score.value"] = "0.75"
    record = record_of(
        row(events_ns=[NOON + 5], events=[said], event_names=[EVALUATION_RESULT]), schema
    )
    (evaluation,) = evaluations_on(record, "team")

    assert (evaluation.name, evaluation.score_value, evaluation.evaluated_ns) == (
        "Relevance",
        0.75,
        NOON + 5,
    )


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (row(trace_id=""), "trace id"),
        (row(trace_id="0" * 32), "trace id"),
        (row(span_id="xyz"), "span id"),
        (row(parent_span_id="12"), "parent span id"),
        (row()._replace(attributes='{"a":' * 100_000), "nest too deeply"),
    ],
)
def test_a_row_that_tells_of_no_span_is_refused(told: TracesRow, why: str) -> None:
    with pytest.raises(Undecodable, match=why):
        record_of(told, Schema.JSON)
