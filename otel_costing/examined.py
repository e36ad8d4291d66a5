"""One span -> what the ledger keeps of it: its skeleton, and what it says of a call. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from otel_costing.attribution import attribution_of
from otel_costing.evaluations import Evaluation, evaluations_on
from otel_costing.ledger import AGGREGATE, LedgerEntry, charge
from otel_costing.pricing import price_call, price_span
from otel_costing.rates import RateBook
from otel_costing.semconv import RATES_DIGEST
from otel_costing.skeleton import Skeleton, skeleton_of
from otel_costing.spans import SpanRecord
from otel_costing.usage import NOT_A_MODEL_CALL, NotBillable

NO_BOOKS: Mapping[str, RateBook] = MappingProxyType({})


class Examined(NamedTuple):
    """What is kept of a span once it was read: its attributes are gone."""

    skeleton: Skeleton
    account: LedgerEntry | None
    """What the span says of a call, as if it were the only one to tell; None where it is no call."""
    genai: bool = True
    """Whether it carries any attribute of AI work, a call or not."""
    evaluations: tuple[Evaluation, ...] = ()
    """What its events say of the quality of an answer."""


def examine(
    record: SpanRecord,
    rates: RateBook,
    received_ns: int,
    *,
    backfill: bool = False,
    sender: str = "",
    earlier: Mapping[str, RateBook] = NO_BOOKS,
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
    """
    attribution = attribution_of(record.attributes, record.resource)
    skeleton = skeleton_of(record, attribution)
    evaluations = evaluations_on(record, attribution.team) if record.evaluation_events else ()
    named = record.attributes.get(RATES_DIGEST) if earlier else None
    if isinstance(named, str):
        rates = earlier.get(named, rates)
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
            return Examined(skeleton, None, priced is not NOT_A_MODEL_CALL, evaluations)
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
    return Examined(skeleton, account, evaluations=evaluations)
