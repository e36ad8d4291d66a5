"""A ledger of every earlier schema is opened by this version: brought up to date, read, booked into, settled.

`earlier_views` keeps the migrations that made views before those had files of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from otel_costing.attribution import Attribution
from otel_costing.clickhouse import columns
from otel_costing.clickhouse.connection import Connection, connect
from otel_costing.clickhouse.reports import report
from otel_costing.clickhouse.settling import EVERYTHING
from otel_costing.clickhouse.sql import RETIRED, Migration, migrations
from otel_costing.clickhouse.store import Store
from tests.calls import NOON, SECOND, batch, entry, skeleton
from tests.clickhouse.audited import audited
from tests.clickhouse.tables import copies_kept, rows

pytestmark = pytest.mark.usefixtures("engine")
OF_VIEWS = [
    Migration(int(path.name[:4]), path.stem, path.read_text(encoding="utf-8"))
    for path in (Path(__file__).parent / "earlier_views").glob("*.sql")
]
EVERY = sorted([*migrations(), *OF_VIEWS])
FIRST_WITH_A_LEDGER = 1
ENTRIES = [
    entry(1, attribution=Attribution(team="support", user_id="u")),
    entry(2, {"input": 5}, unpriced="unknown_model"),
]
SPANS = [skeleton(1), skeleton(2, 1)]
NEW = entry(3, attribution=Attribution(team="support"), end_ns=NOON + 5 * SECOND)


def test_no_migration_of_a_view_is_missing_here() -> None:
    assert {one.version for one in OF_VIEWS} == RETIRED


@pytest.fixture
def earlier(dsn: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a ledger as a version left it: its migrations, its records of them, rows of its columns."""
    connection = connect(dsn, create=True)
    run = [one for one in EVERY if one.version <= request.param]
    try:
        for one in run:
            connection.command(one.statement)
        records = {name: [getattr(one, name) for one in run] for name in RECORD}
        connection.insert("schema_versions", records, token="records")  # noqa: S106 - no secret, it tells inserts apart
        book_as_then(connection)
        yield dsn
        connection.command("DROP DATABASE {name:Identifier}", {"name": connection.target.database})
    finally:
        connection.close()


RECORD = ("version", "name", "checksum")


def book_as_then(connection: Connection) -> None:
    """Put two calls and their spans in, as far as there are columns for what is known of them."""
    insert(connection, "ledger", columns.entry_columns(ENTRIES, "then", ["2026-11"] * len(ENTRIES)))
    insert(connection, "spans", columns.span_columns(SPANS, NOON, "then"))


def insert(connection: Connection, table: str, known: columns.Columns) -> None:
    asked = "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}"
    there = {name for (name,) in connection.query(asked, {"table": table}).rows}
    kept = {name: values for name, values in known.items() if name in there}
    if kept:
        connection.insert(table, kept, token=f"{table}-{next(iter(kept.values()))}")


WITH_A_LEDGER = [one.version for one in EVERY if one.version >= FIRST_WITH_A_LEDGER]


@pytest.mark.parametrize("earlier", WITH_A_LEDGER, indirect=True)
def test_a_ledger_of_every_earlier_version_is_booked_into(earlier: str) -> None:
    with Store.open(earlier) as store:
        assert store.book(batch(ENTRIES, name="again")).booked == 0
        assert store.book(batch([NEW], name="new")).booked == 1
        assert rows(store, "SELECT sum(sign), sum(total_usd) FROM costs") == [(3, Decimal("0.009"))]


@pytest.mark.parametrize("earlier", [1, 13, 15, 22], indirect=True)
def test_what_an_earlier_version_booked_is_settled_reported_and_audited(earlier: str) -> None:
    """Those before and after the tables changed that settling reads."""
    with Store.open(earlier) as store:
        store.book(batch([NEW], [skeleton(3)], name="new"))
        store.settle(now_ns=NOON + 9 * SECOND, since=EVERYTHING)
        store.rebuild_rollups()

        by_team = {
            row.values[0]: (row.calls, row.usd) for row in report(store, ["team"], pays="owner")
        }
        assert by_team == {"support": (2, Decimal("0.009")), None: (1, None)}
        assert copies_kept(store) == 0
        # What was put in as then is of a batch that is not on record.
        assert len(audited(store, "batch_on_record").digests) == 3
        assert rows(store, "SELECT sum(calls), sum(usd) FROM rollup_daily") == [
            (3, Decimal("0.009"))
        ]
    with Store.open(earlier, create=False):
        pass
