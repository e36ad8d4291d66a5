"""What the operations ask of the ledger, as whoever asks may see it; these run in the readers' threads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from otel_costing.attribution import PERSONAL
from otel_costing.clickhouse.key_text import key_text
from otel_costing.clickhouse.periods import closing_of
from otel_costing.clickhouse.reports import (
    entries_of_call,
    entries_of_trace,
    report,
    spans_of_trace,
    verifies_callers,
)
from otel_costing.clickhouse.requests import days_of_call
from otel_costing.clickhouse.store import Store
from otel_costing.dimensions import DIMENSIONS
from otel_costing.documents.report import period_status, report_document, report_row
from otel_costing.ledger import LedgerEntry
from otel_costing.problems import Problem
from otel_costing.trace_tree import Node, tree
from otel_costing_collector.rest.problem_details import Invalid
from otel_costing_collector.rest.visible import lifted, visible_entries

_BESIDE = (timedelta(-1), timedelta(0), timedelta(1))
"""Accounts of one call lie within minutes of each other, and so on one day or two."""


class Booked(NamedTuple):
    """What the ledger has of one call."""

    entries: list[LedgerEntry]
    counted_as: str | None


class Asked(NamedTuple):
    """What a report is asked for."""

    by: Sequence[str]
    pays: str
    since: datetime | None
    until: datetime | None
    period: str | None
    where: Sequence[tuple[str, str]]


def booked_call(store: Store, call_id: str, team: str | None, *, is_own: bool) -> Booked | None:
    """Return what is booked of a call, None where nothing is that `team` may see.

    Args:
        store: the ledger.
        call_id: of the call.
        team: who asks; None sees all.
        is_own: whether they name their own request, so that they may know what stands in its place.
    """
    days = sorted(days_of_call(store.query, call_id))
    entries = _seen(store, entries_of_call(store, call_id, days), team)
    counted_as = _counted_as(store, call_id, days)
    if counted_as and not (entries or is_own or team is None):
        nearby = sorted({day + beside for day in days for beside in _BESIDE})
        if not _seen(store, entries_of_call(store, counted_as, nearby), team):
            return None
    return Booked(entries, counted_as) if entries or counted_as else None


def _seen(store: Store, entries: list[LedgerEntry], team: str | None) -> list[LedgerEntry]:
    if team is None or all(one.attribution.team == team for one in entries):
        return entries
    return visible_entries(entries, spans_of_trace(store, entries[0].trace_id), team)


def _counted_as(store: Store, call_id: str, days: Sequence[Any]) -> str | None:
    if not days:
        return None
    asked = {"days": days, "call_ids": key_text((call_id,))}
    rows = store.query("absorbed_calls", asked)
    return rows[0]["of_call_id"] if rows else None


def tree_of_trace(store: Store, trace_id: str, team: str | None) -> list[Node]:
    """Return the trees of a trace as `team` may see them, None as team sees all; empty where there is nothing."""
    spans = spans_of_trace(store, trace_id)
    entries = entries_of_trace(store, trace_id)
    if team is None:
        return tree(spans, entries)
    return lifted(tree(spans, visible_entries(entries, spans, team)), team)


def costs(store: Store, asked: Asked, team: str | None) -> dict[str, Any]:
    """Return a report's document; for a team its own costs alone, as owner or as caller.

    Raises:
        Invalid: what was asked for is no report.
    """
    where = asked.where
    if team is not None:
        _refuse_others(store, asked)
        where = [*where, *_of_team(team, asked.pays)]
    claims = verifies_callers(store, asked.pays)
    question = asked._replace(where=where)._asdict()
    try:
        totals = report(store, **question, claims=claims)
    except ValueError as refused:
        raise Invalid([Problem("by, where", f"{refused}.")]) from None
    rows = [report_row(asked.by, total, claims=claims) for total in totals]
    closing = None if asked.period is None else closing_of(store, asked.period)
    return report_document(
        rows,
        period_status(asked.period, closing),
        pays=asked.pays,
        since=asked.since,
        until=asked.until,
        period=asked.period,
    )


def _of_team(team: str, pays: str) -> list[tuple[str, str]]:
    """Return the conditions that leave a team its own costs: as caller, those that are more than a claim."""
    own = [("team", team)]
    return [*own, ("origin_verified", "true")] if pays == "caller" else own


def _refuse_others(store: Store, asked: Asked) -> None:
    """Refuse to break a caller's costs down by whom the owner served; see `visible`. What is promoted may say that, too."""
    if asked.pays != "caller":
        return
    named = {*asked.by, *(name for name, _ in asked.where)}
    promoted = {one.name for one in store.promotions()} if named - set(DIMENSIONS) else set()
    for name in sorted(named & (PERSONAL | promoted)):
        what = f"{name} is known to the owner alone; ask with pays=owner"
        raise Invalid([Problem("by, where", what)])
