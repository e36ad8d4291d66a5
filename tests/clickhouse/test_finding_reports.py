"""What was found while calls were counted once, as people read it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from otel_costing.aggregates import Tokens
from otel_costing.clickhouse.finding_reports import absorbed, conflicts, uncovered_usage
from otel_costing.clickhouse.store import Store
from otel_costing.finding import contradiction
from tests.calls import NOON, SECOND, batch, record, sighting
from tests.clickhouse.told import ID, NATIVE, SPLIT, WRAPPER, book, call

NOON_THAT_DAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
AGENT = record(1, scope="agents", name="invoke_agent", end_ns=NOON + 9 * SECOND)


def settle(store: Store) -> None:
    store.settle(now_ns=NOON)


def test_calls_of_one_response_id_with_several_totals_are_listed_together(store: Store) -> None:
    other = record(5, trace="b" * 32, start_ns=NOON + SECOND)
    book(
        store,
        [call(WRAPPER, response_id=ID)],
        [call(other, {"input": 5, "output": 5}, response_id=ID)],
    )
    settle(store)

    assert [(one.response_id, one.why, one.usd) for one in conflicts(store)] == [
        (ID, "totals differ", Decimal(usd)) for usd in ("0.0045", "0.0000625")
    ]


def test_a_span_that_says_something_else_later_is_listed_with_what_it_said(store: Store) -> None:
    first = sighting(WRAPPER)
    later = sighting(WRAPPER, {"input": 2000, "output": 200})
    store.book(batch([first], findings=(contradiction(later, first.content_digest),)))

    (found,) = conflicts(store)

    assert (found.why, found.response_id) == ("content differs", None)
    assert (found.usd, found.said_usd) == (first.total_usd, later.total_usd)


def test_what_it_said_without_a_price_is_unknown(store: Store) -> None:
    first = sighting(WRAPPER)
    later = first._replace(total_usd=None, status="unpriced")
    store.book(batch([first], findings=(contradiction(later, first.content_digest),)))

    assert conflicts(store)[0].said_usd is None


def test_an_agent_that_says_more_than_its_calls_is_listed_until_it_no_longer_does(
    store: Store,
) -> None:
    book(store, [call(AGENT, cause="aggregate"), call(record(2, 1), {"input": 600})])
    (found,) = uncovered_usage(store)
    assert (found.said, found.beneath) == (Tokens(1000, 200), Tokens(600, 0))
    assert (found.missing, found.service) == (Tokens(400, 200), "assistant")

    rest = record(3, 1, start_ns=NOON + 3 * SECOND)
    book(store, [call(rest, {"input": 300, "output": 200})])
    settle(store)
    (found,) = uncovered_usage(store)
    assert found.missing == Tokens(100, 0)

    last = record(4, 1, start_ns=NOON + 5 * SECOND)
    book(store, [call(last, {"input": 100})])
    settle(store)
    assert uncovered_usage(store) == []


def test_an_agent_that_was_charged_before_its_calls_came_is_listed_too(store: Store) -> None:
    book(store, [call(AGENT, cause="aggregate")], [call(record(2, 1), {"input": 600})])
    settle(store)

    assert [one.missing for one in uncovered_usage(store)] == [Tokens(400, 200)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_absorbed_spans_are_counted_by_both_instrumentations(
    store: Store, order: Iterable[int]
) -> None:
    both = [call(WRAPPER), call(NATIVE, SPLIT)]
    book(store, *([both[position]] for position in order))
    assert absorbed(store) == []
    settle(store)

    assert absorbed(store) == [("wrapper", "framework", "native", 1)]


def test_a_span_whose_call_is_charged_again_is_absorbed_no_more(store: Store) -> None:
    third = record(7, trace="c" * 32)
    book(
        store,
        [call(WRAPPER, response_id=ID)],
        [call(record(6, trace="b" * 32), response_id=ID)],
    )
    settle(store)
    assert sum(one.spans for one in absorbed(store)) == 1

    book(store, [call(third, {"input": 5, "output": 5}, response_id=ID)])
    settle(store)

    assert absorbed(store) == []


def test_findings_are_cut_by_the_time_of_the_call(store: Store) -> None:
    book(
        store,
        [call(AGENT, cause="aggregate"), call(record(2, 1), {"input": 600}, response_id=ID)],
        [call(record(6, trace="b" * 32), {"input": 7}, response_id=ID)],
        [call(record(8, trace="d" * 32)), call(record(9, 8, trace="d" * 32), SPLIT)],
    )
    settle(store)

    for listed in (conflicts, uncovered_usage, absorbed):
        assert listed(store, since=NOON_THAT_DAY), listed.__name__
        assert listed(store, until=NOON_THAT_DAY) == [], listed.__name__
