"""The table of the OpenTelemetry Collector's ClickHouse exporter, read by windows of time and never written.

Of spans that tell nothing of model calls the columns of attributes are not read: they are asked for by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Self

from otel_costing.backfill import Extent
from otel_costing.clickhouse.connection import Connection, connect_to, dsn_shown
from otel_costing.clickhouse.sql import query_text
from otel_costing.clickhouse.target import Embedded, Server, StoreUnusable
from otel_costing.decoded import Undecodable
from otel_costing.otel_traces import (
    LONGEST_BYTES,
    READ,
    READ_OF_RESOURCES,
    TELLING,
    Schema,
    TracesRow,
    record_of,
)
from otel_costing.promoted import Promoted
from otel_costing.spans import READ_EVENTS, SpanRecord

_ALWAYS_THERE = "system"
"""The database that a connection is opened on: every question names the table's own."""
_COLUMNS = frozenset(
    (
        "Timestamp",
        "TraceId",
        "SpanId",
        "ParentSpanId",
        "SpanName",
        "SpanKind",
        "ResourceAttributes",
        "ScopeName",
        "ScopeVersion",
        "SpanAttributes",
        "Duration",
        "StatusCode",
        "Events.Timestamp",
        "Events.Name",
        "Events.Attributes",
        "Links.TraceId",
        "Links.SpanId",
    )
)
_NAMES: Mapping[str, Any] = {
    "telling": sorted(TELLING),
    "read": sorted(READ),
    "longest_bytes": LONGEST_BYTES,
    "events": list(READ_EVENTS),
}


class OtelTracesTable:
    """One such table; see `KeptElsewhere`."""

    def __init__(
        self, connection: Connection, database: str, table: str, promoted: Promoted = ()
    ) -> None:
        """Take a connection of its own; use `open`."""
        of_resources = READ_OF_RESOURCES.union(one.attribute for one in promoted)
        self._names = {**_NAMES, "read_of_resources": sorted(of_resources)}
        self._connection = connection
        self._at = {"database": database, "table": table}
        where = dsn_shown(connection.target._replace(database=database))
        self.name = f"{database}.{table} in {where}"
        self._schema = self._schema_of(self._columns())

    @classmethod
    def open(cls, target: Embedded | Server, table: str, promoted: Promoted = ()) -> Self:
        """Open a table, for reading.

        Args:
            target: where it is.
            table: its name, with its database before a dot; in the target's own where that is left out.
            promoted: which attributes of resources are read beside those that always are.

        Raises:
            StoreUnavailable: it is not there, has other columns than the exporter's, or does not answer.
        """
        database, dot, name = table.rpartition(".")
        connection = connect_to(target._replace(database=_ALWAYS_THERE), create=False)
        try:
            return cls(connection, database if dot else target.database, name, promoted)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Let go of it. Twice is safe."""
        self._connection.close()

    def extent(self, since_ns: int, until_ns: int) -> Extent | None:
        """Return the time in which spans started, of those in this time; None where none did."""
        ((first_ns, last_ns, spans),) = self._ask("otel_traces_extent", since_ns, until_ns)
        return Extent(first_ns, last_ns + 1, spans) if spans else None

    def spread(self, since_ns: int, until_ns: int, width_ns: int) -> list[tuple[int, int]]:
        """Return the number of spans that started in each slot of this width that has any, in order."""
        rows = self._ask("otel_traces_spread", since_ns, until_ns, {"width_ns": width_ns})
        return [(slot, spans) for slot, spans in rows]

    def read(self, since_ns: int, until_ns: int) -> Iterator[Iterator[SpanRecord | Undecodable]]:
        """Yield the spans that started in this time, block by block, and why some cannot be read."""
        asked = {**self._at, **self._names, "since_ns": since_ns, "until_ns": until_ns}
        for rows_of in ("telling", "others"):
            question = query_text(f"otel_traces_{rows_of}_{self._schema}")
            for block in self._connection.stream(question, asked):
                yield map(partial(_span, schema=self._schema), block)

    def _ask(
        self, name: str, since_ns: int, until_ns: int, more: Mapping[str, Any] | None = None
    ) -> Sequence[Sequence[Any]]:
        asked = {**self._at, **(more or {}), "since_ns": since_ns, "until_ns": until_ns}
        return self._connection.query(query_text(name), asked).rows

    def _columns(self) -> dict[str, str]:
        rows = self._connection.query(query_text("otel_traces_columns"), self._at).rows
        columns: dict[str, str] = {name: kind for name, kind in rows}  # noqa: C416 - rows may be lists
        if not columns:
            raise StoreUnusable(f"there is no table {self.name}{self._elsewhere()}")
        missing = sorted(_COLUMNS - columns.keys())
        if missing:
            raise StoreUnusable(
                f"the table {self.name} lacks {', '.join(missing)}, which the OpenTelemetry Collector's ClickHouse exporter "
                "writes; add what it lacks as the exporter's own schema has it"
            )
        return columns

    def _elsewhere(self) -> str:
        rows = self._connection.query(query_text("otel_traces_elsewhere"), self._at).rows
        names = [f"{database}.{self._at['table']}" for (database,) in rows]
        return f"; there is {' and '.join(names)}" if names else ""

    def _schema_of(self, columns: Mapping[str, str]) -> Schema:
        kinds = {
            columns[name].partition("(")[0] for name in ("SpanAttributes", "ResourceAttributes")
        }
        if kinds not in ({"Map"}, {"JSON"}):
            raise StoreUnusable(
                f"the table {self.name} keeps attributes as {' and '.join(sorted(kinds))}; the exporter's are Map or JSON"
            )
        return Schema.MAP if kinds == {"Map"} else Schema.JSON


def _span(row: Sequence[Any], schema: Schema) -> SpanRecord | Undecodable:
    try:
        return record_of(TracesRow(*row), schema)
    except Undecodable as undecodable:
        return undecodable
