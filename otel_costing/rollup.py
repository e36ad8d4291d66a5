"""Entries and spans -> totals and trees: pure. What the SQL must agree with."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from otel_costing.ancestry import SpanKey
from otel_costing.attribution import Attribution
from otel_costing.dimensions import ATTRIBUTED, ORIGIN, STATED, field_of, named_time
from otel_costing.ledger import Item, LedgerEntry
from otel_costing.money import sum_usd
from otel_costing.origins import is_claimed, is_verified, paying, roots_of
from otel_costing.promoted import COLUMNS
from otel_costing.skeleton import Skeleton


class Total(NamedTuple):
    """One row of a report."""

    values: tuple[str | None, ...]
    """Of the dimensions asked for, in their order; None where nobody said."""
    usd: Decimal | None
    """None where nothing has a price."""
    calls: int
    unpriced_calls: int
    quantity: int | None
    """Of the meter, where that is a dimension; None for calls without any."""
    unverified_usd: Decimal | None = None
    """Part of `usd`: of calls whose origin claims a team whose identity the root of their trace did not come under."""
    unverified_calls: int = 0
    """Of those, also without a price."""


def totals(
    entries: Iterable[LedgerEntry],
    by: Sequence[str],
    pays: str = "caller",
    *,
    spans: Iterable[Skeleton] = (),
    billing_periods: Mapping[str, str] | None = None,
    zone: tzinfo = UTC,
) -> list[Total]:
    """Sum what is booked, net of reversals, by any dimensions.

    Args:
        entries: of the ledger, each once.
        by: names out of `dimensions.DIMENSIONS`, or of promoted attributes.
        pays: `caller` or `owner`.
        spans: from which a missing origin is taken: the root of its trace.
        billing_periods: of each entry id, where the store has fixed one; else the month it occurred in.
        zone: whose hours, days, weeks and months are meant; a billing period is of UTC.
    """
    return sums(net(entries), by, pays, spans=spans, billing_periods=billing_periods, zone=zone)


def sums(
    entries: Iterable[LedgerEntry],
    by: Sequence[str],
    pays: str = "caller",
    *,
    spans: Iterable[Skeleton] = (),
    billing_periods: Mapping[str, str] | None = None,
    zone: tzinfo = UTC,
) -> list[Total]:
    """Sum entries as they are, reversals among them; see `totals`."""
    roots = roots_of(spans)
    periods = billing_periods or {}
    groups: dict[tuple[str | None, ...], list[_Line]] = defaultdict(list)
    for entry in entries:
        verified = is_verified(entry, roots)
        claimed = not verified and is_claimed(entry, roots)
        caller = paying(entry, "caller", roots)
        line = _Line(entry, None, paying(entry, pays, roots), caller, verified, claimed)
        items: Sequence[Item | None] = (entry.items or [None]) if "meter" in by else [None]
        for item in items:
            of_item = line._replace(item=item)
            groups[tuple(_value(name, of_item, periods, zone) for name in by)].append(of_item)
    by_meter = "meter" in by
    return sorted(
        (_total(key, lines, by_meter=by_meter) for key, lines in groups.items()), key=_by_cost
    )


class _Line(NamedTuple):
    """An entry, or one item of it, and who pays."""

    entry: LedgerEntry
    item: Item | None
    paying: Attribution
    caller: Attribution
    is_verified: bool
    is_only_claimed: bool

    def amount(self, *, by_meter: bool) -> Decimal | None:
        """Return what it cost."""
        if by_meter:
            return self.item.amount_usd if self.item else None
        return self.entry.total_usd


def net(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """Return the entries that no reversal takes back."""
    kept = list(entries)
    reversed_ = {(one.call_id, one.revision) for one in kept if one.kind == "reversal"}
    return [
        one
        for one in kept
        if one.kind != "reversal" and (one.call_id, one.revision) not in reversed_
    ]


def _value(name: str, line: _Line, billing_periods: Mapping[str, str], zone: tzinfo) -> str | None:
    if name in _READ:
        return _READ[name](line) or None
    if name in COLUMNS:
        return dict(line.entry.promoted).get(name)
    if name == "billing_period":
        month = named_time("month", line.entry.occurred_ns)
        return billing_periods.get(line.entry.entry_id, month)
    return named_time(name, line.entry.occurred_ns, zone)


_READ: Mapping[str, Callable[[_Line], str]] = {
    **{name: attrgetter(f"paying.{field_of(name)}") for name in ATTRIBUTED},
    **{name: attrgetter(f"caller.{name.removeprefix('origin_')}") for name in ORIGIN},
    **{name: attrgetter(f"entry.{field_of(name)}") for name in STATED},
    "meter": lambda line: line.item.meter if line.item else "",
    "origin_verified": lambda line: "true" if line.is_verified else "false",
}


def _total(key: tuple[str | None, ...], lines: Sequence[_Line], *, by_meter: bool) -> Total:
    items = [line.item for line in lines if line.item]
    claims = [line for line in lines if line.is_only_claimed]
    return Total(
        key,
        sum_of(line.amount(by_meter=by_meter) for line in lines),
        sum(line.entry.sign for line in lines),
        sum(line.entry.sign for line in lines if line.entry.status == "unpriced"),
        sum(item.quantity for item in items) if items else None,
        sum_of(line.amount(by_meter=by_meter) for line in claims),
        sum(line.entry.sign for line in claims),
    )


def sum_of(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Sum what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum_usd(known) if known else None


def added(totals: Iterable[Total]) -> list[Total]:
    """Add up rows of reports on parts of a ledger that have no call in common, dearest first."""
    groups: dict[tuple[str | None, ...], list[Total]] = defaultdict(list)
    for total in totals:
        groups[total.values].append(total)
    return sorted((_sum(values, rows) for values, rows in groups.items()), key=_by_cost)


def _sum(values: tuple[str | None, ...], rows: Sequence[Total]) -> Total:
    quantities = [row.quantity for row in rows if row.quantity is not None]
    return Total(
        values,
        sum_of(row.usd for row in rows),
        sum(row.calls for row in rows),
        sum(row.unpriced_calls for row in rows),
        sum(quantities) if quantities else None,
        sum_of(row.unverified_usd for row in rows),
        sum(row.unverified_calls for row in rows),
    )


def _by_cost(total: Total) -> tuple[bool, Decimal, tuple[str, ...]]:
    """Dearest first, what has no price last, then by name."""
    names = tuple(value or "" for value in total.values)
    return (total.usd is None, -(total.usd or Decimal(0)), names)


class Comparison(NamedTuple):
    """What somebody else said some calls cost, beside what we say. Only `priced` calls are compared."""

    reported_by: str
    provider: str | None
    model: str | None
    calls: int
    """With a figure of theirs: compared, partial and unpriced ones."""
    compared_calls: int
    ours_usd: Decimal | None
    """Of the compared calls, as theirs; None where there is none."""
    theirs_usd: Decimal | None
    differing_calls: int
    """Of the compared calls, those where the two do not agree."""
    partial_calls: int
    unpriced_calls: int


def agrees(ours: Decimal, theirs: Decimal) -> bool:
    """Tell whether two figures of one call are the same but for how the other was rounded.

    Others report binary fractions, often cut to a few decimals: a thousandth of theirs, and 1e-9 USD, is no difference.
    """
    return abs(ours - theirs) <= Decimal("1e-9") + abs(theirs) / 1_000


def compared(entries: Iterable[LedgerEntry]) -> list[Comparison]:
    """Compare what is booked, net of reversals, with what was reported: the largest difference first."""
    groups: dict[tuple[str, str, str], list[LedgerEntry]] = defaultdict(list)
    for entry in net(entries):
        if entry.reported_usd is not None:
            groups[entry.reported_by, entry.provider, entry.model].append(entry)
    return sorted((_comparison(*key, some) for key, some in groups.items()), key=_by_difference)


def _comparison(by: str, provider: str, model: str, entries: Sequence[LedgerEntry]) -> Comparison:
    pairs = [
        (one.total_usd, one.reported_usd)
        for one in entries
        if one.status == "priced" and one.total_usd is not None and one.reported_usd is not None
    ]
    count = [one.status for one in entries].count
    return Comparison(
        by,
        provider or None,
        model or None,
        len(entries),
        len(pairs),
        sum_of(ours for ours, _ in pairs),
        sum_of(theirs for _, theirs in pairs),
        sum(1 for ours, theirs in pairs if not agrees(ours, theirs)),
        count("partial"),
        count("unpriced"),
    )


def _by_difference(one: Comparison) -> tuple[Decimal, str, str, str]:
    difference = (one.ours_usd or Decimal(0)) - (one.theirs_usd or Decimal(0))
    return (-abs(difference), one.reported_by, one.provider or "", one.model or "")


def retries(
    entries: Iterable[LedgerEntry],
    spans: Iterable[Skeleton],
    copies: Mapping[SpanKey, str] | None = None,
) -> list[LedgerEntry]:
    """Return the calls, net of reversals, that tried again what had failed: some span that tells of them did.

    `copies` says, of spans that are not booked, which call is booked instead.
    """
    again = retrying(spans)
    told = {call_id for span, call_id in (copies or {}).items() if span in again}
    return [
        one for one in net(entries) if (one.trace_id, one.span_id) in again or one.call_id in told
    ]


def retrying(spans: Iterable[Skeleton]) -> set[SpanKey]:
    """Return the spans that try again what had failed.

    Of the spans under one parent and of one name, one tries again where the last that had ended before it began
    had failed. Ends are taken as the ledger keeps them: to the millisecond, and after the start.
    """
    attempts: dict[tuple[str, str, str], list[Skeleton]] = defaultdict(list)
    for span in spans:
        attempts[span.trace_id, span.parent_span_id, span.name].append(span)
    return {key for siblings in attempts.values() for key in _trying_again(siblings)}


def _trying_again(siblings: Sequence[Skeleton]) -> Iterable[SpanKey]:
    ends = sorted(
        (span.start_ns + max(span.duration_ms * 10**6, 1), span.failed) for span in siblings
    )
    for span in siblings:
        before = bisect_right(ends, (span.start_ns, True))
        if before and ends[before - 1][1]:
            yield (span.trace_id, span.span_id)
