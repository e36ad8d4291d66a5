"""What a command does with a ledger of an earlier version: one that writes brings it up, one that reads says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from otel_costing.clickhouse.sql import migrations
from otel_costing.clickhouse.store import Store
from otel_costing.jobs.kinds import KINDS
from tests.cli.conftest import Command

NEWEST = migrations()[-1].version


@pytest.fixture
def earlier(dsn: str) -> str:
    """The address of a ledger that lacks the last migration."""
    with Store.open(dsn) as store:
        store.connection.command(
            f"ALTER TABLE schema_versions DELETE WHERE version = {NEWEST} SETTINGS mutations_sync = 1"
        )
    return dsn


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ("settle", 0),
        ("reprice --yes", 0),
        ("close 2020-01", 0),
        ("attribute --where team=search --set team=payments", 0),
        ("erase --customer-id c-1 --reason asked", 0),
        ("reconcile --undo nothing-of-that-name", 2),
        ("audit --repair-rollups", 0),
    ],
)
def test_a_command_that_writes_brings_an_earlier_ledger_up(
    command: Command, earlier: str, arguments: str, status: int
) -> None:
    answer = command(*arguments.split(), "--dsn", earlier)

    assert "open it once" not in answer.err
    assert answer.status == status
    assert command("report", "--dsn", earlier).status == 0


@pytest.mark.parametrize("arguments", ["report", "reprice --dry-run", "audit"])
def test_a_command_that_reads_leaves_an_earlier_ledger_as_it_is(
    command: Command, earlier: str, arguments: str
) -> None:
    for _ in range(2):
        answer = command(*arguments.split(), "--dsn", earlier)

        assert answer.status == 2
        assert f"lacks migration {NEWEST}; open it once for writing" in answer.err


@pytest.mark.parametrize("post", [True, False])
def test_reconciling_writes_where_it_posts(*, post: bool) -> None:
    reconcile = KINDS["reconcile"]

    assert reconcile.writes(reconcile.read({"tolerance": "1%", "post": post})) is post


def test_a_command_that_writes_makes_no_ledger(command: Command, tmp_path: Path) -> None:
    answer = command("settle", "--dsn", f"chdb://{tmp_path / 'none'}")

    assert answer.status == 2
    assert "There is no ledger" in answer.err
    assert not (tmp_path / "none").exists()
