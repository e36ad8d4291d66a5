"""Cost -> LedgerEntry, and its reversal: pure. The ledger only grows; a correction is another entry.

Identity (docs/adr/0003): `call_id` says which call, `entry_id` which posting of it; neither knows a rate,
an amount, an owner or a time. `content_digest` says what the entry states, so that a copy is told from a
contradiction.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from otel_costing.attribution import Attribution


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
