"""Cost -> LedgerEntry, its reversal, and what corrects it: pure. The ledger only grows; a correction is another entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Context, Decimal
from typing import NamedTuple

from otel_costing.attribution import Attribution
from otel_costing.entry import (
    Item,
    LedgerEntry,
    call_id_of_span,
    content_digest,
    digest,
    entry_id_of,
    stated,
)
from otel_costing.instants import storable_ns
from otel_costing.meters import METERS
from otel_costing.money import usd_of
from otel_costing.pricing import Cost, LineItem, PricedCall, usage_problem
from otel_costing.spans import SpanRecord
from otel_costing.usage import Call, Reported, Unpriced

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

AGGREGATE = "aggregate"
"""Cause of a charge by the usage that an agent, workflow, chain or tool span carries."""
LONGEST_TEXT = 256
"""Characters kept of any text that a sender chose."""
# A larger figure that somebody else reported is not believed.
_LARGEST_REPORTED_USD = Decimal(10) ** 20
_PICO_STEP = Decimal("1e-12")
_WIDE = Context(prec=60)
_NS_PER_MS = 1_000_000
_LONGEST_DURATION_MS = 2**53


def charge(
    record: SpanRecord,
    priced: PricedCall,
    attribution: Attribution,
    received_ns: int,
    *,
    cause: str = "first",
    sender: str = "",
) -> LedgerEntry:
    """Return the first charge of a call: revision 0.

    An unpriced call keeps the quantities it is known to have used, without amounts, so that it can be
    priced when a rate arrives. A workflow run that nobody named is the trace.

    Args:
        record: the span that tells of the call; its attributes are not read.
        priced: the call and its cost, or the reason why it has none.
        attribution: who caused it.
        received_ns: when the span reached us, nanoseconds since 1970 UTC.
        cause: `first`, or `aggregate`.
        sender: who sent it, where the receiver has authenticated it.
    """
    call, cost = priced.call, priced.cost
    call_id = call_id_of_span(record.trace_id, record.span_id)
    reported = _believable_report(call.reported)
    return _sealed(
        LedgerEntry(
            entry_id=entry_id_of(call_id, "charge", 0),
            call_id=call_id,
            kind="charge",
            revision=0,
            sign=1,
            cause=cause,
            content_digest="",
            occurred_ns=priced.occurred_ns,
            started_ns=storable_ns(record.start_ns),
            ended_ns=storable_ns(record.end_ns),
            received_ns=received_ns,
            trace_id=record.trace_id,
            span_id=record.span_id,
            parent_span_id=record.parent_span_id,
            response_id=storable_text(call.response_id),
            provider=storable_text(cost.provider if isinstance(cost, Cost) else call.provider),
            model=storable_text(cost.model if isinstance(cost, Cost) else call.model),
            request_model=storable_text(call.request_model),
            response_model=storable_text(call.model if call.model != call.request_model else ""),
            operation=storable_text(call.operation),
            service_tier=storable_text(call.tier),
            region=storable_text(call.region),
            provider_account="",
            attribution=_with_run(attribution, record.trace_id),
            service=storable_text(record.service),
            scope=storable_text(record.scope_name),
            status=cost.status if isinstance(cost, Cost) else "unpriced",
            status_reason=cost.status_reason if isinstance(cost, Cost) else cost.reason,
            assumptions=priced.assumptions,
            items=_items(call, cost),
            total_usd=cost.total_usd if isinstance(cost, Cost) else None,
            rate_id=cost.rate_id if isinstance(cost, Cost) else "",
            rates_digest=cost.rates_digest if isinstance(cost, Cost) else "",
            reported_usd=reported,
            reported_by=storable_text(call.reported.by)
            if call.reported and reported is not None
            else "",
            duration_ms=duration_ms(record),
            error_type=storable_text(call.error_type),
            sender=storable_text(sender),
            dialect=storable_text(call.dialect),
            source_document="",
            tags=(),
        )
    )


def reversal(entry: LedgerEntry, cause: str) -> LedgerEntry:
    """Return the entry that takes `entry` back: the two sum to zero in every column that is summed."""
    return _sealed(
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
    return _sealed(
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


def duration_ms(record: SpanRecord) -> int:
    """Return how long the span took in whole milliseconds; 0 for clocks that ran backwards."""
    elapsed_ms = (record.end_ns - record.start_ns) // _NS_PER_MS
    return min(max(elapsed_ms, 0), _LONGEST_DURATION_MS)


def _sealed(entry: LedgerEntry) -> LedgerEntry:
    return entry._replace(content_digest=content_digest(entry))


def _items(call: Call, cost: Cost | Unpriced) -> tuple[Item, ...]:
    if isinstance(cost, Cost):
        return tuple(_charged(line) for line in cost.lines)
    if isinstance(call.usage, Unpriced) or usage_problem(call.usage) is not None:
        return ()
    return tuple(
        Item(meter, quantity, METERS[meter].unit, None, None, METERS[meter].per, None, None)
        for meter, quantity in call.usage.items()
    )


def _charged(line: LineItem) -> Item:
    meter, quantity, price, amount_pico, list_price = line
    known = METERS[meter]
    if price is None or amount_pico is None:
        per = line.per or known.per
        listed = line.list_unit_price_usd
        return Item(meter, quantity, known.unit, listed, None, per, line.list_amount_usd, None)
    usd = usd_of(amount_pico)
    if list_price is price:
        return Item(meter, quantity, known.unit, price.usd, price.usd, price.per, usd, usd)
    listed, by_list = line.list_unit_price_usd, line.list_amount_usd
    return Item(meter, quantity, known.unit, listed, price.usd, price.per, by_list, usd)


def _negated(item: Item) -> Item:
    return item._replace(
        quantity=-item.quantity,
        list_amount_usd=_minus(item.list_amount_usd),
        amount_usd=_minus(item.amount_usd),
    )


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
    lambda entry: entry.reported_usd,
)
"""What of two charges of one call must be equal for the second to say nothing new."""


def _minus(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.copy_negate()


def _with_run(attribution: Attribution, trace_id: str) -> Attribution:
    run = attribution.workflow_run_id or trace_id
    return attribution._replace(workflow_run_id=run)


def _believable_report(reported: Reported | None) -> Decimal | None:
    if reported is None or not reported.usd.is_finite():
        return None
    if abs(reported.usd) > _LARGEST_REPORTED_USD:
        return None
    return reported.usd.quantize(_PICO_STEP, context=_WIDE)


def storable_text(text: str) -> str:
    """Return text as a column takes it: at most `LONGEST_TEXT` characters, each of them whole."""
    cut = text[:LONGEST_TEXT]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")
