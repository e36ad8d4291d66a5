"""Outcomes through the doors of OTLP: in the ledger, once, of the run that they came of."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter

from otel_costing import CostSpanProcessor, attribute_to, record_outcome, record_score
from otel_costing.clickhouse.exporter import ClickHouseSpanExporter
from otel_costing.clickhouse.outcome_reports import margins
from otel_costing.clickhouse.store import Store
from tests.collector.running import JSON
from tests.collector.test_evaluations import Bench

TOLD = "SELECT name, toString(value_usd), quantity, success, team FROM outcomes ORDER BY name"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, directory: Path) -> Iterator[Bench]:
    """A collector of its own, for all of these tests."""
    place = tmp_path_factory.mktemp("outcomes")
    opened = Bench(place, f"chdb://{directory}?database=outcomes")
    yield opened
    opened.close()


def one_run(exporter: SpanExporter, feature: str) -> None:
    """Make a call, judge its answer and resolve a ticket, with a real SDK."""
    provider = TracerProvider(
        resource=Resource({"service.name": "assistant"}), shutdown_on_exit=False
    )
    provider.add_span_processor(CostSpanProcessor(SimpleSpanProcessor(exporter)))
    tracer = provider.get_tracer("app")
    who = attribute_to(
        team="support", workflow="answer", feature=feature, customer_id="acme", purpose="evaluation"
    )
    said: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 200,
    }
    with who, tracer.start_as_current_span("work"):
        with tracer.start_as_current_span("chat gpt-4o", attributes=said):
            assert record_score("Relevance", 0.75, "pass")
        assert record_outcome("ticket_resolved", value_usd="12.50")
    provider.shutdown()


def of_feature(store: Store, feature: str) -> tuple[Any, ...]:
    """Return value, cost and margin of the runs of a feature, and the purpose of its calls."""
    (found,) = [one for one in margins(store, ["feature", "purpose"]) if one.values[0] == feature]
    return found.runs, str(found.value_usd), str(found.margin_usd), found.values[1]


def test_what_an_sdk_tells_of_a_run_stands_beside_its_cost(bench: Bench) -> None:
    one_run(OTLPSpanExporter(f"http://127.0.0.1:{bench.collector.ports.http}/v1/traces"), "otlp")
    bench.booked()

    assert of_feature(bench.store, "otlp") == (
        1,
        "12.500000000000",
        "12.495500000000",
        "evaluation",
    )
    judged = "SELECT name, score_value, linked_by FROM evaluated_calls WHERE feature = 'otlp'"
    assert bench.ask(judged) == [("Relevance", 0.75, "span")]


def test_the_exporter_books_the_same(bench: Bench) -> None:
    with Store.open(bench.store.dsn) as store:
        one_run(ClickHouseSpanExporter(dsn=bench.store.dsn), "exporter")
        told = of_feature(store, "exporter")

    assert told == (1, "12.500000000000", "12.495500000000", "evaluation")


def test_a_log_record_tells_an_outcome_as_often_as_it_is_sent_once(bench: Bench) -> None:
    said = {
        "otel_costing.outcome.name": {"stringValue": "log"},
        "otel_costing.outcome.value_usd": {"stringValue": "0.10"},
        "otel_costing.outcome.quantity": {"intValue": "3"},
        "otel_costing.outcome.success": {"boolValue": False},
        "otel_costing.workflow_run_id": {"stringValue": "run-of-a-log"},
    }
    record = {
        "eventName": "otel_costing.outcome",
        "timeUnixNano": str(time.time_ns()),
        "body": {"stringValue": "never read"},
        "attributes": [{"key": key, "value": value} for key, value in said.items()],
    }
    other = {"eventName": "something.else", "body": {"stringValue": "never read"}}
    request = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, other]}]}]}
    for _ in range(2):
        bench.send("/v1/logs", json.dumps(request).encode(), JSON)
        bench.booked()

    assert ("log", "0.1", 3, False, "") in bench.ask(TOLD)
    assert bench.ask("SELECT count() FROM outcomes WHERE name = 'log'") == [(1,)]
    assert bench.ask("SELECT run_id FROM outcome_runs WHERE name = 'log'") == [("run-of-a-log",)]
    assert "never read" not in repr(bench.ask("SELECT * FROM outcomes"))
