"""The schema for a cluster, made of the same files as that of one node; `make cluster-ddl` writes it down.

A cluster's tables are made by its operator, on all nodes at once, because the store speaks to one node only. The records
of what was run are written beside them, so that the store finds its schema there and makes nothing of its own.

Source: ClickHouse documentation, "Distributed DDL queries" and "Data replication".
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from otel_costing.clickhouse.sql import (
    ASKED_WITH_PARAMETERS,
    VIEWS,
    migrations,
    views,
    views_digest,
)
from otel_costing.clickhouse.target import DEFAULT_DATABASE

EVERYWHERE = "otel_costing_all"
"""The database that reads the ledgers of all shards as one."""
_ON_CLUSTER = " ON CLUSTER '{cluster}'"
_PATH = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
_WINDOW_SECONDS = 7 * 86_400
"""As long as a batch may wait to be offered again; the default is an hour in recent releases."""
_MADE = re.compile(r"^(CREATE TABLE IF NOT EXISTS \w+|ALTER TABLE \w+)", re.MULTILINE)
_VIEW = re.compile(r"^(CREATE OR REPLACE VIEW \w+)", re.MULTILINE)
_ENGINE = re.compile(r"^ENGINE = (\w*MergeTree)(?:\((\w+)\))?", re.MULTILINE)
_WINDOW = re.compile(r"\bnon_replicated_deduplication_window = (\d+)")
_TABLE = re.compile(r"^CREATE TABLE IF NOT EXISTS (\w+)", re.MULTILINE)
_OWN = ("schema_", "rollup_")
"""Tables that only the store reads."""


def cluster_files() -> Mapping[str, str]:
    """Return the files of `collector/deploy/clickhouse/cluster` by name."""
    return {"replicated.sql": _text(_replicated()), "distributed.sql": _text(_distributed())}


def write_cluster_files(directory: Path) -> None:
    """Write them into a directory."""
    for name, text in cluster_files().items():
        (directory / name).write_text(text, encoding="utf-8")


def _text(statements: Iterator[str]) -> str:
    return "\n".join(f"{statement.strip()}\n" for statement in statements)


def _replicated() -> Iterator[str]:
    yield (
        "-- The ledger's tables on every replica of a cluster, by `make cluster-ddl`. Not run by this project's tests, which\n"
        "-- have no cluster: they parse it, and run it without what makes it replicated. Running it again, or that of a newer\n"
        "-- version, changes what is missing and nothing else.\n"
        f"CREATE DATABASE IF NOT EXISTS {DEFAULT_DATABASE}{_ON_CLUSTER};"
    )
    yield f"USE {DEFAULT_DATABASE};"
    for one in migrations():
        yield replicated(one.statement)
    for view in views():
        yield _VIEW.sub(rf"\1{_ON_CLUSTER}", view)
    yield from _records()


def replicated(statement: str) -> str:
    """Return a numbered file's statement as a cluster runs it."""
    everywhere = _MADE.sub(rf"\1{_ON_CLUSTER}", statement)
    made = _ENGINE.sub(_replicated_engine, everywhere)
    window = rf"replicated_deduplication_window = \1, replicated_deduplication_window_seconds = {_WINDOW_SECONDS}"
    return _WINDOW.sub(window, made)


def _replicated_engine(engine: re.Match[str]) -> str:
    arguments = ", ".join(filter(None, (_PATH, engine[2])))
    return f"ENGINE = Replicated{engine[1]}({arguments})"


def _records() -> Iterator[str]:
    rows = ",\n".join(
        f"    ({one.version}, '{one.name}', '{one.checksum}')" for one in migrations()
    )
    yield f"INSERT INTO schema_versions (version, name, checksum) VALUES\n{rows};"
    yield f"INSERT INTO schema_views (digest) VALUES ('{views_digest()}');"  # noqa: S608 - a digest of ours, in a file


def _distributed() -> Iterator[str]:
    yield (
        "-- The ledgers of all shards, to be read as one; nothing is written through it. By `make cluster-ddl`; not run by this\n"
        "-- project's tests on more than one node.\n"
        f"CREATE DATABASE IF NOT EXISTS {EVERYWHERE}{_ON_CLUSTER};"
    )
    for name in (*_public_tables(), *(one for one in VIEWS if one not in ASKED_WITH_PARAMETERS)):
        yield (
            f"CREATE OR REPLACE TABLE {EVERYWHERE}.{name}{_ON_CLUSTER} AS {DEFAULT_DATABASE}.{name}\n"
            f"ENGINE = Distributed('{{cluster}}', '{DEFAULT_DATABASE}', '{name}');"
        )


def _public_tables() -> list[str]:
    made = (name for one in migrations() for name in _TABLE.findall(one.statement))
    return [name for name in made if not name.startswith(_OWN)]


if __name__ == "__main__":
    write_cluster_files(Path(sys.argv[1]))
