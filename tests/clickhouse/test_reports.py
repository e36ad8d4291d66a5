"""What analysts ask: the SQL says what the pure rollup says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.clickhouse import reports
from otel_costing.clickhouse.blocks import parts
from otel_costing.clickhouse.dimension_slots import MOST_DIMENSIONS
from otel_costing.clickhouse.reports import report
from otel_costing.clickhouse.store import Store
from otel_costing.dimensions import DIMENSIONS, PAYS, zone_named
from otel_costing.instants import ns_of
from otel_costing.ledger import LedgerEntry
from otel_costing.rollup import Total, totals
from otel_costing.trace_tree import tree
from otel_costing.usage import Unpriced
from tests.calls import NOON, batch, entry, skeleton
from tests.clickhouse.random_ledgers import HOUR, ROOTS, ledgers
from tests.clickhouse.tables import emptied, rows

ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(entries=ledgers(), zone=ZONES)
def test_every_report_says_what_the_rollup_says(
    store: Store, entries: list[LedgerEntry], zone: str
) -> None:
    for table in ("ledger", "spans", "findings"):
        store.connection.command(f"TRUNCATE TABLE {table}")
    store.book(batch(entries, ROOTS, name=str(id(entries))))
    known = zone_named(zone)

    for pays in PAYS:
        for by in parts(DIMENSIONS, MOST_DIMENSIONS):
            expected = totals(entries, by, pays, spans=ROOTS, zone=known)
            assert report(store, by, pays=pays, time_zone=zone) == expected, by
    by = ["origin_team", "workflow", "hour", "feature", "status", "meter"]
    expected = totals(entries, by, spans=ROOTS, zone=known)
    assert report(store, by, time_zone=zone) == expected
    now = datetime.now(UTC) + timedelta(hours=1)
    assert report(store, by, time_zone=zone, known_until=now) == expected


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Asia/Kathmandu", "2026-10-25", 24),
        ("UTC", "2026-10-25", 24),
    ],
)
def test_a_day_has_the_hours_that_its_zone_gives_it(
    store: Store, zone: str, day: str, hours: int
) -> None:
    start = ns_of(datetime.fromisoformat(day).replace(tzinfo=zone_named(zone)))
    calls = [entry(n, end_ns=start + (n - 1) * HOUR // 2) for n in range(2 * hours + 2)]
    store.book(batch(calls))

    of_day = report(store, ["hour"], where=[("day", day)], time_zone=zone)
    assert len(of_day) == hours
    assert {row.calls for row in of_day} == {2}
    assert sorted(row.calls for row in report(store, ["day"], time_zone=zone)) == [1, 1, 2 * hours]


BOOKED = [
    entry(1, {"input": 100, "output": 10}, attribution=Attribution(team="search")),
    entry(2, {"input": 200}, end_ns=NOON + 24 * HOUR, attribution=Attribution(team="drafts")),
    entry(3, {"input": 300}, unpriced="unknown_model", end_ns=NOON + 24 * HOUR),
]


@pytest.fixture
def booked(store: Store) -> Store:
    """A ledger of three calls."""
    store.book(batch(BOOKED, [skeleton(1), skeleton(2, 1)]))
    return store


def test_absent_is_none_and_never_zero(booked: Store) -> None:
    assert report(booked, ["team"], pays="owner", where=[("status", "unpriced")]) == [
        Total((None,), None, 1, 1, None)
    ]


def test_the_empty_value_asks_for_what_nobody_said(booked: Store) -> None:
    assert [
        row.calls for row in report(booked, ["status"], pays="owner", where=[("team", "")])
    ] == [1]


def test_a_report_can_be_cut_by_time_by_month_and_by_value(booked: Store) -> None:
    noon_of_the_23rd = datetime(2026, 11, 23, 12, tzinfo=UTC)

    assert report(booked, [], since=noon_of_the_23rd)[0].calls == 2
    assert report(booked, [], until=noon_of_the_23rd)[0].calls == 1
    assert report(booked, [], period="2026-11")[0].calls == 3
    assert report(booked, [], period="2026-10") == []
    (search,) = report(
        booked, ["team"], pays="owner", where=[("team", "search"), ("day", "2026-11-22")]
    )
    assert (search.values, search.calls) == (("search",), 1)


def test_a_condition_on_the_meter_counts_the_lines_of_that_meter(booked: Store) -> None:
    (row,) = report(booked, ["team"], pays="owner", where=[("meter", "output")])

    assert (row.values, row.usd, row.quantity) == (("search",), Decimal("0.0001"), None)


def test_a_value_is_a_value_and_never_sql(booked: Store) -> None:
    for hostile in ("' OR 1=1 --", "\\", "a\tb\n", "{dim_1:Identifier}"):
        assert report(booked, ["team"], pays="owner", where=[("team", hostile)]) == []


@pytest.mark.parametrize(
    ("by", "asked", "why"),
    [
        (["no_such"], {}, "no dimension 'no_such'; choose from team,"),
        (["team", "team"], {}, "named twice"),
        (list(DIMENSIONS[:7]), {}, "at most 6"),
        (["team"], {"pays": "nobody"}, "caller or owner"),
        (["day"], {"time_zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        (["day"], {"time_zone": "../etc/passwd"}, "no time zone"),
        (["team"], {"since": datetime(2026, 1, 1)}, "timezone-aware"),  # noqa: DTZ001 - that is the mistake
        (["team"], {"where": [("total_usd", "1")]}, "no dimension 'total_usd'"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_in_a_sentence(
    booked: Store, by: list[str], asked: dict[str, object], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        report(booked, by, **asked)  # type: ignore[arg-type]


def test_coverage_says_how_much_says_who_caused_it(booked: Store) -> None:
    covered = {one.dimension: one for one in reports.coverage(booked)}

    team = covered["team"]
    assert (team.attributed_calls, team.calls, team.attributed_usd == team.usd) == (2, 3, True)
    assert covered["customer_id"].attributed_calls == 0


def test_unpriced_calls_are_listed_with_their_reason(booked: Store) -> None:
    (group,) = reports.unpriced_calls(booked)

    assert (group.reason, group.provider, group.model, group.calls) == (
        "unknown_model",
        "acme",
        "m-2026",
        1,
    )


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(entries=ledgers())
def test_the_tree_of_a_trace_is_the_pure_one(store: Store, entries: list[LedgerEntry]) -> None:
    """To the last field of every node, with what was taken back, and an entry that lies there twice."""
    emptied(store)
    store.book(batch(entries, ROOTS))
    store.connection.command("INSERT INTO ledger SELECT * FROM ledger LIMIT 1")

    for trace_id in {one.trace_id for one in entries}:
        of_trace = [one for one in entries if one.trace_id == trace_id]
        roots = [root for root in ROOTS if root.trace_id == trace_id]
        assert reports.trace_tree(store, trace_id) == tree(roots, of_trace)
    assert reports.trace_tree(store, "f" * 32) == []


def test_cost_lines_sum_to_costs_and_a_call_without_items_is_one_line(store: Store) -> None:
    store.book(batch([*BOOKED, entry(4, Unpriced("no_usage"))]))

    lines = rows(
        store, "SELECT sum(amount_usd), uniqExact(call_id), countIf(meter = '') FROM cost_lines"
    )
    assert lines == [(*rows(store, "SELECT sum(total_usd) FROM costs")[0], 4, 1)]
