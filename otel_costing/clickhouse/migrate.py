"""Bring a database to the schema of this version, once per numbered file."""

from __future__ import annotations

from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.sql import Migration, migrations, query_text
from otel_costing.clickhouse.target import StoreMissing, StoreUnavailable


def migrate(connection: Connection) -> None:
    """Run the migrations that this database has not seen. Repeating one that was cut short is harmless.

    Raises:
        StoreUnavailable: the database was made by a newer version, or by other files than these.
    """
    first, *rest = migrations()
    connection.command(first.statement)
    applied = _applied(connection)
    refuse_other_schema(applied)
    for migration in (first, *rest):
        if migration.version not in applied:
            connection.command(migration.statement)
            _record(connection, migration)


def check_schema(connection: Connection) -> None:
    """Refuse a database that is not at the schema of this version.

    Raises:
        StoreMissing: it holds no ledger.
        StoreUnavailable: it holds an older or a newer one.
    """
    if not connection.query("EXISTS TABLE schema_versions").rows[0][0]:
        raise StoreMissing(f"there is no ledger in the database {connection.target.database!r} yet")
    applied = _applied(connection)
    refuse_other_schema(applied)
    missing = [one.version for one in migrations() if one.version not in applied]
    if missing:
        raise StoreUnavailable(
            f"the ledger's schema lacks migration {missing[0]}; open it once for writing with this version"
        )


def refuse_other_schema(applied: dict[int, str]) -> None:
    """Raise `StoreUnavailable` where `applied` (checksum by version) is not what this version would run."""
    known = {one.version: one for one in migrations()}
    newest = max(applied, default=0)
    if newest > max(known):
        raise StoreUnavailable(
            f"the ledger has schema {newest} and this version knows up to {max(known)}; upgrade otel-costing"
        )
    for version, checksum in applied.items():
        if version in known and known[version].checksum != checksum:
            raise StoreUnavailable(
                f"migration {known[version].name} of the ledger differs from this version's; it was changed after "
                "it had been run, so restore that file or use another database"
            )


def _applied(connection: Connection) -> dict[int, str]:
    rows = connection.query(query_text("schema_versions")).rows
    return {int(version): str(checksum) for version, checksum in rows}


def _record(connection: Connection, migration: Migration) -> None:
    connection.insert(
        "schema_versions",
        {
            "version": [migration.version],
            "name": [migration.name],
            "checksum": [migration.checksum],
        },
        token=f"migration-{migration.version}-{migration.checksum}",
    )
