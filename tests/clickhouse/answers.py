"""What the questions of `docs/queries.md` come to, in memory: of each heading the rows that SQL must answer with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from otel_costing import rollup
from otel_costing.dimensions import named_time
from otel_costing.ledger import Item
from otel_costing.origins import paying, roots_of
from otel_costing.rollup import net, sum_of
from otel_costing.runs import run_of, run_report
from otel_costing.unit_economics import margins
from tests.clickhouse.figures import (
    SINCE_NS,
    UNTIL_NS,
    Row,
    calls,
    cut,
    dearest_first,
    divided,
    grouped,
    instant,
    of_week,
    percent,
    totals,
    usd_of,
)
from tests.clickhouse.three_teams import DAY, MONDAY, Ledger
from tests.queries_page import ASKED

BERLIN = ASKED["time_zone"]
MILLION = 10**6


def both_sides(ledger: Ledger) -> list[Row]:
    """Return of each team what it pays for, and what its code costs."""
    pays, runs = (
        {who: usd for who, _, _, usd in totals(ledger, ["team"], pays)}
        for pays in ("caller", "owner")
    )
    return [(who, pays.get(who), runs.get(who)) for who in sorted({*pays, *runs})]


def of_user(ledger: Ledger) -> list[Row]:
    """Return the days and features of one user."""
    theirs = [one for one in of_week(ledger) if one.attribution.user_id == "user-1"]
    rows = totals(ledger, ["day", "feature"], entries=theirs)
    return sorted((date.fromisoformat(row[0]), *row[1:]) for row in rows)


def attributed(ledger: Ledger) -> list[Row]:
    """Return of each environment which percentage says whose it is."""
    rows = []
    for environment, count, _, usd in totals(ledger, ["environment"]):
        here = [e for e in of_week(ledger) if e.attribution.environment == environment]
        shares = (
            percent(
                sum_of(u for *who, _, _, u in totals(ledger, [name], pays, here) if any(who)), usd
            )
            for name, pays in (("team", "owner"), ("workflow", "caller"), ("customer_id", "owner"))
        )
        rows.append((environment, count, usd, *shares))
    return rows


def runs(ledger: Ledger) -> list[Row]:
    """Return what runs of each workflow cost."""
    report = run_report(
        ledger.entries, ledger.first.spans, ["workflow"], since_ns=SINCE_NS, until_ns=UNTIL_NS
    )
    return [
        (one.values[0] or "", one.runs, one.incomplete_runs, *one.percentiles_usd[:2], one.dearest_usd, one.usd)
        for one in report.groups
    ]  # fmt: skip


def dearest_traces(ledger: Ledger) -> list[Row]:
    """Return ten traces and whose code made their calls."""
    teams = defaultdict(set)
    for one in calls(ledger):
        teams[one.trace_id].add(one.attribution.team)
    rows = totals(ledger, ["trace_id"], entries=calls(ledger))
    assert len(rows) > 10
    return [(trace_id, sorted(teams[trace_id]), *rest) for trace_id, *rest in rows[:10]]


def releases(ledger: Ledger) -> list[Row]:
    """Return what one run cost under each release of one workflow."""
    roots = roots_of(ledger.first.spans)
    of_release = defaultdict(list)
    for one in sorted(calls(ledger), key=lambda one: one.occurred_ns):
        caller = paying(one, "caller", roots)
        if caller.workflow == "resolve-ticket":
            of_release[one.attribution.release].append((one, run_of(one, caller)))
    rows = []
    for release, some in of_release.items():
        ((count, unpriced, usd),) = totals(ledger, [], entries=[one for one, _ in some])
        number = len({run for _, run in some})
        rows.append((release, number, count, unpriced, usd, divided(usd, number)))
    return rows


def retries(ledger: Ledger) -> list[Row]:
    """Return what tried again what had failed."""
    again = rollup.retries(of_week(ledger), ledger.first.spans, ledger.copies)
    assert {one.status for one in again} == {"priced", "unpriced"}
    return totals(ledger, ["service", "model"], entries=again)


def failed_work(ledger: Ledger) -> list[Row]:
    """Return what failed by itself, and what was lost with its trace."""
    roots = roots_of(ledger.first.spans)
    lost = {trace_id for trace_id, root in roots.items() if root.failed}
    rows = []
    for workflow, some in grouped(calls(ledger), lambda e: paying(e, "caller", roots).workflow):
        failed = [one for one in some if one.error_type]
        in_vain = [one for one in some if one.trace_id in lost]
        rows.append(
            (workflow, len(failed), usd_of(failed), len(in_vain), usd_of(in_vain), usd_of(some))
        )
    return sorted(rows, key=lambda row: dearest_first(row[4], row[0]))


def caching(ledger: Ledger) -> list[Row]:
    """Return what cached tokens cost beside the price of input."""
    prices = {one.rate.id: one.rate.prices["input"] for one in ledger.first.rates}
    rows = []
    for model, some in grouped(calls(ledger), lambda one: one.model):
        lines = [
            (item, prices[one.rate_id])
            for one in some
            for item in one.items
            if item.meter.startswith("cache_") and item.amount_usd is not None
        ]
        if lines:
            read = sum(item.quantity for item, _ in lines if item.meter == "cache_read")
            written = sum(item.quantity for item, _ in lines) - read
            paid = sum(item.amount_usd or 0 for item, _ in lines)
            plain = sum(cut(item.quantity * price.usd / price.per) for item, price in lines)
            rows.append((model, read, written, paid, plain, plain - paid))
    return sorted(rows, key=lambda row: (-row[-1], row[0]))


def reasoning(ledger: Ledger) -> list[Row]:
    """Return the reasoning in what each model put out."""
    rows = []
    for (provider, model), some in grouped(calls(ledger), lambda one: (one.provider, one.model)):
        output = [item for one in some for item in one.items if item.meter == "output"]
        thought = [item for one in some for item in one.items if item.meter == "reasoning"]
        if output or thought:
            tokens = [sum(item.quantity for item in items) for items in (thought, output)]
            share = percent(Decimal(tokens[0]), Decimal(sum(tokens)))
            spent = [
                sum_of(item.amount_usd for item in items) for items in (thought, output + thought)
            ]
            rows.append((provider, model, tokens[0], sum(tokens), float(share or 0), *spent))
    return sorted(rows, key=lambda row: dearest_first(row[-2], *row[:2]))


def of_million(ledger: Ledger) -> list[Row]:
    """Return what a million tokens of each product cost in each week."""
    bought: dict[tuple[str, ...], list[Item]] = defaultdict(list)
    for one in net(of_week(ledger)):
        for item in one.items:
            if item.unit == "token" and item.amount_usd is not None:
                week = named_time("week", one.occurred_ns)
                bought[week, one.provider, one.model, item.meter].append(item)
    rows = []
    for (week, *product), items in sorted(bought.items()):
        tokens, usd = sum(i.quantity for i in items), sum_of(i.amount_usd for i in items)
        each = divided(None if usd is None else usd * MILLION, tokens)
        rows.append((date.fromisoformat(week), *product, tokens, usd, each))
    return rows


def prices(ledger: Ledger) -> list[Row]:
    """Return the price of each meter of one model that was in force in the week."""
    known = {one.rate.id: one.rate for one in ledger.first.rates}
    (rate,) = (one for one in known.values() if one.starts_ns == MONDAY)
    return [
        (meter, rate.tier, rate.region, instant(rate.starts_ns), instant(rate.ends_ns), one.usd, one.per)
        for meter, one in sorted(rate.prices.items())
    ]  # fmt: skip


def hours(ledger: Ledger) -> list[Row]:
    """Return the hours of the week as clocks in Berlin have them."""
    rows = totals(ledger, ["hour"], zone=BERLIN)
    named = [
        (datetime.fromisoformat(row[0]).strftime("%Y-%m-%dT%H:00:00%z"), *row[1:]) for row in rows
    ]
    return sorted(named)


def weeks(ledger: Ledger) -> list[Row]:
    """Return what each workflow cost in the week before, and in this one."""
    before_ns = SINCE_NS - 7 * DAY
    earlier = [one for one in ledger.entries if before_ns <= one.occurred_ns < SINCE_NS]
    before, after = (
        {name: (count, usd) for name, count, _, usd in totals(ledger, ["workflow"], "caller", some)}
        for some in (earlier, of_week(ledger))
    )
    rows = []
    for name in {*before, *after}:
        (calls_0, usd_0), (calls_1, usd_1) = before.get(name, (0, None)), after.get(name, (0, None))
        change = None if usd_0 is None or usd_1 is None else usd_1 - usd_0
        rows.append((name, calls_0, calls_1, usd_0, usd_1, change))
    return sorted(rows, key=lambda row: dearest_first(row[4], row[0]))


def outcomes(ledger: Ledger) -> list[Row]:
    """Return what one resolved ticket cost."""
    told = [one for one in ledger.first.outcomes if SINCE_NS <= one.occurred_ns < UNTIL_NS]
    of_runs = margins(ledger.entries, told, [], spans=ledger.first.spans)
    return [
        (one.name, one.runs, one.runs - one.priced_runs, one.quantity, one.priced_quantity, one.priced_usd,
         divided(one.priced_usd, one.priced_quantity))
        for group in of_runs for one in group.outcomes
    ]  # fmt: skip


def unpriced(ledger: Ledger) -> list[Row]:
    """Return which calls have no price."""
    without = [one for one in calls(ledger) if one.status == "unpriced"]
    groups = grouped(without, lambda one: (one.status_reason, one.provider, one.model))
    rows = [(*key, len(some), instant(max(e.occurred_ns for e in some))) for key, some in groups]
    return sorted(rows, key=lambda row: (-row[3], *row[:3]))


def reported(ledger: Ledger) -> list[Row]:
    """Return where others say another cost."""
    return [
        (one.reported_by, one.provider, one.model, one.compared_calls, one.ours_usd, one.theirs_usd,
         one.ours_usd - one.theirs_usd)
        for one in rollup.compared(of_week(ledger))
        if one.ours_usd is not None and one.theirs_usd is not None
    ]  # fmt: skip


def corrections(ledger: Ledger) -> list[Row]:
    """Return whose cost corrections changed; all were posted just now."""
    posted = [one for one in ledger.entries if one.cause != "first"]
    return [
        (*key, len({one.call_id for one in some if one.kind != "adjustment"}), usd_of(some))
        for key, some in sorted(grouped(posted, lambda one: (one.cause, one.attribution.team)))
    ]


def invoice(ledger: Ledger) -> list[Row]:
    """Return what November comes to for each provider and account."""
    november = [one for one in ledger.entries if named_time("month", one.occurred_ns) == "2026-11"]
    rows = []
    for provider, account, count, _, usd in totals(
        ledger, ["provider", "account"], entries=november
    ):
        adjusted = [
            one for one in november
            if (one.kind, one.provider, one.provider_account) == ("adjustment", provider, account)
        ]  # fmt: skip
        rows.append((provider, account, count, usd, usd_of(adjusted)))
    return rows


ANSWERS: Mapping[str, Callable[[Ledger], list[Row]]] = {
    "What did each workflow cost?": lambda ledger: totals(ledger, ["workflow"], "caller"),
    "What does each team pay for, and what does its own code cost?": both_sides,
    "Who pays for whose code?": lambda ledger: totals(ledger, ["origin_team", "team"]),
    "What did each customer cost?": lambda ledger: [
        row for row in totals(ledger, ["customer_id"]) if row[0]
    ],
    "What did one user cost, day by day, and with what?": of_user,
    "How much of the spend says whose it is?": attributed,
    "What does one run of a workflow cost, usually and at worst?": runs,
    "Which traces were the dearest?": dearest_traces,
    "Has a new release made a workflow dearer?": releases,
    "What did it cost to try again what had failed?": retries,
    "What was spent on work that failed?": failed_work,
    "What did caching save?": caching,
    "How much of the output is reasoning that nobody reads?": reasoning,
    "What did a million tokens cost, week by week?": of_million,
    "How did the price of a model change?": prices,
    "Who spends on what purpose?": lambda ledger: totals(ledger, ["purpose", "team"]),
    "What did one resolved ticket cost?": outcomes,
    "What did a day cost, hour by hour?": hours,
    "What changed from last week to this one?": weeks,
    "What has no price, and why?": unpriced,
    "Where do others report another cost than ours?": reported,
    "Whose cost did corrections change, and why?": corrections,
    "What should the provider's invoice of a month come to?": invoice,
}
