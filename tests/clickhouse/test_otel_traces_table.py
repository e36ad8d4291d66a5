"""Backfilling from the exporter's own tables: the same ledger as from the requests that filled them."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from otel_costing import bookings
from otel_costing.backfill import Asked, BackfillReport, Nowhere, backfilling
from otel_costing.clickhouse.backfills import BackfillsOf
from otel_costing.clickhouse.otel_traces_table import OtelTracesTable
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import StoreUnavailable, StoreUnusable, target_of
from otel_costing.ingest import ingest
from otel_costing.otel_traces import Schema
from otel_costing.progress import Progress
from otel_costing.rates import default_rates
from otel_costing.rehearsal import Rehearsal
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND, hex_id
from tests.clickhouse.http_front import serving
from tests.clickhouse.tables import emptied
from tests.conformance.truth import SPANS
from tests.otel_traces_tables import fill_table, insert_rows, make_table

Requests = list[dict[str, Any]]
CAPTURED: Requests = [json.loads(file.read_bytes()) for file in sorted(SPANS.glob("*.json"))]
NOW = NOON + 3_600 * SECOND
EVERYTHING = Asked()
LEDGER = "SELECT * EXCEPT (batch_id, booked_at, received_at) FROM ledger FINAL ORDER BY entry_id"
STATES = (
    LEDGER,
    "SELECT * EXCEPT (batch_id, booked_at, received_at) FROM spans FINAL ORDER BY trace_id, span_id",
    "SELECT * EXCEPT (batch_id, booked_at, received_at) FROM sightings FINAL ORDER BY entry_id",
    "SELECT * EXCEPT (batch_id, found_at) FROM findings FINAL ORDER BY finding_id",
)
SCHEMAS = pytest.mark.parametrize("schema", Schema)


@pytest.fixture
def ledger(store: Store) -> Iterator[Store]:
    """An empty ledger, with an exporter's table beside it once one is made."""
    yield store
    store.connection.command("DROP TABLE IF EXISTS otel_traces")


def kept(store: Store, requests: Requests, schema: Schema = Schema.MAP) -> str:
    """Keep requests as the exporter does, beside the ledger, and return the table's name."""
    make_table(store.connection, "otel_traces", schema)
    fill_table(store.connection, "otel_traces", requests, schema)
    return "otel_traces"


def running(
    store: Store, asked: Asked, now_ns: int = NOW
) -> Generator[Progress, None, BackfillReport]:
    """Run step by step."""
    with closing(OtelTracesTable.open(store.connection.target, "otel_traces")) as source:
        places = BackfillsOf(store)
        return (
            yield from backfilling(
                source, store, places, asked, now_ns=now_ns, rates=default_rates()
            )
        )


def backfilled(store: Store, asked: Asked = EVERYTHING, *, now_ns: int = NOW) -> BackfillReport:
    """Run to the end."""
    steps = running(store, asked, now_ns)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            report: BackfillReport = ended.value
            return report


def cut_short(store: Store, steps: int) -> list[Progress]:
    """Run some steps and no further."""
    run = running(store, EVERYTHING)
    taken = [next(run) for _ in range(steps)]
    run.close()
    return taken


def rows(store: Store, question: str) -> list[dict[str, Any]]:
    names, found = store.connection.query(question)
    return [dict(zip(names, row, strict=True)) for row in found]


def call(span: int, start_ns: int, **more: Any) -> dict[str, Any]:
    """Return a model call as OTLP/JSON has it."""
    attributes = {
        "gen_ai.operation.name": {"stringValue": "chat"},
        "gen_ai.provider.name": {"stringValue": "openai"},
        "gen_ai.request.model": {"stringValue": "gpt-5-mini"},
        "gen_ai.usage.input_tokens": {"intValue": "1000"},
        "gen_ai.usage.output_tokens": {"intValue": str(span + 1)},
    }
    return {
        "traceId": hex_id(span, 32),
        "spanId": hex_id(span),
        "name": "chat",
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(start_ns + SECOND),
        "attributes": [{"key": name, "value": value} for name, value in attributes.items()],
        **more,
    }


def request(*spans: dict[str, Any]) -> Requests:
    return [{"resourceSpans": [{"scopeSpans": [{"scope": {"name": "acme"}, "spans": spans}]}]}]


CALLS = request(*(call(span, NOON + span * SECOND) for span in range(60)))


@SCHEMAS
def test_the_captured_spans_come_to_the_ledger_that_their_requests_come_to(
    ledger: Store, schema: Schema
) -> None:
    """Every column of every entry, of all emitters: money, attribution, provenance."""
    ingest([SPANS], ledger, received_ns=NOW, backfill=True)
    wanted = {question: rows(ledger, question) for question in STATES}
    emptied(ledger)
    kept(ledger, CAPTURED, schema)
    report = backfilled(ledger)
    booked = {question: rows(ledger, question) for question in STATES}

    assert report.billable_calls == len(wanted[LEDGER]) > 150
    assert [row for row in booked[LEDGER] if row not in wanted[LEDGER]] == []
    assert booked == wanted


@SCHEMAS
def test_doing_it_again_changes_nothing(ledger: Store, schema: Schema) -> None:
    kept(ledger, CALLS, schema)
    first = backfilled(ledger)
    before = rows(ledger, LEDGER)
    again = backfilled(ledger, now_ns=NOW + SECOND)

    assert (first.billable_calls, first.duplicates) == (60, 0)
    assert (again.billable_calls, again.duplicates) == (60, 60)
    assert again.goes_on is False
    assert rows(ledger, LEDGER) == before


def test_a_run_that_was_cut_short_goes_on_after_the_last_window_that_was_noted(
    ledger: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second window is booked and not noted yet when the run ends."""
    monkeypatch.setattr(bookings, "SETTLED_TOGETHER", 20)
    kept(ledger, CALLS)
    steps = cut_short(ledger, 4)
    report = backfilled(ledger, now_ns=NOW + 9 * SECOND)

    assert steps[-1] == Progress(40, 60, "spans")
    assert report.since_ns is not None
    assert NOON + 19 * SECOND < report.since_ns <= NOON + 20 * SECOND
    assert (report.goes_on, report.spans, report.duplicates) == (True, 40, 20)
    assert len(rows(ledger, LEDGER)) == 60


def test_a_run_that_was_cut_short_can_begin_anew(
    ledger: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookings, "SETTLED_TOGETHER", 30)
    kept(ledger, CALLS)
    cut_short(ledger, 2)
    report = backfilled(ledger, Asked(from_start=True))

    assert (report.spans, report.goes_on, report.duplicates) == (60, False, 30)
    assert len(rows(ledger, LEDGER)) == 60


def test_what_lies_in_two_windows_is_charged_once(
    ledger: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrapper starts before the call that it repeats."""
    monkeypatch.setattr(bookings, "SETTLED_TOGETHER", 1)
    outer = call(1, NOON, traceId=hex_id(9, 32))
    inner = call(1, NOON + 5, traceId=hex_id(9, 32), spanId=hex_id(2), parentSpanId=hex_id(1))
    kept(ledger, request(outer, inner))
    backfilled(ledger)

    assert rows(ledger, "SELECT count() AS calls FROM costs") == [{"calls": 1}]


def test_more_spans_of_one_instant_than_are_settled_together_are_booked_in_parts(
    ledger: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookings, "SETTLED_TOGETHER", 10)
    kept(ledger, request(*(call(span, NOON) for span in range(45))))
    report = backfilled(ledger)

    assert report.billable_calls == 45
    assert rows(ledger, "SELECT count() AS entries FROM ledger") == [{"entries": 45}]


def test_a_text_that_is_no_utf_8_costs_no_call(ledger: Store) -> None:
    kept(ledger, CALLS)
    said = "mapUpdate(SpanAttributes, map('user.id', unhex('ff41')))"
    there = "map('service.name', unhex('eda080'))"
    ledger.connection.command(
        f"ALTER TABLE otel_traces UPDATE SpanAttributes = {said}, ResourceAttributes = {there}, "
        f"ScopeName = unhex('c0') WHERE SpanId = '{hex_id(7)}' SETTINGS mutations_sync = 1"
    )
    report = backfilled(ledger)

    (users,) = rows(ledger, "SELECT groupUniqArray(user_id) AS ids FROM ledger WHERE user_id != ''")
    assert (report.priced, report.refused) == (60, ())
    assert users == {"ids": ["\ufffdA"]}


def test_times_bound_what_is_read(ledger: Store) -> None:
    kept(ledger, CALLS)
    report = backfilled(ledger, Asked(since_ns=NOON + 10 * SECOND, until_ns=NOON + 20 * SECOND))

    assert report.billable_calls == 10
    assert (report.since_ns, report.until_ns) == (NOON + 10 * SECOND, NOON + 19 * SECOND + 1)


def test_an_empty_table_is_nothing_to_do(ledger: Store) -> None:
    kept(ledger, [])
    report = backfilled(ledger)

    assert (report.spans, report.since_ns, report.until_ns) == (0, None, None)


@SCHEMAS
def test_instants_that_cannot_be_are_read_all_the_same(ledger: Store, schema: Schema) -> None:
    kept(ledger, request(call(1, 0), call(2, NOON), call(3, 9_000_000_000 * SECOND)), schema)

    assert backfilled(ledger).spans == 3


@SCHEMAS
def test_rows_that_tell_of_no_span_are_refused_with_their_reason(
    ledger: Store, schema: Schema
) -> None:
    kept(ledger, CALLS[:1], schema)
    lost = [{"Timestamp": NOON // SECOND, "TraceId": "", "SpanId": hex_id(n)} for n in range(3)]
    insert_rows(ledger.connection, "otel_traces", lost)
    report = backfilled(ledger)

    assert report.refused == (("a span has no trace id of 32 hex digits that are not all zero", 3),)
    assert report.billable_calls == 60


@SCHEMAS
def test_evaluations_on_spans_are_booked(ledger: Store, schema: Schema) -> None:
    event = {
        "name": "gen_ai.evaluation.result",
        "timeUnixNano": str(NOON + 7),
        "attributes": [
            {"key": "gen_ai.evaluation.name", "value": {"stringValue": "Relevance"}},
            {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.75}},
        ],
    }
    kept(ledger, request(call(1, NOON, events=[{**event, "name": "other"}, event])), schema)
    backfilled(ledger)

    assert rows(ledger, "SELECT name, score_value FROM evaluations") == [
        {"name": "Relevance", "score_value": 0.75}
    ]


def test_attributes_that_say_nothing_of_calls_are_not_asked_for(ledger: Store) -> None:
    """Their values are handed on neither for model calls nor for other spans."""
    silent = call(2, NOON, attributes=[{"key": "url.path", "value": {"stringValue": "/"}}])
    secret = {"key": "gen_ai.prompt", "value": {"stringValue": "secret"}}
    told = call(1, NOON)
    told["attributes"].append(secret)
    kept(ledger, request(told, silent))
    with closing(OtelTracesTable.open(ledger.connection.target, "otel_traces")) as source:
        spans = [span for block in source.read(NOON, NOON + 1) for span in block]

    assert "secret" not in str(spans)
    assert [len(span.attributes) for span in spans] == [5, 0]  # type: ignore[union-attr]


def test_a_rehearsal_comes_to_what_would_be_charged_and_keeps_no_place(ledger: Store) -> None:
    kept(ledger, CALLS)
    rehearsal = Rehearsal()
    with closing(OtelTracesTable.open(ledger.connection.target, "otel_traces")) as source:
        for _ in backfilling(
            source, rehearsal, Nowhere(), EVERYTHING, now_ns=NOW, rates=default_rates()
        ):
            pass
    assert rows(ledger, "SELECT count() AS n FROM ledger") == [{"n": 0}]
    backfilled(ledger)
    (sums,) = rows(ledger, "SELECT count() AS calls, sum(total_usd) AS usd FROM ledger")

    (model,) = rehearsal.by_model.values()
    assert (model.calls, model.usd) == (sums["calls"], sums["usd"])


@SCHEMAS
def test_a_server_is_read_like_the_embedded_engine(
    ledger: Store, directory: Path, schema: Schema
) -> None:
    kept(ledger, CALLS, schema)
    database = ledger.connection.target.database
    with serving(directory) as front:
        target = target_of(front.dsn)._replace(database=database)
        with closing(OtelTracesTable.open(target, "otel_traces")) as source:
            extent = source.extent(EVERYTHING.since_ns, EVERYTHING.until_ns)
            assert extent == (NOON, NOON + 59 * SECOND + 1, 60)
            blocks = source.read(extent.since_ns, extent.until_ns)
            spans = [span for block in blocks for span in block]

            front.refuse_next = 99
            with pytest.raises(StoreUnavailable, match="broke off"):
                next(source.read(extent.since_ns, extent.until_ns))

    assert len({span.span_id for span in spans if isinstance(span, SpanRecord)}) == 60


def test_a_table_that_is_not_there_is_named_with_where_it_may_be(ledger: Store) -> None:
    kept(ledger, CALLS)
    target = ledger.connection.target

    with pytest.raises(StoreUnusable, match=rf"there is .*{target.database}\.otel_traces"):
        OtelTracesTable.open(target, "system.otel_traces")
    with pytest.raises(StoreUnusable, match="there is no table"):
        OtelTracesTable.open(target, "a`; DROP")


def test_columns_that_are_missing_are_named(ledger: Store) -> None:
    kept(ledger, [])
    ledger.connection.command("ALTER TABLE otel_traces DROP COLUMN ScopeName, DROP COLUMN Duration")

    with pytest.raises(StoreUnusable, match="lacks Duration, ScopeName"):
        backfilled(ledger)


def test_attributes_that_are_kept_otherwise_are_named(ledger: Store) -> None:
    kept(ledger, [])
    ledger.connection.command("ALTER TABLE otel_traces DROP COLUMN SpanAttributes")
    ledger.connection.command("ALTER TABLE otel_traces ADD COLUMN SpanAttributes String")

    with pytest.raises(StoreUnusable, match="keeps attributes as Map and String"):
        backfilled(ledger)
