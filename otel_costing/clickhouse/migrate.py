"""Bring a database to the schema of this version: each numbered file once, then the views where they differ."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.sql import (
    RETIRED,
    Migration,
    migrations,
    query_text,
    views,
    views_digest,
)
from otel_costing.clickhouse.target import StoreMissing, StoreUnavailable


class SchemaBehind(StoreUnavailable):
    """It holds a ledger of an earlier version, which whoever may write can bring up to this one."""


def migrate(connection: Connection) -> None:
    """Run the migrations that this database has not seen. Repeating what was cut short is harmless.

    Raises:
        StoreUnavailable: the database was made by a newer version, or by other files than these.
    """
    first, *rest = migrations()
    connection.command(first.statement)
    applied = _applied(connection)
    refuse_other_schema(applied)
    missing = [one for one in (first, *rest) if one.version not in applied]
    for migration in missing:
        connection.command(migration.statement)
        if applied:
            _record(connection, [migration])
    if not applied:
        # One synced insert instead of forty: a new ledger is there in half the time.
        _record(connection, missing)
    if _views_made(connection) != views_digest():
        _make_views(connection)


def check_schema(connection: Connection) -> None:
    """Refuse a database that is not at the schema of this version.

    Raises:
        StoreMissing: it holds no ledger.
        SchemaBehind: it holds an older one.
        StoreUnavailable: it holds a newer one, or one of other files.
    """
    if not connection.query("EXISTS TABLE schema_versions").rows[0][0]:
        raise StoreMissing(f"there is no ledger in the database {connection.target.database!r} yet")
    applied = _applied(connection)
    refuse_other_schema(applied)
    missing = [one.version for one in migrations() if one.version not in applied]
    if missing:
        raise _behind(f"the ledger's schema lacks migration {missing[0]}")
    if _views_made(connection) != views_digest():
        raise _behind("the ledger's views are those of another version")


def refuse_other_schema(applied: dict[int, str]) -> None:
    """Raise `StoreUnavailable` where `applied` (checksum by version) is not what this version would run."""
    known = {one.version: one for one in migrations()}
    newest = max(applied, default=0)
    if newest > max(known):
        raise StoreUnavailable(
            f"the ledger has schema {newest} and this version knows up to {max(known)}; upgrade otel-costing"
        )
    for version, checksum in applied.items():
        if version in RETIRED:
            continue
        if version not in known:
            raise StoreUnavailable(
                f"the ledger has seen a migration {version} that this version does not know; use another database"
            )
        if known[version].checksum != checksum:
            raise StoreUnavailable(
                f"migration {known[version].name} of the ledger differs from this version's; it was changed after "
                "it had been run, so restore that file or use another database"
            )


def _behind(what: str) -> SchemaBehind:
    return SchemaBehind(
        f"{what}; open it once for writing with this version, as `otel-costing collect` does, or `ingest` of any file"
    )


def _applied(connection: Connection) -> dict[int, str]:
    rows = connection.query(query_text("schema_versions")).rows
    return {int(version): str(checksum) for version, checksum in rows}


def _views_made(connection: Connection) -> str:
    return str(connection.query(query_text("views_made")).rows[0][0])


def _make_views(connection: Connection) -> None:
    """Make all of them: a view keeps the columns that its tables had when it was made."""
    for statement in views():
        connection.command(statement)
    # The same texts may be made again after others: a token of the digest alone would swallow the second record.
    token = f"views-{uuid.uuid4().hex}"
    connection.insert("schema_views", {"digest": [views_digest()]}, token=token)


def _record(connection: Connection, done: Sequence[Migration]) -> None:
    last = done[-1]
    connection.insert(
        "schema_versions",
        {
            "version": [one.version for one in done],
            "name": [one.name for one in done],
            "checksum": [one.checksum for one in done],
        },
        token=f"migration-{done[0].version}-{last.version}-{last.checksum}",
    )
