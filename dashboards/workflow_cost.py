"""Workflow cost: what a run costs, usually and at worst, and what comes of it."""

from __future__ import annotations

from dashboards.dashboard import Dashboard
from dashboards.fields import CALL_DECIMALS, TIME, USD, Field, call_usd, count, total_usd
from dashboards.layout import Row
from dashboards.links import WORKFLOW_COST, to_dashboard, to_trace
from dashboards.panels import Panel, bar_chart, lines, table
from dashboards.queries import question
from dashboards.variables import FILTERS, THE_LEDGER

_RUN = (
    "A run counts whole where its first call ended, and its calls are looked for a day before and after. Filters leave out the calls that do "
    "not match; teams, workflows and features are the caller's."
)
_OF_COMPLETE = (
    "Of runs whose every call has all of its price; a percentile is what one of the runs cost."
)
_NO_RUN = "No run began in this time with these filters: widen the time or choose All. docs/workflows.md says how code names its runs."


def _over_time() -> Panel:
    return lines(
        "Cost of a run",
        f"By when runs began. {_OF_COMPLETE} {_RUN}",
        question("runs_over_time"),
        unit=USD,
        decimals=CALL_DECIMALS,
        fields=[
            call_usd("mean_usd", "mean"),
            call_usd("p50_usd", "50 %"),
            call_usd("p95_usd", "95 %"),
            call_usd("p99_usd", "99 %"),
        ],
        empty=_NO_RUN,
        interval="1h",
        width=14,
    )


def _distribution() -> Panel:
    return bar_chart(
        "Runs by cost",
        f"How many runs cost more than the step before and up to this one, in USD. {_OF_COMPLETE}",
        question("runs_by_cost"),
        names="cost",
        fields=[count("all_runs", "Runs")],
        empty=_NO_RUN,
    )


def _by_workflow() -> Panel:
    only = to_dashboard("This workflow only", WORKFLOW_COST, chosen={"workflow": "workflow_name"})
    return table(
        "Runs by workflow",
        f"{_OF_COMPLETE} Incomplete runs have a call without all of its price: they cost more than is known, and are in the sum alone.",
        question("runs_by_workflow"),
        [
            Field("workflow_name", "Workflow", links=[only]),
            count("all_runs", "Runs"),
            count("incomplete_runs", "Incomplete"),
            call_usd("mean_usd", "Mean"),
            call_usd("p50_usd", "50 %"),
            call_usd("p95_usd", "95 %"),
            call_usd("p99_usd", "99 %"),
            call_usd("dearest_usd", "Dearest"),
            total_usd("total_usd", "All"),
        ],
        empty=_NO_RUN,
        width=24,
    )


def _dearest() -> Panel:
    return table(
        "The dearest runs",
        "The first fifty. A run far above the others is a loop more often than a large piece of work: open its first trace.",
        question("dearest_runs"),
        [
            Field("began_at", "Began", TIME),
            Field("workflow_name", "Workflow"),
            Field("run", "Run"),
            Field("trace_id", "First trace", links=[to_trace()]),
            call_usd("run_usd", "Cost"),
            count("run_calls", "Calls"),
            count("run_failed_calls", "Failed calls"),
            count("run_calls_not_priced", "Not priced in full"),
        ],
        empty=_NO_RUN,
        width=24,
    )


def _outcomes() -> Panel:
    return table(
        "Cost per outcome",
        "What runs cost, divided by what came of them, failed attempts among it. By when it came about; calls are looked for up to seven days before. "
        "Runs with a call that has no full price are counted and left out of the ratio.",
        question("cost_per_outcome"),
        [
            Field("outcome", "Outcome"),
            count("all_runs", "Runs"),
            count("runs_not_priced", "Runs not priced"),
            count("all_outcomes", "Outcomes"),
            count("priced_outcomes", "Of priced runs"),
            total_usd("priced_usd", "Cost of priced runs"),
            call_usd("outcome_usd", "Each"),
        ],
        empty="Nobody said in this time what came of the work. docs/unit-economics.md says how: one line, record_outcome.",
        width=24,
    )


def _failures() -> Panel:
    return table(
        "Retries and failures",
        "Of calls that ended in this time: those that tried again what had failed, those that failed themselves, and all calls of traces whose root failed. "
        "The three overlap, and each is a part of the whole.",
        question("retries_and_failures"),
        [
            Field("workflow_name", "Workflow"),
            count("all_calls", "Calls"),
            total_usd("all_usd", "All"),
            count("retry_calls", "Retries"),
            total_usd("retry_usd", "On retries"),
            count("failed_calls", "Failed"),
            total_usd("failed_usd", "On failed calls"),
            count("lost_calls", "In lost traces"),
            total_usd("lost_usd", "On lost traces"),
        ],
        width=24,
    )


def _paths() -> Panel:
    return table(
        "Call paths",
        "Workflow and team that asked, team and service that ran, agent, tool, operation, model: the hundred ways that cost most. "
        "otel-costing paths also tells the services in between.",
        question("call_paths"),
        [
            Field("path", "Path", properties={"custom.width": 900}),
            total_usd("path_usd", "Cost"),
            count("all_calls", "Calls"),
            call_usd("call_usd", "One call"),
            count("all_unpriced_calls", "Without a price"),
        ],
        width=24,
    )


DASHBOARD = Dashboard(
    uid=WORKFLOW_COST,
    title="Workflow cost",
    description="What one run of a workflow costs, usually and at worst, what came of it and where the money went.",
    variables=[THE_LEDGER, *FILTERS],
    rows=[
        Row([_over_time(), _distribution()], 10),
        Row([_by_workflow()], 9),
        Row([_dearest()], 10),
        Row([_outcomes()], 7, "What came of it"),
        Row([_failures()], 8),
        Row([_paths()], 10, "How calls come about"),
    ],
    time_from="now-1d/d",
)
