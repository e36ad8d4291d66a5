"""Why a call costs what it costs: what its span was read by, its rate, its arithmetic and its history: pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing.finding import Finding
from otel_costing.ledger import Item, LedgerEntry, standing
from otel_costing.reading_rules import ASSUMPTIONS, OTHER_ASSUMPTION, arithmetic, read_from, reading
from otel_costing.rollup import agrees

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOLD = ("duplicate", "wrapper")
"""Kinds of findings that say of a call that another one is charged for it."""


class Posting(NamedTuple):
    """An entry as it was booked."""

    entry: LedgerEntry
    batch_id: str
    booked_us: int
    billing_period: str
    """In which it counts."""


class BookedFinding(NamedTuple):
    """A finding, and when it was made."""

    finding: Finding
    found_us: int


class Known(NamedTuple):
    """All that a ledger holds about one call."""

    call_id: str
    postings: Sequence[Posting]
    """Oldest first; none where another call stands for it."""
    sightings: Mapping[str, LedgerEntry]
    """What spans say of this call and its copies, by call id."""
    findings: Sequence[BookedFinding]
    """About this call, or pointing to it."""
    rates: Mapping[tuple[str, str], Mapping[str, Any]]
    """Rows of `rates`, by id and book."""
    origin: Mapping[str, Any] | None
    evaluations: Sequence[Mapping[str, Any]]


def instant_text(microseconds: int) -> str:
    """Return an instant as RFC 3339 has it."""
    at = _EPOCH + timedelta(microseconds=microseconds)
    return at.isoformat().replace("+00:00", "Z")


def story(known: Known) -> dict[str, Any]:
    """Return all that is known of a call as JSON has it: absent is None, money an exact `Decimal`."""
    entries = [one.entry for one in known.postings]
    stands = standing(entries)
    told = stands or next(reversed(entries), None) or known.sightings.get(known.call_id)
    if told is None:
        return {"call_id": known.call_id, "charged": False, **_history(known)}
    return {
        "call_id": known.call_id,
        "trace_id": told.trace_id,
        "span_id": told.span_id,
        "response_id": told.response_id or None,
        "charged": stands is not None,
        "charged_as": None if stands else _charged_as(known),
        "status": told.status,
        "status_reason": told.status_reason or None,
        "total_usd": None if stands is None else stands.total_usd,
        "occurred_at": instant_text(told.occurred_ns // 1_000),
        "received_at": instant_text(told.received_ns // 1_000),
        "said": _said(told),
        "assumptions": [
            {"assumption": name, "meaning": ASSUMPTIONS.get(name, OTHER_ASSUMPTION)}
            for name in told.assumptions
        ],
        "rate": _rate(known, told),
        "lines": [_line(item) for item in told.items],
        "reported": _reported(told),
        "attribution": _attribution(told),
        "origin": _origin(known, told),
        "sender": told.sender or None,
        "authenticated_team": told.authenticated_team or None,
        **_history(known),
    }


def _charged_as(known: Known) -> str | None:
    told = [
        one.finding.of_call_id
        for one in known.findings
        if one.finding.call_id == known.call_id and one.finding.kind in _TOLD
    ]
    return told[-1] if told else None


def _said(told: LedgerEntry) -> dict[str, Any]:
    return {
        **reading(told.dialect)._asdict(),
        "scope": told.scope or None,
        "service": told.service or None,
        "operation": told.operation or None,
        "provider": told.provider or None,
        "model": told.model or None,
        "request_model": told.request_model or None,
        "response_model": told.response_model or None,
        "service_tier": told.service_tier or None,
        "region": told.region or None,
        "error_type": told.error_type or None,
        "duration_ms": told.duration_ms,
    }


def _rate(known: Known, told: LedgerEntry) -> dict[str, Any] | None:
    if not told.rate_id:
        return None
    row = known.rates.get((told.rate_id, told.rates_digest), {})
    bounds = {name: row.get(f"{name}_ns") for name in ("starts", "ends")}
    return {
        "rate_id": told.rate_id,
        "rates_digest": told.rates_digest,
        "on_record": bool(row),
        "provider": row.get("provider"),
        "model": row.get("model"),
        "tier": row.get("tier"),
        "region": row.get("region") or None,
        "clock": row.get("clock") or None,
        "from": None if bounds["starts"] is None else instant_text(bounds["starts"] // 1_000),
        "until": None if bounds["ends"] is None else instant_text(bounds["ends"] // 1_000),
        "source": row.get("source") or None,
        "checked": row.get("checked") or None,
        "contracts": _columns(row, "contracts", ("name", "terms", "source", "checked")),
        "exchanges": _columns(row, "exchanges", ("currency", "usd", "source")),
    }


def _columns(row: Mapping[str, Any], of: str, names: Sequence[str]) -> list[dict[str, Any]]:
    columns = [row.get(f"{of}.{name}", ()) for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _line(item: Item) -> dict[str, Any]:
    return {
        "meter": item.meter,
        "quantity": item.quantity,
        "unit": item.unit,
        "list_unit_price_usd": _plain(item.list_unit_price),
        "unit_price_usd": _plain(item.unit_price),
        "per": item.per,
        "amount_usd": item.amount_usd,
        "arithmetic": arithmetic(item),
        "read_from": read_from(item.meter),
    }


def _plain(price: Decimal | None) -> str | None:
    return None if price is None else f"{price.normalize():f}"


def _reported(told: LedgerEntry) -> dict[str, Any] | None:
    if told.reported_usd is None:
        return None
    ours = told.total_usd
    return {
        "reported_usd": told.reported_usd,
        "reported_by": told.reported_by,
        "difference_usd": None if ours is None else ours - told.reported_usd,
        "agrees": None if ours is None else agrees(ours, told.reported_usd),
    }


def _attribution(told: LedgerEntry) -> dict[str, str | None]:
    said = told.attribution._asdict()
    return {name: value or None for name, value in said.items() if not name.startswith("origin_")}


def _origin(known: Known, told: LedgerEntry) -> dict[str, Any]:
    names = ("origin_team", "origin_workflow", "origin_workflow_run_id", "origin_feature")
    row = known.origin or {**told.attribution._asdict(), "origin_verified": False}
    return {
        **{name.removeprefix("origin_"): row[name] or None for name in names},
        "source": row["origin_source"] or "none",
        "verified": bool(row["origin_verified"]),
    }


def _history(known: Known) -> dict[str, Any]:
    return {
        "entries": [_posting(one) for one in known.postings],
        "copies": [_copy(known, one) for one in _copies(known)],
        "findings": [_finding(one) for one in known.findings if one.finding.kind not in _TOLD],
        "evaluations": [dict(one) for one in known.evaluations],
    }


def _posting(posting: Posting) -> dict[str, Any]:
    entry = posting.entry
    return {
        "entry_id": entry.entry_id,
        "kind": entry.kind,
        "revision": entry.revision,
        "cause": entry.cause,
        "status": entry.status,
        "model": entry.model,
        "team": entry.attribution.team or None,
        "total_usd": entry.total_usd,
        "rate_id": entry.rate_id or None,
        "rates_digest": entry.rates_digest or None,
        "batch_id": posting.batch_id,
        "booked_at": instant_text(posting.booked_us),
        "billing_period": posting.billing_period,
    }


def _copies(known: Known) -> list[BookedFinding]:
    """Return what tells of the call and is not charged, the latest of each."""
    told = {
        one.finding.call_id: one
        for one in known.findings
        if one.finding.kind in _TOLD and one.finding.of_call_id == known.call_id
    }
    return list(told.values())


def _copy(known: Known, one: BookedFinding) -> dict[str, Any]:
    finding, account = one.finding, known.sightings.get(one.finding.call_id)
    return {
        "call_id": finding.call_id,
        "trace_id": finding.trace_id,
        "span_id": finding.span_id,
        "why": finding.kind,
        "scope": account.scope if account else _detail(finding).get("scope"),
        "service": account.service if account else None,
        "total_usd": account.total_usd if account else None,
        "found_at": instant_text(one.found_us),
    }


def _finding(one: BookedFinding) -> dict[str, Any]:
    return {
        "kind": one.finding.kind,
        "detail": _detail(one.finding),
        "found_at": instant_text(one.found_us),
    }


def _detail(finding: Finding) -> dict[str, Any]:
    try:
        detail = json.loads(finding.detail)
    except ValueError:
        detail = None
    return detail if isinstance(detail, dict) else {"text": finding.detail}
