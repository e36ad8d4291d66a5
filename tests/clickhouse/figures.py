"""Sums and quotients of a week's entries, rounded and put in order as the engine answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from otel_costing import rollup
from otel_costing.ledger import LedgerEntry
from otel_costing.rollup import net, sum_of
from tests.clickhouse.three_teams import DAY, MONDAY, Ledger

SINCE_NS, UNTIL_NS = MONDAY, MONDAY + 7 * DAY
Row = tuple[Any, ...]
Usd = Decimal | None
_STEP = Decimal("1e-12")


def of_week(ledger: Ledger) -> list[LedgerEntry]:
    """Return every entry of the calls of the week that is asked about."""
    return [one for one in ledger.entries if SINCE_NS <= one.occurred_ns < UNTIL_NS]


def calls(ledger: Ledger) -> list[LedgerEntry]:
    """Return the charges of the week that stand."""
    return [one for one in net(of_week(ledger)) if one.kind == "charge"]


def totals(
    ledger: Ledger,
    by: Sequence[str],
    pays: str = "owner",
    entries: Iterable[LedgerEntry] | None = None,
    zone: str = "UTC",
) -> list[Row]:
    """Return the rows of a report: names, calls, calls without a price, USD."""
    asked = of_week(ledger) if entries is None else entries
    report = rollup.totals(asked, by, pays, spans=ledger.first.spans, zone=ZoneInfo(zone))
    return [
        (*(value or "" for value in one.values), one.calls, one.unpriced_calls, one.usd)
        for one in report
    ]


def grouped(
    entries: Iterable[LedgerEntry], key: Callable[[LedgerEntry], Any]
) -> Iterable[tuple[Any, list[LedgerEntry]]]:
    """Return entries by what they have in common."""
    groups: dict[Any, list[LedgerEntry]] = defaultdict(list)
    for one in entries:
        groups[key(one)].append(one)
    return groups.items()


def usd_of(entries: Iterable[LedgerEntry]) -> Usd:
    """Return what is known to have been spent."""
    return sum_of(one.total_usd for one in entries)


def dearest_first(usd: Usd, *names: str) -> tuple[Any, ...]:
    """Return by what rows are put in order, what has no price last."""
    return (usd is None, -(usd or 0), names)


def divided(usd: Usd, by: int) -> Usd:
    """Return an amount for each of some, the rest cut off as the engine does."""
    return None if usd is None or not by else cut(usd / by)


def cut(usd: Decimal) -> Decimal:
    """Return an amount of twelve decimals."""
    return usd.quantize(_STEP, ROUND_DOWN)


def percent(part: Usd, whole: Usd) -> Usd:
    """Return a percentage of one decimal."""
    if part is None or not whole:
        return None
    return (100 * part / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)


def instant(ns: int | None) -> datetime | None:
    """Return an instant as the client does."""
    return None if ns is None else datetime.fromtimestamp(ns // 10**9, UTC).replace(tzinfo=None)
