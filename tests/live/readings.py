"""One run's calls as the providers billed them, as the processor priced them, and as the ledger would book them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from otel_costing import Cost, price, semconv
from otel_costing.batch import SealedBatch, batch_of
from otel_costing.rates import default_rates
from otel_costing.spans import Attributes, SpanRecord
from tests.live.billed import Billed, Quantities
from tests.live.emitters import Loss


class Reading(NamedTuple):
    """One call: by which rate, how many tokens of which meter, exact USD."""

    rate_id: str
    quantities: tuple[tuple[str, int], ...]
    usd: Decimal | None
    """None where the call has no price."""


UNPRICED = Reading("", (), None)


def as_billed(billed: Iterable[Billed], loss: Loss | None) -> list[Reading]:
    """Return what can be read of billed calls, as far as their emitter tells of them."""
    return sorted((reading for one in billed for reading in _readings(one, loss)), key=repr)


def _readings(one: Billed, loss: Loss | None) -> Iterable[Reading]:
    if loss is None or loss.apart:
        yield _reading(one, one.quantities)
    if loss is None or loss.unseen:
        return
    for _ in range(loss.times):
        yield UNPRICED if loss.unpriced else _reading(one, loss.seen(one.quantities))


def _reading(one: Billed, quantities: Quantities) -> Reading:
    cost = price(one.provider, one.model, quantities, at=datetime.now(UTC))
    assert isinstance(cost, Cost), f"{one.model} has no rate"
    return Reading(cost.rate_id, tuple(sorted(quantities.items())), cost.total_usd)


def as_priced(spans: Iterable[SpanRecord]) -> list[Reading]:
    """Return the calls that the processor priced."""
    attributes = [span.attributes for span in spans if semconv.STATUS in span.attributes]
    return sorted(
        (_priced(said) for said in attributes if said[semconv.STATUS] != "duplicate"), key=repr
    )


def _priced(said: Attributes) -> Reading:
    if said[semconv.STATUS] == "unpriced":
        return UNPRICED
    items = json.loads(said[semconv.ITEMS])
    quantities = tuple(sorted((item["meter"], item["quantity"]) for item in items))
    return Reading(said[semconv.RATE_ID], quantities, Decimal(said[semconv.COST_USD]))


def as_booked(spans: Iterable[SpanRecord]) -> list[Reading]:
    """Return the calls that the ledger would book of the spans, had they come in one batch."""
    return sorted(
        (
            Reading(
                entry.rate_id,
                tuple(sorted((item.meter, int(item.quantity)) for item in entry.items)),
                entry.total_usd,
            )
            for entry in _batch(spans).entries
        ),
        key=repr,
    )


def conflicting_ids(spans: Iterable[SpanRecord]) -> set[str]:
    """Return the response ids of calls of which two spans tell different totals."""
    return {
        json.loads(finding.detail)["response_id"]
        for finding in _batch(spans).findings
        if finding.kind == "conflict"
    }


def _batch(spans: Iterable[SpanRecord]) -> SealedBatch:
    records = [span._replace(attributes=_said_by_emitters(span)) for span in spans]
    return batch_of(records, default_rates(), max((record.end_ns for record in records), default=0))


def _said_by_emitters(span: SpanRecord) -> Attributes:
    return {
        name: value
        for name, value in span.attributes.items()
        if not name.startswith("otel_costing.")
    }
