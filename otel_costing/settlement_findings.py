"""What people should be able to look up of a settlement: who stands for whom, and what does not add up. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable

from otel_costing.aggregates import Uncovered
from otel_costing.finding import Finding
from otel_costing.ledger import LedgerEntry
from otel_costing.settlement import Settlement


def findings_of(settlement: Settlement) -> Iterable[Finding]:
    """Return one finding of each copy, of each record in conflict, and of each aggregate that says more."""
    for call in settlement.calls:
        for copy in call.copies:
            detail = {"scope": copy.account.scope}
            yield _finding(copy.cause, copy.account, detail, of_call_id=call.booked.call_id)
    for conflict in settlement.conflicts:
        for account in conflict.accounts:
            detail = {"response_id": conflict.response_id, "why": "totals differ"}
            yield _finding("conflict", account, detail)
    for one in settlement.uncovered:
        yield uncovered_usage(one)


def uncovered_usage(one: Uncovered) -> Finding:
    """Return the finding that an aggregate says more than the calls beneath it, or no more."""
    tokens = {"aggregate": one.said._asdict(), "beneath": one.beneath._asdict()}
    return _finding("uncovered_usage", one.aggregate, tokens)


def _finding(kind: str, account: LedgerEntry, detail: object, *, of_call_id: str = "") -> Finding:
    return Finding(
        kind=kind,
        call_id=account.call_id,
        of_call_id=of_call_id,
        entry_id="",
        trace_id=account.trace_id,
        span_id=account.span_id,
        ended_ns=account.ended_ns,
        detail=json.dumps(detail),
    )
