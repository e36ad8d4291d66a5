"""Spend overview: what it costs, by whom and for what, and how far these figures carry."""

from __future__ import annotations

from dashboards.dashboard import Dashboard
from dashboards.fields import (
    TIME,
    TOTAL_DECIMALS,
    USD,
    Field,
    call_usd,
    count,
    percent,
    total_usd,
)
from dashboards.layout import Row
from dashboards.links import CARRIED, SPEND, TEAMS, WORKFLOW_COST, Link, to_dashboard
from dashboards.panels import NAMED_SERIES, Panel, bars, stat, table
from dashboards.queries import question
from dashboards.variables import FILTERS, PAYER, THE_LEDGER

_WHO = (
    "Teams, workflows and features are those of whoever pays: the owner of the code, or the caller."
)
_NO_PRICE = "Calls without a price cost something that no sum has; they are counted beside it."
_OF_LEDGER = "Asked of the ledger itself, so a long time of many calls takes seconds."


def _pace() -> Panel:
    return stat(
        "Pace",
        "Of the UTC day in which the chosen time ends, today if nothing else is chosen; of its month so far; and what a month "
        "comes to at the pace of the seven days before that day, whether or not the ledger has calls on each of them.",
        question("spend_pace"),
        fields=[
            total_usd("day_usd", "Today"),
            total_usd("month_usd", "Month to date"),
            total_usd("pace_usd", "Run rate of a month"),
        ],
    )


def _in_all() -> Panel:
    return stat(
        "In this time",
        f"What all calls came to. {_NO_PRICE}",
        question("spend_in_all"),
        fields=[
            total_usd("total_usd", "Spent"),
            count("all_calls", "Calls"),
            count("all_partial_calls", "Priced in part"),
            count("all_unpriced_calls", "Without a price"),
        ],
    )


def _by(column: str, *links: Link) -> Row:
    """Return what each name of a column spent: day by day, and in all."""
    graph = bars(
        f"Per day, by {column}",
        f"The nine that cost most, and all others together; days are UTC's. {_WHO}",
        question("spend_by_day", dimension=column, spent="chosen"),
        unit=USD,
        decimals=TOTAL_DECIMALS,
        defaults=NAMED_SERIES,
        width=14,
    )
    return Row([graph, _sums(column, *links)], 9)


def _sums(column: str, *links: Link) -> Panel:
    return table(
        f"By {column}",
        f"In all of this time, the hundred that cost most. {_NO_PRICE}",
        question("spend_by_dimension", dimension=column),
        [
            Field("name", column.capitalize(), links=links),
            total_usd("total_usd", "Spent"),
            percent("usd_percent", "Share"),
            count("all_calls", "Calls"),
            count("all_unpriced_calls", "Without a price"),
        ],
    )


def _by_meter() -> Panel:
    return table(
        "By meter",
        "What is charged for: the cache read and written, reasoning, the rest of the output, ... Reasoning and output do not overlap. "
        f"The price is what a million tokens came to, tiers and contracts among it. {_OF_LEDGER}",
        question("spend_by_meter"),
        [
            Field("meter", "Meter"),
            count("quantity", "Quantity"),
            Field("unit", "Unit"),
            total_usd("usd", "Spent"),
            percent("usd_percent", "Share"),
            call_usd("usd_per_million", "Per million tokens"),
        ],
    )


def _saved() -> Panel:
    return table(
        "What caching saved",
        "The same tokens at the input price of the rate that priced each call, less what was paid for them. "
        f"Below 0, writing to the cache cost more than reading from it has brought back. {_OF_LEDGER}",
        question("saved_by_caching"),
        [
            Field("provider_name", "Provider"),
            Field("model_name", "Model"),
            count("all_read_tokens", "Tokens read"),
            count("all_written_tokens", "Tokens written"),
            total_usd("cache_usd", "Paid"),
            total_usd("without_cache_usd", "Without a cache"),
            total_usd("saved_usd", "Saved"),
        ],
        empty="No call of this time read from a cache, or wrote to one. Widen the time, or see in the provider's manual how prompts are cached.",
    )


def _coverage() -> Panel:
    return stat(
        "Coverage",
        "How much of the dollars says whose they are, and how many calls have all of their price. A breakdown carries as far as its figure here.",
        question("coverage"),
        fields=[
            percent("team_percent", "Team"),
            percent("project_percent", "Project"),
            percent("feature_percent", "Feature"),
            percent("workflow_percent", "Workflow"),
            percent("environment_percent", "Environment"),
            percent("purpose_percent", "Purpose"),
            percent("priced_percent", "Calls priced in full"),
        ],
        width=24,
    )


def _unpriced() -> Panel:
    return table(
        "Calls without a price",
        "Each costs something that no sum here has. otel-costing coverage --section unpriced says what mends each reason, and "
        f"otel-costing reprice prices the calls once there is a rate. {_OF_LEDGER}",
        question("unpriced_calls"),
        [
            Field("reason", "Reason"),
            Field("provider_name", "Provider"),
            Field("model_name", "Model"),
            count("all_calls", "Calls"),
            Field("last_at", "Last", TIME),
        ],
        empty="Every call of this time with these filters has a price, or there is none.",
        width=24,
    )


def _to(title: str, uid: str, column: str) -> Link:
    return to_dashboard(title, uid, chosen={column: "name"}, carried=(*CARRIED, PAYER.name))


DASHBOARD = Dashboard(
    uid=SPEND,
    title="Spend overview",
    description="What AI calls cost, by whom and for what, and how far these figures carry.",
    variables=[THE_LEDGER, PAYER, *FILTERS],
    rows=[
        Row([_pace(), _in_all()], 4),
        Row([_coverage()], 4),
        _by("team", _to("Between teams", TEAMS, "team"))._replace(heading="By whom"),
        _by("feature", _to("Runs of this feature", WORKFLOW_COST, "feature")),
        _by("workflow", _to("Runs of this workflow", WORKFLOW_COST, "workflow")),
        _by("provider")._replace(heading="Of what"),
        _by("model"),
        Row([_by_meter(), _saved()], 9),
        _by("purpose")._replace(heading="Production and evaluation"),
        Row([_unpriced()], 8, "Without a price"),
    ],
)
