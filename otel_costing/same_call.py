"""When two spans tell of one call: pure.

Two spans tell of one call only where that is beyond doubt; in doubt both stay:

1. **Equal response id**, one that identifies, of one provider and model, with equal total input and output
   (or one side has none), within ten minutes, in whatever trace. Where one id is seen with several totals
   it joins nothing, and is a `Conflict`.
2. **Nested** model-call spans of one model with equal totals, or where one has no usage and their
   scopes differ.
3. **A counter** that looks like an id (`chatcmpl-0024`) with equal model and totals, at overlapping times in
   one trace, or one inside the other in one service.
4. **Siblings** under one parent that overlap in time, of equal model and totals, where one has no id.
5. **A report**: a span of no duration tells of the equal call of its service that has just ended (Logfire
   writes one in a trace of its own when a stream is done). No model call takes no time.

Rules 3 to 5 never join two spans of one instrumentation scope, which are calls made side by side, nor two
ids. No rule joins records of two teams unless they agree on the tokens, and in different traces on the cost too,
or one was sent by an authority, a gateway for example: nobody takes another team's charge away by knowing an id.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Container, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from otel_costing.aggregates import Tokens, tokens_of
from otel_costing.ancestry import Ancestry, SpanKey
from otel_costing.call_clusters import Clusters
from otel_costing.ledger import LedgerEntry
from otel_costing.response_ids import REPORT_NS, SAME_CALL_NS, identifies

# Open calls of one scope, model and usage that one account is compared with.
_MOST_TRIED = 8


class Account(NamedTuple):
    """What of a span decides whether two are one call."""

    key: SpanKey
    parent: str
    service: str
    scope: str
    response_id: str
    provider: str
    models: frozenset[str]
    totals: Tokens | None
    start_ns: int
    end_ns: int
    team: str
    usd: Decimal | None
    is_authoritative: bool


def account_of(entry: LedgerEntry, authorities: Container[str] = ()) -> Account:
    """Return what of a span's account counts here."""
    return Account(
        (entry.trace_id, entry.span_id),
        entry.parent_span_id,
        entry.service,
        entry.scope,
        entry.response_id,
        entry.provider,
        frozenset({entry.model, entry.response_model, entry.request_model} - {""}),
        tokens_of(entry),
        entry.started_ns,
        entry.ended_ns,
        entry.attribution.team,
        entry.total_usd,
        entry.sender in authorities,
    )


def join_calls(
    accounts: Sequence[Account], above: Ancestry
) -> tuple[list[list[int]], list[list[int]]]:
    """Apply all rules.

    Args:
        accounts: by start, then by end, latest first.
        above: how they stand to one another.

    Returns:
        The positions that tell of one call, each position once; and those of each response id that was
        seen with several totals.
    """
    clusters = Clusters(accounts)
    conflicts = _join_equal_ids(accounts, clusters)
    _join_nested(accounts, above, clusters)
    _join_alike(accounts, clusters, _counter_in_trace, _is_one_by_overlap)
    _join_alike(accounts, clusters, _counter_in_service, _is_one_inside)
    _join_alike(accounts, clusters, _siblings, _is_one_by_overlap)
    _join_reports(accounts, clusters)
    return clusters.members(), conflicts


def _may_be_one(one: Account, other: Account) -> bool:
    if one.models and other.models and not one.models & other.models:
        return False
    if one.team == other.team or one.is_authoritative or other.is_authoritative:
        return True
    if one.totals is None or one.totals != other.totals:
        return False
    return one.key[0] == other.key[0] or one.usd == other.usd


def _join_equal_ids(accounts: Sequence[Account], clusters: Clusters) -> list[list[int]]:
    """Apply rule 1; return the indices of each id that was seen with several totals."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, account in enumerate(accounts):
        if identifies(account.response_id):
            groups[account.provider, account.response_id].append(index)
    return [
        near
        for group in groups.values()
        for near in _near_in_time(group, accounts)
        if not _join_one_response(near, accounts, clusters)
    ]


def _near_in_time(group: Iterable[int], accounts: Sequence[Account]) -> list[list[int]]:
    runs: list[list[int]] = []
    latest_ns = 0
    for index in group:
        account = accounts[index]
        if runs and account.start_ns <= latest_ns + SAME_CALL_NS:
            runs[-1].append(index)
            latest_ns = max(latest_ns, account.end_ns)
        else:
            runs.append([index])
            latest_ns = account.end_ns
    return runs


def _join_one_response(
    near: Sequence[int], accounts: Sequence[Account], clusters: Clusters
) -> bool:
    """Join what may be one; return whether that is all. Those who know most are compared with first."""
    if len({accounts[i].totals for i in near} - {None}) > 1:
        return False
    groups: list[int] = []
    for i in sorted(
        near, key=lambda i: (accounts[i].totals is None, not accounts[i].is_authoritative)
    ):
        alike = (head for head in groups[:_MOST_TRIED] if _may_be_one(accounts[head], accounts[i]))
        head = next(alike, None)
        if head is None:
            groups.append(i)
        else:
            clusters.join(head, i)
    return len(groups) == 1


def _join_nested(accounts: Sequence[Account], above: Ancestry, clusters: Clusters) -> None:
    """Apply rule 2: calls that agree first, then those without usage."""
    pairs = [
        (outer, inner)
        for inner, outer in enumerate(above.calls)
        if outer is not None and _may_be_one(accounts[outer], accounts[inner])
    ]
    for outer, inner in pairs:
        totals = accounts[outer].totals
        if totals is not None and totals == accounts[inner].totals:
            clusters.join_nested(outer, inner)
    for outer, inner in pairs:
        if accounts[outer].totals is None or accounts[inner].totals is None:
            clusters.join_silent(outer, inner)


_Key = tuple[object, ...]


def _join_alike(
    accounts: Sequence[Account],
    clusters: Clusters,
    key_of: Callable[[Account], _Key | None],
    is_one: Callable[[Account, Account], bool],
) -> None:
    """Join each account to the earliest open one of another scope that tells of the same call."""
    open_accounts: dict[_Key, dict[str, deque[int]]] = defaultdict(dict)
    for index, account in enumerate(accounts):
        key = None if account.totals is None else key_of(account)
        if key is None:
            continue
        of_scopes = open_accounts[key]
        for waiting in _of_other_scopes(of_scopes, account, accounts):
            _join_first(index, waiting, accounts, clusters, is_one)
        of_scopes.setdefault(account.scope, deque()).append(index)


def _of_other_scopes(
    of_scopes: dict[str, deque[int]], account: Account, accounts: Sequence[Account]
) -> list[deque[int]]:
    """Return the queues of a few other scopes; those in which nobody waits any more are dropped."""
    left: list[str] = []
    others: list[deque[int]] = []
    for scope, waiting in of_scopes.items():
        while waiting and accounts[waiting[0]].end_ns < account.start_ns:
            waiting.popleft()
        if not waiting:
            left.append(scope)
        elif scope != account.scope:
            others.append(waiting)
        if len(others) == _MOST_TRIED:
            break
    for scope in left:
        del of_scopes[scope]
    return others


def _join_first(
    index: int,
    waiting: deque[int],
    accounts: Sequence[Account],
    clusters: Clusters,
    is_one: Callable[[Account, Account], bool],
) -> None:
    tried = 0
    while tried < min(_MOST_TRIED, len(waiting)):
        earlier = waiting[tried]
        if accounts[earlier].end_ns < accounts[index].start_ns:
            del waiting[tried]
        elif is_one(accounts[earlier], accounts[index]) and clusters.join_apart(earlier, index):
            del waiting[tried]
            return
        else:
            tried += 1


def _counter_in_trace(account: Account) -> _Key | None:
    return (account.key[0], account.response_id, account.totals) if _counts(account) else None


def _counter_in_service(account: Account) -> _Key | None:
    return (account.service, account.response_id, account.totals) if _counts(account) else None


def _counts(account: Account) -> bool:
    """Tell whether it has a counter for an id; of an id that identifies, rule 1 has said everything."""
    return bool(account.response_id) and not identifies(account.response_id)


def _siblings(account: Account) -> _Key:
    return (account.key[0], account.parent, account.totals)


def _is_one_by_overlap(earlier: Account, later: Account) -> bool:
    return _may_be_one(earlier, later) and later.start_ns <= earlier.end_ns


def _is_one_inside(earlier: Account, later: Account) -> bool:
    return _may_be_one(earlier, later) and later.end_ns <= earlier.end_ns


def _join_reports(accounts: Sequence[Account], clusters: Clusters) -> None:
    """Apply rule 5: the call that ended last before the report, and has none yet, is asked first."""
    reports = [index for index, account in enumerate(accounts) if _is_report(account)]
    if not reports:
        return
    by_end = sorted(range(len(accounts)), key=lambda i: (accounts[i].end_ns, i), reverse=True)
    ended: dict[_Key, list[int]] = defaultdict(list)
    for index in reports:
        while by_end and accounts[by_end[-1]].end_ns <= accounts[index].start_ns:
            call = by_end.pop()
            if accounts[call].start_ns < accounts[call].end_ns:
                ended[_reported(accounts[call])].append(call)
        _join_last(index, ended[_reported(accounts[index])], accounts, clusters)


def _join_last(
    index: int, ended: list[int], accounts: Sequence[Account], clusters: Clusters
) -> None:
    for place in range(len(ended) - 1, max(-1, len(ended) - 1 - _MOST_TRIED), -1):
        call = ended[place]
        if _is_report_of(accounts[call], accounts[index]) and clusters.join_apart(call, index):
            del ended[place]
            return


def _reported(account: Account) -> _Key:
    return (account.service or account.key[0], account.totals)


def _is_report(account: Account) -> bool:
    return (
        account.start_ns == account.end_ns
        and account.totals is not None
        and not account.response_id
    )


def _is_report_of(earlier: Account, later: Account) -> bool:
    return later.start_ns - earlier.end_ns <= REPORT_NS and _may_be_one(earlier, later)
