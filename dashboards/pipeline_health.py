"""The dashboard of whoever runs the collector: what it says of itself, and what the ledger says of it."""

from __future__ import annotations

from dashboards.dashboard import Dashboard
from dashboards.fields import COUNT, TIME, Field, count, total_usd
from dashboards.layout import Row
from dashboards.links import PIPELINE_HEALTH
from dashboards.metrics import THE_METRICS, Metric, above, now, over_time
from dashboards.panels import bars, lines, stat, table
from dashboards.queries import question
from dashboards.variables import THE_LEDGER

_SECONDS = "s"
_BYTES = "bytes"
_PER_SECOND = "cps"
_NOT_BOOKED = "Nothing was booked in this time: widen it, or see whether the collector runs."


def _quantile(of: str, metric: str) -> str:
    return f"histogram_quantile({of}, sum by (le) (rate(otel_costing_{metric}_bucket[$__rate_interval])))"


def _rate(label: str, metric: str) -> Metric:
    return Metric(
        f"sum by ({label}) (rate(otel_costing_{metric}_total[$__rate_interval]))",
        f"{{{{{label}}}}}",
    )


_NOW = Row(
    [
        now(
            "Ledger takes what is offered",
            "1 where every collector's ledger does; 0 where one's does not. Nothing is lost so far, it waits on disk.",
            "min(otel_costing_ledger_up)",
            defaults={
                "thresholds": {
                    "mode": "absolute",
                    "steps": [{"color": "red", "value": None}, {"color": "green", "value": 1}],
                }
            },
        ),
        now(
            "Oldest that waits",
            "Age of the oldest request that is on disk and not booked. Over 300 s, look at the log of the collector.",
            "max(otel_costing_spool_oldest_seconds)",
            unit=_SECONDS,
            defaults=above(300),
        ),
        now(
            "Spool in use",
            "Of the bytes that it may take, of the fullest collector. When it is full, senders are refused and wait.",
            "max(otel_costing_spool_bytes / otel_costing_spool_max_bytes)",
            unit="percentunit",
            decimals=1,
            defaults=above(0.8),
        ),
        now(
            "Dead letters",
            "Requests set aside as no ledger takes them: otel-costing collect dead-letters list.",
            "sum(otel_costing_dead_letters)",
            defaults=above(1),
        ),
        now(
            "On the way to disk",
            "Bytes of requests between the door and the spool.",
            "sum(otel_costing_in_flight_bytes)",
            unit=_BYTES,
        ),
        now(
            "Memory",
            "Resident memory of the largest collector's process, the one that prices not counted.",
            "max(process_resident_memory_bytes and on (instance, job) otel_costing_ledger_up)",
            unit=_BYTES,
        ),
    ],
    4,
    "The collectors now",
)
_RECEIVED = Row(
    [
        over_time(
            "Accepted",
            "Spans and log records that were acknowledged, by signal.",
            _rate("signal", "accepted_items"),
            unit=_PER_SECOND,
        ),
        over_time(
            "Refused",
            "Requests that were not accepted, by reason: senders try again. failed is a mistake of ours.",
            _rate("reason", "refused_requests"),
            unit=_PER_SECOND,
        ),
        over_time(
            "Time to acknowledge",
            "From the first byte of a request's body to its answer.",
            Metric(_quantile("0.5", "acknowledged_seconds"), "half of them"),
            Metric(_quantile("0.99", "acknowledged_seconds"), "99 of 100"),
            unit=_SECONDS,
        ),
    ],
    8,
    "Received",
)
_BOOKED = Row(
    [
        over_time(
            "Calls offered to the ledger",
            "By what is known of their price.",
            _rate("status", "booked_calls"),
            unit=_PER_SECOND,
        ),
        over_time(
            "Calls it had, or had otherwise",
            "Duplicates are harmless. A conflict is a span that came again and says something else: see the findings below.",
            Metric("sum(rate(otel_costing_duplicate_calls_total[$__rate_interval]))", "duplicates"),
            Metric(
                "sum(rate(otel_costing_conflicting_calls_total[$__rate_interval]))", "conflicts"
            ),
            unit=_PER_SECOND,
        ),
        over_time(
            "Corrections",
            "Calls whose charge settling took back, moved or changed, by cause.",
            _rate("cause", "corrected_calls"),
            unit=_PER_SECOND,
        ),
        over_time(
            "Time to book and to write",
            "Settling and booking of what was gathered, and one durable write of the spool: 99 of 100 are faster.",
            Metric(_quantile("0.99", "booking_seconds"), "booking"),
            Metric(_quantile("0.99", "spool_commit_seconds"), "write of the spool"),
            unit=_SECONDS,
        ),
    ],
    8,
    "Booked",
)
_ASKED = Row(
    [
        over_time(
            "Waiting requests",
            "On disk, not booked yet.",
            Metric("sum(otel_costing_spool_requests)", "requests"),
        ),
        over_time(
            "Questions in SQL",
            "Asked of the collectors that hold an embedded ledger, by what came of them.",
            _rate("outcome", "sql_queries"),
            unit=_PER_SECOND,
        ),
        over_time(
            "Time to answer in SQL",
            "From a question to the end of its answer.",
            Metric(_quantile("0.5", "sql_seconds"), "half of them"),
            Metric(_quantile("0.99", "sql_seconds"), "99 of 100"),
            unit=_SECONDS,
        ),
        over_time(
            "Set aside",
            "Spans that no ledger takes, and spans without ids that were left out of acknowledged requests.",
            Metric(
                "sum(rate(otel_costing_dead_lettered_spans_total[$__rate_interval]))", "set aside"
            ),
            _rate("signal", "rejected_items"),
            unit=_PER_SECOND,
        ),
    ],
    8,
)
_LEDGER = Row(
    [
        stat(
            "What must hold",
            "Of what was booked in this time: each is 0 in a sound ledger. otel-costing audit looks at all of it, and says more.",
            question("ledger_laws"),
            fields=[
                count("entries", "Entries"),
                count("wrong_totals", "Totals that are not their items' sum"),
                count("unbalanced_calls", "Calls charged more than once"),
                count("days_behind", "Days the rollup is behind"),
            ],
            empty=_NOT_BOOKED,
        )
    ],
    4,
    "The ledger",
)
_BOOKINGS = Row(
    [
        bars(
            "Entries by the hour of their booking",
            "By why they were posted: first is a call's first charge, the others are corrections.",
            question("entries_by_hour"),
            unit=COUNT,
            empty=_NOT_BOOKED,
        ),
        lines(
            "From the end of a call to its booking",
            "Of first charges, by when they were booked. What is backfilled or journaled is old when it comes.",
            question("booking_lag"),
            unit=_SECONDS,
            empty=_NOT_BOOKED,
        ),
    ],
    9,
)
_FOUND = Row(
    [
        table(
            "Calls without a price",
            "Each costs something that no total has. otel-costing coverage says what mends each reason.",
            question("unpriced_by_reason"),
            [
                Field("status_reason", "Reason"),
                Field("provider", "Provider"),
                Field("model", "Model"),
                count("calls", "Calls"),
                Field("last_at", "Last", TIME),
            ],
            empty="Every call of this time has a price.",
        ),
        table(
            "Findings",
            "What was found in this time, by kind: otel-costing coverage lists them.",
            question("findings_by_kind"),
            [
                Field("kind", "Kind"),
                count("findings", "Findings"),
                count("calls", "Calls"),
                total_usd("usd", "Of calls that stand"),
                Field("last_at", "Last", TIME),
            ],
            empty="Nothing was found in this time.",
        ),
    ],
    9,
)

DASHBOARD = Dashboard(
    uid=PIPELINE_HEALTH,
    title="Pipeline health",
    description="Whether what is sent arrives, whether what arrives is booked, and whether the ledger is sound.",
    variables=[THE_LEDGER, THE_METRICS],
    rows=[_NOW, _RECEIVED, _BOOKED, _ASKED, _LEDGER, _BOOKINGS, _FOUND],
    time_from="now-24h",
    time_to="now",
)
