"""Calls written by hand: spans, what they cost, and who they are of."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from otel_costing.attribution import Attribution
from otel_costing.batch import BookedRate, Counts, SealedBatch
from otel_costing.finding import Finding
from otel_costing.ledger import LedgerEntry, charge
from otel_costing.money import unit_price
from otel_costing.pricing import Cost, LineItem, PricedCall
from otel_costing.skeleton import Skeleton, skeleton_of
from otel_costing.spans import SpanRecord
from otel_costing.usage import Call, Unpriced, Usage

SECOND = 10**9
NOON = 1_795_348_800 * SECOND
"""2026-11-22T12:00:00Z."""
TRACE = "a" * 32
PRICES: Mapping[str, str] = {
    "input": "2.50",
    "cache_read": "0.25",
    "output": "10",
    "reasoning": "10",
}


def hex_id(number: int, digits: int = 16) -> str:
    """Return an id that is not zero."""
    return f"{number + 1:0{digits}x}"


def record(
    span: int = 0,
    parent: int | None = None,
    *,
    trace: str = TRACE,
    start_ns: int = NOON,
    end_ns: int | None = None,
    scope: str = "acme.instrumentation",
    service: str = "assistant",
    name: str = "chat m",
) -> SpanRecord:
    """Return a span of one second."""
    return SpanRecord(
        trace_id=trace,
        span_id=hex_id(span),
        parent_span_id="" if parent is None else hex_id(parent),
        name=name,
        kind="client",
        start_ns=start_ns,
        end_ns=start_ns + SECOND if end_ns is None else end_ns,
        attributes={},
        scope_name=scope,
        scope_version="1",
        resource={"service.name": service},
        failed=False,
    )


def cost_of(usage: Mapping[str, int], rate_id: str = "acme/m@1") -> Cost:
    """Price `usage` at `PRICES` per million."""
    lines = []
    for meter, quantity in usage.items():
        price = unit_price(Decimal(PRICES[meter]), 10**6)
        lines.append(LineItem(meter, quantity, price, quantity * price.numerator, price))
    total = sum(line.amount_pico or 0 for line in lines)
    return Cost("acme", "m", tuple(lines), total, rate_id, "b" * 32)


def priced(
    usage: Mapping[str, int] | Unpriced,
    *,
    unpriced: str = "",
    response_id: str = "",
    model: str = "m-2026",
    tier: str = "standard",
    occurred_ns: int = NOON + SECOND,
    assumptions: tuple[str, ...] = (),
) -> PricedCall:
    """Return a call with its cost, or with `unpriced` as its reason."""
    known = usage if isinstance(usage, Unpriced) else Usage(usage)
    request_model = model.removesuffix("-2026")
    call = Call(
        "acme", model, request_model, "chat", known, tier, "", response_id, "acme", assumptions
    )
    if isinstance(known, Unpriced):
        return PricedCall(call, known, occurred_ns, assumptions)
    cost = Unpriced(unpriced) if unpriced else cost_of(known)._replace(model=request_model)
    return PricedCall(call, cost, occurred_ns, assumptions)


def sighting(
    span: SpanRecord,
    usage: Mapping[str, int] | Unpriced | None = None,
    *,
    response_id: str = "",
    tier: str = "standard",
    attribution: Attribution | None = None,
    model: str = "m-2026",
    cause: str = "first",
    sender: str = "",
) -> LedgerEntry:
    """Return one span's account of a call of 1,000 and 200 tokens, if nothing else is said."""
    used = {"input": 1000, "output": 200} if usage is None else usage
    told = priced(used, response_id=response_id, tier=tier, model=model, occurred_ns=span.end_ns)
    return charge(
        span,
        told,
        attribution or Attribution(),
        NOON + 60 * SECOND,
        cause=cause,
        sender=sender,
    )


def entry(
    span: int = 0,
    usage: Mapping[str, int] | Unpriced | None = None,
    *,
    unpriced: str = "",
    attribution: Attribution | None = None,
    trace: str = TRACE,
    end_ns: int = NOON + SECOND,
    parent: int | None = None,
) -> LedgerEntry:
    """Return the first charge of a call."""
    used = {"input": 1000, "output": 200} if usage is None else usage
    return charge(
        record(span, parent, trace=trace, start_ns=end_ns - SECOND, end_ns=end_ns),
        priced(used, unpriced=unpriced, occurred_ns=end_ns),
        attribution or Attribution(),
        NOON + 60 * SECOND,
    )


def skeleton(
    span: int = 0,
    parent: int | None = None,
    *,
    trace: str = TRACE,
    start_ns: int = NOON,
    attribution: Attribution | None = None,
) -> Skeleton:
    """Return a span's skeleton."""
    return skeleton_of(
        record(span, parent, trace=trace, start_ns=start_ns), attribution or Attribution()
    )


def batch(
    entries: tuple[LedgerEntry, ...] | list[LedgerEntry] = (),
    spans: tuple[Skeleton, ...] | list[Skeleton] = (),
    findings: tuple[Finding, ...] = (),
    rates: tuple[BookedRate, ...] = (),
    name: str = "",
) -> SealedBatch:
    """Return a batch of ready rows."""
    batch_id = name or ",".join(one.entry_id[:6] for one in entries)
    counts = Counts(len(spans), len(entries), len(entries), 0, 0, 0)
    return SealedBatch(
        batch_id, NOON + 60 * SECOND, tuple(entries), tuple(spans), findings, rates, counts
    )
