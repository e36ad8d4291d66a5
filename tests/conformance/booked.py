"""What would be booked of a captured run, by the path that books it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from otel_costing.batch import examine
from otel_costing.cost import Cost
from otel_costing.ledger import LedgerEntry
from otel_costing.otlp import decode
from otel_costing.pricing import price
from otel_costing.rates import default_rates
from otel_costing.settlement import Settled, settle
from otel_costing.usage import Usage
from tests.conformance.truth import SPANS, Quantities

AT = datetime(2026, 11, 22, tzinfo=UTC)
"""The day of the runs."""
_OF_RATES = {"assumed_start"}


def settled(file: str) -> list[Settled]:
    """The calls of a captured file."""
    records = decode((SPANS / file).read_bytes()).spans
    examined = [examine(record, default_rates(), record.end_ns) for record in records]
    accounts = [each.account for each in examined if each.account is not None]
    parents = {(record.trace_id, record.span_id): record.parent_span_id for record in records}
    return settle(accounts, parents).calls


def quantities(calls: list[Settled]) -> Quantities:
    """What they used, by meter."""
    total: Counter[str] = Counter()
    for call in calls:
        total.update({item.meter: item.quantity for item in call.booked.items})
    return dict(total)


def remarks(calls: list[Settled]) -> list[str]:
    """What their entries say of what is missing or was assumed."""
    said = {
        f"unpriced: {call.booked.status_reason}"
        for call in calls
        if call.booked.status == "unpriced"
    }
    return sorted(said.union(*(call.booked.assumptions for call in calls)) - _OF_RATES)


def costs_the_same(entry: LedgerEntry, some: Quantities, others: Quantities) -> bool:
    """Tell whether the entry's model has one price for two sets of quantities."""
    ours, theirs = (
        price(entry.provider, entry.model, Usage(each), at=AT) for each in (some, others)
    )
    return (
        isinstance(ours, Cost) and isinstance(theirs, Cost) and ours.total_usd == theirs.total_usd
    )
