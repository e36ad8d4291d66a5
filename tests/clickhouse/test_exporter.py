"""The exporter: from the SDK into the ledger, and never a harm to its host."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.trace import Status, StatusCode

from otel_costing.clickhouse import ClickHouseSpanExporter, Store
from otel_costing.clickhouse import exporter as exporter_module
from otel_costing.clickhouse.reports import entries_of_trace, trace_tree
from otel_costing.readable import record_of
from tests.clickhouse.tables import rows

pytestmark = pytest.mark.usefixtures("engine")
CALL: dict[str, str | int] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 200,
}


def call(provider: TracerProvider) -> ReadableSpan:
    """Return a model call that has ended."""
    span = provider.get_tracer("opentelemetry.instrumentation.genai.openai", "1.0").start_span(
        "chat gpt-5-mini", attributes=CALL
    )
    span.end()
    assert isinstance(span, ReadableSpan)
    return span


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    """A tracer provider of a service of its own."""
    made = TracerProvider(
        resource=Resource({"service.name": "assistant", "otel_costing.team": "support"})
    )
    yield made
    made.shutdown()


def test_a_priced_call_and_its_tree_stand_in_the_ledger(dsn: str, provider: TracerProvider) -> None:
    provider.add_span_processor(SimpleSpanProcessor(ClickHouseSpanExporter(dsn=dsn)))
    tracer = provider.get_tracer("opentelemetry.instrumentation.genai.openai", "1.0")
    with tracer.start_as_current_span("answer") as root:
        tracer.start_span("chat gpt-5-mini", attributes=CALL).end()
    provider.shutdown()

    trace_id = f"{root.get_span_context().trace_id:032x}"
    with Store.open(dsn) as store:
        (booked,) = entries_of_trace(store, trace_id)
        (tree,) = trace_tree(store, trace_id)
    assert (booked.status, booked.service, booked.total_usd is None) == (
        "priced",
        "assistant",
        False,
    )
    assert (tree.name, tree.subtree_usd, len(tree.children)) == ("answer", booked.total_usd, 1)


def test_rollups_follow_at_shutdown(dsn: str, provider: TracerProvider) -> None:
    exporter = ClickHouseSpanExporter(dsn=dsn)
    exporter.export([call(provider)])
    with Store.open(dsn) as store:
        assert rows(store, "SELECT sum(calls) FROM rollup_daily") == [(0,)]
        exporter.shutdown()
        assert rows(store, "SELECT sum(calls) FROM rollup_daily") == [(1,)]


def test_rollups_follow_now_and_then(
    dsn: str, provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter_module, "_EVERY_S", 0.0)
    exporter = ClickHouseSpanExporter(dsn=dsn)
    exporter.export([call(provider)])
    with Store.open(dsn) as store:
        assert rows(store, "SELECT sum(calls) FROM rollup_daily") == [(1,)]
    exporter.shutdown()


def test_a_rollup_that_cannot_be_built_is_a_warning_and_the_spans_are_booked(
    dsn: str, provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = ClickHouseSpanExporter(dsn=dsn)
    with Store.open(dsn) as store:
        store.connection.command("DROP TABLE rollup_builds")
        assert exporter.export([call(provider)]) is SpanExportResult.SUCCESS
        exporter.shutdown()
        assert rows(store, "SELECT count() FROM costs") == [(1,)]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "rollup_daily stay behind" in caplog.text


def test_nothing_is_opened_before_the_first_span(tmp_path: Path) -> None:
    ClickHouseSpanExporter(dsn=f"chdb://{tmp_path}/ledger").shutdown()

    assert list(tmp_path.iterdir()) == []


def spans_of(provider: TracerProvider) -> list[object]:
    span = provider.get_tracer("t").start_span("s")
    span.end()
    return [span]


def test_a_ledger_that_cannot_be_ours_switches_it_off_with_one_warning(
    store: Store, tmp_path: Path, provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    assert rows(store, "SELECT 1") == [(1,)]
    exporter = ClickHouseSpanExporter(dsn=f"chdb://{tmp_path}/second")
    results = {exporter.export(spans_of(provider)) for _ in range(3)}  # type: ignore[arg-type]

    assert results == {SpanExportResult.FAILURE}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "is off: this process already has the ledger" in caplog.text


def test_after_a_fork_it_is_off(
    dsn: str,
    provider: TracerProvider,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exporter = ClickHouseSpanExporter(dsn=dsn)
    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert exporter.export(spans_of(provider)) is SpanExportResult.FAILURE  # type: ignore[arg-type]
    assert exporter.export(spans_of(provider)) is SpanExportResult.FAILURE  # type: ignore[arg-type]
    assert caplog.text.count("forked") == 1


def test_a_server_that_is_away_fails_the_export_and_is_tried_again(
    provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = ClickHouseSpanExporter(dsn="http://127.0.0.1:1")
    for _ in range(2):
        assert exporter.export(spans_of(provider)) is SpanExportResult.FAILURE  # type: ignore[arg-type]

    assert caplog.text.count("no ClickHouse answers") == 2


def test_what_is_no_span_fails_the_export_and_raises_nothing(dsn: str) -> None:
    exporter = ClickHouseSpanExporter(dsn=dsn)

    assert exporter.export([object()]) is SpanExportResult.FAILURE  # type: ignore[list-item]
    exporter.shutdown()


def test_half_characters_do_not_keep_a_batch_out(dsn: str, provider: TracerProvider) -> None:
    """JSON from a browser can hold half of a surrogate pair, and the SDK passes it on."""
    half = "\ud83d"
    exporter = ClickHouseSpanExporter(dsn=dsn)
    tracer = provider.get_tracer("opentelemetry.instrumentation.genai.openai")
    odd = {
        **CALL,
        "gen_ai.request.model": f"m{half}",
        "gen_ai.response.id": half,
        "user.id": half,
        "otel_costing.team": f"a{half}",
        "error.type": half,
    }
    span = tracer.start_span(half, attributes=odd)
    span.end()

    assert exporter.export([span]) is SpanExportResult.SUCCESS  # type: ignore[list-item]
    exporter.shutdown()


def test_a_span_of_the_sdk_is_a_record(provider: TracerProvider) -> None:
    tracer = provider.get_tracer("scope", "2")
    parent = tracer.start_span("parent")
    from opentelemetry.trace import Link, SpanKind, set_span_in_context

    span = tracer.start_span(
        "child",
        context=set_span_in_context(parent),
        kind=SpanKind.CLIENT,
        attributes={"a": 1},
        links=[Link(parent.get_span_context())],
        start_time=5,
    )
    span.set_status(Status(StatusCode.ERROR))
    span.end(end_time=9)
    record = record_of(span)  # type: ignore[arg-type]
    above = parent.get_span_context()

    assert (record.parent_span_id, record.links) == (
        f"{above.span_id:016x}",
        ((f"{above.trace_id:032x}", f"{above.span_id:016x}"),),
    )
    assert (record.kind, record.failed, record.start_ns, record.end_ns) == ("client", True, 5, 9)
    assert (record.scope_name, record.scope_version, record.service) == ("scope", "2", "assistant")
    assert dict(record.attributes) == {"a": 1}


def test_a_wrapper_that_is_exported_later_is_settled_at_the_end(dsn: str) -> None:
    exporter = ClickHouseSpanExporter(dsn=dsn)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    said: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 10,
    }
    outer = provider.get_tracer("framework").start_as_current_span("chat", attributes=said)
    with outer, provider.get_tracer("client").start_as_current_span("chat", attributes=said):
        pass
    provider.shutdown()

    with Store.open(dsn) as store:
        assert store.connection.query("SELECT count() FROM ledger").rows[0][0] == 3
        assert store.connection.query("SELECT count() FROM costs").rows[0][0] == 1


def test_an_evaluation_on_an_exported_span_is_booked(dsn: str) -> None:
    exporter = ClickHouseSpanExporter(dsn=dsn)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("judge").start_as_current_span("judge") as span:
        span.add_event("something.else", {"gen_ai.evaluation.name": "no"})
        span.add_event(
            "gen_ai.evaluation.result",
            {"gen_ai.evaluation.name": "faithful", "gen_ai.evaluation.score.value": 0.5},
        )
    provider.shutdown()

    with Store.open(dsn) as store:
        assert rows(store, "SELECT name, score_value FROM evaluations") == [("faithful", 0.5)]
