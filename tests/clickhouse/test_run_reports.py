"""What runs cost: the SQL says what the pure function says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing import runs
from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.run_reports import FOLLOWED, run_report
from otel_costing.clickhouse.store import Store
from otel_costing.dimensions import zone_named
from otel_costing.instants import ns_of
from otel_costing.ledger import LedgerEntry
from otel_costing.rates import default_rates
from otel_costing.skeleton import skeleton_of
from tests import calls
from tests.calls import SECOND, batch, entry, hex_id, record, sighting
from tests.clickhouse.random_traces import Traces, book, traces

ZONE = "Asia/Kolkata"
BY = ("workflow", "release", "day", "team", "agent", "tool")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=traces(), hours=st.integers(0, 24))
def test_the_ledger_says_what_the_pure_function_says(
    store: Store, told: Traces, hours: int
) -> None:
    book(store, told)
    since = NOON + timedelta(hours=hours)
    began = {"since_ns": ns_of(since), "until_ns": ns_of(since + timedelta(days=1))}

    everything = runs.run_report(told.entries, told.spans, top=3)
    assert run_report(store, top=3) == everything
    some = runs.run_report(told.entries, told.spans, BY, zone=zone_named(ZONE), **began)  # type: ignore[arg-type]  # mypy takes `began` for every option
    until = since + timedelta(days=1)
    assert run_report(store, BY, since=since, until=until, time_zone=ZONE) == some


def of_run(number: int, day: float, run: str = "r1") -> LedgerEntry:
    said = Attribution(origin_workflow_run_id=run, origin_source="baggage")
    ended = calls.NOON + int(day * 86_400) * SECOND
    return entry(number, attribution=said, trace=hex_id(number, 32), end_ns=ended)


def test_a_run_counts_whole_in_the_range_that_it_began_in(store: Store) -> None:
    booked = [of_run(1, 0), of_run(2, 0.9), of_run(3, 0.9, "r2")]
    store.book(batch(booked))
    next_day = NOON + timedelta(hours=12)

    first = run_report(store, since=NOON, until=next_day)
    second = run_report(store, since=next_day, until=next_day + timedelta(days=1))

    assert [(run.run_id, run.calls, run.traces) for run in first.dearest] == [("r1", 2, 2)]
    assert [(run.run_id, run.calls) for run in second.dearest] == [("r2", 1)]


def test_a_run_is_followed_for_a_day_beyond_the_range(store: Store) -> None:
    beyond = FOLLOWED / timedelta(days=1)
    store.book(batch([of_run(1, 0), of_run(2, 0.5 + beyond), of_run(3, 1.5 + beyond)]))

    (run,) = run_report(store, since=NOON, until=NOON + timedelta(days=1)).dearest
    (whole,) = run_report(store).dearest

    assert (run.calls, whole.calls) == (2, 3)


def test_a_run_that_rests_for_longer_than_it_is_followed_is_told_of_again(store: Store) -> None:
    store.book(batch([of_run(1, 0), of_run(2, 3)]))
    told = [
        run_report(store, since=NOON + timedelta(days=day), until=NOON + timedelta(days=day + 1))
        for day in (0, 3)
    ]

    assert [[run.calls for run in report.dearest] for report in told] == [[1], [1]]


def test_a_call_whose_copy_tried_again_is_a_retry_of_its_run(store: Store) -> None:
    failed = record(1, 90, end_ns=calls.NOON + SECOND // 2)._replace(failed=True)
    again = record(2, 90, start_ns=calls.NOON + SECOND, end_ns=calls.NOON + 3 * SECOND)
    native = record(3, 2, start_ns=calls.NOON + SECOND + 1, name="POST", scope="other")
    split = {"input": 700, "cache_read": 300, "output": 200}
    told = [
        Examined(skeleton_of(failed, Attribution()), None),
        Examined(skeleton_of(again, Attribution()), sighting(again)),
        Examined(skeleton_of(native, Attribution()), sighting(native, split)),
    ]
    for sealed in seal(told, default_rates(), calls.NOON + 60 * SECOND, largest=100):
        store.book(sealed)

    (run,) = run_report(store).dearest

    assert (run.calls, run.retry_calls) == (1, 1)
