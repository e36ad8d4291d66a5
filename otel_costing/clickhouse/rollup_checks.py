"""What stood when all rollups were last found to be the ledger, and what has come since: told without reading either.

Rows are counted, and those that were booked lately are told by their ids. Where a number is not what it was, nothing is
concluded: the ledger answers, or all of it is looked at again.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.sql import query_text

MARGIN_S = 10
"""Before a check, of which the bookings are told by their ids: one that began earlier may be in later."""
_NOBODYS = 2**64 - 1
"""Rows that no table has."""
_NEVER: tuple[Any, ...] = (0, 0, 0, [], 0, 0)


class Standing(NamedTuple):
    """What is booked, by an instant."""

    until_us: int
    """Microseconds since 1970 UTC."""
    entries: int
    """Rows of the ledger until then."""
    spans: int
    """Rows of spans until then."""
    recent: Mapping[date, tuple[int, int]]
    """Of the entries since, by day: how many rows, and a digest of their ids."""
    recent_spans: int
    """Rows of spans since."""
    roots: int
    """Digest of the ids of the roots among those."""

    def says_the_same(self, other: Standing) -> bool:
        """Tell whether nothing is booked that the other does not know; they may be of different instants."""
        return self[1:] == other[1:]


class News(NamedTuple):
    """The last check beside what is booked now."""

    known: Standing | None
    """What the check says; None where there never was one."""
    now: Standing
    """What is booked now, by the same instant."""
    fresh: Standing
    """The same by an instant of now, for the next check."""
    builds: Mapping[date, str]
    """The building that holds of each day, as the check says."""
    single_days: frozenset[date]
    """On which no entry lay in two copies then."""

    def touched(self) -> set[date] | None:
        """Return the days that entries came for since the check; None where that cannot be told."""
        if self.known is None or self.known.entries != self.now.entries:
            return None
        before, now = self.known.recent, self.now.recent
        return {day for day in before.keys() | now.keys() if before.get(day) != now.get(day)}

    def touched_by_roots(self, connection: Connection) -> set[date] | None:
        """Return the days of calls whose root came since the check, of some whose root came just before; or None."""
        if self.known is None or self.known.spans != self.now.spans:
            return None
        if self.known.recent_spans > self.now.recent_spans:
            return None
        if self.known.roots == self.now.roots:
            return set()
        asked = {"since_us": self.known.until_us}
        return {day for (day,) in connection.query(query_text("days_of_late_roots"), asked).rows}


def news(connection: Connection) -> News:
    """Ask what has come since the last check."""
    names, rows = connection.query(query_text("rollup_news"), {"margin_s": MARGIN_S})
    row: dict[str, Any] = dict(zip(names, rows[0], strict=True))
    until_us, entries, spans, recent, *of_spans = (
        row["known_standing"] if row["is_checked"] else _NEVER
    )
    known = Standing(until_us, entries, spans, _by_day(recent), *of_spans)
    return News(
        known if row["is_checked"] else None,
        _standing(row, until_us, "known"),
        _standing(row, row["next_until_us"], "next"),
        dict(row["builds"]),
        frozenset(row["single_days"] if row["is_checked"] else ()),
    )


def note(
    connection: Connection,
    found: News,
    standing: Standing,
    builds: Mapping[date, str],
    single_days: frozenset[date],
) -> None:
    """Write that all rollups, of these buildings, are what `standing` says of the ledger, unless that is known.

    Args:
        connection: the ledger.
        found: what was known, and is booked.
        standing: what the rollups were compared with.
        builds: of each day, the building that holds.
        single_days: on which every entry was found to lie once, by rows that were counted after `standing` was.
    """
    is_known = found.known and found.known.says_the_same(standing)
    if is_known and found.builds == builds and found.single_days == single_days:
        return
    _write(connection, found.fresh.until_us, standing, builds, single_days)


def doubt(connection: Connection) -> None:
    """Write that nothing is known of the rollups: the ledger answers until they are checked anew."""
    until_us = news(connection).fresh.until_us
    _write(connection, until_us, Standing(until_us, _NOBODYS, _NOBODYS, {}, 0, 0), {}, frozenset())


def _write(
    connection: Connection,
    asked_us: int,
    standing: Standing,
    builds: Mapping[date, str],
    single_days: frozenset[date],
) -> None:
    columns: dict[str, Sequence[Any]] = {
        "checked_at": [asked_us + MARGIN_S * 10**6],
        "settled_until": [standing.until_us],
        "entries": [standing.entries],
        "spans": [standing.spans],
        "recent": [[(day, *counted) for day, counted in sorted(standing.recent.items())]],
        "recent_spans": [standing.recent_spans],
        "recent_roots": [standing.roots],
        "builds": [sorted(builds.items())],
        "single_days": [sorted(single_days)],
    }
    connection.insert("rollup_checks", columns, token=f"rollup-checks-{uuid.uuid4().hex}")


def _standing(row: Mapping[str, Any], until_us: int, of: str) -> Standing:
    recent = _by_day(row[f"recent_since_{of}"])
    return Standing(
        until_us,
        row["all_entries"] - sum(rows for rows, _ in recent.values()),
        row["all_spans"] - row[f"spans_since_{of}"],
        recent,
        row[f"spans_since_{of}"],
        row[f"roots_since_{of}"],
    )


def _by_day(recent: Sequence[tuple[date, int, int]]) -> dict[date, tuple[int, int]]:
    return {day: (rows, digest) for day, rows, digest in recent}
