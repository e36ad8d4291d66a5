"""All accounts of calls that may be one with those of some traces: the question that settling asks of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from otel_costing.ancestry import SpanKey
from otel_costing.assignments import with_assignments
from otel_costing.clickhouse.blocks import parts
from otel_costing.clickhouse.columns import dates_of, entry_of
from otel_costing.clickhouse.repriced_accounts import repriced_of_row
from otel_costing.clickhouse.sql import Ask
from otel_costing.ledger import LedgerEntry
from otel_costing.mandatory_tags import released
from otel_costing.repriced_account import NEVER_BOOKED, RepricedAccount, at_last_rate
from otel_costing.response_ids import REPORT_NS, SAME_CALL_NS, identifies

_MOST_KEYS = 1_000
"""In one question, as a server takes no longer parameter."""


class Related(NamedTuple):
    """What is known of some traces and of all that may bear on them."""

    traces: frozenset[str]
    accounts: list[LedgerEntry]
    """One of each span, with its own attribution and with the money that was booked last."""
    booked: list[LedgerEntry]
    parents: dict[SpanKey, str]


class TooManyAccounts(Exception):  # noqa: N818 - it is an outcome, by the name of which it is caught
    """So many accounts hang together that settling them would not fit the memory."""


def related(ask: Ask, trace_ids: Iterable[str], *, most: int) -> Related:
    """Follow traces to every other one that tells of one of their calls, until there is no more.

    Args:
        ask: the store.
        trace_ids: where to begin.
        most: accounts to hold at once.

    Raises:
        TooManyAccounts: there are more than `most`.
    """
    traces: set[str] = set()
    found = _Found([], {}, {})
    frontier = sorted(set(trace_ids))
    while frontier:
        traces.update(frontier)
        new = _accounts(ask, frontier)
        found.booked.extend(new.booked)
        found.sightings.update(new.sightings)
        found.repriced.update(new.repriced)
        if len(found.booked) + len(found.sightings) > most:
            raise TooManyAccounts(
                f"{len(traces)} traces hold over {most} accounts of calls that may be one"
            )
        accounts = [*new.booked, *new.sightings.values()]
        frontier = sorted({*_by_response(ask, accounts), *_by_report(ask, accounts)} - traces)
    return Related(
        frozenset(traces), list(_as_told(found)), found.booked, dict(_parents(ask, sorted(traces)))
    )


class _Found(NamedTuple):
    booked: list[LedgerEntry]
    sightings: dict[str, LedgerEntry]
    repriced: dict[str, RepricedAccount]


def _accounts(ask: Ask, trace_ids: Sequence[str]) -> _Found:
    booked = _entries(ask, "ledger", trace_ids)
    sightings = map(released, _entries(ask, "sightings", trace_ids))
    repriced = {
        row["call_id"]: repriced_of_row(row)
        for part in parts(trace_ids, _MOST_KEYS)
        for row in ask("repriced_of_traces", {"trace_ids": list(part)})
    }
    return _Found(booked, {one.call_id: one for one in sightings}, repriced)


def _entries(ask: Ask, source: str, trace_ids: Sequence[str]) -> list[LedgerEntry]:
    return [
        entry_of(row)
        for part in parts(trace_ids, _MOST_KEYS)
        for row in ask("entries_of_traces", {"source": source, "trace_ids": list(part)})
    ]


def _parents(ask: Ask, trace_ids: Sequence[str]) -> Iterator[tuple[SpanKey, str]]:
    for part in parts(trace_ids, _MOST_KEYS):
        for row in ask("parents_of_traces", {"trace_ids": list(part)}):
            yield (row["trace_id"], row["span_id"]), row["parent_span_id"]


def _as_told(found: _Found) -> Iterator[LedgerEntry]:
    """Yield what each span says of its call; the money as it was booked or priced last, whatever rate that was by.

    What a person has set is on the last charge, and is taken for what the span says.
    """
    charges: dict[str, list[LedgerEntry]] = {}
    for entry in found.booked:
        if entry.kind == "charge":
            charges.setdefault(entry.call_id, []).append(entry)
    for call_id, of_call in charges.items():
        first = min(of_call, key=lambda entry: entry.revision)
        last = max(of_call, key=lambda entry: entry.revision)
        booked = released(first)
        told = _first_told(booked, found.sightings.get(call_id, booked))
        priced = at_last_rate(last, last.revision, found.repriced.get(call_id))
        account = priced._replace(
            attribution=told.attribution,
            authenticated_team=told.authenticated_team,
            tags=told.tags,
            cause=told.cause,
            reported_usd=told.reported_usd,
            reported_by=told.reported_by,
        )
        yield with_assignments(account, [released(last)])
    for call_id, one in found.sightings.items():
        if call_id not in charges:
            yield at_last_rate(one, NEVER_BOOKED, found.repriced.get(call_id))


def _first_told(booked: LedgerEntry, sighting: LedgerEntry) -> LedgerEntry:
    """Return the sighting that `booked` was drawn from: one that came at another time is of another telling.

    Else a second span of the same id could say who pays for the first, or that it was no call at all.
    """
    return sighting if sighting.received_ns == booked.received_ns else booked


def _by_response(ask: Ask, accounts: Iterable[LedgerEntry]) -> Iterator[str]:
    asked = set()
    for one in accounts:
        if one.response_id:
            around_ns = SAME_CALL_NS if identifies(one.response_id) else 0
            asked.add((one.response_id, one.started_ns - around_ns, one.ended_ns + around_ns))
    for part in parts(sorted(asked), _MOST_KEYS):
        for row in ask("traces_of_responses", {"asked": list(part)}):
            yield row["trace_id"]


def _by_report(ask: Ask, accounts: Sequence[LedgerEntry]) -> Iterator[str]:
    """Find what rule 5 of `same_call` may join: of one service and equal usage, at about the same time."""
    told = [(one, tokens) for one in accounts if (tokens := _tokens(one))]
    reports = [
        told_one
        for told_one in told
        if told_one[0].started_ns == told_one[0].ended_ns and not told_one[0].response_id
    ]
    before = {(one.service, n, one.started_ns - REPORT_NS, one.started_ns) for one, n in reports}
    after = {(one.service, n, one.ended_ns, one.ended_ns + REPORT_NS) for one, n in told}
    yield from _near(ask, before, only_reports=False)
    yield from _near(ask, after, only_reports=True)


def _tokens(account: LedgerEntry) -> int:
    return sum(item.quantity for item in account.items if item.unit == "token")


def _near(
    ask: Ask, asked: Iterable[tuple[str, int, int, int]], *, only_reports: bool
) -> Iterator[str]:
    for part in parts(sorted(asked), _MOST_KEYS):
        days = dates_of(instant for _, _, *around in part for instant in around)
        question = {"asked": list(part), "days": days, "only_reports": only_reports}
        for row in ask("traces_of_services", question):
            yield row["trace_id"]
