"""Rates and corrections: what prices were, what was set right afterwards, and what others say it cost."""

from __future__ import annotations

from dashboards.dashboard import Dashboard
from dashboards.fields import (
    CALL_DECIMALS,
    COUNT,
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
from dashboards.links import RATES_AND_CORRECTIONS
from dashboards.panels import NAMED_SERIES, Panel, bars, lines, table
from dashboards.queries import question
from dashboards.variables import FILTERS, THE_LEDGER

_NO_RATE = "No rate of these models has priced a call that the ledger holds: choose other models, or otel-costing rates list."
_NO_CORRECTION = "Nothing was corrected in this time. otel-costing settle and reprice post what has become known since."
_POSTED = "By when it was posted, not by when the calls were; teams, workflows and features are the owner's."


def _history() -> Panel:
    return lines(
        "Prices",
        "A series for each meter of a model, as its provider states it (per 1000000 tokens, for example), with its tier and region. "
        "Only rates that have priced a call are here.",
        question("price_history"),
        unit=USD,
        decimals=CALL_DECIMALS,
        custom={"lineInterpolation": "stepAfter"},
        defaults=NAMED_SERIES,
        empty=_NO_RATE,
        width=24,
    )


def _in_force() -> Panel:
    return table(
        "Rates in force",
        "Those that have priced a call; the beginning is empty where the first known price has no known beginning. "
        "Two prices of one interval mean that a rate was corrected.",
        question("rates_in_force"),
        [
            Field("provider_name", "Provider"),
            Field("model_name", "Model"),
            Field("meter", "Meter"),
            Field("tier", "Tier"),
            Field("region", "Region"),
            Field("starts_at", "From", TIME, empty="unknown"),
            Field("ends_at", "Until", TIME, empty="open"),
            call_usd("price_usd", "Price"),
            Field("per", "Per", COUNT, 0),
            Field("contract_name", "Contract"),
            Field("source", "Source"),
            Field("checked", "Checked"),
            Field("rate_id", "Rate"),
        ],
        empty=_NO_RATE,
        width=24,
    )


def _by_day() -> Panel:
    return bars(
        "Corrections per day, by cause",
        f"What they changed, net. {_POSTED}",
        question("corrections_by_day"),
        unit=USD,
        decimals=TOTAL_DECIMALS,
        defaults=NAMED_SERIES,
        empty=_NO_CORRECTION,
        width=14,
    )


def _by_cause() -> Panel:
    return table(
        "Corrections by cause",
        f"What was taken back, what was charged instead, and the difference. {_POSTED} docs/ledger.md says what each cause means.",
        question("corrections_by_cause"),
        [
            Field("cause", "Cause"),
            count("all_calls", "Calls"),
            count("all_entries", "Entries"),
            total_usd("taken_back_usd", "Taken back"),
            total_usd("charged_usd", "Charged"),
            total_usd("change_usd", "Change"),
        ],
        empty=_NO_CORRECTION,
    )


def _by_team() -> Panel:
    return table(
        "Whose cost changed",
        f"A call that moved from one team to another is in the rows of both, and they come to nothing. {_POSTED}",
        question("corrections_by_team"),
        [
            Field("cause", "Cause"),
            Field("team_name", "Team"),
            Field("provider_name", "Provider"),
            Field("model_name", "Model"),
            count("all_calls", "Calls"),
            total_usd("change_usd", "Change"),
        ],
        empty=_NO_CORRECTION,
        width=24,
    )


def _repricings() -> Panel:
    return table(
        "Repricings",
        "Which book of rates was applied when, to how many calls, and what came of it.",
        question("repricings_made"),
        [
            Field("began_at", "Began", TIME),
            Field("finished_at", "Finished", TIME),
            Field("rates_digest", "Book"),
            Field("whole_ledger", "Whole ledger"),
            Field("only_unpriced", "Only unpriced"),
            count("examined", "Examined"),
            count("late_rate", "Priced late"),
            count("rate_correction", "Corrected"),
            count("kept", "Kept"),
        ],
        empty="No book was applied to the ledger in this time: otel-costing reprice --dry-run says what one would change.",
        width=24,
    )


def _reported() -> Panel:
    return table(
        "Reported against booked",
        "What emitters and gateways say that calls cost, beside what is booked; theirs is never in a total, and only calls priced in full are compared. "
        "A thousandth is their rounding, more is mostly an old price list, or cached tokens at the full price.",
        question("reported_against_booked"),
        [
            Field("reporter", "Reported by"),
            Field("provider_name", "Provider"),
            Field("model_name", "Model"),
            count("compared_calls", "Calls"),
            total_usd("booked_usd", "Booked"),
            total_usd("theirs_usd", "Reported"),
            total_usd("difference_usd", "Booked less reported"),
            percent("difference_percent", "Of theirs"),
        ],
        empty="No call of this time bears a cost of somebody else's with these filters, so there is nothing to compare.",
        width=24,
    )


DASHBOARD = Dashboard(
    uid=RATES_AND_CORRECTIONS,
    title="Rates and corrections",
    description="What prices were, what was set right afterwards and why, and what others say that calls cost.",
    variables=[THE_LEDGER, *FILTERS],
    rows=[
        Row([_history()], 10, "Prices"),
        Row([_in_force()], 9),
        Row([_by_day(), _by_cause()], 9, "Corrections"),
        Row([_by_team()], 8),
        Row([_repricings()], 7),
        Row([_reported()], 9, "Reported against booked"),
    ],
)
