"""What the spend overview says, asked through a collector: the totals of the ledger from every side."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from otel_costing import rollup
from otel_costing.attribution import Attribution
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry, reversal
from otel_costing.rollup import sum_of
from tests.calls import batch, entry, hex_id
from tests.clickhouse.figures import SINCE_NS, UNTIL_NS, of_week
from tests.clickhouse.three_teams import DAY, HOUR, MONDAY, Ledger
from tests.dashboards.asked_panels import WEEK, Time, shown, usd
from tests.dashboards.conftest import HOSTILE_DAY, HOSTILE_NAMES, HOSTILE_TIME, Dashboards

UNATTRIBUTED = "unattributed"
SPEND = "spend: In this time"
WITH_A_SIDE = [
    (name, payer) for name in ("team", "feature", "workflow") for payer in ("owner", "caller")
]
SIDES = [*WITH_A_SIDE, *((name, "owner") for name in ("provider", "model", "purpose"))]
FILTERED_SIDES = [*SIDES, ("project", "owner"), ("environment", "caller")]
CHOSEN = {
    "team": "support",
    "project": UNATTRIBUTED,
    "feature": "answers",
    "workflow": "resolve-ticket",
    "environment": "production",
    "purpose": "evaluation",
    "provider": "acme",
    "model": "swift",
}
Names = tuple[str, ...]


def expected(
    ledger: Ledger, by: Sequence[str], payer: str, entries: Sequence[LedgerEntry]
) -> dict[Names, rollup.Total]:
    """Return a report's rows by their names, as dashboards name them."""
    totals = rollup.totals(entries, by, payer, spans=ledger.first.spans)
    return {tuple(value or UNATTRIBUTED for value in one.values): one for one in totals}


@pytest.mark.parametrize(("dimension", "payer"), SIDES)
def test_each_breakdown_says_what_the_ledger_says(
    dashboards: Dashboards, dimension: str, payer: str
) -> None:
    totals = expected(dashboards.ledger, [dimension], payer, of_week(dashboards.ledger))

    rows = shown(dashboards.collector, f"spend: By {dimension}", payer=payer)

    assert {
        (row["name"],): (usd(row["total_usd"]), row["all_calls"], row["all_unpriced_calls"])
        for row in rows
    } == {names: (one.usd, one.calls, one.unpriced_calls) for names, one in totals.items()}


@pytest.mark.parametrize("payer", ["owner", "caller"])
@pytest.mark.parametrize("dimension", ["team", "model"])
def test_each_day_says_what_the_ledger_says(
    dashboards: Dashboards, dimension: str, payer: str
) -> None:
    totals = expected(dashboards.ledger, ["day", dimension], payer, of_week(dashboards.ledger))

    rows = shown(dashboards.collector, f"spend: Per day, by {dimension}", payer=payer)

    assert {(row["time"][:10], row["name"]): usd(row["usd"]) for row in rows} == {
        names: one.usd for names, one in totals.items()
    }


@pytest.mark.parametrize(("name", "payer"), FILTERED_SIDES)
def test_a_filter_leaves_what_the_ledger_has_of_it(
    dashboards: Dashboards, name: str, payer: str
) -> None:
    totals = expected(dashboards.ledger, [name], payer, of_week(dashboards.ledger))
    chosen = totals[(CHOSEN[name],)]

    (row,) = shown(dashboards.collector, SPEND, WEEK, payer=payer, **{name: [CHOSEN[name]]})

    assert len(totals) > 1 or name == "project"
    assert (usd(row["total_usd"]), row["all_calls"]) == (chosen.usd, chosen.calls)


def test_two_names_of_a_filter_are_added_up(dashboards: Dashboards) -> None:
    totals = expected(dashboards.ledger, ["team"], "owner", of_week(dashboards.ledger))

    (row,) = shown(dashboards.collector, SPEND, team=["support", "drafts"])

    assert usd(row["total_usd"]) == sum_of(totals[(name,)].usd for name in ("support", "drafts"))


@pytest.mark.parametrize("payer", ["owner", "caller"])
def test_a_time_that_cuts_days_is_answered_to_the_millisecond(
    dashboards: Dashboards, payer: str
) -> None:
    """The last call ends in the last millisecond, which is asked for too."""
    since_ns = MONDAY + 10 * HOUR
    last_ns = max(
        one.occurred_ns
        for one in dashboards.ledger.entries
        if one.occurred_ns < MONDAY + 2 * DAY + 14 * HOUR
    )
    until_ns = last_ns + 10**6
    entries = [one for one in dashboards.ledger.entries if since_ns <= one.occurred_ns < until_ns]
    totals = expected(dashboards.ledger, ["team"], payer, entries)

    rows = shown(
        dashboards.collector, "spend: By team", Time.of_ns(since_ns, until_ns), payer=payer
    )

    assert {(row["name"],): usd(row["total_usd"]) for row in rows} == {
        names: one.usd for names, one in totals.items()
    }


def test_production_and_evaluation_stand_apart(dashboards: Dashboards) -> None:
    rows = {row["name"]: row for row in shown(dashboards.collector, "spend: By purpose")}

    assert {"production", "evaluation"} < set(rows)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_made_to_do_harm_is_a_name(dashboards: Dashboards, name: str) -> None:
    (row,) = shown(dashboards.collector, SPEND, HOSTILE_TIME, team=[name])
    spent = expected(dashboards.ledger, ["team"], "owner", []) or Decimal(
        "0.0000025"
    ) * 10 ** HOSTILE_NAMES.index(name)

    assert (row["all_calls"], usd(row["total_usd"])) == (1, spent)


def test_names_made_to_do_harm_are_there_to_choose(dashboards: Dashboards) -> None:
    rows = shown(dashboards.collector, "spend: $team", HOSTILE_TIME)

    assert {row["name"] for row in rows} == {*HOSTILE_NAMES, UNATTRIBUTED}


def test_the_pace_of_the_last_week_makes_a_month(dashboards: Dashboards) -> None:
    until_ns = UNTIL_NS + DAY
    by_day = expected(dashboards.ledger, ["day"], "owner", dashboards.ledger.entries)
    week = sum_of(one.usd for (day,), one in by_day.items() if "2026-11-16" <= day < "2026-11-23")
    month = sum_of(one.usd for (day,), one in by_day.items() if "2026-11-01" <= day < "2026-11-24")
    assert week is not None

    (row,) = shown(dashboards.collector, "spend: Pace", Time.of_ns(SINCE_NS, until_ns))

    assert usd(row["day_usd"]) == by_day[("2026-11-23",)].usd
    assert usd(row["month_usd"]) == month
    assert abs(Decimal(row["pace_usd"]) - week / 7 * 30) < Decimal("1e-9")


def test_a_day_without_a_call_cost_nothing_where_others_did(dashboards: Dashboards) -> None:
    until_ns = MONDAY + 12 * DAY

    (row,) = shown(dashboards.collector, "spend: Pace", Time.of_ns(SINCE_NS, until_ns))

    assert usd(row["day_usd"]) == 0
    assert usd(row["month_usd"]) is not None


def test_meters_add_up_to_what_was_spent(dashboards: Dashboards) -> None:
    totals = expected(dashboards.ledger, ["meter"], "owner", of_week(dashboards.ledger))

    rows = shown(dashboards.collector, "spend: By meter")

    assert {(row["meter"],): (usd(row["usd"]), row["quantity"]) for row in rows} == {
        names: (one.usd, one.quantity) for names, one in totals.items() if names != (UNATTRIBUTED,)
    }


def test_a_day_that_has_grown_since_it_was_rolled_up_is_read_from_the_ledger(
    dashboards: Dashboards,
) -> None:
    day_ns = HOSTILE_DAY + 5 * DAY
    with Store.open(dashboards.collector.dsn) as store:
        store.book(batch([entry(900, {"input": 1}, end_ns=day_ns)], name="in time"))
        store.rebuild_rollups()
        store.book(batch([entry(901, {"input": 10}, end_ns=day_ns)], name="late"))

    (row,) = shown(dashboards.collector, SPEND, Time.of_ns(day_ns, day_ns + DAY))

    assert (row["all_calls"], usd(row["total_usd"])) == (2, Decimal("0.0000275"))


def test_a_day_that_was_taken_back_has_no_call_and_no_amount(dashboards: Dashboards) -> None:
    day_ns = HOSTILE_DAY + 7 * DAY
    call = entry(902, {"input": 1}, end_ns=day_ns)
    with Store.open(dashboards.collector.dsn) as store:
        store.book(batch([call, reversal(call, "duplicate")], name="taken back"))

    (row,) = shown(dashboards.collector, SPEND, Time.of_ns(day_ns, day_ns + DAY))

    assert (row["all_calls"], row["total_usd"]) == (None, None)


def test_calls_without_a_price_are_counted_and_cost_no_zero(dashboards: Dashboards) -> None:
    day_ns = HOSTILE_DAY + 9 * DAY
    with Store.open(dashboards.collector.dsn) as store:
        one = entry(903, unpriced="unknown_model", end_ns=day_ns)
        store.book(batch([one], name="unpriced"))

    (row,) = shown(dashboards.collector, SPEND, Time.of_ns(day_ns, day_ns + DAY))

    assert (row["all_calls"], row["all_unpriced_calls"], row["total_usd"]) == (1, 1, None)


def test_what_nobody_said_anything_of_is_covered_by_none_of_a_hundred(
    dashboards: Dashboards,
) -> None:
    priced_ns, unpriced_ns = HOSTILE_DAY + 11 * DAY, HOSTILE_DAY + 13 * DAY
    with Store.open(dashboards.collector.dsn) as store:
        calls = [entry(904, end_ns=priced_ns), entry(905, unpriced="no_rate", end_ns=unpriced_ns)]
        store.book(batch(calls, name="nobody's"))

    (priced,) = shown(
        dashboards.collector, "spend: Coverage", Time.of_ns(priced_ns, priced_ns + DAY)
    )
    (unpriced,) = shown(
        dashboards.collector, "spend: Coverage", Time.of_ns(unpriced_ns, unpriced_ns + DAY)
    )

    assert {usd(row) for name, row in priced.items() if name != "priced_percent"} == {Decimal(0)}
    assert {row for name, row in unpriced.items() if name != "priced_percent"} == {None}
    assert (priced["priced_percent"], unpriced["priced_percent"]) == (100, 0)


def test_what_was_taken_back_says_nothing_of_when_and_whose(dashboards: Dashboards) -> None:
    day_ns = HOSTILE_DAY + 15 * DAY
    trace, reason = hex_id(9000, 32), "no_rate"
    first = entry(906, unpriced=reason, end_ns=day_ns, trace=trace)
    later = entry(
        907,
        unpriced=reason,
        end_ns=day_ns + HOUR,
        trace=trace,
        attribution=Attribution(team="gone"),
    )
    with Store.open(dashboards.collector.dsn) as store:
        store.book(batch([first, later, reversal(later, "duplicate")], name="one of two"))
    day = Time.of_ns(day_ns, day_ns + DAY)

    for name in ("spend: Calls without a price", "pipeline_health: Calls without a price"):
        (row,) = shown(dashboards.collector, name, day)
        assert row["last_at"].startswith("2027-01-30 00:00:00")
    (row,) = shown(dashboards.collector, "trace: Traces of this time that cost the most", day)
    assert (row["calls"], row["unpriced_calls"], row["teams"]) == (1, 1, "")


def test_more_than_nine_names_are_nine_and_all_others(dashboards: Dashboards) -> None:
    rows = shown(dashboards.collector, "spend: Per day, by team", HOSTILE_TIME)
    cheapest = len(HOSTILE_NAMES) - 9
    others = Decimal("0.0000025") * sum(10**number for number in range(cheapest))

    assert {row["name"] for row in rows} == {*HOSTILE_NAMES[cheapest:], "all others"}
    assert [usd(row["usd"]) for row in rows if row["name"] == "all others"] == [others]
