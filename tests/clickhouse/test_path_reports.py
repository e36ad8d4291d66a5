"""Which paths calls were made on: the SQL says what the pure function says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings

from otel_costing.adjustments import BilledLine, Share, Target, adjustment
from otel_costing.call_paths import call_paths
from otel_costing.clickhouse.path_reports import path_report
from otel_costing.clickhouse.reports import report
from otel_costing.clickhouse.store import Store
from otel_costing.instants import ns_of
from otel_costing.money import usd_of
from otel_costing.rollup import sum_of
from tests.calls import NOON, batch, entry
from tests.clickhouse.random_traces import Traces, book, traces

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=traces())
def test_the_ledger_says_what_the_pure_function_says(store: Store, told: Traces) -> None:
    book(store, told)

    assert path_report(store) == call_paths(told.entries, told.spans)
    since, until = ns_of(MIDNIGHT), ns_of(MIDNIGHT + timedelta(days=1))
    of_a_day = [one for one in told.entries if since <= one.occurred_ns < until]
    found = path_report(store, since=MIDNIGHT, until=MIDNIGHT + timedelta(days=1), depth=3)
    assert found == call_paths(of_a_day, told.spans, depth=3)


def test_what_an_invoice_adjusted_is_on_the_path_of_whom_it_names(store: Store) -> None:
    billed = BilledLine("d" * 32, "line", "c" * 32, 0, "acme", "", "m", "", NOON, NOON)
    share = Share(Target(team="search", origin_workflow="import"), usd_of(1), usd_of(7))
    entries = [entry(1), adjustment(billed, share, usd_of(1))]
    store.book(batch(entries))

    nodes = path_report(store)

    assert nodes == call_paths(entries, [])
    (total,) = report(store, [])
    assert sum_of(node.own_usd for node in nodes) == total.usd
    assert sum(node.calls for node in nodes) == total.calls == 1


def test_paths_can_be_narrowed_by_any_dimension_of_a_call(store: Store) -> None:
    store.book(batch([entry(1), entry(2, unpriced="unknown_model")]))

    (priced,) = path_report(store, where=[("status", "priced")], depth=1)

    assert (priced.calls, priced.unpriced_calls) == (1, 0)
