"""The ledger as it was known: what was booked later is not in it, and the differences explain the rest."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.clickhouse.periods import now_us, settled_until_us
from otel_costing.clickhouse.reports import differences, report
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import instant_of
from otel_costing.ledger import Wanted, restate
from otel_costing.periods import Booked, Difference
from otel_costing.periods import differences as pure_differences
from otel_costing.rollup import sum_of
from tests.calls import NOON, batch, entry, skeleton
from tests.clickhouse.test_periods import write
from tests.random_histories import Change_, histories

CALL = entry(1, attribution=Attribution(team="search"))
MOVED = restate(
    [CALL],
    {CALL.call_id: Wanted(CALL._replace(attribution=Attribution(team="drafts")), "attribution")},
)
USD = CALL.total_usd or Decimal(0)


def teams(store: Store, at_us: int, pays: str = "owner") -> list[tuple[str | None, ...]]:
    return [row.values for row in report(store, ["team"], pays=pays, known_until=instant_of(at_us))]


def test_a_correction_is_not_known_before_it_was_booked(store: Store) -> None:
    before = now_us(store)
    store.book(batch([CALL]))
    then = now_us(store)
    store.book(batch(MOVED, name="moved"))

    assert teams(store, before) == []
    assert teams(store, then) == [("search",)]
    assert teams(store, now_us(store)) == [("drafts",)]


def test_an_origin_is_not_known_before_its_root_came(store: Store) -> None:
    store.book(batch([CALL]))
    then = now_us(store)
    root = skeleton(9, start_ns=NOON, attribution=Attribution(team="support"))
    store.book(batch(spans=[root], name="root"))

    assert teams(store, then, "caller") == [(None,)]
    assert teams(store, now_us(store), "caller") == [("support",)]


def test_an_entry_that_two_writers_booked_is_known_from_the_first_booking_on(store: Store) -> None:
    """The later of the two rows may have come to the store before the other."""
    for booked_us in (20, 10):
        write(store, [Booked(CALL, "2026-11", booked_us)])

    assert [teams(store, at) for at in (9, 15, 25)] == [[], [("search",)], [("search",)]]
    assert differences(store, instant_of(15), instant_of(25)) == []


def test_all_that_an_embedded_ledger_has_is_settled(store: Store) -> None:
    store.book(batch([CALL]))

    assert teams(store, settled_until_us(store)) == [("search",)]


def test_differences_are_told_by_cause_model_and_team(store: Store) -> None:
    store.book(batch([CALL]))
    then = now_us(store)
    unpriced = entry(2, unpriced="unknown_model")
    store.book(batch([*MOVED, unpriced], name="more"))

    assert differences(store, instant_of(then), instant_of(now_us(store))) == [
        Difference("attribution", CALL.model, "drafts", 1, 0, USD),
        Difference("attribution", CALL.model, "search", -1, 0, -USD),
        Difference("first", unpriced.model, None, 1, 1, None),
    ]


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories(), one=st.integers(0, 260), other=st.integers(0, 260))
def test_what_was_known_and_the_differences_are_what_is_known_later(
    store: Store, history: list[Booked | Change_], one: int, other: int
) -> None:
    for table in ("ledger", "periods"):
        store.connection.command(f"TRUNCATE TABLE {table}")
    write(store, history)
    first, second = sorted((one, other))

    between = differences(store, instant_of(first), instant_of(second))

    booked = [each for each in history if isinstance(each, Booked)]
    assert between == pure_differences(booked, first, second)
    then, later = (report(store, [], known_until=instant_of(at)) for at in (first, second))
    parts = [*(each.usd for each in then), *(each.usd for each in between)]
    assert (sum_of(parts) or 0) == (sum_of(each.usd for each in later) or 0)
