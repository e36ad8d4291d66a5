"""The schema for a cluster is that of one node: what makes it replicated is added, nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from otel_costing.clickhouse.cluster_ddl import EVERYWHERE, cluster_files
from otel_costing.clickhouse.sql import ASKED_WITH_PARAMETERS, VIEWS
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.store_settings import tables_written, wrong_settings
from tests.clickhouse.tables import rows
from tests.deploy.one_node import CLUSTER_OF_ONE, asked
from tests.deploy.sql_files import DEPLOY, statements

CLUSTER = DEPLOY / "clickhouse" / "cluster"
REPLICATED, DISTRIBUTED = CLUSTER / "replicated.sql", CLUSTER / "distributed.sql"
BUILT = ("rollup_rows", "rollup_builds", "rollup_checks")
_ADDED = (
    (r" ON CLUSTER '\{cluster\}'", ""),
    (r"Replicated(\w*MergeTree)\('[^']+', '\{replica\}'(?:, )?", r"\1("),
    (r", replicated_deduplication_window_seconds = \d+", ""),
    (r"\breplicated_deduplication_window\b", "non_replicated_deduplication_window"),
)
COLUMNS = """
SELECT table, name, type, default_kind, default_expression, is_in_sorting_key, is_in_partition_key, position
FROM system.columns WHERE database = currentDatabase() ORDER BY table, position
"""
TABLES = """
SELECT name, engine_full, partition_key, sorting_key, primary_key
FROM system.tables WHERE database = currentDatabase() ORDER BY name
"""
INDICES = "SELECT table, name, type_full, expr, granularity FROM system.data_skipping_indices WHERE database = currentDatabase() ORDER BY ALL"


def on_one_node(statement: str) -> str:
    """Take away what makes a statement one for a cluster."""
    for added, instead in _ADDED:
        statement = re.sub(added, instead, statement)
    return statement


def test_what_is_shipped_is_what_the_schema_makes() -> None:
    """If this fails, a migration or a view is new: run `make cluster-ddl`."""
    for name, text in cluster_files().items():
        assert (CLUSTER / name).read_text(encoding="utf-8") == text, name


def test_every_table_has_the_columns_keys_and_settings_of_one_node(dsn: str) -> None:
    with Store.open(dsn) as store:
        ours = [rows(store, sql) for sql in (COLUMNS, TABLES, INDICES)]
        store.connection.command("CREATE DATABASE of_a_cluster")
        for statement in map(on_one_node, statements(REPLICATED)):
            if not statement.startswith(("USE", "CREATE DATABASE")):
                store.connection.command(in_database(statement, "of_a_cluster"))
        theirs = [
            rows(store, sql.replace("currentDatabase()", "'of_a_cluster'"))
            for sql in (COLUMNS, TABLES, INDICES)
        ]

    assert theirs == ours
    assert (
        read_as_one()
        == {name for name, *_ in ours[1] if not name.startswith(("schema_", *BUILT))}
        - ASKED_WITH_PARAMETERS
    )


def read_as_one() -> set[str]:
    return set(re.findall(rf"TABLE {EVERYWHERE}\.(\w+)", DISTRIBUTED.read_text(encoding="utf-8")))


def in_database(statement: str, database: str) -> str:
    """Name the database of what a statement makes or changes; a view's tables are those of the connection's."""
    named = r"^(CREATE TABLE IF NOT EXISTS|ALTER TABLE|CREATE OR REPLACE VIEW|INSERT INTO) (\w+)"
    return re.sub(named, rf"\1 {database}.\2", statement)


def test_the_store_takes_it_for_its_own_and_makes_nothing(new_dsn: str) -> None:
    """The records of what was run are part of the file: no node's store then runs it for that node alone."""
    database = new_dsn.rpartition("=")[2]
    with Store.open(f"{new_dsn}_other") as other:
        other.connection.command(f"CREATE DATABASE {database}")
        for statement in map(on_one_node, statements(REPLICATED)):
            if not statement.startswith(("USE", "CREATE DATABASE", "CREATE OR REPLACE VIEW")):
                other.connection.command(in_database(statement, database))
    with Store.open(new_dsn, create=False) as checked:
        recorded = rows(checked, "SELECT count(), max(applied_at) FROM schema_versions")
    with Store.open(new_dsn) as opened:
        assert rows(opened, "SELECT count(), max(applied_at) FROM schema_versions") == recorded
        assert rows(opened, "SELECT count() FROM schema_views") == [(1,)]


def test_a_table_of_a_cluster_is_safe_to_book_into() -> None:
    """By the same rule that the store holds a server's tables against."""
    made = [one for one in statements(REPLICATED) if "ENGINE = Replicated" in one]
    tables = [
        {
            "name": re.findall(r"EXISTS (\w+)", one)[0],
            "is_replicated": 1,
            "replicated_window": int(
                re.findall(r" replicated_deduplication_window = (\d+)", one)[0]
            ),
        }
        for one in made
        if "schema_versions" not in one
    ]

    assert sorted(str(one["name"]) for one in tables) == tables_written()
    assert list(wrong_settings(tables, is_embedded=False)) == []


def test_all_shards_are_read_as_one(seeded: Path, tmp_path: Path) -> None:
    """By a cluster of one node, which is all that an embedded engine can be of."""
    configuration = tmp_path / "cluster.xml"
    configuration.write_text(CLUSTER_OF_ONE)
    made = [one.replace(" ON CLUSTER '{cluster}'", "") for one in statements(DISTRIBUTED)]
    questions = [
        f"SELECT sum(sign), sum(total_usd) FROM {database}.{table}"  # noqa: S608 - names of ours
        for table in ("costs", "ledger FINAL")
        for database in (EVERYWHERE, "otel_costing")
    ]
    read = [view for view in VIEWS if view not in ASKED_WITH_PARAMETERS]
    counts = [f"SELECT count() FROM {EVERYWHERE}.{view}" for view in read]  # noqa: S608 - as above
    # Without a cluster, nobody could open a ledger beside which it lies.
    gone = f"DROP DATABASE {EVERYWHERE}"
    answers = asked(seeded, configuration, [*made, *questions, *counts, gone])

    assert answers[: len(questions)] == [[["6", "0.027000000000"]]] * len(questions)
    assert len(answers) == len(questions) + len(read)
