"""Spans -> a sealed batch of rows for the ledger: priced, settled, digested. Pure; the store only writes it.

A batch is sealed before the first attempt to store it, so that every attempt carries the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from otel_costing.attribution import attribution_of
from otel_costing.finding import Finding, contradiction
from otel_costing.ledger import LedgerEntry, call_id_of_span, charge, digest
from otel_costing.pricing import Cost, price_span
from otel_costing.rates import Rate, RateBook
from otel_costing.settlement import Conflict, Settled, Sighting, settle
from otel_costing.skeleton import Skeleton, skeleton_of
from otel_costing.spans import Attributes, SpanRecord
from otel_costing.usage import NotBillable

_NO_ATTRIBUTES: Attributes = {}


class BookedRate(NamedTuple):
    """A rate that priced an entry, and which book held it."""

    rate: Rate
    rates_digest: str


class Counts(NamedTuple):
    """What a batch holds. `billable_calls` = `priced` + `partial` + `unpriced`."""

    spans: int = 0
    billable_calls: int = 0
    priced: int = 0
    partial: int = 0
    unpriced: int = 0
    copies: int = 0
    """Spans that tell of a call which another span tells of, or that came twice."""

    def plus(self, other: Counts) -> Counts:
        """Return the sums."""
        return Counts(*(one + two for one, two in zip(self, other, strict=True)))


class SealedBatch(NamedTuple):
    """Rows in their final form."""

    batch_id: str
    """Digest of all rows, whenever they were received: equal batches are one batch."""
    received_ns: int
    entries: tuple[LedgerEntry, ...]
    spans: tuple[Skeleton, ...]
    findings: tuple[Finding, ...]
    rates: tuple[BookedRate, ...]
    counts: Counts


class Examined(NamedTuple):
    """What is kept of a span once it was read: its attributes are gone."""

    skeleton: Skeleton
    sighting: Sighting | None
    """None for a span that is no model call of its own."""


def examine(
    record: SpanRecord, rates: RateBook, received_ns: int, *, backfill: bool = False
) -> Examined:
    """Read, price and attribute one span.

    Args:
        record: the span.
        rates: the book that prices it.
        received_ns: when it reached us, nanoseconds since 1970 UTC.
        backfill: see `price_call`.
    """
    attribution = attribution_of(record.attributes, record.resource)
    skeleton = skeleton_of(record, attribution)
    priced = price_span(
        record.attributes,
        scope_name=record.scope_name,
        scope_version=record.scope_version,
        name=record.name,
        resource=record.resource,
        start_time=record.start_ns,
        end_time=record.end_ns,
        failed=record.failed,
        received_at=received_ns,
        backfill=backfill,
        rates=rates,
    )
    if isinstance(priced, NotBillable):
        return Examined(skeleton, None)
    bare = record._replace(attributes=_NO_ATTRIBUTES)
    return Examined(skeleton, Sighting(bare, priced, attribution, received_ns))


def batch_of(
    records: Iterable[SpanRecord], rates: RateBook, received_ns: int, *, backfill: bool = False
) -> SealedBatch:
    """Price, settle and seal the spans of one batch; see `examine` and `seal`."""
    examined = [examine(record, rates, received_ns, backfill=backfill) for record in records]
    (batch,) = seal(examined, rates, received_ns, largest=max(len(examined), 1))
    return batch


def seal(
    examined: Sequence[Examined], rates: RateBook, received_ns: int, *, largest: int
) -> list[SealedBatch]:
    """Settle all that was examined together, and seal it in batches of at most `largest` rows of a kind.

    A span that comes twice is taken once: the first. Where the second states another cost, that is a
    finding.
    """
    spans, repeated = _first_of_each(examined)
    settlement = settle(
        (one.sighting for one in spans if one.sighting is not None),
        {
            (one.skeleton.trace_id, one.skeleton.span_id): one.skeleton.parent_span_id
            for one in spans
        },
    )
    calls = settlement.calls
    told = sum(1 + len(call.copies) for call in calls)
    again = Counts(
        spans=len(examined) - len(spans),
        copies=sum(one.sighting is not None for one in examined) - told,
    )
    odd = (*_conflicts(settlement.conflicts), *_contradictions(repeated))
    starts = range(0, max(len(spans), 1), largest)
    return [
        _sealed(
            calls[start : start + largest],
            [one.skeleton for one in spans[start : start + largest]],
            odd if start == 0 else (),
            again if start == 0 else Counts(),
            rates,
            received_ns,
        )
        for start in starts
    ]


def _first_of_each(
    examined: Iterable[Examined],
) -> tuple[list[Examined], list[tuple[Sighting, Sighting]]]:
    first: dict[tuple[str, str], Examined] = {}
    repeated = []
    for one in examined:
        key = (one.skeleton.trace_id, one.skeleton.span_id)
        kept = first.setdefault(key, one)
        if kept.sighting is None and one.sighting is not None:
            # A copy that lost its attributes on the way says nothing against the call.
            first[key] = one
        elif kept is not one and kept.sighting and one.sighting:
            repeated.append((kept.sighting, one.sighting))
    return list(first.values()), repeated


def _contradictions(repeated: Iterable[tuple[Sighting, Sighting]]) -> Iterable[Finding]:
    for first, second in repeated:
        kept, said = _entry(first), _entry(second)
        if kept.content_digest != said.content_digest:
            yield contradiction(said, kept.content_digest)


def _sealed(
    calls: Sequence[Settled],
    spans: Sequence[Skeleton],
    odd: Sequence[Finding],
    again: Counts,
    rates: RateBook,
    received_ns: int,
) -> SealedBatch:
    entries = tuple(_entry(call.booked) for call in calls)
    findings = (*_copies(calls), *odd)
    return SealedBatch(
        batch_id=_batch_id(entries, spans, findings),
        received_ns=received_ns,
        entries=entries,
        spans=tuple(spans),
        findings=findings,
        rates=_rates_of(calls, rates),
        counts=_counts(entries, spans, calls).plus(again),
    )


def _entry(sighting: Sighting) -> LedgerEntry:
    return charge(sighting.record, sighting.priced, sighting.attribution, sighting.received_ns)


def _copies(calls: Iterable[Settled]) -> Iterable[Finding]:
    for call in calls:
        for copy in call.copies:
            record = copy.sighting.record
            yield Finding(
                kind=copy.cause,
                call_id=copy.sighting.call_id,
                of_call_id=call.booked.call_id,
                entry_id="",
                trace_id=record.trace_id,
                span_id=record.span_id,
                ended_ns=record.end_ns,
                detail=json.dumps({"scope": record.scope_name}),
            )


def _conflicts(conflicts: Iterable[Conflict]) -> Iterable[Finding]:
    for conflict in conflicts:
        for one in conflict.sightings:
            yield Finding(
                kind="conflict",
                call_id=one.call_id,
                of_call_id="",
                entry_id="",
                trace_id=one.record.trace_id,
                span_id=one.record.span_id,
                ended_ns=one.record.end_ns,
                detail=json.dumps({"response_id": conflict.response_id, "why": "totals differ"}),
            )


def _rates_of(calls: Iterable[Settled], book: RateBook) -> tuple[BookedRate, ...]:
    costs = {
        (cost.provider, cost.model, cost.rate_id): cost.rates_digest
        for call in calls
        if isinstance(cost := call.booked.priced.cost, Cost)
    }
    return tuple(
        BookedRate(rate, rates_digest)
        for (provider, model, rate_id), rates_digest in sorted(costs.items())
        for rate in book.rates_of(provider, model)
        if rate.id == rate_id
    )


def _counts(
    entries: Sequence[LedgerEntry], spans: Sequence[Skeleton], calls: Sequence[Settled]
) -> Counts:
    statuses = [entry.status for entry in entries]
    return Counts(
        spans=len(spans),
        billable_calls=len(entries),
        priced=statuses.count("priced"),
        partial=statuses.count("partial"),
        unpriced=statuses.count("unpriced"),
        copies=sum(len(call.copies) for call in calls),
    )


def _batch_id(
    entries: Iterable[LedgerEntry], spans: Iterable[Skeleton], findings: Iterable[Finding]
) -> str:
    return digest(
        *(f"{entry.entry_id} {entry.content_digest} {entry.attribution!r}" for entry in entries),
        *(call_id_of_span(span.trace_id, span.span_id) for span in spans),
        *(finding.finding_id for finding in findings),
    )
