"""Which calls tried again what had failed: the rule by examples, and the SQL against the pure function."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.clickhouse import reports
from otel_costing.clickhouse.reports import RETRIES_BY
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry
from otel_costing.rates import default_rates
from otel_costing.rollup import retries, retrying, totals
from otel_costing.skeleton import Skeleton, skeleton_of
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND, batch, entry, hex_id, record, sighting

MS = 10**6


def attempt(
    span: int,
    start_ms: int,
    duration_ms: int = 10,
    *,
    failed: bool = False,
    parent: int | None = 90,
    trace: int = 1,
    name: str = "chat m",
) -> SpanRecord:
    """Return a span that starts so many milliseconds after noon."""
    start_ns = NOON + start_ms * MS
    return record(
        span,
        parent,
        trace=hex_id(trace, 32),
        name=name,
        start_ns=start_ns,
        end_ns=start_ns + duration_ms * MS,
    )._replace(failed=failed)


def bare(span: SpanRecord) -> Skeleton:
    return skeleton_of(span, Attribution())


FAILED = attempt(1, 0, failed=True)


SUCCEEDED = attempt(1, 0)
NO_LONGER = attempt(1, 0, 0, failed=True)
EXAMPLES: Mapping[str, tuple[list[SpanRecord], set[int]]] = {
    "after a failure": ([FAILED, attempt(2, 10)], {2}),
    "until it succeeds": ([FAILED, attempt(2, 20, failed=True), attempt(3, 40)], {2, 3}),
    "a later call is none": ([FAILED, attempt(2, 20), attempt(3, 40)], {2}),
    "after a success": ([SUCCEEDED, attempt(2, 20)], set()),
    "at the same time": ([FAILED, attempt(2, 5)], set()),
    "under another parent": ([FAILED, attempt(2, 20, parent=91)], set()),
    "in another trace": ([FAILED, attempt(2, 20, trace=2)], set()),
    "of another name": ([FAILED, attempt(2, 20, name="embeddings m")], set()),
    "itself": ([NO_LONGER], set()),
    "at one instant": ([NO_LONGER, attempt(2, 0, 0, failed=True)], set()),
    "a success that ends with it": ([FAILED, attempt(2, 0), attempt(3, 10)], {3}),
    "at roots": ([attempt(1, 0, failed=True, parent=None), attempt(2, 10, parent=None)], {2}),
}


@pytest.mark.parametrize(("spans", "again"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_span_tries_again_where_the_last_of_its_name_before_it_failed(
    spans: list[SpanRecord], again: set[int]
) -> None:
    for order in (spans, spans[::-1]):
        assert {span_id for _, span_id in retrying(map(bare, order))} == set(map(hex_id, again))


def test_the_ledger_says_so_of_every_example(store: Store) -> None:
    spans = [
        span._replace(trace_id=f"{number:016x}{span.trace_id[16:]}")
        for number, (example, _) in enumerate(EXAMPLES.values())
        for span in example
    ]
    calls = [call_of(span, "a", "")._replace(service=span.trace_id) for span in spans]
    store.book(batch(calls, [bare(span) for span in spans]))

    found = {row.values[0]: row.calls for row in reports.retries(store)}

    assert found == {
        f"{number:016x}{hex_id(1, 16)}": len(again)
        for number, (_, again) in enumerate(EXAMPLES.values())
        if again
    }


@st.composite
def attempts(draw: st.DrawFn) -> list[SpanRecord]:
    """Draw the spans of two traces with a few parents, names, failures, and ends that meet starts."""
    return [
        attempt(
            span,
            draw(st.integers(0, 6)),
            draw(st.sampled_from([1, 2, 3, 0, 2**53])),
            failed=draw(st.booleans()),
            parent=draw(st.sampled_from([90, None])),
            trace=draw(st.integers(1, 2)),
            name=draw(st.sampled_from(["chat m", "chat m", "chat n"])),
        )
        for span in range(draw(st.integers(8, 24)))
    ]


def call_of(span: SpanRecord, service: str, unpriced: str) -> LedgerEntry:
    number = int(span.span_id, 16) - 1
    booked = entry(number, {"input": number + 1}, unpriced=unpriced, trace=span.trace_id)
    return booked._replace(service=service)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(spans=attempts(), data=st.data())
def test_the_ledger_says_what_the_pure_function_says(
    store: Store, spans: list[SpanRecord], data: st.DataObject
) -> None:
    for table in ("ledger", "spans", "findings"):
        store.connection.command(f"TRUNCATE TABLE {table}")
    said = st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["", "", "unknown_model"]))
    calls = [call_of(span, *data.draw(said)) for span in spans if data.draw(st.booleans())]
    skeletons = [bare(span)._replace(duration_ms=_length_ms(span)) for span in spans]
    store.book(batch(calls, skeletons, name=str(id(spans))))

    assert reports.retries(store) == totals(retries(calls, skeletons), RETRIES_BY)


def _length_ms(span: SpanRecord) -> int:
    return (span.end_ns - span.start_ns) // MS


def test_a_call_whose_copy_tried_again_did_so_too_and_is_charged_once(store: Store) -> None:
    framework = attempt(1, 0, failed=True)
    again = attempt(2, 20)
    native = attempt(3, 21, 5, parent=2, name="POST")
    told = [
        Examined(bare(framework), None),
        Examined(bare(again), sighting(again, {"input": 1000, "output": 200})),
        Examined(bare(native), sighting(native, {"input": 700, "cache_read": 300, "output": 200})),
    ]
    for sealed in seal(told, default_rates(), NOON + 60 * SECOND, largest=100):
        store.book(sealed)
    (booked,) = reports.entries_of_trace(store, again.trace_id)
    assert booked.span_id == native.span_id

    (row,) = reports.retries(store)

    assert (row.usd, row.calls) == (booked.total_usd, 1)
    copies = {(again.trace_id, again.span_id): booked.call_id}
    assert [row] == totals(retries([booked], [one.skeleton for one in told], copies), RETRIES_BY)


def test_retries_are_cut_by_the_time_of_the_call(store: Store) -> None:
    spans = [attempt(1, 0, failed=True), attempt(2, 20)]
    store.book(batch([call_of(spans[1], "a", "")], [bare(span) for span in spans]))
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)

    assert len(reports.retries(store, since=noon)) == 1
    assert reports.retries(store, until=noon) == []
