"""A span's call and its cost -> its first charge in the ledger: pure, and on the path of every call."""

from __future__ import annotations

from decimal import Context, Decimal

from otel_costing.attribution import Attribution
from otel_costing.entry import Item, LedgerEntry, call_id_of_span, entry_id_of, sealed
from otel_costing.instants import storable_ns
from otel_costing.meters import METERS
from otel_costing.money import usd_of
from otel_costing.pricing import Cost, LineItem, PricedCall, usage_problem
from otel_costing.spans import SpanRecord
from otel_costing.usage import Call, Reported, Unpriced, Usage

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
_UNITS = {meter.name: (meter.unit, meter.per) for meter in METERS.values()}
# What the constructor of a `NamedTuple` calls, at half its time.
_new = tuple.__new__


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
    return sealed(_unsealed(record, priced, attribution, received_ns, cause, sender))


def _unsealed(
    record: SpanRecord,
    priced: PricedCall,
    attribution: Attribution,
    received_ns: int,
    cause: str,
    sender: str,
) -> LedgerEntry:
    call, cost, occurred_ns, assumptions = priced
    trace_id, span_id = record.trace_id, record.span_id
    call_id = call_id_of_span(trace_id, span_id)
    provider, model, status, reason, items, total_usd, rate_id, rates_digest = _outcome(call, cost)
    reported_usd, reported_by = _believable_report(call.reported)
    # In the order of the fields: given by name they take three times as long.
    return LedgerEntry(
        entry_id_of(call_id, "charge", 0),
        call_id,
        "charge",
        0,  # revision
        1,  # sign
        cause,
        "",  # content digest
        occurred_ns,
        storable_ns(record.start_ns),
        storable_ns(record.end_ns),
        received_ns,
        trace_id,
        span_id,
        record.parent_span_id,
        storable_text(call.response_id),
        storable_text(provider),
        storable_text(model),
        storable_text(call.request_model),
        storable_text(call.model) if call.model != call.request_model else "",
        storable_text(call.operation),
        storable_text(call.tier),
        storable_text(call.region),
        "",  # provider account
        _with_run(attribution, trace_id),
        storable_text(record.service),
        storable_text(record.scope_name),
        status,
        reason,
        assumptions,
        items,
        total_usd,
        rate_id,
        rates_digest,
        reported_usd,
        reported_by,
        duration_ms(record),
        storable_text(call.error_type),
        storable_text(sender),
        storable_text(call.dialect),
        "",  # source document
        (),  # tags
    )


_Outcome = tuple[str, str, str, str, tuple[Item, ...], Decimal | None, str, str]
"""Provider, model, status, its reason, lines, total, rate and book."""


def _outcome(call: Call, cost: Cost | Unpriced) -> _Outcome:
    if not isinstance(cost, Cost):
        quantities = _known_quantities(call)
        return call.provider, call.model, "unpriced", cost.reason, quantities, None, "", ""
    provider, model, lines, total_pico, rate_id, rates_digest, status, reason, _ = cost
    items = tuple(map(item_of, lines))
    return provider, model, status, reason, items, usd_of(total_pico), rate_id, rates_digest


def _known_quantities(call: Call) -> tuple[Item, ...]:
    if isinstance(call.usage, Unpriced) or usage_problem(call.usage) is not None:
        return ()
    return unpriced_items(call.usage)


def unpriced_items(usage: Usage) -> tuple[Item, ...]:
    """Return the quantities of a call without a price, as they stand on an entry."""
    return tuple(
        Item(meter, quantity, METERS[meter].unit, None, None, METERS[meter].per, None, None)
        for meter, quantity in usage.items()
    )


def item_of(line: LineItem) -> Item:
    """Return a line of a cost as it stands on an entry."""
    meter, quantity, price, amount_pico, list_price = line
    unit, known_per = _UNITS[meter]
    if price is None or amount_pico is None:
        per = line.per or known_per
        listed = line.list_unit_price_usd
        return Item(meter, quantity, unit, listed, None, per, line.list_amount_usd, None)
    usd = usd_of(amount_pico)
    if list_price is price:
        unit_usd, per, *_ = price
        same: Item = _new(Item, (meter, quantity, unit, unit_usd, unit_usd, per, usd, usd))
        return same
    listed, by_list = line.list_unit_price_usd, line.list_amount_usd
    return Item(meter, quantity, unit, listed, price.usd, price.per, by_list, usd)


def _with_run(attribution: Attribution, trace_id: str) -> Attribution:
    if attribution.workflow_run_id:
        return attribution
    return attribution._replace(workflow_run_id=trace_id)


def _believable_report(reported: Reported | None) -> tuple[Decimal | None, str]:
    if reported is None or not reported.usd.is_finite():
        return None, ""
    if abs(reported.usd) > _LARGEST_REPORTED_USD:
        return None, ""
    return reported.usd.quantize(_PICO_STEP, context=_WIDE), storable_text(reported.by)


def duration_ms(record: SpanRecord) -> int:
    """Return how long the span took in whole milliseconds; 0 for clocks that ran backwards."""
    elapsed_ms = (record.end_ns - record.start_ns) // _NS_PER_MS
    return min(max(elapsed_ms, 0), _LONGEST_DURATION_MS)


def storable_text(text: str) -> str:
    """Return text as a column takes it: at most `LONGEST_TEXT` characters, each of them whole."""
    if text.isascii():
        return text[:LONGEST_TEXT]
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
