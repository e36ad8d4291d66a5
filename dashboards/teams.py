"""Teams: who pays as a caller and who as an owner, and who pays for whose code."""

from __future__ import annotations

from dashboards.dashboard import Dashboard
from dashboards.fields import TOTAL_DECIMALS, USD, Field, count, total_usd
from dashboards.layout import Row
from dashboards.links import SPEND, TEAMS, to_dashboard
from dashboards.panels import NAMED_SERIES, Panel, bars, table
from dashboards.queries import question
from dashboards.variables import FILTERS, THE_LEDGER

_EITHER = "A team, workflow or feature that is chosen may stand on either side."


def _both_sides() -> Panel:
    spend = to_dashboard("What it was spent on", SPEND, chosen={"team": "team_name"})
    return table(
        "Caller pays, owner pays",
        "What each team asked for, whoever's code ran, and what its own code cost, whoever asked. Both columns come to the same total. "
        f"A team that pays far more than it runs lets others do its work; one that runs more is a platform. {_EITHER}",
        question("spend_of_both_sides"),
        [
            Field("team_name", "Team", links=[spend]),
            total_usd("pays_usd", "Pays as the caller"),
            total_usd("runs_usd", "Pays as the owner"),
            total_usd("both_usd", "Of that, for itself"),
            total_usd("difference_usd", "Caller less owner"),
            count("pays_unpriced_calls", "Without a price, as the caller"),
            count("runs_unpriced_calls", "Without a price, as the owner"),
        ],
        width=24,
    )


def _matrix() -> Panel:
    shaped = {
        "id": "groupingToMatrix",
        "options": {
            "columnField": "owner",
            "emptyValue": "null",
            "rowField": "caller",
            "valueField": "usd",
        },
    }
    return table(
        "Who pays for whose code",
        f"Callers down, owners of the code across, in USD. A dot: no call that has a price. {_EITHER}",
        question("spend_between_teams"),
        [Field("number", "", USD, TOTAL_DECIMALS, empty=".", matcher="byType")],
        transformations=[shaped],
        width=24,
    )


def _pairs() -> Panel:
    only = to_dashboard("Only what these two share", TEAMS, chosen={"team": "caller"})
    return table(
        "Pair by pair",
        "The matrix as a list, with calls.",
        question("spend_between_teams"),
        [
            Field("caller", "Caller", links=[only]),
            Field("owner", "Owner"),
            total_usd("usd", "Cost"),
            count("all_calls", "Calls"),
            count("all_unpriced_calls", "Without a price"),
        ],
        width=24,
    )


def _by_day(side: str, says: str) -> Panel:
    return bars(
        f"Per day, {side} pays",
        f"{says} The nine that paid most, and all others together; days are UTC's. {_EITHER}",
        question("spend_of_side_by_day", dimension=side, spent="between"),
        unit=USD,
        decimals=TOTAL_DECIMALS,
        defaults=NAMED_SERIES,
    )


DASHBOARD = Dashboard(
    uid=TEAMS,
    title="Teams",
    description="Caller pays and owner pays, side by side, and who pays for whose code.",
    variables=[THE_LEDGER, *FILTERS],
    rows=[
        Row([_both_sides()], 9),
        Row(
            [
                _by_day("caller", "What each team asked for, whoever's code ran."),
                _by_day("owner", "What each team's own code cost, whoever asked."),
            ],
            10,
        ),
        Row([_matrix()], 9, "Between teams"),
        Row([_pairs()], 9),
    ],
)
