"""Closing billing months in a ledger, opening them again, and what proves that a closed one is still what it was."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing.clickhouse.frozen_roots import freeze
from otel_costing.clickhouse.settling import STILL_COMING_US
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import Embedded
from otel_costing.clickhouse.time_bounds import FOREVER_US, instant_of, us_of
from otel_costing.ledger import digest
from otel_costing.periods import CLOSED, OPEN, why_not_closed, why_not_reopened
from otel_costing.progress import Progress


class PeriodRefused(ValueError):  # noqa: N818 - it names what happened to the month, and callers catch it as such
    """A month cannot be closed or opened; one sentence says why."""


class Change(NamedTuple):
    """What somebody wants of a month."""

    billing_period: str
    by: str
    reason: str
    asked_us: int
    """When it was first asked for, microseconds since 1970 UTC: what was done since was done by this very change."""


class Figures(NamedTuple):
    """What the entries come to that a month counts."""

    entries: int
    calls: int
    unpriced_calls: int
    total_usd: Decimal | None
    """None where nothing has a price."""
    entries_digest: str
    """See `periods.entries_digest`; empty in closings of before it was kept."""


class Period(NamedTuple):
    """A billing month as it stands."""

    billing_period: str
    status: str
    entries: int
    calls: int
    total_usd: Decimal | None
    changed_at: datetime | None
    """When it was last closed or opened again; None where it never was."""
    changed_by: str
    reason: str
    entries_until: datetime | None
    """Later bookings came too late for it; None where it is open."""
    entries_digest: str = ""
    """See `Figures`, as is `roots_digest` of `frozen_roots.Roots`; both of the closing that holds, empty without one."""
    roots_digest: str = ""


class Closing(NamedTuple):
    """What closed a month."""

    closed_at: datetime
    entries_until: datetime
    """Later bookings came too late for it."""
    closed_by: str
    reason: str


def now_us(store: Store) -> int:
    """Return the time where bookings are stamped, microseconds since 1970 UTC."""
    return int(store.query("store_clock")[0]["now_us"])


def settled_until_us(store: Store) -> int:
    """Return the latest instant at which all that was booked until then can be seen, by whoever booked it.

    An embedded ledger has one process, whose bookings wait for each other: that is now. On a server it is a while ago.
    """
    if isinstance(store.connection.target, Embedded):
        with store.turn:
            return now_us(store)
    return now_us(store) - STILL_COMING_US


def listed(store: Store) -> list[Period]:
    """Return every month that has entries, or was ever closed, in order."""
    return [_period(row) for row in store.query("periods_listed")]


def _period(row: dict[str, Any]) -> Period:
    instants: dict[str, Any] = {
        name: None if row[f"{name}_us"] is None else instant_of(row[f"{name}_us"])
        for name in ("changed_at", "entries_until")
    }
    plain = {name: row[name] for name in Period._fields if name not in instants}
    return Period(**plain, **instants)


def closing_of(store: Store, month: str, known_until: datetime | None = None) -> Closing | None:
    """Return what holds a month closed, as known at an instant; None where it is open."""
    asked = {"period": month, "known_until_us": us_of(known_until)}
    found = store.query("closing_of_period", asked)
    return _closing(found[0]) if found else None


def _closing(row: Mapping[str, Any]) -> Closing:
    return Closing(
        instant_of(row["closed_at_us"]),
        instant_of(row["entries_until_us"]),
        row["closed_by"],
        row["reason"],
    )


def period_of(store: Store, month: str) -> Period:
    """Return how a month stands, also one of which nothing is known."""
    nothing = Period(month, OPEN, 0, 0, None, None, "", "", None)
    return next((one for one in listed(store) if one.billing_period == month), nothing)


def figures(store: Store, month: str, until_us: int = FOREVER_US) -> Figures:
    """Return what a month counts, of what was booked until an instant."""
    (row,) = store.query("entries_of_period", {"period": month, "until_us": until_us})
    return Figures(**row)


def changed_since_closing(store: Store) -> Iterator[tuple[str, Figures, Figures]]:
    """Yield each closed month that is no longer what it was: what its closing counted, and what it counts now."""
    for row in store.query("closed_figures"):
        month = row.pop("billing_period")
        then = Figures(**row)
        if then.entries_digest and (now := figures(store, month)) != then:
            yield month, then, now


def close_period(store: Store, change: Change) -> Generator[Progress, None, None]:
    """Close a month: what is booked for it from now on counts in the next open one.

    It counts once the last row is in; cut short before, the month is open as it was.

    Raises:
        PeriodRefused: it is not over, an earlier one is open, or it is closed.
        StoreUnavailable: close it again.
    """
    month, stand = change.billing_period, listed(store)
    if _is_done(stand, change, CLOSED):
        return
    why = why_not_closed(month, instant_of(now_us(store)), _states(stand))
    if why:
        raise PeriodRefused(why)
    until_us = settled_until_us(store)
    counted = figures(store, month, until_us)
    change_id = uuid.uuid4().hex
    roots = yield from freeze(store, change_id, month, until_us, counted.entries)
    _note(store, change, CLOSED, change_id, until_us, {**counted._asdict(), **roots._asdict()})


def reopen_period(store: Store, change: Change) -> None:
    """Open a closed month again: what is booked for it from now on counts in it.

    Raises:
        PeriodRefused: it is open, or a later one is closed.
        StoreUnavailable: open it again.
    """
    stand = listed(store)
    if _is_done(stand, change, OPEN):
        return
    why = why_not_reopened(change.billing_period, _states(stand))
    if why:
        raise PeriodRefused(why)
    with store.turn:
        until_us = now_us(store)
        counted = figures(store, change.billing_period, until_us)
        _note(store, change, OPEN, uuid.uuid4().hex, until_us, counted._asdict())


def _states(stand: Sequence[Period]) -> dict[str, str]:
    return {one.billing_period: one.status for one in stand}


def _is_done(stand: Sequence[Period], change: Change, state: str) -> bool:
    """Tell whether an earlier attempt came to its end, and was cut short before it said so."""
    asked_at = instant_of(change.asked_us)
    return any(
        one.status == state and one.changed_at is not None and one.changed_at >= asked_at
        for one in stand
        if one.billing_period == change.billing_period
    )


def _note(
    store: Store,
    change: Change,
    state: str,
    change_id: str,
    until_us: int,
    counted: Mapping[str, Any],
) -> None:
    row: dict[str, list[Any]] = {
        "billing_period": [change.billing_period],
        "state": [state],
        "changed_by": [change.by],
        "reason": [change.reason],
        "change_id": [change_id],
        "entries_until": [until_us],
        **{name: [value] for name, value in counted.items()},
    }
    store.connection.insert("periods", row, token=digest("periods", change_id))
