"""A promoted resource attribute is a dimension of every call, through whichever door it came."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict, MessageToJson
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util.types import AnyValue

from otel_costing import CostSpanProcessor
from otel_costing.attribution import Attribution
from otel_costing.backfill import Asked, Nowhere, backfilling
from otel_costing.clickhouse import ClickHouseSpanExporter
from otel_costing.clickhouse.erasure import Identifier, act_of, erase
from otel_costing.clickhouse.otel_traces_table import OtelTracesTable
from otel_costing.clickhouse.promotions import promote
from otel_costing.clickhouse.reports import report
from otel_costing.clickhouse.store import Store
from otel_costing.ingest import ingest
from otel_costing.journal import RESOURCE_VARIABLE
from otel_costing.kept_spans import KeptSpans
from otel_costing.ledger import Wanted, restate
from otel_costing.otel_traces import Schema
from otel_costing.promoted import COLUMNS, Promotion
from otel_costing.rates import packaged_rates
from otel_costing.rollup import totals
from otel_costing_collector.pace import Pace
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.sealing import Begin, NumberedBooks, Sealing, rows_of
from otel_costing_collector.spool_record import Encoding, Kind, SpooledRequest
from tests.calls import batch, entry
from tests.clickhouse.random_ledgers import HOUR
from tests.clickhouse.tables import rows
from tests.otel_traces_tables import fill_table, make_table

SCOPE = "opentelemetry.instrumentation.genai.openai"
CALL: dict[str, AnyValue] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 200,
}
RESOURCE = {
    "service.name": "assistant",
    "k8s.namespace.name": "blue",
    "process.command_args": "--token=secret",
}


def span(journal: Path | None = None) -> ReadableSpan:
    """Return one model call of a pod, as an application exports it."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource(RESOURCE))
    if journal is not None:
        provider.add_span_processor(CostSpanProcessor(journal=journal))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    provider.get_tracer(SCOPE).start_span("chat gpt-4o", attributes=CALL).end()
    return kept.get_finished_spans()[0]


def by_file(body: Callable[[ReadableSpan], bytes]) -> Callable[[Store, str, Path], None]:
    def door(store: Store, dsn: str, tmp_path: Path) -> None:
        del dsn
        (tmp_path / "spans").write_bytes(body(span()))
        ingest([tmp_path / "spans"], store, received_ns=time.time_ns())

    return door


def by_journal(store: Store, dsn: str, tmp_path: Path) -> None:
    del dsn
    span(tmp_path / "journal")
    ingest([tmp_path / "journal"], store, received_ns=time.time_ns())


def by_exporter(store: Store, dsn: str, tmp_path: Path) -> None:
    del store, tmp_path
    exporter = ClickHouseSpanExporter(dsn=dsn)
    exporter.export([span()])
    exporter.shutdown()


def by_backfill(schema: Schema) -> Callable[[Store, str, Path], None]:
    def door(store: Store, dsn: str, tmp_path: Path) -> None:
        del dsn, tmp_path
        make_table(store.connection, "otel_traces", schema)
        fill_table(store.connection, "otel_traces", [as_document(span())], schema)
        target = store.connection.target
        with closing(OtelTracesTable.open(target, "otel_traces", store.promotions())) as table:
            steps = backfilling(
                table, store, Nowhere(), Asked(), now_ns=time.time_ns(), rates=packaged_rates()
            )
            assert list(steps)
        store.connection.command("DROP TABLE otel_traces")

    return door


def as_document(one: ReadableSpan) -> dict[str, object]:
    """Return a request as OTLP JSON has it, whose ids are hex."""
    document: dict[str, object] = MessageToDict(encode_spans([one]))
    context = one.get_span_context()
    assert context is not None
    told = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]  # type: ignore[index]  # of JSON
    told.update(traceId=f"{context.trace_id:032x}", spanId=f"{context.span_id:016x}", kind=1)
    return document


def by_collector(*, ready: bool) -> Callable[[Store, str, Path], None]:
    def door(store: Store, dsn: str, tmp_path: Path) -> None:
        del dsn, tmp_path
        books = PricingBooks(packaged_rates())
        books.learn(store.promotions())
        body = encode_spans([span()]).SerializeToString()
        request = SpooledRequest(1, time.time_ns(), Kind.TRACES, Encoding.PROTOBUF, "", body)
        sealing = Sealing(
            NumberedBooks(0, books.snapshot()), Begin(Pace(), KeptSpans.ALL, store.shape())
        )
        sealing.add(request)
        sealed = sealing.take()
        assert sealed is not None
        again = rows_of(sealed, [request], books, KeptSpans.ALL).batches
        for number, made in enumerate(sealed.batches):
            if ready:
                store.book_ready(made, lambda: pytest.fail("rows are not asked for"))
            else:
                store.book(again[number])

    return door


DOORS: dict[str, Callable[[Store, str, Path], None]] = {
    "protobuf file": by_file(lambda one: encode_spans([one]).SerializeToString()),
    "JSON file": by_file(lambda one: MessageToJson(encode_spans([one])).encode()),
    "journal": by_journal,
    "exporter": by_exporter,
    "backfill from maps": by_backfill(Schema.MAP),
    "backfill from JSON": by_backfill(Schema.JSON),
    "collector, encoded": by_collector(ready=True),
    "collector, by rows": by_collector(ready=False),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_every_door_keeps_what_is_promoted_and_nothing_else_of_the_resource(
    door: Callable[[Store, str, Path], None],
    store: Store,
    shared_dsn: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(RESOURCE_VARIABLE, "k8s.namespace.name, cloud.region")
    promote(store.connection, "cloud.region", "cloud_region")
    promote(store.connection, "k8s.namespace.name", "namespace")

    door(store, shared_dsn, tmp_path)

    (row,) = report(store, ["namespace", "cloud_region"], where=[("namespace", "blue")])
    assert (row.values, row.calls, row.usd is not None) == (("blue", None), 1, True)
    assert "secret" not in str(rows(store, "SELECT * FROM ledger"))


def test_promoting_twice_is_promoting_once_and_a_name_has_one_meaning(store: Store) -> None:
    first = promote(store.connection, "k8s.namespace.name", "namespace")

    assert promote(store.connection, "k8s.namespace.name", "namespace") == first
    assert store.promotions() == (Promotion("k8s.namespace.name", "namespace", "promoted_1"),)
    with pytest.raises(ValueError, match=r"the name of k8s\.namespace\.name already"):
        promote(store.connection, "cloud.region", "namespace")
    with pytest.raises(ValueError, match="there is no dimension 'cloud_region'"):
        report(store, ["cloud_region"])


def test_every_promoted_column_comes_back_as_it_was_booked_and_sums_to_the_same(
    store: Store,
) -> None:
    calls = [
        entry(number, end_ns=entry(0).ended_ns + number * HOUR)._replace(
            promoted=tuple((column, f"{column} of {number % 3}") for column in COLUMNS[number:])
        )
        for number in range(len(COLUMNS) + 1)
    ]
    moved = calls[0]._replace(promoted=(("promoted_1", "elsewhere"),))
    posted = restate(calls[:1], {moved.call_id: Wanted(moved, "attribution")})
    store.book(batch(calls))
    store.book(batch(posted, name="corrected"))
    for column in COLUMNS:
        promote(store.connection, f"a.{column}", f"a_{column}")

    for column in COLUMNS:
        expected = totals([*calls, *posted], [column, "model"], "owner")
        by = [f"a_{column}", "model"]
        assert report(store, by, pays="owner") == expected
        later = datetime.now(UTC) + timedelta(hours=1)
        assert report(store, by, pays="owner", known_until=later) == expected


def test_a_person_that_a_promoted_attribute_names_is_erased_from_it(store: Store) -> None:
    named = Attribution(team="search", user_id="ann@example.org")
    store.book(
        batch(
            [
                entry(1, attribution=named)._replace(promoted=(("promoted_2", "ann@example.org"),)),
                entry(2)._replace(promoted=(("promoted_2", "blue"),)),
            ]
        )
    )

    erased = erase(store.connection, act_of([Identifier("user_id", "ann@example.org")], "42"))
    assert erased.held == {("ledger", "user_id"): 1, ("ledger", "promoted_2"): 1}
    assert erased.left == {}
    assert rows(store, "SELECT promoted_2, user_id FROM ledger FINAL ORDER BY promoted_2") == [
        ("", ""),
        ("blue", ""),
    ]
