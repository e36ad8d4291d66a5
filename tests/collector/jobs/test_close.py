"""Months are closed, and the past is asked for, where a collector holds the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.cli.conftest import Command
from tests.collector.jobs.conftest import Held
from tests.collector.jobs.test_commands import FILES


@pytest.fixture
def own_dsn(held: Held) -> str:
    """The address of the one ledger that the collector answers queries of."""
    return f"chdb://{held.directory}"


def test_a_month_is_closed_and_asked_for_through_the_collector(
    command: Command, own_dsn: str
) -> None:
    command("ingest", FILES[0], "--dsn", own_dsn)
    asked = ("--dsn", own_dsn, "--format", "json")

    closed = command("close", "2020-01", "--by", "ann", *asked)
    report = command("report", "--period", "2020-01", *asked)
    periods = command("periods", *asked)

    assert (closed.status, closed.document["status"]) == (0, "closed")
    assert (report.document["period_status"], report.document["closed_by"]) == ("closed", "ann")
    assert periods.document["rows"][0] == closed.document
    assert command("close", "2020-01", *asked).status == 2
    assert command("reopen", "2020-01", "--reason", "x", *asked).document["status"] == "open"


def test_the_past_is_asked_for_through_the_collector(command: Command, own_dsn: str) -> None:
    """Bookings of the last minute are not settled there, as another process made them."""
    command("ingest", FILES[0], "--dsn", own_dsn)
    asked = ("--dsn", own_dsn, "--format", "json")
    now = datetime.now(UTC).isoformat()

    past = command("report", "--as-of", now, *asked)
    live = command("report", *asked)
    between = command("report", "--between", "2020-01-01", now, *asked)

    assert past.document["rows"] == live.document["rows"]
    assert between.document["second_usd"] == live.document["total_usd"]
    assert "is too late to be final" in past.err
