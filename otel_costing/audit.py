"""What every entry of a ledger must be by its own words, and what is wrong where it is not: pure.

Ids, digests, amounts and totals are computed anew from what a row states, by the functions that made it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from otel_costing.adjustments import adjustment_id_of
from otel_costing.entry import (
    Item,
    LedgerEntry,
    call_id_of_span,
    content_digest,
    entry_id_of,
)
from otel_costing.money import UnitPrice, amount_pico, pico_of, unit_price
from otel_costing.usage_events import is_told_by_request

SIGNS = {"charge": 1, "reversal": -1, "adjustment": 0}
MOST_LISTED = 1_000
"""Faults that are told one by one; beyond, they are counted."""
_ZERO = Decimal(0)


class Fault(NamedTuple):
    """Something that a ledger which only grows, and was written by nobody else, cannot hold."""

    check: str
    """What was looked for, one of `CHECKS`."""
    subject: str
    """The id of the entry, call, batch or rate, the day, or the month."""
    day: str
    """When its call ended by its span, which is how the ledger is sorted; empty where it is of no one day."""
    detail: str
    """A sentence."""


CHECKS = {
    "entry_id": "An entry's id is the digest of its call, its kind and its revision.",
    "call_id": "A call's id is the digest of its span.",
    "content_digest": "What an entry states is what it stated when it was sealed.",
    "sign": "A charge counts one call, a reversal takes one back, an adjustment is none.",
    "amount": "An amount is quantity times unit price, rounded once, half to even, at 1e-12 USD.",
    "total": "A total is the exact sum of its items, and is missing if and only if the call has no price.",
    "status": "A priced call has a rate and an amount for every item, an unpriced one a reason and no amount.",
    "stored_twice": "An entry stands in one place, and its copies state one thing.",
    "revisions": "Revisions follow each other from 0, and at most the last stands.",
    "reversal": "A reversal takes back a charge, in every column that is summed or broken down by.",
    "rate_on_record": "Every rate that priced an entry is on record.",
    "batch_on_record": "Every entry is of a batch whose booking was finished.",
    "batch": "The ledger holds what each batch brought, as it was.",
    "sums": "Caller pays, owner pays, providers and line items sum to the ledger.",
    "rollup": "`rollup_daily` says what the ledger says.",
    "closed_month": "A closed month is what it was when it was closed.",
    "frozen_roots": "The roots that say who caused the calls of a closed month are those that were frozen with it.",
}


class Faults:
    """What was found, in bounded memory."""

    def __init__(self) -> None:
        self.listed: list[Fault] = []
        self.by_check: Counter[str] = Counter()

    def add(self, found: Iterable[Fault]) -> None:
        """Take more."""
        for one in found:
            self.by_check[one.check] += 1
            if len(self.listed) < MOST_LISTED:
                self.listed.append(one)


def faults_of(entry: LedgerEntry, day: str) -> Iterator[Fault]:
    """Yield what is wrong with an entry by itself.

    Args:
        entry: as it was read from the ledger.
        day: under which it is sorted.
    """
    for check, detail in _wrong(entry):
        yield Fault(check, entry.entry_id, day, detail)


def _wrong(entry: LedgerEntry) -> Iterator[tuple[str, str]]:
    if entry.entry_id != _entry_id(entry):
        yield "entry_id", f"its call, kind and revision make {_entry_id(entry)}"
    if _is_of_span(entry):
        call_id = call_id_of_span(entry.trace_id, entry.span_id)
        if call_id != entry.call_id:
            yield "call_id", f"its span makes {call_id}, and it says {entry.call_id}"
    if entry.content_digest != content_digest(entry):
        yield "content_digest", "it states something else than when it was sealed"
    if entry.sign != SIGNS.get(entry.kind):
        yield "sign", f"a {entry.kind} with the sign {entry.sign}"
    yield from _wrong_amounts(entry)
    yield from _wrong_status(entry)


def _entry_id(entry: LedgerEntry) -> str:
    if entry.kind == "adjustment":
        return adjustment_id_of(entry)
    return entry_id_of(entry.call_id, entry.kind, entry.revision)


def _is_of_span(entry: LedgerEntry) -> bool:
    return entry.kind != "adjustment" and not is_told_by_request(entry)


def _wrong_amounts(entry: LedgerEntry) -> Iterator[tuple[str, str]]:
    amounts = [one.amount_usd for one in entry.items if one.amount_usd is not None]
    if entry.kind != "adjustment":
        for item in entry.items:
            yield from _wrong_amount(item)
    if entry.total_usd is not None and sum(amounts, _ZERO) != entry.total_usd:
        sums = f"its items sum to {sum(amounts, _ZERO):f} USD"
        yield "total", f"{sums}, and its total is {entry.total_usd:f} USD"
    if (entry.total_usd is None) is not (entry.status == "unpriced"):
        has = "no total" if entry.total_usd is None else "a total"
        yield "total", f"it is {entry.status} and has {has}"


def _wrong_amount(item: Item) -> Iterator[tuple[str, str]]:
    if item.unit_price is None or item.amount_usd is None:
        if item.unit_price is not None or item.amount_usd is not None:
            yield "amount", f"{item.meter} has one of price and amount without the other"
        return
    is_whole = item.per > 0
    expected = amount_pico(item.quantity, _price(item.unit_price, item.per)) if is_whole else None
    if expected != pico_of(item.amount_usd):
        sum_ = f"{item.quantity} x {item.unit_price.normalize():f} / {item.per}"
        yield "amount", f"{item.meter} is {sum_}, and its amount {item.amount_usd:f} USD"


@lru_cache(maxsize=4096)
def _price(usd: Decimal, per: int) -> UnitPrice:
    return unit_price(usd, per)


def _wrong_status(entry: LedgerEntry) -> Iterator[tuple[str, str]]:
    if entry.kind == "adjustment":
        return
    priced = [one.amount_usd is not None for one in entry.items]
    if entry.status == "priced":
        is_right = all(priced) and bool(entry.rate_id)
    elif entry.status == "partial":
        is_right = any(priced) and not all(priced) and bool(entry.rate_id)
    else:
        is_right = not any(priced) and not entry.rate_id and bool(entry.status_reason)
        is_right = is_right and entry.status == "unpriced"
    if not is_right:
        lines = f"{sum(priced)} of {len(priced)} items with an amount"
        reason = f", for {entry.status_reason!r}" if entry.status_reason else ""
        rate = entry.rate_id or "no rate"
        yield "status", f"{entry.status or 'no status'}{reason}, with {lines} and {rate}"
