"""What a store must be set to before a ledger is trusted to it, checked whenever one is opened for writing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.sql import migrations, query_text
from otel_costing.clickhouse.target import Embedded, StoreUnusable

OLDEST_VERSION = (24, 8)
"""The first long-term release in which the token of an insert stays with each of its blocks.

Source: ClickHouse pull request 66144.
"""
SMALLEST_WINDOW = 100
"""Blocks of others between an insert and its repetition, seconds later, at most."""
_MADE = re.compile(r"^CREATE TABLE IF NOT EXISTS (\w+)", re.MULTILINE)
_KEYED = frozenset(("schema_versions",))
"""Repeating a row of it changes nothing, token or not."""
_REBUILT = ("rollup_",)
"""What can be made anew from the ledger need not survive a power cut."""


def refuse_old_server(connection: Connection) -> None:
    """Raise `StoreUnusable` where the engine is older than what the schema is written for."""
    version = str(connection.query("SELECT version()").rows[0][0])
    if version_of(version) < OLDEST_VERSION:
        oldest = ".".join(map(str, OLDEST_VERSION))
        raise StoreUnusable(f"the ledger needs ClickHouse {oldest} or newer, and this is {version}")


def version_of(text: str) -> tuple[int, ...]:
    """Return year and number of a version such as `24.8.4.13` or `24.8.4.13-lts`."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])


def refuse_unsafe_tables(connection: Connection) -> None:
    """Raise `StoreUnusable`, with one sentence, where an insert could be taken twice or lost after its answer.

    A setting that is wrong was changed after the table was made, or by the server's defaults on a table of its own
    making; nothing is changed here.
    """
    names, rows = connection.query(query_text("table_settings"), {"tables": tables_written()})
    tables = [dict(zip(names, row, strict=True)) for row in rows]
    is_embedded = isinstance(connection.target, Embedded)
    wrong = list(wrong_settings(tables, is_embedded=is_embedded))
    if wrong:
        raise StoreUnusable(f"the ledger's tables are not safe to book into: {'; '.join(wrong)}")


def tables_written() -> list[str]:
    """Return the tables that the store inserts into with a token."""
    made = {name for one in migrations() for name in _MADE.findall(one.statement)}
    return sorted(made - _KEYED)


def wrong_settings(tables: Iterable[Mapping[str, Any]], *, is_embedded: bool) -> Iterator[str]:
    """Yield what has to be done about each table, given as rows of `table_settings`.

    Args:
        tables: with their settings.
        is_embedded: whether nobody else sees to it that they are on disk; a server's disks are its operator's.
    """
    for table in tables:
        kind = "replicated" if table["is_replicated"] else "non_replicated"
        if table[f"{kind}_window"] < SMALLEST_WINDOW:
            yield _remedy(table["name"], f"{kind}_deduplication_window", 10_000)
        if is_embedded and not table["name"].startswith(_REBUILT):
            for setting in ("fsync_after_insert", "fsync_part_directory"):
                if not table[setting]:
                    yield _remedy(table["name"], setting, 1)


def _remedy(table: str, setting: str, value: int) -> str:
    return f"ALTER TABLE {table} MODIFY SETTING {setting} = {value}"
