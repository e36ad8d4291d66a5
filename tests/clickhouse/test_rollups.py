"""`rollup_daily` is the ledger, by day; where it is behind, that is found and mended."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from otel_costing.attribution import Attribution
from otel_costing.clickhouse import rollups
from otel_costing.clickhouse.rollups import reflected
from otel_costing.clickhouse.sql import query_text
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import StoreUnavailable
from otel_costing.ingest import ingest
from otel_costing.instants import midnight_ns
from otel_costing.ledger import LedgerEntry, reversal
from otel_costing.rollup import totals
from otel_costing.skeleton import Skeleton
from tests.calls import NOON, SECOND, batch, entry, skeleton
from tests.clickhouse.dying import dying_at
from tests.clickhouse.random_ledgers import ROOTS, ledgers
from tests.clickhouse.tables import emptied, rows

DAY = 86_400 * SECOND
TODAY = date(2026, 11, 22)
TOMORROW = date(2026, 11, 23)
OWNERS = [
    "day",
    "team",
    "project",
    "workflow",
    "feature",
    "environment",
    "purpose",
    "service",
    "provider",
    "model",
    "status",
]
OWNER_PAYS = """
    SELECT day, team, project, workflow, feature, environment, purpose, service, provider, model, status,
        sum(usd), sum(calls), sum(unpriced_calls)
    FROM rollup_daily GROUP BY ALL
"""
CALLERS = ["day", "team", "workflow", "feature"]
CALLER_PAYS = """
    SELECT day, origin_team, origin_workflow, origin_feature, sum(usd), sum(calls), sum(unpriced_calls)
    FROM rollup_daily GROUP BY ALL
"""


def summed(store: Store, question: str) -> set[tuple[Any, ...]]:
    """Return what the rollup says."""
    return {
        (*(str(value) or None for value in row[:-3]), *row[-3:]) for row in rows(store, question)
    }


def expected(
    entries: list[LedgerEntry], by: list[str], pays: str, spans: list[Skeleton]
) -> set[tuple[Any, ...]]:
    """Return what the pure rollup says."""
    return {
        (*total.values, total.usd, total.calls, total.unpriced_calls)
        for total in totals(entries, by, pays, spans=spans)
    }


def stale_days(store: Store) -> list[date]:
    """Return the days whose rollup does not reflect all that the ledger holds of them."""
    return [one.day for one in reflected(store.connection) if not one.is_current]


def agrees(store: Store, entries: list[LedgerEntry], spans: list[Skeleton]) -> bool:
    """Say whether caller and owner pay in the rollup what they pay in the ledger, each day."""
    return summed(store, OWNER_PAYS) == expected(entries, OWNERS, "owner", spans) and summed(
        store, CALLER_PAYS
    ) == expected(entries, CALLERS, "caller", spans)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(entries=ledgers())
def test_the_rollup_is_the_ledger(store: Store, entries: list[LedgerEntry]) -> None:
    """In two batches, built after each, and the roots of the traces come last."""
    emptied(store)
    half = len(entries) // 2
    store.book(batch(entries[:half], name="first"))
    store.rebuild_rollups()
    assert agrees(store, entries[:half], [])

    store.book(batch(entries[half:], ROOTS, name="second"))
    store.rebuild_rollups()
    assert agrees(store, entries, ROOTS)
    assert rows(store, "SELECT ifNull(sum(usd), 0), sum(calls) FROM rollup_daily") == rows(
        store, "SELECT ifNull(sum(total_usd), 0), sum(sign) FROM ledger"
    )


def test_building_again_changes_nothing(store: Store) -> None:
    store.book(batch([entry(1), entry(2, end_ns=NOON + DAY)]))
    everything = "SELECT * FROM rollup_daily ORDER BY ALL"

    assert store.rebuild_rollups() == [TODAY, TOMORROW]
    before = rows(store, everything)
    assert store.rebuild_rollups() == []
    assert rows(store, everything) == before


def test_a_day_says_what_of_the_ledger_it_reflects(store: Store) -> None:
    store.book(batch([entry(1), entry(2)]))
    store.rebuild_rollups()

    assert rows(
        store, "SELECT DISTINCT day, ledger_entries, ledger_booked_until FROM rollup_daily"
    ) == rows(store, "SELECT any(toDate(occurred_at)), count(), max(booked_at) FROM ledger")


def test_a_day_that_was_booked_and_not_built_is_found_and_mended(store: Store) -> None:
    first, later = entry(1), entry(2, end_ns=NOON + DAY)
    store.book(batch([first]))
    store.rebuild_rollups()
    store.book(batch([later]))

    assert stale_days(store) == [TOMORROW]
    assert store.rebuild_rollups() == [TOMORROW]
    assert agrees(store, [first, later], [])


@pytest.mark.parametrize("insert", [1, 2])
@pytest.mark.parametrize("is_done", [True, False])
def test_a_day_that_was_half_built_shows_what_it_was(
    store: Store, insert: int, *, is_done: bool
) -> None:
    """The rows are one insert and what makes them count is the other."""
    first, second = entry(1), entry(2)
    store.book(batch([first]))
    store.rebuild_rollups()
    store.book(batch([second]))
    with pytest.raises(StoreUnavailable):
        rollups.rebuild(dying_at(store.connection, insert, is_done=is_done))

    is_built = insert == 2 and is_done
    assert agrees(store, [first, second] if is_built else [first], [])
    assert store.rebuild_rollups() == ([] if is_built else [TODAY])
    assert agrees(store, [first, second], [])


def test_a_root_that_comes_after_its_calls_puts_their_days_behind(store: Store) -> None:
    called = [entry(1), entry(2, end_ns=NOON + DAY)]
    apart = entry(3, trace="b" * 32, end_ns=NOON + 2 * DAY)
    root = skeleton(9, attribution=Attribution(team="support", workflow="resolve-ticket"))
    store.book(batch([*called, apart]))
    store.rebuild_rollups()
    store.book(batch(spans=[root], name="root"))

    assert store.rebuild_rollups() == [TODAY, TOMORROW]
    assert agrees(store, [*called, apart], [root])


def test_a_call_that_is_taken_back_leaves_no_row(store: Store) -> None:
    taken = entry(1)
    store.book(batch([taken]))
    store.rebuild_rollups()
    store.book(batch([reversal(taken, "duplicate")], name="back"))

    assert store.rebuild_rollups() == [TODAY]
    assert rows(store, "SELECT * FROM rollup_daily") == []
    assert stale_days(store) == []


def test_partial_and_unpriced_calls_are_counted_apart(store: Store) -> None:
    booked = [entry(1), entry(2)._replace(status="partial"), entry(3, unpriced="unknown_model")]
    store.book(batch(booked))
    store.rebuild_rollups()

    found = rows(
        store,
        "SELECT status, calls, partial_calls, unpriced_calls, usd FROM rollup_daily ORDER BY status",
    )
    usd = Decimal("0.0045")
    assert found == [
        ("partial", 1, 1, 0, usd),
        ("priced", 1, 0, 0, usd),
        ("unpriced", 1, 0, 1, None),
    ]


def test_of_two_writers_the_one_that_saw_more_prevails(store: Store) -> None:
    """The slower one asked before the second call was booked, and is done after the other."""
    store.book(batch([entry(1)]))
    slower = rollups._positions(store.connection)  # noqa: SLF001 - halfway through `rebuild`
    store.book(batch([entry(2)]))
    store.rebuild_rollups()
    rollups._build(store.connection, [TODAY], slower)  # noqa: SLF001 - the other half

    assert rows(store, "SELECT DISTINCT ledger_entries FROM rollup_daily") == [(2,)]
    assert agrees(store, [entry(1), entry(2)], [])
    assert stale_days(store) == []


def test_a_building_that_is_sent_twice_counts_once(store: Store) -> None:
    store.book(batch([entry(1)]))
    bounds = {"since_ns": midnight_ns(TODAY), "until_ns": midnight_ns(TOMORROW)}
    asked = {"build_id": "one", "days": [TODAY], **bounds}
    for _ in range(2):
        store.connection.insert_answer(query_text("build_rollups"), asked, "the same")

    assert rows(store, "SELECT count() FROM rollup_rows") == [(1,)]


def test_named_days_are_built_whatever_they_say(store: Store) -> None:
    store.book(batch([entry(1)]))
    store.rebuild_rollups()
    store.connection.command("TRUNCATE TABLE rollup_rows")

    assert stale_days(store) == []
    assert store.rebuild_rollups([TODAY, date(2020, 1, 1)]) == [TODAY]
    assert agrees(store, [entry(1)], [])


def test_buildings_that_hold_no_more_are_removed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.book(batch([entry(1), entry(2, end_ns=NOON + DAY)]))
    for _ in range(3):
        store.rebuild_rollups([TODAY])
    store.rebuild_rollups()
    assert rows(store, "SELECT count() FROM rollup_rows") == [(4,)]

    monkeypatch.setattr(rollups, "_WORTH_REMOVING", 1)
    store.rebuild_rollups([TODAY])
    assert rows(store, "SELECT count() FROM rollup_rows") == [(5,)], "somebody may be at them"

    monkeypatch.setattr(rollups, "_IDLE_S", 0)
    store.rebuild_rollups([TODAY])
    assert rows(store, "SELECT count() FROM rollup_rows") == [(2,)]
    assert rows(store, "SELECT count() FROM rollup_builds") == [(2,)]
    assert agrees(store, [entry(1), entry(2, end_ns=NOON + DAY)], [])


def test_days_of_many_months_are_built_in_blocks_that_a_server_takes(store: Store) -> None:
    """Over a hundred months in one insert would fail as a whole."""
    many = [entry(n, end_ns=NOON - n * 31 * DAY) for n in range(120)]
    store.book(batch(many))

    assert len(store.rebuild_rollups()) == 120
    assert agrees(store, many, [])


def test_an_ingest_leaves_no_day_behind_not_even_one_of_before(
    store: Store, tmp_path: Path
) -> None:
    store.book(batch([entry(1)]))
    nothing = tmp_path / "nothing.json"
    nothing.write_text('{"resourceSpans": []}')
    ingest([nothing], store, received_ns=NOON)

    assert stale_days(store) == []
    assert agrees(store, [entry(1)], [])


def test_an_empty_ledger_has_nothing_to_build(store: Store) -> None:
    assert store.rebuild_rollups() == []


def test_names_of_the_rollup_stand(store: Store) -> None:
    """Dashboards rely on them."""
    columns = {row[0]: row[1] for row in rows(store, "DESCRIBE rollup_daily")}
    origins = {"origin_team", "origin_workflow", "origin_feature", "origin_verified"}
    named = {*OWNERS, *origins, "calls", "partial_calls", "unpriced_calls", "usd"}
    by_meter = {f"meters.{name}" for name in ("meter", "lines", "quantity", "usd")}

    assert set(columns) == named | by_meter | {"ledger_entries", "ledger_booked_until", "built_at"}
    assert columns["usd"] == "Nullable(Decimal(38, 12))"
