"""`close`, `reopen`, `periods`, and what `report` says of closed months and of the past."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from otel_costing.attribution import Attribution
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import Wanted, restate
from otel_costing.periods import entries_digest
from tests.calls import NOON, batch, entry
from tests.cli.conftest import Command
from tests.random_histories import DAY

CALL = entry(1, attribution=Attribution(team="search"), end_ns=NOON - 40 * DAY)
MOVED = restate(
    [CALL],
    {CALL.call_id: Wanted(CALL._replace(attribution=Attribution(team="drafts")), "attribution")},
)
USD = "0.004500000000"


@pytest.fixture
def booked(dsn: str) -> str:
    """The address of a ledger with one call, of October."""
    with Store.open(dsn) as store:
        store.book(batch([CALL]))
    return dsn


@pytest.fixture
def closed(command: Command, booked: str) -> str:
    """The address of that ledger, October closed."""
    assert command("close", "2026-10", "--by", "ann", "--dsn", booked).status == 0
    return booked


@pytest.fixture(scope="module")
def refusing(command: Command, directory: Path) -> str:
    """The address of one such ledger for all that only refuse."""
    dsn = f"chdb://{directory}?database=refusing"
    with Store.open(dsn) as store:
        store.book(batch([CALL]))
    assert command("close", "2026-10", "--dsn", dsn).status == 0
    return dsn


def correct(dsn: str) -> None:
    with Store.open(dsn) as store:
        store.book(batch(MOVED, name="moved"))


def document(command: Command, *arguments: str) -> Any:
    answer = command(*arguments, "--format", "json")
    assert answer.status == 0, answer.err
    return answer.document


def test_closing_says_what_the_month_comes_to(command: Command, booked: str) -> None:
    said = document(
        command, "close", "2026-10", "--by", "ann", "--reason", "invoice", "--dsn", booked
    )

    instants = {said.pop("changed_at"), said.pop("entries_until")}
    assert all(datetime.fromisoformat(one).tzinfo == UTC for one in instants)
    assert said.pop("entries_digest") == entries_digest([CALL])
    assert said.pop("roots_digest") == "0" * 64
    assert said == {
        "billing_period": "2026-10",
        "status": "closed",
        "entries": 1,
        "calls": 1,
        "total_usd": USD,
        "changed_by": "ann",
        "reason": "invoice",
    }


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("close", "2026-10"), "2026-10 is closed already."),
        (("close", "2096-10"), "2096-10 is not over; it can be closed from 2096-11-01 (UTC) on."),
        (("close", "October"), "'October' is no month; write 2026-10"),
        (("reopen", "2026-10"), "Missing option '--reason'."),
        (("reopen", "2026-10", "--reason", " "), "A closed month is opened again for a reason"),
        (("reopen", "2026-09", "--reason", "x"), "2026-09 is open."),
        (("reopen", "2026-10", "--reason", "\udcff"), "Period, by, reason are texts in UTF-8."),
        (("report", "--between", "2026-12-01", "2026-11-01"), "is before the first"),
        (("report", "--between", "2026-11-01", "2026-12-01", "--by", "team"), "exclude each other"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    command: Command, refusing: str, arguments: tuple[str, ...], why: str
) -> None:
    answer = command(*arguments, "--dsn", refusing)

    assert (answer.status, answer.out) == (2, "")
    assert why in answer.err


def test_the_report_of_a_closed_month_says_so_and_stays(command: Command, closed: str) -> None:
    asked = ("report", "--period", "2026-10", "--dsn", closed)
    before = document(command, *asked)
    correct(closed)

    assert document(command, *asked) == before
    assert (before["period_status"], before["closed_by"], before["as_of"]) == (
        "closed",
        "ann",
        None,
    )
    today = before["closed_at"][:10]
    shown = command(*asked).out
    assert f"2026-10 was closed on {today} by ann: this does not change any more." in shown


def test_what_may_still_change_says_so(command: Command, booked: str) -> None:
    month = command("report", "--period", "2026-10", "--dsn", booked).out
    since = command("report", "--since", "2026-10-01", "--dsn", booked).out

    assert "2026-10 is open: this may still change." in month
    assert "By when calls ended: late calls and corrections may still change this." in since


def test_a_month_that_is_open_again_takes_bookings(command: Command, closed: str) -> None:
    said = document(command, "reopen", "2026-10", "--reason", "a mistake", "--dsn", closed)
    correct(closed)

    assert (said["status"], said["reason"]) == ("open", "a mistake")
    report = document(command, "report", "--period", "2026-10", "--dsn", closed)
    assert [row["team"] for row in report["rows"]] == ["drafts"]


def test_months_are_listed_with_their_state(command: Command, closed: str) -> None:
    correct(closed)
    rows = document(command, "periods", "--dsn", closed)["rows"]

    counted = [
        (one["billing_period"], one["status"], one["entries"], one["total_usd"]) for one in rows
    ]
    assert counted == [("2026-10", "closed", 1, USD), ("2026-11", "open", 2, "0.000000000000")]
    shown = command("periods", "--dsn", closed).out
    assert max(map(len, shown.splitlines())) <= 80
    assert command("periods", "--dsn", closed, "--format", "csv").out.count("\n") == 3


def test_a_reason_gives_a_terminal_no_orders(command: Command, booked: str) -> None:
    command("close", "2026-10", "--by", "[red]ann", "--reason", "\x1b[2Jgone", "--dsn", booked)
    shown = command("periods", "--dsn", booked).out

    assert "\x1b" not in shown
    assert "[red]ann" in shown


def test_a_report_of_the_past_leaves_out_what_came_later(command: Command, booked: str) -> None:
    then = datetime.now(UTC).isoformat()
    correct(booked)

    past = document(command, "report", "--as-of", then, "--dsn", booked)
    assert [row["team"] for row in past["rows"]] == ["search"]
    assert past["as_of"] == then
    shown = command("report", "--as-of", then, "--dsn", booked)
    assert f"As known at {then}." in shown.out
    assert shown.err == ""


def test_a_report_of_what_may_still_become_the_past_warns(command: Command, booked: str) -> None:
    answer = command("report", "--as-of", "2096-01-01", "--dsn", booked)

    assert answer.status == 0
    assert answer.err.startswith("warning: 2096-01-01T00:00:00+00:00 is too late to be final")


def test_the_difference_between_two_instants_is_explained(command: Command, booked: str) -> None:
    then = datetime.now(UTC).isoformat()
    correct(booked)
    now = datetime.now(UTC).isoformat()
    asked = ("report", "--between", then, now, "--dsn", booked)

    said = document(command, *asked)
    assert [(row["team"], row["usd"], row["calls"]) for row in said["rows"]] == [
        ("drafts", USD, 1),
        ("search", f"-{USD}", -1),
    ]
    assert (said["first_usd"], said["difference_usd"], said["second_usd"]) == (
        USD,
        "0.000000000000",
        USD,
    )
    shown = command(*asked).out
    assert "attribution" in shown
    assert command(*asked, "--format", "csv").out.startswith("cause,model,team,usd,calls,")
