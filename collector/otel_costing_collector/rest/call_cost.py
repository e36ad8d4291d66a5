"""The entries of one call -> the document that says what it cost: pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from otel_costing.clickhouse.time_bounds import instant_of
from otel_costing.documents.trace import item_document
from otel_costing.ledger import LedgerEntry
from otel_costing.rollup import net, sum_of
from otel_costing_collector.rest.answers import State


def pending_document(call_id: str) -> dict[str, Any]:
    """Return what is known of a call that is not booked yet."""
    return {
        "callId": call_id,
        "state": State.PENDING,
        "countedAs": None,
        "net": None,
        "entries": [],
    }


def call_document(
    call_id: str, entries: Sequence[LedgerEntry], counted_as: str | None
) -> dict[str, Any]:
    """Return what a call cost.

    Args:
        call_id: of the call.
        entries: those of its entries that are to be seen, oldest first.
        counted_as: the call that was booked in its place.
    """
    standing = net(entries)
    charges = [one.status for one in standing if one.kind == "charge"]
    return {
        "callId": call_id,
        "state": State.BOOKED,
        "countedAs": counted_as,
        "net": {
            "calls": sum(one.sign for one in entries),
            "status": next(iter(charges), None),
            "total_usd": sum_of(one.total_usd for one in standing),
        },
        "entries": [_entry(one) for one in entries],
    }


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "entry_id": entry.entry_id,
        "kind": entry.kind,
        "revision": entry.revision,
        "sign": entry.sign,
        "cause": entry.cause,
        "occurred_at": instant_of(entry.occurred_ns // 1_000).isoformat(),
        "provider": entry.provider,
        "model": entry.model,
        "status": entry.status,
        "status_reason": entry.status_reason or None,
        "total_usd": entry.total_usd,
        "lines": [item_document(item) for item in entry.items],
        "rate_id": entry.rate_id or None,
        "rates_digest": entry.rates_digest or None,
        "assumptions": list(entry.assumptions),
        "team": entry.attribution.team or None,
        "origin_team": entry.attribution.origin_team or None,
        "trace_id": entry.trace_id,
    }
