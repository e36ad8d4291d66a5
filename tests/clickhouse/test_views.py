"""Views are made anew whenever their texts, or the tables below them, are not those of this version."""

from __future__ import annotations

from importlib import resources

import pytest

from otel_costing.clickhouse.migrate import migrate
from otel_costing.clickhouse.sql import RETIRED, VIEWS, migrations
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import StoreUnavailable
from tests.calls import batch, entry
from tests.clickhouse.tables import rows

pytestmark = pytest.mark.usefixtures("engine")
MADE = "SELECT count() FROM schema_views"


def costs_of(store: Store) -> str:
    """Return the statement that the engine keeps of a view."""
    return str(rows(store, "SHOW CREATE VIEW costs"))


def test_every_file_of_a_view_has_its_place_in_the_order() -> None:
    files = resources.files("otel_costing.clickhouse").joinpath("schema", "views").iterdir()

    assert sorted(file.name for file in files) == sorted(f"{name}.sql" for name in VIEWS)


def test_no_number_of_a_migration_is_given_again() -> None:
    assert RETIRED.isdisjoint(one.version for one in migrations())


def test_views_are_left_alone_where_they_are_those_of_this_version(dsn: str) -> None:
    with Store.open(dsn) as store:
        migrate(store.connection)

        assert rows(store, MADE) == [(1,)]


@pytest.fixture
def older(dsn: str) -> str:
    """A ledger of before views had files of their own: no record of them, and a `costs` of fewer columns."""
    with Store.open(dsn) as store:
        for number in sorted(RETIRED):
            store.connection.insert(
                "schema_versions",
                {"version": [number], "name": ["of a view"], "checksum": ["of then"]},
                token=f"{number}",
            )
        store.connection.command("DROP TABLE schema_views")
        store.connection.command(
            "ALTER TABLE schema_versions DELETE WHERE version >= 23 SETTINGS mutations_sync = 1"
        )
        store.connection.command("CREATE OR REPLACE VIEW costs AS SELECT entry_id FROM ledger")
        store.connection.command("DROP VIEW evaluated_calls")
    return dsn


def test_a_ledger_of_before_is_opened_as_one_of_this_version(older: str) -> None:
    with Store.open(older) as store:
        store.book(batch([entry(1)]))

        assert rows(store, "SELECT sum(sign) FROM costs") == [(1,)]
        assert rows(store, "SELECT count() FROM cost_lines") == [(2,)]
        assert rows(store, "SELECT count() FROM evaluated_calls") == [(0,)]


def test_views_of_another_version_are_made_anew_and_again(dsn: str) -> None:
    """Two versions may take turns: the record of the last making counts, not of the first."""
    with Store.open(dsn) as store:
        ours = costs_of(store)
        for turn in ("then", "later"):
            store.connection.command("CREATE OR REPLACE VIEW costs AS SELECT entry_id FROM ledger")
            store.connection.insert("schema_views", {"digest": ["of another"]}, token=turn)
            migrate(store.connection)

            assert costs_of(store) == ours
    with Store.open(dsn, create=False):
        pass


def test_views_of_another_version_are_not_read_by_mistake(dsn: str) -> None:
    with Store.open(dsn) as store:
        store.connection.insert("schema_views", {"digest": ["of another"]}, token=dsn)
    with pytest.raises(StoreUnavailable, match="views are those of another version; open it once"):
        Store.open(dsn, create=False)
