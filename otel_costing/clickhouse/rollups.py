"""`rollup_daily`: which days are behind the ledger, and building them anew.

Nothing is written to it while batches are booked. Each day's rollup stores the position of the ledger that
it reflects, so that a day which is behind is found by comparison, whoever booked and whatever crashed since.
Where the last check tells which days anything came for, those alone are compared; else all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from otel_costing.clickhouse import rollup_checks
from otel_costing.clickhouse.blocks import blocks, parts
from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.rollup_checks import News
from otel_costing.clickhouse.sql import query_text
from otel_costing.clickhouse.time_bounds import around

_WORTH_REMOVING = 100_000
"""Rows of superseded buildings; a pass over the table costs more than fewer of them."""
_IDLE_S = 86_400
"""A building that is older and does not hold is nobody's: no reader and no writer is still at it."""
_MOST_BUILDS = 1_000
"""In one removal."""


class Position(NamedTuple):
    """How far the ledger is for one day, or how far a rollup reflects it."""

    entries: int
    """Each once; it only grows."""
    booked_until_us: int
    """When the last of them was booked, microseconds since 1970 UTC."""
    origins: int
    """Digest of the origins that come from the roots of traces, which may arrive later than their calls."""


class _Building(NamedTuple):
    """The one that holds for a day."""

    build_id: str
    reflects: Position


class _Asked(NamedTuple):
    positions: Mapping[date, Position]
    asked_at_us: int


def rebuild(connection: Connection, days: Iterable[date] | None = None) -> list[date]:
    """Build days anew, and return those that were built, in order.

    Of two writers that build one day at once, the one that saw more entries prevails, whoever is last. What is
    booked meanwhile may be in it already; the next call finds the day behind and builds it again.

    Args:
        connection: the ledger.
        days: UTC days of `occurred_at`, built whatever they say; those that are behind if None.

    Raises:
        StoreUnavailable: the store did not take it; the days that are behind stay as they are.
    """
    found = rollup_checks.news(connection)
    doubtful = _doubtful(connection, found) if days is None else sorted(days)
    asked = _positions(connection, doubtful)
    built = _behind(connection, asked) if days is None else set(asked.positions)
    _build_all(connection, sorted(built), asked)
    standing = found.fresh if days is None else found.known
    if standing is not None:
        holding = {day: building.build_id for day, building in _built(connection).items()}
        single = _single_days(connection, doubtful, asked.positions)
        if days is not None:
            # They are told by what is known from before: a copy that has merged away since may come once more.
            single &= found.single_days
        if doubtful is not None:
            single |= found.single_days.difference(doubtful)
        rollup_checks.note(connection, found, standing, holding, single)
    if built:
        _remove_superseded(connection)
    return sorted(built)


def _doubtful(connection: Connection, found: News) -> list[date] | None:
    """Return the days that may be behind; None for all."""
    entered, rooted = found.touched(), found.touched_by_roots(connection)
    return None if entered is None or rooted is None else sorted(entered | rooted)


def _build_all(connection: Connection, days: Sequence[date], asked: _Asked) -> None:
    for block in blocks(days, lambda day: day.strftime("%Y-%m")):
        _build(connection, block, asked)


def _single_days(
    connection: Connection, days: Sequence[date] | None, positions: Mapping[date, Position]
) -> frozenset[date]:
    """Return the days on which no entry lies twice: as many rows now as there were entries before.

    In this order. What is booked in between makes them more, and so does a copy.
    """
    if days is not None and not days:
        return frozenset()
    counted = _rows(connection, "rows_by_day", _between(days or ()))
    return frozenset(
        row["day"]
        for row in counted
        if row["day"] in positions and positions[row["day"]].entries == row["kept_rows"]
    )


class Reflected(NamedTuple):
    """How the rollup of a day stands to the ledger."""

    day: date
    built_of: int
    """Entries that it was built of; 0 where it was never built."""
    entries: int
    """Those that the ledger holds now."""
    is_current: bool
    """Whether it reflects exactly what the ledger holds."""


def reflected(connection: Connection) -> list[Reflected]:
    """Return how each day of the ledger, and of its rollup, stands, in order."""
    # In this order, so that a building of meanwhile is not taken for one of entries that are gone.
    built = _built(connection)
    known = _positions(connection).positions
    nothing = Position(0, 0, 0)
    reflects = {day: building.reflects for day, building in built.items()}
    return [
        Reflected(
            day,
            reflects.get(day, nothing).entries,
            known.get(day, nothing).entries,
            known.get(day) == reflects.get(day),
        )
        for day in sorted(known.keys() | reflects.keys())
    ]


def repair(connection: Connection, days: Iterable[date]) -> list[date]:
    """Build days anew and remove every earlier building of them, also those that saw more entries.

    Raises:
        StoreUnavailable: it was cut short; the days stand as they did, or are right already.
    """
    asked = sorted(set(days))
    earlier = _rows(connection, "builds_of_days", {"days": asked})
    # Reports are to ask no building that is about to go: until all is checked again the ledger answers.
    rollup_checks.doubt(connection)
    rebuild(connection, asked)
    _remove(connection, [(row["day"], row["build_id"]) for row in earlier])
    rebuild(connection)
    return asked


def _positions(connection: Connection, days: Sequence[date] | None = None) -> _Asked:
    """Return where days stand that the ledger has entries of; all of them if None."""
    if days is not None and not days:
        return _Asked({}, 0)
    rows = _rows(connection, "rollup_positions", _between(days or ()))
    found = {
        row["day"]: Position(row["entries"], row["booked_until_us"], row["origins"]) for row in rows
    }
    return _Asked(found, rows[0]["asked_at_us"] if rows else 0)


def _between(days: Sequence[date]) -> dict[str, Any]:
    """Return the parameters of a question about days in order; about all where there are none."""
    return {"days": list(days), **around(days)}


def _behind(connection: Connection, asked: _Asked) -> set[date]:
    built = _built(connection)
    return {
        day
        for day, position in asked.positions.items()
        if day not in built or built[day].reflects != position
    }


def _built(connection: Connection) -> dict[date, _Building]:
    return {
        row["day"]: _Building(row["build"][0], Position(*row["build"][1:]))
        for row in _rows(connection, "rollups_built")
    }


def _build(connection: Connection, days: Sequence[date], asked: _Asked) -> None:
    """Write the rows, then the one block that makes them count."""
    build_id = uuid.uuid4().hex
    connection.insert_answer(
        query_text("build_rollups"),
        {"build_id": build_id, **_between(days)},
        token=f"rollup-rows-{build_id}",
    )
    positions = [asked.positions[day] for day in days]
    columns: Mapping[str, Sequence[Any]] = {
        "day": days,
        "build_id": [build_id] * len(days),
        "entries": [position.entries for position in positions],
        "booked_until": [position.booked_until_us for position in positions],
        "origins": [position.origins for position in positions],
        "built_at": [asked.asked_at_us] * len(days),
    }
    connection.insert("rollup_builds", columns, token=f"rollup-builds-{build_id}")


def _remove_superseded(connection: Connection) -> None:
    found = _rows(connection, "superseded_rollups", {"idle_s": _IDLE_S})
    if sum(row["kept_rows"] for row in found) < _WORTH_REMOVING:
        return
    _remove(connection, [(row["day"], row["build_id"]) for row in found])


def _remove(connection: Connection, builds: Sequence[tuple[date, str]]) -> None:
    for part in parts(builds, _MOST_BUILDS):
        connection.command(query_text("remove_rollup_rows"), {"builds": part})
        connection.command(query_text("remove_rollup_builds"), {"builds": part})


def _rows(
    connection: Connection, name: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    names, rows = connection.query(query_text(name), parameters)
    return [dict(zip(names, row, strict=True)) for row in rows]
