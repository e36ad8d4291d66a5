"""Opening a ledger: what is refused is refused in one sentence that says what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing.clickhouse.connection import connect
from otel_costing.clickhouse.directory_lock import LOCK_FILE
from otel_costing.clickhouse.sql import migrations
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import (
    Embedded,
    Server,
    StoreMissing,
    StoreUnavailable,
    StoreUnusable,
    target_of,
)
from tests.calls import batch, entry
from tests.clickhouse.tables import rows


@pytest.fixture
def store(dsn: str) -> Iterator[Store]:
    """A ledger that is held open during its test alone: others of these open other directories."""
    with Store.open(dsn) as opened:
        yield opened


@pytest.mark.parametrize(
    ("dsn", "target"),
    [
        ("chdb:///var/lib/ledger", Embedded(Path("/var/lib/ledger"), "otel_costing")),
        ("chdb:///a%20b?database=x", Embedded(Path("/a b"), "x")),
        (
            "clickhouse://ada:s%40fe@db.example:8123/costs",
            Server("db.example", 8123, False, "ada", "s@fe", "costs"),
        ),
        (
            "clickhouse://db.example",
            Server("db.example", 8123, False, "default", "", "otel_costing"),
        ),
        (
            "https://db.example/",
            Server("db.example", 8443, True, "default", "", "otel_costing"),
        ),
    ],
)
def test_a_dsn_says_where_the_ledger_is(dsn: str, target: Embedded | Server) -> None:
    assert target_of(dsn) == target


@pytest.mark.parametrize(
    ("dsn", "why"),
    [
        ("postgres://x", "begins with chdb:///"),
        ("ledger", "begins with chdb:///"),
        ("chdb://relative/dir", "three slashes"),
        ("chdb:///", "three slashes"),
        ("clickhouse://db.example:9000/x", "native protocol"),
        ("http:///x", "names no host"),
        ("http://db.example:no/x", "not a number"),
        ("http://ada:12#34@db.example/x", "write them as %40, %3A, %2F, %3F and %23"),
        ("http://ada:12?34@db.example/x", "write them as %40, %3A, %2F, %3F and %23"),
        ("http://ada:12/34@db.example/x", "write them as %40, %3A, %2F, %3F and %23"),
    ],
)
def test_a_dsn_that_cannot_be_meant_is_refused(dsn: str, why: str) -> None:
    with pytest.raises(StoreUnusable, match=why):
        target_of(dsn)


@pytest.mark.parametrize(
    "dsn",
    [
        "//ada:secret@db.example/x",
        "http://ada:secret\u2100@db.example/x",
        "http://ada:secret@[db/x",
        "http://ada:secret@db:no/x",
    ],
)
def test_a_dsn_that_is_refused_is_not_quoted(dsn: str) -> None:
    with pytest.raises(StoreUnusable) as refused:
        target_of(dsn)

    assert "secret" not in str(refused.value)


def test_no_message_holds_a_password() -> None:
    target = target_of("http://ada:secret@127.0.0.1:1/x")

    assert "secret" not in repr(target)
    with pytest.raises(
        StoreUnavailable, match=r"no ClickHouse answers at 127\.0\.0\.1:1"
    ) as refused:
        Store.open("http://ada:secret@127.0.0.1:1/x")
    assert "secret" not in str(refused.value)


def test_a_directory_that_cannot_be_looked_into_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """As another user's is; a name that is too long is one for every user."""
    with pytest.raises(
        StoreUnusable, match="cannot be read: File name too long; a ledger is read by"
    ):
        Store.open(f"chdb://{tmp_path}/{'x' * 300}", create=False)


def test_handles_of_one_process_share_the_directory(dsn: str) -> None:
    with Store.open(dsn) as one, Store.open(dsn) as other:
        one.book(batch([entry(1)]))

        assert rows(other, "SELECT count() FROM costs") == [(1,)]


def test_another_directory_of_the_same_process_is_refused(store: Store, tmp_path: Path) -> None:
    assert store.dsn.startswith("chdb://")
    with pytest.raises(StoreUnusable, match="keeps one directory at a time"):
        Store.open(f"chdb://{tmp_path}/second")


HOLDER = """
import sys
from otel_costing.clickhouse import directory_lock
from pathlib import Path
directory_lock.acquire(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_directory_that_another_process_holds_names_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreUnusable, match=f"held by process {holder.pid};"):
            Store.open(f"chdb://{tmp_path}")
        holder.communicate()
    assert (tmp_path / LOCK_FILE).exists()


def test_without_leave_to_create_nothing_is_made(dsn: str, tmp_path: Path) -> None:
    for directory in (tmp_path / "none", tmp_path):
        with pytest.raises(StoreMissing, match=f"there is no ledger in {directory} yet"):
            Store.open(f"chdb://{directory}", create=False)
    assert list(tmp_path.iterdir()) == []
    connect(f"{dsn}_beside", create=True).close()
    with pytest.raises(StoreMissing, match="there is no database"):
        Store.open(dsn, create=False)


def test_a_database_without_our_tables_is_no_ledger_yet(dsn: str) -> None:
    connect(dsn, create=True).close()

    with pytest.raises(StoreMissing, match="there is no ledger in the database"):
        Store.open(dsn, create=False)


def test_a_ledger_opens_for_reading_once_it_is_made(dsn: str) -> None:
    Store.open(dsn).close()
    with Store.open(dsn, create=False) as store:
        assert store.query("closed_periods") == []


@pytest.mark.parametrize(
    ("version", "checksum", "why"),
    [(9_999, "x", "upgrade otel-costing"), (1, "x", "0001_ledger of the ledger differs")],
)
@pytest.mark.parametrize("create", [True, False])
def test_another_schema_than_ours_is_refused(
    dsn: str, version: int, checksum: str, why: str, *, create: bool
) -> None:
    with Store.open(dsn) as store:
        store.connection.command(
            f"ALTER TABLE schema_versions DELETE WHERE version = {version} SETTINGS mutations_sync = 1"
        )
        store.connection.insert(
            "schema_versions",
            {"version": [version], "name": ["n"], "checksum": [checksum]},
            token=f"{version}",
        )
    with pytest.raises(StoreUnavailable, match=why):
        Store.open(dsn, create=create)


def test_a_schema_that_was_cut_short_is_completed(dsn: str) -> None:
    with Store.open(dsn) as store:
        store.connection.command("DROP VIEW cost_lines")
        store.connection.command("TRUNCATE TABLE schema_views")
        store.connection.command(
            "ALTER TABLE schema_versions DELETE WHERE version >= 9 SETTINGS mutations_sync = 1"
        )
    with pytest.raises(StoreUnavailable, match="lacks migration 9"):
        Store.open(dsn, create=False)
    with Store.open(dsn) as store:
        versions = [row["version"] for row in store.query("schema_versions")]
        assert versions == [one.version for one in migrations()]
        assert rows(store, "SELECT count() FROM cost_lines") == [(0,)]


def test_names_of_the_contract_stand(store: Store) -> None:
    """They are public: renaming one is a breaking change."""
    ledger = [
        "entry_id",
        "call_id",
        "kind",
        "revision",
        "sign",
        "cause",
        "content_digest",
        "batch_id",
        "occurred_at",
        "received_at",
        "booked_at",
        "billing_period",
        "trace_id",
        "span_id",
        "parent_span_id",
        "response_id",
        "provider",
        "model",
        "request_model",
        "operation",
        "service_tier",
        "region",
        "provider_account",
        "team",
        "project",
        "workflow",
        "workflow_run_id",
        "feature",
        "customer_id",
        "user_id",
        "session_id",
        "environment",
        "purpose",
        "release",
        "agent",
        "tool",
        "origin_team",
        "origin_workflow",
        "origin_workflow_run_id",
        "origin_feature",
        "origin_source",
        "service",
        "status",
        "status_reason",
        "assumptions",
        "items.meter",
        "items.quantity",
        "items.unit",
        "items.list_unit_price",
        "items.unit_price",
        "items.per",
        "items.list_amount_usd",
        "items.amount_usd",
        "total_usd",
        "rate_id",
        "rates_digest",
        "reported_usd",
        "reported_by",
        "duration_ms",
        "error_type",
        "dialect",
        "source_document",
        "tags",
    ]
    for table in ("ledger", "costs"):
        columns = {row[0]: row[1] for row in rows(store, f"DESCRIBE {table}")}
        assert set(ledger) <= set(columns)
        assert columns["total_usd"] == "Nullable(Decimal(38, 12))"
    lines = {row[0] for row in rows(store, "DESCRIBE cost_lines")}
    assert {name.removeprefix("items.") for name in ledger} <= lines
