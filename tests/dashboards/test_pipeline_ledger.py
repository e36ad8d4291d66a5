"""What the pipeline's dashboard says of the ledger: what was posted, what was found, and whether its laws hold."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from otel_costing.clickhouse.store import Store
from otel_costing.rollup import net, sum_of
from tests.clickhouse.figures import of_week
from tests.dashboards.asked_panels import Row, Time, shown, usd
from tests.dashboards.conftest import HOSTILE_NAMES, Dashboards

NOW = datetime.now(UTC)
JUST_NOW = Time(NOW - timedelta(hours=1), NOW + timedelta(hours=1))
"""Everything here is booked then, whenever it happened."""
LONG_AGO = datetime(2025, 3, 1, 12, tzinfo=UTC)
THAT_HOUR = Time(LONG_AGO, LONG_AGO + timedelta(hours=1))
FORGED = """
INSERT INTO ledger
SELECT * REPLACE (
    {entry_id:String} AS entry_id,
    {call_id:String} AS call_id,
    total_usd + toDecimal128({more_usd:String}, 12) AS total_usd,
    toDateTime64('2025-03-01 12:30:00', 6, 'UTC') AS booked_at,
    toDateTime64('2025-03-01 12:00:00', 9, 'UTC') AS occurred_at,
    toDate('2025-03-01') AS ended_on
)
FROM ledger AS told
WHERE told.status = 'priced' AND told.kind = 'charge' AND told.occurred_at > '2026-01-01'
LIMIT 1
"""


def test_entries_are_counted_by_why_they_were_posted(dashboards: Dashboards) -> None:
    rows = shown(
        dashboards.collector, "pipeline_health: Entries by the hour of their booking", JUST_NOW
    )

    posted: Counter[str] = Counter()
    for row in rows:
        posted[row["cause"]] += row["entries"]
    expected = Counter(one.cause for one in dashboards.ledger.entries)
    expected["first"] += len(HOSTILE_NAMES)
    assert posted == expected


def test_half_of_the_calls_are_booked_no_later_than_almost_all(dashboards: Dashboards) -> None:
    rows = shown(
        dashboards.collector, "pipeline_health: From the end of a call to its booking", JUST_NOW
    )

    assert rows
    assert all(row["half_of_them"] <= row["almost_all"] for row in rows)


def test_calls_without_a_price_are_those_that_stand(dashboards: Dashboards) -> None:
    rows = shown(dashboards.collector, "pipeline_health: Calls without a price")

    expected = Counter(
        (one.status_reason, one.provider, one.model)
        for one in net(of_week(dashboards.ledger))
        if one.status == "unpriced"
    )
    assert expected
    assert {
        (row["status_reason"], row["provider"], row["model"]): row["calls"] for row in rows
    } == expected


def test_findings_are_counted_with_what_stands_of_their_calls(dashboards: Dashboards) -> None:
    rows = shown(dashboards.collector, "pipeline_health: Findings", JUST_NOW)

    found = dashboards.ledger.first.findings
    standing = net(dashboards.ledger.entries)
    assert found
    for kind in {one.kind for one in found}:
        calls = {one.call_id for one in found if one.kind == kind}
        (row,) = (row for row in rows if row["kind"] == kind)
        assert (row["findings"], row["calls"]) == (
            sum(one.kind == kind for one in found),
            len(calls),
        )
        assert usd(row["usd"]) == sum_of(one.total_usd for one in standing if one.call_id in calls)


def laws(dashboards: Dashboards, time: Time) -> Row:
    (row,) = shown(dashboards.collector, "pipeline_health: What must hold", time)
    return row


def test_the_laws_hold_in_a_ledger_that_was_corrected_in_every_way(dashboards: Dashboards) -> None:
    row = laws(dashboards, JUST_NOW)

    assert row.pop("entries") == len(dashboards.ledger.entries) + len(HOSTILE_NAMES)
    assert set(row.values()) == {0}


COPIED = "INSERT INTO {table:Identifier} SELECT * FROM {table:Identifier}"
COPIED_LATER = """
INSERT INTO ledger
SELECT * REPLACE (booked_at + INTERVAL 3 DAY AS booked_at)
FROM ledger
WHERE cause NOT IN ('first', 'aggregate')
"""


def test_rows_that_are_there_twice_until_they_are_merged_count_once(
    dashboards: Dashboards,
) -> None:
    """Of two copies the first booked holds: the second is no correction of its own day."""
    asked = ("pipeline_health: Findings", "rates_and_corrections: Corrections by cause")
    before = [shown(dashboards.collector, name, JUST_NOW) for name in asked]
    later = Time(*(one + timedelta(days=3) for one in JUST_NOW))
    with Store.open(dashboards.collector.dsn) as store:
        store.connection.command("SYSTEM STOP MERGES")
        store.connection.command(COPIED, {"table": "findings"})
        store.connection.command(COPIED_LATER)
        try:
            assert [shown(dashboards.collector, name, JUST_NOW) for name in asked] == before
            assert shown(dashboards.collector, asked[1], later) == []
            assert laws(dashboards, JUST_NOW)["days_behind"] == 0
        finally:
            store.connection.command("SYSTEM START MERGES")
            for table in ("ledger", "findings"):
                store.connection.command(f"OPTIMIZE TABLE {table} FINAL")


@pytest.fixture(scope="module")
def forged(dashboards: Dashboards) -> Dashboards:
    """The same with a total that is not its items' sum, and a call that is charged twice: of another year."""
    with Store.open(dashboards.collector.dsn) as store:
        for entry_id, call_id, more_usd in (("1", "a", "1"), ("2", "b", "0"), ("3", "b", "0")):
            said = {"entry_id": entry_id, "call_id": call_id, "more_usd": more_usd}
            store.connection.command(FORGED, said)
    return dashboards


def test_each_broken_law_is_counted(forged: Dashboards) -> None:
    assert laws(forged, THAT_HOUR) == {
        "entries": 3,
        "wrong_totals": 1,
        "unbalanced_calls": 1,
        "days_behind": 1,
    }
