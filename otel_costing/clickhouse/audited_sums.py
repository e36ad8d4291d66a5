"""Whether the sums that reports and dashboards show are those of the ledger, from every side."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing.audit import Fault, Faults
from otel_costing.clickhouse.rollups import reflected
from otel_costing.clickhouse.store import Store
from otel_costing.progress import Progress

_LEDGER = "ledger"
_LONGEST_WAIT = 2
"""Questions to a server before a difference is believed: what is booked while it answers makes one."""


class Sums(NamedTuple):
    """What the ledger comes to."""

    calls: int
    usd: Decimal
    days_behind: int
    wrong_days: list[date]
    """Of `rollup_daily`."""


def compare(
    store: Store, first_day: date, last_day: date, faults: Faults
) -> Generator[Progress, None, Sums]:
    """Compare month after month of the days on which calls occurred."""
    asked = {"first_day": first_day, "last_day": last_day}
    months = [(row["first_day"], row["last_day"]) for row in store.query("months_of_calls", asked)]
    calls, usd = 0, Decimal(0)
    for number, (first, last) in enumerate(months, start=1):
        sides = _sides(store, first, last)
        calls, usd = calls + sides[_LEDGER].calls, usd + sides[_LEDGER].usd
        faults.add(_uneven(sides, first))
        yield Progress(number, len(months), "months")
    days = [one for one in reflected(store.connection) if first_day <= one.day <= last_day]
    wrong = list(_wrong_rollups(store, months, {one.day for one in days if one.is_current}))
    wrong += [
        Fault("rollup", str(one.day), str(one.day), _of_more(one.built_of, one.entries))
        for one in days
        if one.built_of > one.entries
    ]
    faults.add(wrong)
    behind = sum(not one.is_current and one.built_of <= one.entries for one in days)
    return Sums(calls, usd, behind, [date.fromisoformat(one.day) for one in wrong])


class _Side(NamedTuple):
    usd: Decimal
    """Of totals."""
    lines_usd: Decimal
    calls: int

    def __str__(self) -> str:
        lines = "" if self.lines_usd == self.usd else f", in line items {self.lines_usd:f} USD"
        return f"{self.calls:,} calls of {self.usd:f} USD{lines}"


def _sides(store: Store, first: date, last: date) -> dict[str, _Side]:
    """Return what each side comes to; asked again where they differ, while nothing is booked here."""
    sides = _asked(store, first, last)
    for _ in range(_LONGEST_WAIT):
        if not list(_uneven(sides, first)):
            break
        with store.turn:
            sides = _asked(store, first, last)
    return sides


def _asked(store: Store, first: date, last: date) -> dict[str, _Side]:
    rows = store.query("sums_from_every_side", {"first_day": first, "last_day": last})
    return {row["side"]: _Side(row["usd"], row["lines_usd"], row["calls"]) for row in rows}


def _uneven(sides: dict[str, _Side], first: date) -> Iterator[Fault]:
    """Yield each side that is not the ledger's, and the ledger where its items are not its totals."""
    ledger = sides[_LEDGER]
    for name, side in sorted(sides.items()):
        if side != ledger or side.lines_usd != side.usd:
            yield Fault("sums", f"{first:%Y-%m}", "", f"{name}: {side}; the ledger has {ledger}")


def _wrong_rollups(
    store: Store, months: list[tuple[date, date]], current: set[date]
) -> Iterator[Fault]:
    for first, last in months:
        days = sorted(day for day in current if first <= day <= last)
        for row in _differing(store, days):
            yield Fault("rollup", str(row["day"]), str(row["day"]), _difference(row))


def _differing(store: Store, days: list[date]) -> list[dict[str, Any]]:
    if not days:
        return []
    asked = {"days": days, "first_day": days[0], "last_day": days[-1]}
    found = store.query("rollup_differences", asked)
    if not found:
        return []
    still = {one.day for one in reflected(store.connection) if one.is_current}
    return [row for row in found if row["day"] in still]


def _difference(row: dict[str, Any]) -> str:
    said = f"{row['rollup_calls']:,} calls of {row['rollup_usd'] or 0:f} USD"
    known = f"the ledger has {row['ledger_calls']:,} of {row['ledger_usd'] or 0:f} USD"
    same = (row["rollup_calls"], row["rollup_usd"]) == (row["ledger_calls"], row["ledger_usd"])
    return "it attributes them otherwise" if same else f"it has {said}, and {known}"


def _of_more(built_of: int, entries: int) -> str:
    return f"it was built of {built_of:,} entries, and the ledger has {entries:,}"
