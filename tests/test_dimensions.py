"""What dimensions are read from, and what hours, days, weeks and months are called."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from otel_costing.attribution import Attribution
from otel_costing.dimensions import column_of, named_time, zone_named
from otel_costing.instants import ns_of
from otel_costing.rollup import totals
from tests.calls import entry


@pytest.mark.parametrize(
    ("dimension", "pays", "column"),
    [
        ("team", "owner", "team"),
        ("team", "caller", "origin_team"),
        ("origin_team", "owner", "origin_team"),
        ("origin_team", "caller", "origin_team"),
        ("run", "caller", "origin_workflow_run_id"),
        ("run", "owner", "workflow_run_id"),
        ("account", "caller", "provider_account"),
        ("project", "caller", "project"),
    ],
)
def test_the_callers_side_of_a_dimension_is_the_origin(
    dimension: str, pays: str, column: str
) -> None:
    assert column_of(dimension, pays) == column


@pytest.mark.parametrize(
    ("zone", "names"),
    [
        ("UTC", ["2026-10-25T01:00:00Z", "2026-10-25", "2026-10-19", "2026-10"]),
        ("Europe/Berlin", ["2026-10-25T02:00:00+01:00", "2026-10-25", "2026-10-19", "2026-10"]),
        ("Europe/London", ["2026-10-25T01:00:00Z", "2026-10-25", "2026-10-19", "2026-10"]),
        ("Asia/Kathmandu", ["2026-10-25T07:00:00+05:45", "2026-10-25", "2026-10-19", "2026-10"]),
        (
            "Pacific/Kiritimati",
            ["2026-10-25T15:00:00+14:00", "2026-10-25", "2026-10-19", "2026-10"],
        ),
        ("Pacific/Niue", ["2026-10-24T14:00:00-11:00", "2026-10-24", "2026-10-19", "2026-10"]),
    ],
)
def test_times_are_named_as_a_zone_has_them(zone: str, names: list[str]) -> None:
    """The second 02:30 of the night in which Berlin sets its clocks back."""
    at = ns_of(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    found = [named_time(name, at, zone_named(zone)) for name in ("hour", "day", "week", "month")]

    assert found == names


@pytest.mark.parametrize(
    "name", ["", "localtime", "posix/UTC", "europe/berlin", "../UTC", "CEST", "+02:00"]
)
def test_what_is_no_zone_everywhere_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="write a name such as Europe/Berlin"):
        zone_named(name)


def test_the_origin_is_the_same_whoever_pays() -> None:
    call = entry(
        1, attribution=Attribution(team="search", origin_team="support", origin_source="baggage")
    )

    for pays in ("caller", "owner"):
        (row,) = totals([call], ["origin_team", "team"], pays)
        assert row.values == ("support", "support" if pays == "caller" else "search")
