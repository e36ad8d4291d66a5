"""The dashboard of one trace: what it cost, span by span."""

from __future__ import annotations

from dashboards.dashboard import Dashboard
from dashboards.fields import TIME, USD, Field, call_usd, count
from dashboards.layout import Row
from dashboards.links import TRACE, to_trace
from dashboards.panels import Panel, stat, table
from dashboards.queries import question
from dashboards.targets import Format, Target
from dashboards.variables import THE_LEDGER, TextVariable

_MILLISECONDS = "ms"
_UNKNOWN_TRACE = "No span of this trace is known. Paste the 32 hex digits of a trace above, or open one from the table below."

_IN_ALL = stat(
    "The trace",
    "What all calls of the trace cost together, and what is known of it. Calls without a price are not part of the cost.",
    question("trace_in_all"),
    empty=_UNKNOWN_TRACE,
    fields=[
        call_usd("usd", "Cost"),
        count("calls", "Calls"),
        count("unpriced_calls", "Without a price"),
        count("spans", "Spans"),
        count("depth", "Deepest level"),
        count("teams", "Teams"),
        count("boundaries", "Team boundaries"),
        count("failed", "Failed"),
        count("retries", "Retries"),
        count("missing_parents", "Parents not known"),
        Field("duration_ms", "Duration", _MILLISECONDS),
    ],
)
_SPANS = Panel(
    "traces",
    "Spans",
    "Every span under the one above it; what a call cost stands in its attributes. A span whose parent is not known "
    "stands at the top and names it.",
    [Target(question("trace_spans"), Format.TRACE)],
    empty=_UNKNOWN_TRACE,
)
_FLAMES = Panel(
    "flamegraph",
    "Where the cost is, in US dollars",
    "Total is what a span cost with all below it, self what its own call cost. The panel calls the unit Count: it is US "
    "dollars. A call without a price has no width; its label says so. Nothing is drawn where no call has a price.",
    [Target(question("trace_cost"))],
    unit=USD,
    empty=_UNKNOWN_TRACE,
)
_CALLS = table(
    "Calls",
    "The calls of the trace as they stand in its tree, with what each cost by itself.",
    question("trace_calls"),
    [
        Field("name", "Call"),
        Field("service", "Service"),
        Field("team", "Team"),
        Field("provider", "Provider"),
        Field("model", "Model"),
        call_usd("usd", "Cost"),
        Field("status", "Status"),
        Field("status_reason", "Why"),
        Field("quantities", "Quantities"),
        Field("started_at", "Started", TIME),
        Field("duration_ms", "Duration", _MILLISECONDS),
        Field("error_type", "Error"),
        Field("span_id", "Span"),
    ],
    empty="This trace has no booked call. A span of it may be one that is settled later: otel-costing trace shows what is known.",
)
_DEAREST = table(
    "Traces of this time that cost the most",
    "Of the calls between the two instants chosen above; a click opens the trace.",
    question("dearest_traces"),
    [
        Field("trace_id", "Trace", links=[to_trace()]),
        call_usd("usd", "Cost"),
        count("calls", "Calls"),
        count("unpriced_calls", "Without a price"),
        Field("teams", "Teams"),
        Field("workflows", "Workflows"),
        Field("last_at", "Last call", TIME),
    ],
)

DASHBOARD = Dashboard(
    uid=TRACE,
    title="Trace",
    description="What one trace cost: its spans, where in its tree the cost is, its calls.",
    variables=[
        THE_LEDGER,
        TextVariable(
            "trace_id", "Trace", "32 hex digits, as otel-costing report --by trace_id lists them."
        ),
    ],
    rows=[
        Row([_IN_ALL], 4),
        Row([_FLAMES], 12),
        Row([_SPANS], 16),
        Row([_CALLS], 9),
        Row([_DEAREST], 9),
    ],
    time_from="now-6h",
    time_to="now",
)
