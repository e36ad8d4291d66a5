"""Billing months: when each was closed, where an entry counts, what was known at an instant: pure. What the SQL must agree with."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from otel_costing.ledger import LedgerEntry
from otel_costing.rollup import sum_of

OPEN, CLOSED = "open", "closed"
"""The states of a month. One that nobody ever closed is open."""
_DIGESTS = 2**256


class Change(NamedTuple):
    """A month was closed, or opened again."""

    billing_period: str
    state: str
    entries_until_us: int
    """What is booked later counts as booked after the change."""


class Closing(NamedTuple):
    """A while during which a month was closed."""

    billing_period: str
    closed_from_us: int
    """Bookings later than this come too late."""
    open_again_us: int | None
    """Bookings later than this do not; None while it is closed."""

    def shuts_out(self, month: str, booked_us: int) -> bool:
        """Tell whether what was booked then came too late for `month`."""
        return (
            self.billing_period == month
            and self.closed_from_us < booked_us
            and (self.open_again_us is None or booked_us <= self.open_again_us)
        )


class Booked(NamedTuple):
    """A row of the ledger."""

    entry: LedgerEntry
    billing_period: str
    """As its writer knew the months."""
    booked_us: int
    """Stamped by the store, microseconds since 1970 UTC."""


class Difference(NamedTuple):
    """What was booked between two instants for one cause, model and team."""

    cause: str
    model: str | None
    team: str | None
    calls: int
    unpriced_calls: int
    usd: Decimal | None
    """None where nothing of it has a price."""


def month_after(month: str) -> str:
    """Return the month after `2026-10`: `2026-11`."""
    return f"{_first_day(month) + timedelta(days=32):%Y-%m}"


def _first_day(month: str) -> datetime:
    return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)


def closings_of(changes: Iterable[Change]) -> list[Closing]:
    """Return when months were closed, from changes in their order; closing what is closed changes nothing."""
    closed: dict[str, Closing] = {}
    ended: list[Closing] = []
    for change in changes:
        month = change.billing_period
        if change.state == CLOSED:
            closed.setdefault(month, Closing(month, change.entries_until_us, None))
        elif month in closed:
            ended.append(closed.pop(month)._replace(open_again_us=change.entries_until_us))
    return [*ended, *closed.values()]


def counts_in(booked: Booked, closings: Sequence[Closing]) -> str:
    """Return the month in which a row counts: the one it was booked in, or the first after it that was open then."""
    month = booked.billing_period
    while any(one.shuts_out(month, booked.booked_us) for one in closings):
        month = month_after(month)
    return month


def known(rows: Iterable[Booked], until_us: int) -> list[Booked]:
    """Return what the ledger was known to hold at an instant: of two rows of one entry the first booked."""
    first: dict[str, Booked] = {}
    for row in sorted(rows, key=lambda row: row.booked_us):
        if row.booked_us <= until_us:
            first.setdefault(row.entry.entry_id, row)
    return list(first.values())


def entries_of(
    rows: Iterable[Booked], month: str, closings: Sequence[Closing]
) -> list[LedgerEntry]:
    """Return the entries that count in a month, without charges that were taken back within it."""
    of_call: dict[tuple[str, int], list[LedgerEntry]] = defaultdict(list)
    for row in rows:
        if counts_in(row, closings) == month:
            of_call[row.entry.call_id, row.entry.revision].append(row.entry)
    return [one for group in of_call.values() for one in _left_of(group)]


def _left_of(entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    offset = {"charge", "reversal"}
    if offset <= {one.kind for one in entries}:
        return [one for one in entries if one.kind not in offset]
    return list(entries)


def differences(rows: Iterable[Booked], after_us: int, until_us: int) -> list[Difference]:
    """Return by what the ledger as known at one instant differs from what it was known to hold before, largest first."""
    groups: dict[tuple[str, str, str], list[LedgerEntry]] = defaultdict(list)
    for row in known(rows, until_us):
        if row.booked_us > after_us:
            one = row.entry
            groups[one.cause, one.model, one.attribution.team].append(one)
    found = (_difference(*key, entries) for key, entries in groups.items())
    return sorted(found, key=_by_size)


def _difference(cause: str, model: str, team: str, entries: Sequence[LedgerEntry]) -> Difference:
    return Difference(
        cause,
        model or None,
        team or None,
        sum(one.sign for one in entries),
        sum(one.sign for one in entries if one.status == "unpriced"),
        sum_of(one.total_usd for one in entries),
    )


def _by_size(one: Difference) -> tuple[bool, Decimal, str, str, str]:
    return (
        one.usd is None,
        -abs(one.usd or Decimal(0)),
        one.cause,
        one.model or "",
        one.team or "",
    )


def entries_digest(entries: Iterable[LedgerEntry]) -> str:
    """Return what tells a set of entries from any other, whatever their order; see the table `periods`.

    Source: Bellare and Micciancio, "A new paradigm for collision-free hashing", 1997: the additive hash.
    """
    total = 0
    for one in entries:
        digest = hashlib.sha256(f"{one.entry_id}{one.content_digest}".encode()).digest()
        total += int.from_bytes(digest, "little")
    return f"{total % _DIGESTS:064x}"


def sum_of_digests(digests: Iterable[str]) -> str:
    """Return the digest of all entries together, from those of sets of them that have none in common."""
    return f"{sum(int(one, 16) for one in digests) % _DIGESTS:064x}"


def why_not_closed(month: str, now: datetime, states: Mapping[str, str]) -> str:
    """Return why a month cannot be closed, empty where it can.

    Args:
        month: `2026-10`.
        now: aware.
        states: of the months that have entries, or were ever closed.
    """
    if now < _first_day(month_after(month)):
        return f"{month} is not over; it can be closed from {month_after(month)}-01 (UTC) on"
    if states.get(month) == CLOSED:
        return f"{month} is closed already"
    earlier = sorted(one for one, state in states.items() if one < month and state == OPEN)
    return f"{earlier[0]} is open; close it first" if earlier else ""


def why_not_reopened(month: str, states: Mapping[str, str]) -> str:
    """Return why a month cannot be opened again, empty where it can; `states` as `why_not_closed` takes them."""
    if states.get(month) != CLOSED:
        return f"{month} is open"
    later = sorted(one for one, state in states.items() if one > month and state == CLOSED)
    return f"{later[-1]} is closed; reopen it first" if later else ""
