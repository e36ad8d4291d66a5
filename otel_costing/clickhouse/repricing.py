"""A book of rates is applied to calls that are booked: what it prices otherwise is taken back and charged anew.

Day by day and slice by slice of the call ids, so that a ledger of any size fits the memory. Run again after it was cut
short it finds what it has done, and does the rest; two at once post the same entries under the same ids.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from otel_costing.batch import BookedRate, batch_of_corrections, rates_of
from otel_costing.clickhouse.blocks import parts
from otel_costing.clickhouse.columns import entries_of, entry_of
from otel_costing.clickhouse.key_text import key_text
from otel_costing.clickhouse.repriced_accounts import place_after, repriced_of_row
from otel_costing.clickhouse.settling import Settleable
from otel_costing.clickhouse.slices import id_ranges
from otel_costing.clickhouse.sql import query_text
from otel_costing.clickhouse.time_bounds import between
from otel_costing.ledger import LedgerEntry, Wanted, digest, restate, standing
from otel_costing.meters import INPUT_SIDE
from otel_costing.progress import Progress
from otel_costing.repriced_account import NEVER_BOOKED, at_last_rate, is_priced_alike
from otel_costing.repricing import PRICED_NEVER, Kept, Repricer, Stands
from otel_costing.repricing_effect import Effects

_LOOKED_AT_ONCE = 50_000
_RESTATED_AT_ONCE = 5_000
_AFTER_ALL = "~"
"""Greater than every call id, which is in hex."""


class Repriceable(Settleable, Protocol):
    """A ledger whose calls can be priced anew."""

    def keep_repriced(
        self,
        accounts: Sequence[LedgerEntry],
        places: Sequence[tuple[int, int]],
        rates: Sequence[BookedRate],
    ) -> None:
        """Write what accounts of calls would cost that nothing is charged by."""


class Scope(NamedTuple):
    """Which calls: all of it holds."""

    since: datetime | None = None
    """Of `occurred_at`."""
    until: datetime | None = None
    providers: tuple[str, ...] = ()
    """Empty for all, as are `models`."""
    models: tuple[str, ...] = ()
    """As they are priced, asked for or answered."""
    only_unpriced: bool = False
    """Those without a price, or without one of a meter."""

    @property
    def is_everything(self) -> bool:
        """Whether no call is left out but for having its price."""
        return self._replace(only_unpriced=False) == Scope()

    def parameters(self) -> dict[str, Any]:
        """Return what the questions take."""
        return {
            **between(self.since, self.until),
            "providers": list(self.providers),
            "models": list(self.models),
            "only_unpriced": self.only_unpriced,
            "priced_never": list(PRICED_NEVER),
        }


class Repriced(NamedTuple):
    """What came of it."""

    examined: int
    """Calls, and accounts of calls that nothing is charged by."""
    entries: int
    """Posted."""
    accounts: int
    """Priced anew although nothing is charged by them."""
    effects: Effects


class _Slice(NamedTuple):
    ended_on: date
    first: str
    beyond: str

    def parameters(self, scope: Scope) -> dict[str, Any]:
        return {**scope.parameters(), **self._asdict(), "input_meters": sorted(INPUT_SIDE)}


def repricing(
    store: Repriceable, repricer: Repricer, scope: Scope, now_ns: int, *, dry_run: bool = False
) -> Generator[Progress, None, Repriced]:
    """Post what a book prices otherwise; yields wherever it may be left for a while, and returns what came of it.

    Args:
        store: the ledger.
        repricer: the book, and whether it may take a price away.
        scope: which calls.
        now_ns: nanoseconds since 1970 UTC.
        dry_run: post nothing.

    Raises:
        StoreUnavailable: it was cut short; do it again.
    """
    days = [
        (row["ended_on"], row["accounts"])
        for row in store.query("days_to_reprice", scope.parameters())
    ]
    total = sum(accounts for _, accounts in days)
    work = _Repricing(store, repricer, now_ns, dry_run=dry_run)
    for ended_on, accounts in days:
        for each in _slices(ended_on, accounts):
            for _ in work.of(each, scope):
                yield Progress(min(work.examined, total), total, "calls")
    return Repriced(work.examined, work.entries, work.accounts, work.effects)


def _slices(ended_on: date, accounts: int) -> Iterator[_Slice]:
    """Cut a day by its call ids."""
    for first, beyond in id_ranges(accounts, _LOOKED_AT_ONCE):
        yield _Slice(ended_on, first, beyond or _AFTER_ALL)


class _Repricing:
    """One part after the other, and what came of them so far."""

    def __init__(
        self, store: Repriceable, repricer: Repricer, now_ns: int, *, dry_run: bool
    ) -> None:
        self._store = store
        self._repricer = repricer
        self._books = {repricer.book.digest: repricer.book}
        self._now_ns = now_ns
        self._is_dry = dry_run
        self.examined = 0
        self.entries = 0
        self.accounts = 0
        self.effects = Effects()

    def of(self, each: _Slice, scope: Scope) -> Iterator[None]:
        """Do a slice, the accounts first: a correction that is in is settled by them."""
        for calls in self._changed("accounts_to_reprice", each, scope):
            self._price_accounts(each.ended_on, calls)
            yield
        for calls in self._changed("charges_to_reprice", each, scope):
            self._restate(each.ended_on, calls)
            yield
        yield

    def _changed(self, name: str, each: _Slice, scope: Scope) -> Iterator[Sequence[str]]:
        rows = self._store.connection.query(query_text(name), each.parameters(scope)).rows
        found = [Stands(*row) for row in rows]
        self.examined += sum(len(one.call_ids) for one in found)
        changed = self._repricer.priced_otherwise(found)
        # Neighbours in the table, which is sorted by the ids, are read together.
        return parts(sorted(changed), _RESTATED_AT_ONCE)

    def _restate(self, ended_on: date, calls: Sequence[str]) -> None:
        asked = query_text("standing_charges_of_calls"), _asked(ended_on, calls)
        charges = entries_of(self._store.connection.columns(*asked))
        posted = restate(charges, dict(self._wanted(charges)))
        before = {one.call_id: one for one in charges}
        for one in posted:
            if one.kind == "charge":
                self.effects.add(before[one.call_id], one, one.cause)
        if posted and not self._is_dry:
            self._store.book(batch_of_corrections(posted, (), self._now_ns, self._books))
            self.entries += len(posted)

    def _wanted(self, charges: Iterable[LedgerEntry]) -> Iterator[tuple[str, Wanted]]:
        for charge in charges:
            wanted = self._repricer.wanted(charge)
            if isinstance(wanted, Kept):
                self.effects.keep(wanted)
            else:
                yield charge.call_id, wanted

    def _price_accounts(self, ended_on: date, calls: Sequence[str]) -> None:
        accounts: list[LedgerEntry] = []
        places: list[tuple[int, int]] = []
        for account, place in _not_charged(self._store, ended_on, calls):
            wanted = self._repricer.wanted(account)
            if not isinstance(wanted, Wanted) or wanted.charge is None:
                continue
            if not is_priced_alike(account, wanted.charge):
                accounts.append(wanted.charge)
                places.append(place)
        self.accounts += len(accounts)
        if accounts and not self._is_dry:
            self._store.keep_repriced(accounts, places, rates_of(accounts, self._books))


def _not_charged(
    store: Repriceable, ended_on: date, calls: Sequence[str]
) -> Iterator[tuple[LedgerEntry, tuple[int, int]]]:
    """Yield the accounts by which nothing is charged, each at its last rate, and the place of what follows it."""
    booked = _entries(store, "ledger", ended_on, calls)
    sightings = _entries(store, "sightings", ended_on, calls)
    repriced = {
        row["call_id"]: repriced_of_row(row)
        for row in store.query("repriced_of_calls", _asked(ended_on, calls))
    }
    for call_id in calls:
        charges = [one for one in booked.get(call_id, ()) if one.kind == "charge"]
        told = max(charges, key=lambda one: one.revision, default=None)
        told = told or next(iter(sightings.get(call_id, ())), None)
        if told is None or standing(booked.get(call_id, ())) is not None:
            continue
        last = repriced.get(call_id)
        revision = told.revision if charges else NEVER_BOOKED
        yield at_last_rate(told, revision, last), place_after(charges, last)


def _entries(
    store: Repriceable, source: str, ended_on: date, calls: Sequence[str]
) -> dict[str, list[LedgerEntry]]:
    found: dict[str, list[LedgerEntry]] = {}
    for row in store.query("entries_of_calls", {"source": source, **_asked(ended_on, calls)}):
        found.setdefault(row["call_id"], []).append(entry_of(row))
    return found


def _asked(ended_on: date, calls: Sequence[str]) -> dict[str, Any]:
    """Return what a question about some calls takes, which are sorted."""
    return {
        "ended_on": ended_on,
        "first": calls[0],
        "last": calls[-1],
        "call_ids": key_text(calls),
    }


def note_repricing(
    store: Repriceable, book_digest: str, scope: Scope, began_ns: int, done: Repriced
) -> None:
    """Keep that a book was applied, and what came of it."""
    row: dict[str, list[object]] = {
        "rates_digest": [book_digest],
        "began_at": [began_ns],
        "only_unpriced": [scope.only_unpriced],
        "whole_ledger": [scope.is_everything],
        "examined": [done.examined],
        "late_rate": [done.effects.by_cause["late_rate"]],
        "rate_correction": [done.effects.by_cause["rate_correction"]],
        "kept": [sum(one.calls for one in done.effects.kept())],
    }
    told = map(str, (column[0] for column in row.values()))
    store.connection.insert("repricings", row, token=digest("repricings", *told))
