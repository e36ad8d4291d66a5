"""Runs: what is one, what it costs, and what a percentile of them is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from otel_costing.attribution import Attribution
from otel_costing.ledger import LedgerEntry
from otel_costing.runs import RunGroup, nearest_rank, run_report
from tests.calls import NOON, SECOND, entry, hex_id, skeleton

A, B = "a" * 32, "b" * 32


def call(
    number: int,
    run: str,
    trace: str = A,
    *,
    release: str = "",
    unpriced: str = "",
    second: int = 0,
    parent: int | None = None,
) -> LedgerEntry:
    said = Attribution(
        release=release,
        origin_workflow="resolve-ticket",
        origin_workflow_run_id=run,
        origin_source="baggage",
    )
    return entry(
        number,
        {"input": 1_000},
        unpriced=unpriced,
        attribution=said,
        trace=trace,
        end_ns=NOON + second * SECOND,
        parent=parent,
    )


def only(calls: list[LedgerEntry]) -> RunGroup:
    (group,) = run_report(calls, []).groups
    return group


@pytest.mark.parametrize(
    ("percent", "number", "rank"),
    [(50, 1, 1), (50, 2, 1), (50, 3, 2), (95, 20, 19), (95, 21, 20), (99, 100, 99), (99, 101, 100)],
)
def test_a_percentile_is_the_cost_of_one_of_the_runs(percent: int, number: int, rank: int) -> None:
    costs = [Decimal(n) for n in range(1, number + 1)]

    assert nearest_rank(costs, percent) == rank


def test_no_run_has_no_percentile() -> None:
    assert nearest_rank([], 50) is None


def test_a_run_spans_traces_and_a_trace_holds_runs() -> None:
    calls = [call(1, "r1", A), call(2, "r1", B, second=1), call(3, "r2", B, second=2)]

    found = run_report(calls, [])

    assert [(run.run_id, run.calls, run.first_traces) for run in found.dearest] == [
        ("r1", 2, (A, B)),
        ("r2", 1, (B,)),
    ]
    assert found.groups[0].runs == 2


def test_a_call_without_any_run_is_of_the_run_its_trace_is() -> None:
    root = skeleton(0, trace=B, attribution=Attribution(workflow_run_id="from the root"))
    nobody = [entry(1, trace=A), entry(2, trace=B)]
    own = entry(3, trace=hex_id(3, 32), attribution=Attribution(workflow_run_id="its own"))

    found = run_report([*nobody, own], [root])

    assert {run.run_id for run in found.dearest} == {A, "from the root", "its own"}


def test_a_run_with_an_unpriced_call_is_counted_and_is_no_cheap_one() -> None:
    half = [call(1, "r1"), call(2, "r1", unpriced="unknown_model")]
    whole = [call(3, "r2"), call(4, "r2")]

    group = only([*half, *whole])

    assert (group.runs, group.incomplete_runs, group.unpriced_calls) == (2, 1, 1)
    assert group.usd == Decimal("0.0075")
    assert group.mean_usd == group.percentiles_usd[0] == Decimal("0.005")


def test_where_no_run_has_a_price_nothing_is_said_of_their_cost() -> None:
    group = only([call(1, "r1", unpriced="unknown_model")])

    assert (group.usd, group.mean_usd, group.dearest_usd) == (None, None, None)
    assert group.percentiles_usd == (None, None, None)


def test_a_mean_is_rounded_half_to_even_at_twelve_decimals() -> None:
    group = only([call(1, "r1")])._replace(runs=3, complete_usd=Decimal("0.000000000001"))

    assert group.mean_usd == Decimal("0E-12")


def test_a_run_counts_under_what_its_first_call_that_says_so_says() -> None:
    calls = [
        call(1, "r1", second=1),
        call(2, "r1", release="1.0", second=2),
        call(3, "r1", release="2.0", second=3),
    ]

    (group,) = run_report(calls, [], ["release", "workflow", "team"]).groups

    assert group.values == ("1.0", "resolve-ticket", None)


def test_a_run_counts_whole_where_its_first_call_ended() -> None:
    calls = [call(1, "r1", second=1), call(2, "r1", second=9), call(3, "r2", second=9)]

    before = run_report(calls, [], until_ns=NOON + 5 * SECOND)
    after = run_report(calls, [], since_ns=NOON + 5 * SECOND)

    assert [(run.run_id, run.calls) for run in before.dearest] == [("r1", 2)]
    assert [(run.run_id, run.calls) for run in after.dearest] == [("r2", 1)]


def test_what_was_tried_again_what_failed_and_what_was_lost_are_told_apart() -> None:
    root = skeleton(0)._replace(trace_id=B, failed=True)
    first = skeleton(1, 0, trace=A)._replace(failed=True, duration_ms=10)
    again = skeleton(2, 0, trace=A, start_ns=NOON + SECOND)
    calls = [
        call(1, "r1", A, parent=0)._replace(error_type="timeout"),
        call(2, "r1", A, parent=0),
        call(3, "r1", B),
    ]

    (run,) = run_report(calls, [root, first, again]).dearest

    assert (run.failed_calls, run.retry_calls, run.lost_calls) == (1, 1, 1)
    usd = Decimal("0.0025")
    assert (run.failed_usd, run.retry_usd, run.lost_usd, run.usd) == (usd, usd, usd, 3 * usd)


def test_a_copy_that_tried_again_makes_its_call_a_retry() -> None:
    first = skeleton(1, 0)._replace(failed=True, duration_ms=10)
    copy = skeleton(2, 0, start_ns=NOON + SECOND)
    booked = call(3, "r1")

    found = run_report([booked], [first, copy], copies={(A, copy.span_id): booked.call_id})

    assert found.dearest[0].retry_calls == 1
