"""A reconciliation as JSON has it: money as exact strings, absent as null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from otel_costing.clickhouse.reconciling import Posted
from otel_costing.finops.invoices.reading import Invoices
from otel_costing.finops.reconciliation.drift import Stated, Sum, Tolerance, summed, summed_by
from otel_costing.finops.reconciliation.explaining import Cause
from otel_costing.finops.reconciliation.matching import Match
from otel_costing.money import SCALE

_NS = 10**9
_ACCOUNTS = (
    "Accounts are compared together: the calls in the ledger do not say of which account they are."
)


def document_of(
    found: Sequence[Stated], invoices: Invoices, tolerance: Tolerance, cut_short: int
) -> dict[str, Any]:
    """Return both sides by group, by day, by model and in total, and what stands between them.

    Args:
        found: every match.
        invoices: what was read.
        tolerance: decides `is_within`.
        cut_short: lines whose posting is not booked in full.
    """
    whole = summed(found)
    by_day = summed_by(found, lambda one: _day(one.explained.match))
    by_model = summed_by(found, lambda one: _model(one.explained.match))
    return {
        "documents": [{"name": one.name, "document": one.digest} for one in invoices.documents],
        "rows": [_row(one) for one in found],
        "by_day": [
            {"provider": key[0], "since": key[1], "until": key[2], **_sums(by_day[key])}
            for key in sorted(by_day)
        ],
        "by_model": [
            {"provider": provider, "model": model or None, **_sums(by_model[provider, model])}
            for provider, model in sorted(by_model)
        ],
        "total": _sums(whole),
        "tolerance": f"{tolerance.amount:f}{'%' if tolerance.is_percent else ''}",
        "is_within": tolerance.admits(whole),
        "left_out": {
            "rows": invoices.left_out.rows,
            "amount_usd": spelled(invoices.left_out.amount_usd),
        },
        "notes": list(_notes(found, invoices, cut_short)),
    }


def posted_document(done: Posted) -> dict[str, Any]:
    """Return what came of posting."""
    return {
        "lines": done.postings,
        "entries": done.entries,
        "usd": spelled(done.usd),
        "completed_lines": done.completed,
    }


def spelled(amount: Decimal) -> str:
    """Spell an amount with twelve decimals, or as many more as it has."""
    exponent = amount.as_tuple().exponent
    decimals = max(SCALE, -exponent if isinstance(exponent, int) else 0)
    return f"{amount:.{decimals}f}"


def _row(one: Stated) -> dict[str, Any]:
    match = one.explained.match
    scope = match.scope
    items = sorted({line.billed_as for line in match.lines if line.billed_as})
    return {
        "provider": scope.provider,
        "since": _instant(scope.start_ns),
        "until": _instant(scope.end_ns),
        "model": scope.model or None,
        "meter": scope.meter or None,
        "kind": scope.kind.value,
        "billed_as": items,
        "accounts": sorted({line.account for line in match.lines if line.account}),
        "lines": len(match.lines),
        "billed_quantity": _quantity(match.billed_quantity if match.lines else None),
        "booked_quantity": _quantity(match.booked_quantity if scope.is_compared else None),
        "unpriced_quantity": _quantity(match.unpriced_quantity if scope.is_compared else None),
        **_sums(summed([one])),
    }


def _sums(one: Sum) -> dict[str, Any]:
    percent = one.drift_percent
    return {
        "billed_usd": spelled(one.billed_usd),
        "booked_usd": spelled(one.booked_usd),
        "difference_usd": spelled(one.difference_usd),
        "causes": _causes(one.causes),
        "posted_usd": spelled(one.posted_usd),
        "drift_usd": spelled(one.drift_usd),
        "drift_percent": None if percent is None else str(percent),
    }


def _causes(causes: Mapping[Cause, Decimal]) -> dict[str, str]:
    return {cause.value: spelled(causes[cause]) for cause in Cause if causes.get(cause)}


def _day(match: Match) -> tuple[str, str, str]:
    scope = match.scope
    return scope.provider, _instant(scope.start_ns), _instant(scope.end_ns)


def _model(match: Match) -> tuple[str, str]:
    return match.scope.provider, match.scope.model


def _notes(found: Sequence[Stated], invoices: Invoices, cut_short: int) -> Sequence[str]:
    notes = []
    if any(line.account for one in found for line in one.explained.match.lines):
        notes.append(_ACCOUNTS)
    given = {line.key for line in invoices.lines}
    beside = [line for one in found for line in one.explained.match.lines if line.key not in given]
    if beside:
        notes.append(
            f"Compared along: {len(beside):,} lines for the same, posted before from other exports."
        )
    if invoices.left_out.rows:
        notes.append(
            f"Left out: {invoices.left_out.rows:,} rows of other services, {invoices.left_out.amount_usd:f} USD."
        )
    if cut_short:
        notes.append(
            f"The posting of {cut_short:,} lines was cut short; --post again completes it."
        )
    return notes


def _instant(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // _NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _quantity(quantity: Decimal | None) -> str | None:
    if quantity is None:
        return None
    return f"{quantity.normalize():f}"
