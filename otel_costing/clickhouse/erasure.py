"""Taking personal identifiers out of a ledger, and keeping a record of it that does not hold them.

The one place where booked rows are changed (docs/adr/0009). The ledger is told of an identifier by a salted digest
only: ClickHouse keeps the text of its last mutations on disk, a server that of all queries, a collector that of a job.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from otel_costing.attribution import FIELDS, PERSONAL, clean
from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.sql import query_text
from otel_costing.problems import Problem
from otel_costing.promoted import COLUMNS

IDENTIFIERS = tuple(name for name in FIELDS if name in PERSONAL)
"""Columns that say who a person is, wherever they stand. No other column does, and no sort key."""
_HOLDING = (
    (IDENTIFIERS, "rows_with_identifiers", "erase_identifiers"),
    (COLUMNS, "rows_with_promoted", "erase_promoted"),
)
"""Columns that may hold one, what counts their rows and what empties them: a promoted attribute may name anything."""
_PASSES = 3
"""Rows may be booked while others are changed."""
_BEGUN, _DONE = "begun", "done"

Held = Mapping[tuple[str, str], int]
"""Rows by table and column."""


class Identifier(NamedTuple):
    """Somebody, as one of the columns names them."""

    column: str
    value: str


class Act(NamedTuple):
    """What is to be erased, told without saying it."""

    erasure_id: str
    salt: str
    identifiers: tuple[str, ...]
    """Columns."""
    digests: tuple[str, ...]
    """In the same order."""
    reason: str


class Erased(NamedTuple):
    """What came of erasing."""

    held: Held
    """Which rows held them; copies of an entry that are not merged yet count apart."""
    left: Held
    """Which still do: what came meanwhile, or everything where nothing was to be changed."""


def identifiers_of(said: Mapping[str, Iterable[str]]) -> tuple[Identifier, ...]:
    """Return identifiers as the ledger spells them: at most 256 characters, without control characters.

    Args:
        said: values by column.
    """
    named = [Identifier(column, clean(value)) for column in said for value in said[column]]
    return tuple(dict.fromkeys(named))


def problems_of(identifiers: Sequence[Identifier], reason: str) -> list[Problem]:
    """Return what keeps an erasure from being carried out as it was asked for."""
    problems = [
        Problem(one.column, "is empty; name whom to erase") for one in identifiers if not one.value
    ]
    if not identifiers:
        problems.append(
            Problem("identifiers", f"name nobody; give one of {', '.join(IDENTIFIERS)}")
        )
    if any(one.value and one.value in reason for one in identifiers):
        problems.append(
            Problem("reason", "holds what is to be erased, and is kept; say it without")
        )
    return problems


def act_of(identifiers: Iterable[Identifier], reason: str) -> Act:
    """Return the act of erasing these, with a salt of its own.

    Args:
        identifiers: without problems, see `problems_of`.
        reason: kept with the record of the act, such as the number of the request.
    """
    salt = secrets.token_hex(16)
    asked = list(identifiers)
    return Act(
        erasure_id=secrets.token_hex(16),
        salt=salt,
        identifiers=tuple(one.column for one in asked),
        digests=tuple(digest_of(one, salt) for one in asked),
        reason=reason,
    )


def digest_of(identifier: Identifier, salt: str) -> str:
    """Return what stands for an identifier in one act of erasure: SHA-256, in hex."""
    return hashlib.sha256(f"{salt}{identifier.column}={identifier.value}".encode()).hexdigest()


def erase(connection: Connection, act: Act, *, dry_run: bool = False) -> Erased:
    """Empty what is to be erased in every row that holds it: its money then falls to `unattributed`.

    Cut short, it can be repeated; where nothing is held any more it changes nothing and leaves no record.

    Args:
        connection: a ledger at the current schema.
        act: what to erase.
        dry_run: only count.

    Raises:
        StoreUnavailable: it was cut short; erase again.
    """
    held = left = _held(connection, act)
    if dry_run or not held:
        return Erased(held, held)
    _record(connection, act, _BEGUN, held)
    for _ in range(_PASSES):
        for columns, _, emptied in _HOLDING:
            for table in sorted({table for table, column in left if column in columns}):
                connection.command(query_text(emptied), _asked(act, table))
        left = _held(connection, act)
        if not left:
            _record(connection, act, _DONE, held)
            break
    return Erased(held, left)


def _held(connection: Connection, act: Act) -> dict[tuple[str, str], int]:
    return {
        (table, column): rows
        for columns, counted, _ in _HOLDING
        for table in _tables_with(connection, columns)
        for column, rows in connection.query(query_text(counted), _asked(act, table)).rows
    }


def _tables_with(connection: Connection, columns: Sequence[str]) -> list[str]:
    asked = {"identifiers": list(columns)}
    return [row[0] for row in connection.query(query_text("tables_with_identifiers"), asked).rows]


def _asked(act: Act, table: str) -> dict[str, object]:
    return {"table": table, "salt": act.salt, "digests": list(act.digests)}


def _record(connection: Connection, act: Act, state: str, held: Held) -> None:
    by_table: dict[str, int] = {}
    for (table, _), rows in held.items():
        by_table[table] = by_table.get(table, 0) + rows
    row: dict[str, list[object]] = {
        "erasure_id": [act.erasure_id],
        "state": [state],
        "identifiers": [list(act.identifiers)],
        "salt": [act.salt],
        "digests": [list(act.digests)],
        "erased_rows": [by_table],
        "reason": [act.reason],
    }
    connection.insert("erasures", row, token=f"erasure-{act.erasure_id}-{state}")
