"""Cost -> LedgerEntry, and its reversal: pure. The ledger only grows; a correction is another entry.

Identity (docs/adr/0003): `call_id` says which call, `entry_id` which posting of it; neither knows a rate,
an amount, an owner or a time. `content_digest` says what the entry states, so that a copy is told from a
contradiction.

Digests are SHA-256 over the fields, each as its UTF-8 bytes preceded by their number in eight big-endian
bytes, cut to the first 128 bits, in hex.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from typing import NamedTuple

from otel_costing.attribution import Attribution
from otel_costing.meters import METERS
from otel_costing.money import usd_of
from otel_costing.pricing import Cost, LineItem, PricedCall, usage_problem
from otel_costing.spans import SpanRecord
from otel_costing.usage import Call, Reported, Unpriced

LONGEST_TEXT = 256
"""Characters kept of any text that a sender chose."""
# A larger figure that somebody else reported is not believed.
_LARGEST_REPORTED_USD = Decimal(10) ** 20
_PICO_STEP = Decimal("1e-12")
_WIDE = Context(prec=60)
_NS_PER_MS = 1_000_000
_LONGEST_DURATION_MS = 2**53


class Item(NamedTuple):
    """One line of an entry. Unpriced lines have a quantity and no amounts."""

    meter: str
    quantity: int
    unit: str
    list_unit_price: Decimal | None
    unit_price: Decimal | None
    per: int
    list_amount_usd: Decimal | None
    amount_usd: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One row of the ledger, before it is booked. Times in nanoseconds since 1970 UTC, money exact USD."""

    entry_id: str
    call_id: str
    kind: str
    """`charge`, `reversal` or `adjustment`."""
    revision: int
    sign: int
    """+1 charge, -1 reversal, 0 adjustment."""
    cause: str
    content_digest: str
    occurred_ns: int
    ended_ns: int
    """The end as the span itself has it, believed or not: the same in every copy of an id, so that its day
    may be part of a sort key where `occurred_ns` may not. The ledger keeps no more than that day."""
    received_ns: int
    trace_id: str
    span_id: str
    parent_span_id: str
    response_id: str
    provider: str
    model: str
    request_model: str
    operation: str
    service_tier: str
    region: str
    provider_account: str
    attribution: Attribution
    service: str
    status: str
    status_reason: str
    assumptions: tuple[str, ...]
    items: tuple[Item, ...]
    total_usd: Decimal | None
    """None if and only if `status` is `unpriced`."""
    rate_id: str
    rates_digest: str
    reported_usd: Decimal | None
    reported_by: str
    duration_ms: int
    error_type: str
    dialect: str
    source_document: str
    tags: tuple[tuple[str, str], ...]


def digest(*fields: str) -> str:
    """Return 128 bits of SHA-256 in hex over `fields`; no two lists of fields read the same."""
    state = hashlib.sha256()
    for field in fields:
        encoded = field.encode("utf-8", "backslashreplace")
        state.update(len(encoded).to_bytes(8, "big"))
        state.update(encoded)
    return state.hexdigest()[:32]


def call_id_of_span(trace_id: str, span_id: str) -> str:
    """Return the identity of the call that a span tells of."""
    return digest("span", trace_id, span_id)


def entry_id_of(call_id: str, kind: str, revision: int) -> str:
    """Return the identity of one posting of a call."""
    return digest(call_id, kind, str(revision))


def charge(
    record: SpanRecord, priced: PricedCall, attribution: Attribution, received_ns: int
) -> LedgerEntry:
    """Return the first charge of a call: revision 0, cause `first`.

    An unpriced call keeps the quantities it is known to have used, without amounts, so that it can be
    priced when a rate arrives. A workflow run that nobody named is the trace.

    Args:
        record: the span that tells of the call; its attributes are not read.
        priced: the call and its cost, or the reason why it has none.
        attribution: who caused it.
        received_ns: when the span reached us, nanoseconds since 1970 UTC.
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
            cause="first",
            content_digest="",
            occurred_ns=priced.occurred_ns,
            ended_ns=record.end_ns,
            received_ns=received_ns,
            trace_id=record.trace_id,
            span_id=record.span_id,
            parent_span_id=record.parent_span_id,
            response_id=storable_text(call.response_id),
            provider=storable_text(cost.provider if isinstance(cost, Cost) else call.provider),
            model=storable_text(cost.model if isinstance(cost, Cost) else call.model),
            request_model=storable_text(call.request_model),
            operation=storable_text(call.operation),
            service_tier=storable_text(call.tier),
            region=storable_text(call.region),
            provider_account="",
            attribution=_with_run(attribution, record.trace_id),
            service=storable_text(record.service),
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
            dialect=storable_text(call.dialect),
            source_document="",
            tags=(),
        )
    )


def reversal(entry: LedgerEntry, cause: str) -> LedgerEntry:
    """Return the entry that takes `entry` back: the two sum to zero in every column that is summed."""
    return _sealed(
        replace(
            entry,
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


def content_digest(entry: LedgerEntry) -> str:
    """Return the digest of what `entry` states: its money and where the money comes from.

    Left out are who caused it (personal identifiers), every time, `assumed_time` with them, and the book's
    digest: a new book with unchanged rates, or the same span received later, states the same.
    """
    assumptions = sorted(set(entry.assumptions) - {"assumed_time"})
    items = sorted(entry.items, key=lambda item: item.meter)
    return digest(
        entry.kind,
        str(entry.sign),
        entry.status,
        entry.status_reason,
        entry.provider,
        entry.model,
        entry.service_tier,
        entry.region,
        entry.rate_id,
        entry.dialect,
        _exact(entry.total_usd),
        str(len(assumptions)),
        *assumptions,
        str(len(items)),
        *(field for item in items for field in _stated(item)),
    )


def duration_ms(record: SpanRecord) -> int:
    """Return how long the span took in whole milliseconds; 0 for clocks that ran backwards."""
    elapsed_ms = (record.end_ns - record.start_ns) // _NS_PER_MS
    return min(max(elapsed_ms, 0), _LONGEST_DURATION_MS)


def _sealed(entry: LedgerEntry) -> LedgerEntry:
    return replace(entry, content_digest=content_digest(entry))


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
    meter, quantity, price, amount_pico = line
    known = METERS[meter]
    if price is None or amount_pico is None:
        return Item(meter, quantity, known.unit, None, None, known.per, None, None)
    usd = usd_of(amount_pico)
    return Item(meter, quantity, known.unit, price.usd, price.usd, price.per, usd, usd)


def _negated(item: Item) -> Item:
    return item._replace(
        quantity=-item.quantity,
        list_amount_usd=_minus(item.list_amount_usd),
        amount_usd=_minus(item.amount_usd),
    )


def _minus(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.copy_negate()


def _with_run(attribution: Attribution, trace_id: str) -> Attribution:
    run = attribution.workflow_run_id or trace_id
    return replace(attribution, workflow_run_id=run)


def _believable_report(reported: Reported | None) -> Decimal | None:
    if reported is None or not reported.usd.is_finite():
        return None
    if abs(reported.usd) > _LARGEST_REPORTED_USD:
        return None
    return reported.usd.quantize(_PICO_STEP, context=_WIDE)


def _stated(item: Item) -> Iterable[str]:
    yield item.meter
    yield str(item.quantity)
    yield item.unit
    yield _exact(item.list_unit_price)
    yield _exact(item.unit_price)
    yield str(item.per)
    yield _exact(item.list_amount_usd)
    yield _exact(item.amount_usd)


def _exact(amount: Decimal | None) -> str:
    """Spell equal amounts alike: 2.5 and 2.50 are one price."""
    if amount is None:
        return "null"
    numerator, denominator = amount.as_integer_ratio()
    return f"{numerator}/{denominator}"


def storable_text(text: str) -> str:
    """Return text as a column takes it: at most `LONGEST_TEXT` characters, each of them whole."""
    cut = text[:LONGEST_TEXT]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")
