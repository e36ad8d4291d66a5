"""A charge, its reversal, and what corrects it: pure. The ledger only grows; a correction is another entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from otel_costing.entry import (
    Item,
    LedgerEntry,
    call_id_of_span,
    content_digest,
    digest,
    entry_id_of,
    sealed,
    stated,
)
from otel_costing.first_charge import AGGREGATE, charge, duration_ms, storable_text

__all__ = [
    "AGGREGATE",
    "Item",
    "LedgerEntry",
    "Wanted",
    "call_id_of_span",
    "charge",
    "content_digest",
    "digest",
    "duration_ms",
    "entry_id_of",
    "restate",
    "reversal",
    "standing",
    "storable_text",
]


def reversal(entry: LedgerEntry, cause: str) -> LedgerEntry:
    """Return the entry that takes `entry` back: the two sum to zero in every column that is summed."""
    return sealed(
        entry._replace(
            entry_id=entry_id_of(entry.call_id, "reversal", entry.revision),
            kind="reversal",
            sign=-entry.sign,
            cause=cause,
            items=tuple(_negated(item) for item in entry.items),
            total_usd=_minus(entry.total_usd),
            reported_usd=_minus(entry.reported_usd),
            duration_ms=-entry.duration_ms,
        )
    )


class Wanted(NamedTuple):
    """What should stand in the ledger for one call, and why it should where it does not yet."""

    charge: LedgerEntry | None
    """None where another call stands for this one."""
    cause: str
    """`duplicate`, `wrapper`, `attribution`, `late_rate`, `rate_correction`, `invoice`, `manual`."""


def restate(booked: Iterable[LedgerEntry], wanted: Mapping[str, Wanted]) -> list[LedgerEntry]:
    """Return the fewest entries that bring the ledger from what is booked to what is wanted.

    The one mechanism of correction. What stands is reversed as it was posted, and what should stand is charged as
    the next revision; what stands already is left alone, so that a second time posts nothing. The book's digest is
    no difference: a new book with unchanged rates restates nothing.

    Args:
        booked: every entry there is of the wanted calls; entries of other calls are left alone.
        wanted: by call id; a charge is taken for its content, whatever its revision.
    """
    by_call: dict[str, list[LedgerEntry]] = {call_id: [] for call_id in wanted}
    for entry in booked:
        if entry.call_id in by_call:
            by_call[entry.call_id].append(entry)
    return [
        entry
        for call_id, entries in by_call.items()
        for entry in _restated(entries, wanted[call_id])
    ]


def standing(entries: Iterable[LedgerEntry]) -> LedgerEntry | None:
    """Return the charge of one call that no reversal takes back, None where there is none."""
    known = list(entries)
    reversed_ = {entry.revision for entry in known if entry.kind == "reversal"}
    charges = [one for one in known if one.kind == "charge" and one.revision not in reversed_]
    return max(charges, key=lambda entry: entry.revision, default=None)


def _restated(entries: Sequence[LedgerEntry], wanted: Wanted) -> Iterable[LedgerEntry]:
    stands = standing(entries)
    if stands is not None:
        if wanted.charge is not None and _states_the_same(stands, wanted.charge):
            return
        yield reversal(stands, wanted.cause)
    if wanted.charge is not None:
        revisions = [entry.revision for entry in entries if entry.kind != "adjustment"]
        yield _charged_again(wanted.charge, max(revisions, default=-1) + 1, wanted.cause)


def _charged_again(entry: LedgerEntry, revision: int, cause: str) -> LedgerEntry:
    return sealed(
        entry._replace(
            entry_id=entry_id_of(entry.call_id, "charge", revision),
            kind="charge",
            revision=revision,
            sign=1,
            cause=cause,
        )
    )


def _states_the_same(one: LedgerEntry, other: LedgerEntry) -> bool:
    return all(read(one) == read(other) for read in _STATED)


def _negated(item: Item) -> Item:
    meter, quantity, unit, list_price, price, per, list_usd, usd = item
    return Item(meter, -quantity, unit, list_price, price, per, _minus(list_usd), _minus(usd))


_STATED: tuple[Callable[[LedgerEntry], object], ...] = (
    lambda entry: entry.status,
    lambda entry: entry.status_reason,
    lambda entry: entry.provider,
    lambda entry: entry.model,
    lambda entry: entry.service_tier,
    lambda entry: entry.region,
    lambda entry: entry.total_usd,
    lambda entry: stated(entry.items),
    lambda entry: entry.attribution,
    lambda entry: entry.promoted,
    lambda entry: entry.reported_usd,
    lambda entry: dict(entry.tags),
)
"""What of two charges of one call must be equal for the second to say nothing new."""


def _minus(amount: Decimal | None) -> Decimal | None:
    # Nothing is nothing: a zero has no sign.
    return amount.copy_negate() if amount else amount
