"""One span -> what the ledger keeps of it: its skeleton, and what it says of a call. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from otel_costing.attribution import (
    Attribution,
    attribution_attributes,
    attribution_by,
    attribution_within,
)
from otel_costing.dialects import CARRIERS, DIALECTS, usage_attributes
from otel_costing.evaluations import Evaluation, evaluations_on
from otel_costing.finding import Finding
from otel_costing.ledger import AGGREGATE, LedgerEntry, charge
from otel_costing.outcomes import Outcome, outcomes_on
from otel_costing.pricing import price_call, price_span
from otel_costing.promoted import Promoted, values_of
from otel_costing.rates import RateBook
from otel_costing.semconv import RATES_DIGEST
from otel_costing.skeleton import Skeleton, skeleton_of
from otel_costing.spans import Attributes, SpanRecord
from otel_costing.usage import NOT_A_MODEL_CALL, NotBillable

NO_BOOKS: Mapping[str, RateBook] = MappingProxyType({})


def read_attributes() -> frozenset[str]:
    """Return every attribute of a span that `examine` asks for, documents that may hold content among them."""
    estimates = [dialect.estimated_if for dialect in DIALECTS if dialect.estimated_if]
    return frozenset().union(
        usage_attributes(),
        (carrier.attribute for carrier in CARRIERS.values()),
        (name for estimate in estimates for name in estimate.missing),
        attribution_attributes(),
        (RATES_DIGEST,),
    )


class Examined(NamedTuple):
    """What is kept of a span once it was read: its attributes are gone."""

    skeleton: Skeleton
    account: LedgerEntry | None
    """What the span says of a call, as if it were the only one to tell; None where it is no call."""
    genai: bool = True
    """Whether it carries any attribute of AI work, a call or not."""
    evaluations: tuple[Evaluation, ...] = ()
    """What its events say of the quality of an answer."""
    findings: tuple[Finding, ...] = ()
    """What its receiver noticed of it."""
    outcomes: tuple[Outcome, ...] = ()
    """What its events say came of the work."""


def examine_all(
    records: Iterable[SpanRecord],
    rates: RateBook,
    received_ns: int,
    *,
    sender: str = "",
    earlier: Mapping[str, RateBook] = NO_BOOKS,
    promoted: Promoted = (),
) -> list[Examined]:
    """Examine the spans of one request, each resource once; see `examine`."""
    examined = []
    resource = by_resource = None
    for record in records:
        if by_resource is None or record.resource is not resource:
            resource, by_resource = record.resource, attribution_by(record.resource)
        examined.append(
            examine(
                record,
                rates,
                received_ns,
                sender=sender,
                earlier=earlier,
                by_resource=by_resource,
                promoted=promoted,
            )
        )
    return examined


def examine(
    record: SpanRecord,
    rates: RateBook,
    received_ns: int,
    *,
    backfill: bool = False,
    sender: str = "",
    earlier: Mapping[str, RateBook] = NO_BOOKS,
    by_resource: Attribution | None = None,
    promoted: Promoted = (),
) -> Examined:
    """Read, price and attribute one span.

    Args:
        record: the span.
        rates: the book that prices it.
        earlier: other books by digest; the one that a span was priced by where it ran prices it here too, so that
            its receipt and the ledger agree.
        received_ns: when it reached us, nanoseconds since 1970 UTC.
        backfill: see `price_call`.
        sender: see `charge`.
        by_resource: who caused it by its resource, where that was read already.
        promoted: which attributes of its resource are kept.
    """
    if by_resource is None:
        by_resource = attribution_by(record.resource)
    attribution = attribution_within(record.attributes, by_resource)
    skeleton = skeleton_of(record, attribution)
    rates = book_for(record.attributes, rates, earlier)
    cause = "first"
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
        if priced.aggregate is None:
            told = Examined(skeleton, None, priced is not NOT_A_MODEL_CALL)
            return _with_events(told, record, attribution)
        cause = AGGREGATE
        priced = price_call(
            priced.aggregate,
            start_ns=record.start_ns,
            end_ns=record.end_ns,
            received_ns=received_ns,
            backfill=backfill,
            rates=rates,
        )
    account = charge(record, priced, attribution, received_ns, cause=cause, sender=sender)
    if promoted:
        account = account._replace(promoted=values_of(record.resource, promoted))
    return _with_events(Examined(skeleton, account), record, attribution)


def _with_events(examined: Examined, record: SpanRecord, attribution: Attribution) -> Examined:
    if not record.events:
        return examined
    return examined._replace(
        evaluations=evaluations_on(record, attribution.team),
        outcomes=outcomes_on(record, attribution),
    )


def book_for(attributes: Attributes, rates: RateBook, earlier: Mapping[str, RateBook]) -> RateBook:
    """Return the book that a span says it was priced by, where that is among `earlier`, else `rates`."""
    named = attributes.get(RATES_DIGEST) if earlier else None
    return earlier.get(named, rates) if isinstance(named, str) else rates
