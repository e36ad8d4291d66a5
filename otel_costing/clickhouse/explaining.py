"""All that a ledger holds about some calls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from otel_costing.clickhouse.columns import entry_of
from otel_costing.clickhouse.sql import is_utf8
from otel_costing.clickhouse.store import Store
from otel_costing.finding import Finding
from otel_costing.ledger import LedgerEntry
from otel_costing.periods import Booked, Closing, counts_in
from otel_costing.provenance import BookedFinding, Known, Posting

MOST_CALLS = 20
"""Explained at once."""
_ID = re.compile(r"[0-9a-f]{32}")
_SPAN = re.compile(r"([0-9a-f]{32})/([0-9a-f]{16})")
_COUNTED_UP_TO = 1_000


class Explained(NamedTuple):
    """What was asked about."""

    calls: list[Known]
    more: int
    """Beyond `MOST_CALLS`, counted up to a thousand."""


def explain(store: Store, name: str) -> Explained:
    """Return what is known of a call, or of each call of a trace or a response.

    Args:
        store: the ledger.
        name: a call id, `trace_id`, `trace_id/span_id` or a response id, as `calls_named.sql` looks for them.
    """
    if not is_utf8(name):
        return Explained([], 0)
    rows = store.query("calls_named", {**_asked(name), "most": _COUNTED_UP_TO})
    call_ids = [row["call_id"] for row in rows]
    chosen = call_ids[:MOST_CALLS]
    return Explained(_known(store, chosen) if chosen else [], len(call_ids) - len(chosen))


def _asked(name: str) -> dict[str, str]:
    lowered = name.lower()
    asked = {"call_id": "", "trace_id": "", "span_id": "", "response_id": ""}
    span = _SPAN.fullmatch(lowered)
    if span:
        return {**asked, "trace_id": span[1], "span_id": span[2]}
    if _ID.fullmatch(lowered):
        return {**asked, "call_id": lowered, "trace_id": lowered, "response_id": name}
    return {**asked, "response_id": name}


def _known(store: Store, call_ids: Sequence[str]) -> list[Known]:
    asked = {"call_ids": list(call_ids)}
    closings = [Closing(**row) for row in store.query("closed_whiles")]
    postings = [
        _posting(row, closings)
        for row in store.query("postings_of_calls", {**asked, "source": "ledger"})
    ]
    findings = [_finding(row) for row in store.query("findings_of_calls", asked)]
    sightings = _sightings(store, call_ids, findings)
    rates = _rates(store, [*(one.entry for one in postings), *sightings.values()])
    origins = {row["call_id"]: row for row in store.query("origins_of_calls", asked)}
    evaluations = store.query("evaluations_of_calls", asked)
    return [
        Known(
            call_id,
            [one for one in postings if one.entry.call_id == call_id],
            sightings,
            [one for one in findings if call_id in (one.finding.call_id, one.finding.of_call_id)],
            rates,
            origins.get(call_id),
            [one for one in evaluations if one["call_id"] == call_id],
        )
        for call_id in call_ids
    ]


def _posting(row: Mapping[str, Any], closings: Sequence[Closing]) -> Posting:
    booked = Booked(entry_of(row), row["billing_period"], row["booked_us"])
    return Posting(booked.entry, row["batch_id"], booked.booked_us, counts_in(booked, closings))


def _finding(row: Mapping[str, Any]) -> BookedFinding:
    named = {name: row[name] for name in ("kind", "call_id", "of_call_id", "trace_id", "span_id")}
    return BookedFinding(
        Finding(**named, entry_id="", ended_ns=0, detail=row["detail"]), row["found_us"]
    )


def _sightings(
    store: Store, call_ids: Sequence[str], findings: Sequence[BookedFinding]
) -> dict[str, LedgerEntry]:
    asked = sorted({*call_ids, *(one.finding.call_id for one in findings)})
    rows = store.query("postings_of_calls", {"call_ids": asked, "source": "sightings"})
    return {row["call_id"]: entry_of(row) for row in rows}


def _rates(
    store: Store, entries: Sequence[LedgerEntry]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    asked = sorted({one.rate_id for one in entries if one.rate_id})
    rows = store.query("rates_of_ids", {"rate_ids": asked}) if asked else []
    return {(row["rate_id"], row["rates_digest"]): row for row in rows}
