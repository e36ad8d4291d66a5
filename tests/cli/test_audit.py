"""`otel-costing audit`: one line of figures where all is right, a list and status 1 where anything is off."""

from __future__ import annotations

import csv

import pytest

from otel_costing.audit import CHECKS
from otel_costing.clickhouse.store import Store
from tests.calls import entry
from tests.cli.conftest import Command
from tests.cli.test_ledger_commands import FILES
from tests.clickhouse.auditors import recorded

FORGE = "ALTER TABLE ledger UPDATE model = 'cheaper' WHERE 1 SETTINGS mutations_sync = 2"


@pytest.fixture
def ledger(dsn: str) -> str:
    """The address of a ledger with one call."""
    with Store.open(dsn) as store:
        store.book(recorded([entry(1)], name="one call"))
        store.rebuild_rollups()
    return dsn


@pytest.fixture
def forged(ledger: str) -> str:
    """The address of a ledger in which somebody has written another model."""
    with Store.open(ledger) as store:
        store.connection.command(FORGE)
    return ledger


def test_what_was_captured_of_real_emitters_is_right(command: Command, dsn: str) -> None:
    assert command("ingest", *FILES, "--dsn", dsn).status == 0
    audited = command("audit", "--dsn", dsn)

    assert audited.status == 0
    assert audited.out.endswith(" in 1 batch looked at.\nNothing is off.\n")


def test_what_is_off_is_listed(command: Command, forged: str) -> None:
    audited = command("audit", "--dsn", forged)
    said = " ".join(audited.out.split())

    assert audited.status == 1
    assert f"content_digest: {entry(1).entry_id} (2026-11-22): it states something else" in said
    assert max(map(len, audited.out.splitlines())) <= 80
    # The day's rollup says what the ledger no longer does.
    assert said.endswith("2 faults: 1 content_digest, 1 rollup.")


def test_json_has_every_check_and_the_figures(command: Command, forged: str) -> None:
    document = command("audit", "--dsn", forged, "--format", "json").document

    assert list(document["by_check"]) == list(CHECKS)
    assert (document["faults"], document["entries"], document["calls"]) == (2, 1, 1)
    assert document["total_usd"] == "0.004500000000"
    assert document["listed"][0] == {
        "check": "content_digest",
        "subject": entry(1).entry_id,
        "day": "2026-11-22",
        "detail": "it states something else than when it was sealed",
    }


def test_csv_is_the_list(command: Command, forged: str) -> None:
    out = command("audit", "--dsn", forged, "--format", "csv").out

    assert [row["check"] for row in csv.DictReader(out.splitlines())] == [
        "content_digest",
        "rollup",
    ]


def test_repairing_rollups_leaves_what_else_is_off(command: Command, forged: str) -> None:
    repaired = command("audit", "--repair-rollups", "--dsn", forged)
    again = command("audit", "--dsn", forged, "--format", "json").document

    assert "Built anew: rollup_daily of 2026-11-22." in repaired.out
    assert {check for check, count in again["by_check"].items() if count} == {"content_digest"}


def test_days_that_are_not_asked_about_are_not_looked_at(command: Command, forged: str) -> None:
    asked = ("--since", "2026-11-23", "--dsn", forged, "--format", "json")
    document = command("audit", *asked).document

    assert (document["entries"], document["faults"], document["batches"]) == (0, 0, None)


def test_an_hour_is_no_day_of_an_audit(command: Command, ledger: str) -> None:
    refused = command("audit", "--since", "2026-11-22T12:00:00Z", "--dsn", ledger)

    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "Since is a day (UTC)" in refused.err


@pytest.mark.parametrize(
    "days",
    [
        ("--until", "0001-01-01"),
        ("--until", "1970-01-01"),
        ("--since", "9999-01-01"),
        ("--since", "2026-12-01", "--until", "2026-12-01"),
    ],
)
def test_where_no_day_is_asked_for_it_is_not_said_that_nothing_is_off(
    command: Command, ledger: str, days: tuple[str, ...]
) -> None:
    refused = command("audit", *days, "--dsn", ledger)

    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith("Error: There is no day from ")


@pytest.mark.parametrize("days", [("--until", "9999-12-31"), ("--since", "1960-01-01")])
def test_days_that_no_ledger_can_hold_narrow_nothing_down(
    command: Command, ledger: str, days: tuple[str, ...]
) -> None:
    document = command("audit", *days, "--dsn", ledger, "--format", "json").document

    assert (document["calls"], document["batches"]) == (1, 1)
