"""What the dashboards of runs, teams, rates and corrections say, asked through a collector: what is computed apart from SQL."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from otel_costing import rollup
from otel_costing.rollup import sum_of
from otel_costing.runs import run_report
from tests.clickhouse import answers
from tests.clickhouse.figures import SINCE_NS, UNTIL_NS, of_week, totals
from tests.clickhouse.three_teams import DAY, MONDAY
from tests.dashboards.asked_panels import (
    ASKED_ONCE,
    UNATTRIBUTED,
    Time,
    answer,
    just_now,
    named,
    shown,
    told,
    total_by_cause,
    usd,
)
from tests.dashboards.conftest import Dashboards

ALL_TIME = Time.of_ns(MONDAY - 40 * DAY, MONDAY + 40 * DAY)


def test_every_question_is_answered_of_a_ledger_with_all_there_is(dashboards: Dashboards) -> None:
    """Filled, a column may be of values that an empty one has no trouble with."""
    panels = [one for one in ASKED_ONCE if one.type != "variable"]
    rows = {one.name: answer(dashboards.collector, one.sql).rows for one in panels}

    assert not [
        name for name, some in rows.items() if name.startswith(("spend", "teams")) and not some
    ]


def test_runs_cost_what_the_command_says(dashboards: Dashboards) -> None:
    report = run_report(
        dashboards.ledger.entries,
        dashboards.ledger.first.spans,
        ["workflow"],
        since_ns=SINCE_NS,
        until_ns=UNTIL_NS,
    )

    rows = shown(dashboards.collector, "workflow_cost: Runs by workflow")

    assert told(
        rows, "workflow_name", "all_runs", "incomplete_runs", "p50_usd", "p95_usd", "p99_usd", "dearest_usd", "total_usd"
    ) == [
        (one.values[0] or UNATTRIBUTED, one.runs, one.incomplete_runs, *one.percentiles_usd, one.dearest_usd, one.usd)
        for one in report.groups
    ]  # fmt: skip
    means = [one.mean_usd for one in report.groups]
    for (mean,), expected in zip(told(rows, "mean_usd"), means, strict=True):
        assert (mean is None) == (expected is None)
        assert mean is None or abs(mean - (expected or 0)) <= Decimal("1e-12")


def test_the_dearest_runs_come_first(dashboards: Dashboards) -> None:
    report = run_report(
        dashboards.ledger.entries,
        dashboards.ledger.first.spans,
        since_ns=SINCE_NS,
        until_ns=UNTIL_NS,
        top=50,
    )

    rows = shown(dashboards.collector, "workflow_cost: The dearest runs")

    assert told(rows, "run", "run_usd", "run_calls", "run_failed_calls", "trace_id") == [
        (one.run_id, one.usd, one.calls, one.failed_calls, one.first_traces[0])
        for one in report.dearest
    ]


def test_every_priced_run_is_in_one_step_of_cost(dashboards: Dashboards) -> None:
    groups = shown(dashboards.collector, "workflow_cost: Runs by workflow")
    steps = shown(dashboards.collector, "workflow_cost: Runs by cost")

    assert sum(row["all_runs"] for row in steps) == sum(
        row["all_runs"] - row["incomplete_runs"] for row in groups
    )
    assert len(steps) > 1


def test_runs_over_time_are_those_of_their_hours(dashboards: Dashboards) -> None:
    hour = Time.of_ns(MONDAY + 9 * 3600 * 10**9, MONDAY + 10 * 3600 * 10**9)
    expected = run_report(
        dashboards.ledger.entries,
        dashboards.ledger.first.spans,
        since_ns=MONDAY + 9 * 3600 * 10**9,
        until_ns=MONDAY + 10 * 3600 * 10**9,
    ).groups[0]

    (row,) = shown(dashboards.collector, "workflow_cost: Cost of a run", hour)

    assert row["time"] == "2026-11-16 09:00:00"
    assert told([row], "p50_usd", "p95_usd", "p99_usd") == [expected.percentiles_usd]


def test_failed_work_is_what_is_computed_apart(dashboards: Dashboards) -> None:
    rows = shown(dashboards.collector, "workflow_cost: Retries and failures")

    assert sorted(
        told(
            rows, "workflow_name", "failed_calls", "failed_usd", "lost_calls", "lost_usd", "all_usd"
        )
    ) == sorted(
        (name or UNATTRIBUTED, failed, of_calls(failed, spent), lost, of_calls(lost, in_vain), both)
        for name, failed, spent, lost, in_vain, both in answers.failed_work(dashboards.ledger)
    )


def of_calls(calls: int, spent: Decimal | None) -> Decimal | None:
    """Return what so many calls cost: none cost nothing, some may be without a price."""
    return spent if calls else Decimal(0)


def test_retries_are_those_of_the_ledger(dashboards: Dashboards) -> None:
    again = rollup.retries(
        of_week(dashboards.ledger), dashboards.ledger.first.spans, dashboards.ledger.copies
    )
    expected = totals(dashboards.ledger, ["workflow"], "caller", again)

    rows = shown(dashboards.collector, "workflow_cost: Retries and failures")

    assert told([row for row in rows if row["retry_calls"]], "workflow_name", "retry_calls", "retry_usd") == [
        (name or UNATTRIBUTED, calls, spent) for name, calls, _, spent in expected
    ]  # fmt: skip
    assert {usd(row["retry_usd"]) for row in rows if not row["retry_calls"]} == {Decimal(0)}


def test_paths_add_up_to_what_was_spent(dashboards: Dashboards) -> None:
    ((calls, unpriced, spent),) = totals(dashboards.ledger, [])

    rows = shown(dashboards.collector, "workflow_cost: Call paths")

    assert sum(usd(row["path_usd"]) or 0 for row in rows) == spent
    assert sum(row["all_calls"] for row in rows) == calls
    assert sum(row["all_unpriced_calls"] for row in rows) == unpriced


def test_an_outcome_costs_what_is_computed_apart(dashboards: Dashboards) -> None:
    rows = shown(dashboards.collector, "workflow_cost: Cost per outcome")

    assert told(
        rows, "outcome", "all_runs", "runs_not_priced", "all_outcomes", "priced_outcomes", "priced_usd", "outcome_usd"
    ) == answers.outcomes(dashboards.ledger)  # fmt: skip


def test_caller_and_owner_come_to_the_same(dashboards: Dashboards) -> None:
    ((_, _, spent),) = totals(dashboards.ledger, [])

    rows = shown(dashboards.collector, "teams: Caller pays, owner pays")

    assert sorted(told(rows, "team_name", "pays_usd", "runs_usd")) == sorted(
        (name or UNATTRIBUTED, pays or Decimal(0), runs or Decimal(0))
        for name, pays, runs in answers.both_sides(dashboards.ledger)
    )
    assert sum(usd(row["pays_usd"]) or 0 for row in rows) == spent
    assert sum(usd(row["runs_usd"]) or 0 for row in rows) == spent
    assert sum(Decimal(row["difference_usd"]) for row in rows) == 0


def test_the_matrix_between_teams_is_that_of_a_report(dashboards: Dashboards) -> None:
    expected = totals(dashboards.ledger, ["origin_team", "team"])

    rows = shown(dashboards.collector, "teams: Pair by pair")

    assert told(rows, "caller", "owner", "all_calls", "all_unpriced_calls", "usd") == named(
        expected, 2
    )


def test_a_chosen_team_stands_on_either_side(dashboards: Dashboards) -> None:
    rows = shown(dashboards.collector, "teams: Pair by pair", team=["search"])
    pairs = {(row["caller"], row["owner"]) for row in rows}

    assert pairs
    assert all("search" in pair for pair in pairs)
    assert any(pair[0] != "search" for pair in pairs)


@pytest.mark.parametrize(("side", "payer"), [("caller", "caller"), ("owner", "owner")])
def test_each_side_pays_day_by_day(dashboards: Dashboards, side: str, payer: str) -> None:
    expected = totals(dashboards.ledger, ["day", "team"], payer)

    rows = shown(dashboards.collector, f"teams: Per day, {side} pays")

    assert sorted((row["time"][:10], row["name"], usd(row["usd"])) for row in rows) == sorted(
        (day, name or UNATTRIBUTED, spent) for day, name, _, _, spent in expected
    )


def test_caching_saved_what_is_computed_apart(dashboards: Dashboards) -> None:
    columns = ("model_name", "all_read_tokens", "all_written_tokens", "cache_usd", "without_cache_usd", "saved_usd")  # fmt: skip

    rows = shown(dashboards.collector, "spend: What caching saved")

    assert by_model(told(rows, *columns)) == by_model(answers.caching(dashboards.ledger))


def by_model(rows: list[tuple[Any, ...]]) -> Mapping[str, tuple[Any, ...]]:
    """Add up what providers sell under one name."""
    sums: dict[str, tuple[Any, ...]] = {}
    for model, *figures in rows:
        sums[model] = tuple(map(sum, zip(sums.get(model, (0,) * 5), figures, strict=True)))
    return sums


def test_what_has_no_price_is_counted_by_reason(dashboards: Dashboards) -> None:
    rows = shown(dashboards.collector, "spend: Calls without a price")

    assert told(rows, "reason", "provider_name", "model_name", "all_calls") == [
        row[:4] for row in answers.unpriced(dashboards.ledger)
    ]


def test_corrections_are_those_that_were_posted(dashboards: Dashboards) -> None:
    expected = answers.corrections(dashboards.ledger)

    by_cause = shown(
        dashboards.collector, "rates_and_corrections: Corrections by cause", just_now()
    )
    by_team = shown(dashboards.collector, "rates_and_corrections: Whose cost changed", just_now())

    for rows in (by_cause, by_team):
        assert total_by_cause(told(rows, "cause", "change_usd")) == total_by_cause(
            [(cause, spent) for cause, _, _, spent in expected]
        )
    assert {row["team_name"] for row in by_team} == {row[1] or UNATTRIBUTED for row in expected}


def test_a_cause_that_took_nothing_back_took_back_0(dashboards: Dashboards) -> None:
    rows = shown(dashboards.collector, "rates_and_corrections: Corrections by cause", just_now())
    (billed,) = (
        row for row in rows if row["cause"] == dashboards.ledger.adjustments.entries[0].cause
    )

    assert usd(billed["taken_back_usd"]) == 0
    assert usd(billed["charged_usd"]) == sum_of(
        one.total_usd for one in dashboards.ledger.adjustments.entries
    )


def test_what_others_report_stands_beside_what_is_booked(dashboards: Dashboards) -> None:
    rows = shown(dashboards.collector, "rates_and_corrections: Reported against booked")

    assert sorted(
        told(rows, "reporter", "provider_name", "model_name", "compared_calls", "booked_usd", "theirs_usd", "difference_usd")
    ) == sorted(answers.reported(dashboards.ledger))  # fmt: skip


def test_a_price_is_drawn_from_its_beginning_to_its_end(dashboards: Dashboards) -> None:
    rows = shown(
        dashboards.collector,
        "rates_and_corrections: Prices",
        ALL_TIME,
        model=["swift"],
        provider=["acme"],
    )

    steps = [
        (row["time"], Decimal(row["price_usd"]))
        for row in rows
        if row["name"] == "acme swift standard input per 1000000"
    ]
    assert steps == [
        ("2026-10-07 00:00:00", Decimal(2)),
        ("2026-11-15 23:59:59", Decimal(2)),
        ("2026-11-16 00:00:00", Decimal(1)),
        ("2026-11-22 23:59:59", Decimal(1)),
        ("2026-11-23 00:00:00", Decimal("0.8")),
        ("2026-12-25 23:59:59", Decimal("0.8")),
    ]


def test_rates_in_force_are_those_of_the_book(dashboards: Dashboards) -> None:
    rows = shown(
        dashboards.collector,
        "rates_and_corrections: Rates in force",
        provider=["acme"],
        model=["swift"],
    )

    assert sorted((row["meter"], Decimal(row["price_usd"]), row["per"]) for row in rows) == sorted(
        (meter, price, per) for meter, _, _, _, _, price, per in answers.prices(dashboards.ledger)
    )  # fmt: skip
