"""What is known of some traces -> what should be booked: pure. Every call is counted once.

`same_call` says when two spans tell of one call; in doubt both stay. Of those that do, the best informed is
booked, with the attribution of the outermost. Time grows with the number of spans, whatever their tree looks
like. The result depends on what is known and on nothing else: not on the order in which it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from otel_costing.aggregates import Uncovered, bare_aggregates, is_aggregate, uncovered
from otel_costing.ancestry import Ancestry, SpanKey, ancestry
from otel_costing.assignments import with_assignments
from otel_costing.attribution import Attribution
from otel_costing.estimates import giving_way, is_estimate
from otel_costing.ledger import LedgerEntry
from otel_costing.mandatory_tags import tags_of_call
from otel_costing.promoted import merged
from otel_costing.same_call import Account, account_of, join_calls

_ORIGIN = tuple(name for name in Attribution._fields if name.startswith("origin_"))
_OWNER = tuple(name for name in Attribution._fields if name not in _ORIGIN)


class Copy(NamedTuple):
    """An account that is not booked, because it tells of a call that is."""

    account: LedgerEntry
    cause: str
    """`wrapper` where it lies around or inside the booked span, else `duplicate`."""


class Settled(NamedTuple):
    """One call: what to book, and the accounts it is drawn from where there are several."""

    booked: LedgerEntry
    copies: tuple[Copy, ...] = ()
    accounts: tuple[LedgerEntry, ...] = ()
    """All of them, the booked one too, each as its own span has it; empty where there is but one."""


class Conflict(NamedTuple):
    """One response id with several totals: all stay booked, and people should see it."""

    response_id: str
    accounts: tuple[LedgerEntry, ...]


class Settlement(NamedTuple):
    """What should be booked."""

    calls: list[Settled]
    conflicts: list[Conflict]
    aggregates: list[LedgerEntry]
    """Those with a model call beneath: kept, not booked."""
    uncovered: list[Uncovered]


def settle(
    accounts: Iterable[LedgerEntry],
    parents: Mapping[SpanKey, str],
    authorities: Container[str] = (),
) -> Settlement:
    """Say which calls the accounts tell of, whatever order they come in.

    Args:
        accounts: what each span says of a call, as its first charge: at most one of each span.
        parents: the parent's span id of every span that is known, model call or not.
        authorities: senders, such as a gateway, whose record stands for those of other teams.
    """
    alone, others = _apart(list(accounts))
    settlement = _settle(others, parents, authorities)
    calls = [*(Settled(entry) for entry in alone), *settlement.calls]
    return settlement._replace(calls=sorted(calls, key=lambda call: _by_time(call.booked)))


def _apart(accounts: list[LedgerEntry]) -> tuple[list[LedgerEntry], list[LedgerEntry]]:
    """Part those that no rule can join to another, most of a batch, from those that have to be looked at.

    They share neither a trace nor a response id with another, and their service sends no reports.
    """
    traces = Counter(entry.trace_id for entry in accounts)
    responses = Counter(entry.response_id for entry in accounts)
    reporting = {entry.service for entry in accounts if entry.started_ns == entry.ended_ns}
    alone: list[LedgerEntry] = []
    others: list[LedgerEntry] = []
    for entry in accounts:
        is_alone = (
            traces[entry.trace_id] == 1
            and (not entry.response_id or responses[entry.response_id] == 1)
            and entry.service not in reporting
        )
        (alone if is_alone else others).append(entry)
    return alone, others


def _settle(
    accounts: Iterable[LedgerEntry], parents: Mapping[SpanKey, str], authorities: Container[str]
) -> Settlement:
    everything = sorted(accounts, key=_by_time)
    above_all = ancestry([_key(entry) for entry in everything], parents)
    bare = bare_aggregates(everything, above_all)
    repeating = {i for i, one in enumerate(everything) if is_aggregate(one) and i not in bare}
    entries = [one for i, one in enumerate(everything) if i not in repeating]
    of_calls = [account_of(entry, authorities) for entry in entries]
    above = ancestry([one.key for one in of_calls], parents) if repeating else above_all
    joined, conflicts = join_calls(giving_way(of_calls, entries, above), above)
    calls = [_settled(members, entries, of_calls, above) for members in joined]
    told = [call.accounts or (call.booked,) for call in calls]
    return Settlement(
        calls,
        [
            Conflict(entries[some[0]].response_id, tuple(entries[i] for i in some))
            for some in conflicts
        ],
        [everything[i] for i in sorted(repeating)],
        uncovered(everything, above_all, bare, told) if repeating else [],
    )


def _by_time(entry: LedgerEntry) -> tuple[int, int, str, str]:
    return (entry.started_ns, -entry.ended_ns, entry.trace_id, entry.span_id)


def _key(entry: LedgerEntry) -> SpanKey:
    return (entry.trace_id, entry.span_id)


def _settled(
    members: Sequence[int],
    entries: Sequence[LedgerEntry],
    accounts: Sequence[Account],
    above: Ancestry,
) -> Settled:
    if len(members) == 1:
        return Settled(entries[members[0]])
    kept = max(members, key=lambda i: (accounts[i].is_authoritative, _informedness(entries[i]), -i))
    together = set(members)
    nested = {i for i in members if above.calls[i] in together}
    nested |= {outer for i in nested if (outer := above.calls[i]) is not None}
    ordered = _outermost_first(members, accounts, above)
    outermost_first = [entries[i] for i in ordered]
    return Settled(
        _with_report(_caused(entries[kept], outermost_first), outermost_first),
        tuple(
            Copy(entries[i], "wrapper" if i in nested and kept in nested else "duplicate")
            for i in ordered
            if i != kept
        ),
        tuple(outermost_first),
    )


def _caused(kept: LedgerEntry, outermost_first: Sequence[LedgerEntry]) -> LedgerEntry:
    """Take over who caused the call. The team of a token goes before what an unauthenticated span says."""
    attribution = _outer_attribution(outermost_first)
    known = (one.authenticated_team for one in outermost_first if one.authenticated_team)
    authenticated_team = next(known, "")
    if authenticated_team:
        attribution = attribution._replace(team=authenticated_team)
    told = kept._replace(
        attribution=attribution,
        authenticated_team=authenticated_team,
        promoted=merged(one.promoted for one in outermost_first),
    )
    return with_assignments(tags_of_call(told, outermost_first), outermost_first)


def _with_report(kept: LedgerEntry, outermost_first: Iterable[LedgerEntry]) -> LedgerEntry:
    """Take over what somebody else reported of the call, where the booked account itself says nothing."""
    reports = (one for one in (kept, *outermost_first) if one.reported_usd is not None)
    said = next(reports, kept)
    return kept._replace(reported_usd=said.reported_usd, reported_by=said.reported_by)


def _outermost_first(
    members: Sequence[int], accounts: Sequence[Account], above: Ancestry
) -> list[int]:
    """Order by the tree within a trace; between traces, by which of them began first and ended last."""
    spans_of: dict[str, tuple[int, int]] = {}
    for i in members:
        start_ns, minus_end_ns = spans_of.get(accounts[i].key[0], (accounts[i].start_ns, 0))
        spans_of[accounts[i].key[0]] = (
            min(start_ns, accounts[i].start_ns),
            min(minus_end_ns, -accounts[i].end_ns),
        )
    return sorted(
        members,
        key=lambda i: (spans_of[accounts[i].key[0]], accounts[i].key[0], above.depths[i], i),
    )


def _informedness(entry: LedgerEntry) -> tuple[int, ...]:
    """Rank accounts of one call: which has a price, exact figures, the finer split, the conditions, fewer guesses."""
    return (
        entry.total_usd is not None,
        not is_estimate(entry),
        entry.status == "priced",
        len(entry.items),
        entry.service_tier != "standard",
        bool(entry.region),
        not is_aggregate(entry),
        -len(entry.assumptions),
        bool(entry.response_id),
    )


def _outer_attribution(outermost_first: Sequence[LedgerEntry]) -> Attribution:
    """Take each field from the outermost that knows it; the origin as one, from one of them."""
    known = {
        name: next((value for one in outermost_first if (value := _said(one, name))), "")
        for name in _OWNER
    }
    outermost = outermost_first[0]
    known["workflow_run_id"] = known["workflow_run_id"] or outermost.trace_id
    with_origin = (one for one in outermost_first if one.attribution.origin_source != "none")
    return next(with_origin, outermost).attribution._replace(**known)


def _said(entry: LedgerEntry, name: str) -> str:
    """Return what the account says of one field; a run that is the trace was named by nobody."""
    value: str = getattr(entry.attribution, name)
    return "" if name == "workflow_run_id" and value == entry.trace_id else value


def sightings_of(settlement: Settlement) -> list[LedgerEntry]:
    """Return the accounts that the booked entries do not hold by themselves."""
    told = [account for call in settlement.calls for account in call.accounts]
    return [*told, *settlement.aggregates]
