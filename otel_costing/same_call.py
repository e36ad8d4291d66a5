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
ids.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from otel_costing.ancestry import Ancestry, SpanKey
from otel_costing.call_clusters import Clusters
from otel_costing.meters import METERS
from otel_costing.pricing import Cost, PricedCall
from otel_costing.response_ids import REPORT_NS, SAME_CALL_NS, identifies
from otel_costing.spans import SpanRecord
from otel_costing.usage import Unpriced

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
    totals: tuple[int, int] | None
    start_ns: int
    end_ns: int


def account_of(record: SpanRecord, priced: PricedCall) -> Account:
    """Return what of a span counts here."""
    call, cost = priced.call, priced.cost
    rated = (cost.provider, cost.model) if isinstance(cost, Cost) else (call.provider, "")
    return Account(
        (record.trace_id, record.span_id),
        record.parent_span_id,
        record.service,
        record.scope_name,
        call.response_id,
        rated[0],
        frozenset({rated[1], call.model, call.request_model} - {""}),
        _totals(priced),
        record.start_ns,
        record.end_ns,
    )


def _totals(priced: PricedCall) -> tuple[int, int] | None:
    """Return total input and output in tokens, or None where no usage is known."""
    usage = priced.call.usage
    if isinstance(usage, Unpriced):
        return None
    total = {"input": 0, "output": 0}
    for meter, quantity in usage.items():
        known = METERS.get(meter)
        if known is not None and known.side and known.unit == "token" and type(quantity) is int:
            total[known.side] += quantity
    return (total["input"], total["output"]) if any(total.values()) else None


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
    clusters = Clusters(
        [account.scope for account in accounts],
        [account.response_id for account in accounts],
        [account.totals is not None for account in accounts],
    )
    conflicts = _join_equal_ids(accounts, clusters)
    _join_nested(accounts, above, clusters)
    _join_alike(accounts, clusters, _counter_key, _is_one_by_counter)
    _join_alike(accounts, clusters, _sibling_key, _is_one_by_overlap)
    _join_alike(accounts, clusters, _report_key, _is_report_of)
    return clusters.members(), conflicts


def _is_one_model(one: Account, other: Account) -> bool:
    return not one.models or not other.models or bool(one.models & other.models)


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
    first = next((i for i in near if accounts[i].totals is not None), near[0])
    alike = [i for i in near if _is_one_model(accounts[first], accounts[i])]
    if len({accounts[i].totals for i in near} - {None}) > 1 or len(alike) < len(near):
        return False
    for index in near:
        clusters.join(first, index)
    return True


def _join_nested(accounts: Sequence[Account], above: Ancestry, clusters: Clusters) -> None:
    """Apply rule 2: calls that agree first, then those without usage."""
    pairs = [
        (outer, inner)
        for inner, outer in enumerate(above.calls)
        if outer is not None and _is_one_model(accounts[outer], accounts[inner])
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
    key_of: Callable[[Account], _Key],
    is_one: Callable[[Account, Account], bool],
) -> None:
    """Join each account to the earliest open one of another scope that tells of the same call."""
    open_accounts: dict[_Key, dict[str, deque[int]]] = defaultdict(dict)
    for index, account in enumerate(accounts):
        if account.totals is None:
            continue
        of_scopes = open_accounts[key_of(account)]
        for scope, waiting in of_scopes.items():
            while waiting and accounts[waiting[0]].end_ns + REPORT_NS < account.start_ns:
                waiting.popleft()
            if scope != account.scope:
                _join_first(index, waiting, accounts, clusters, is_one)
        of_scopes.setdefault(account.scope, deque()).append(index)


def _join_first(
    index: int,
    waiting: deque[int],
    accounts: Sequence[Account],
    clusters: Clusters,
    is_one: Callable[[Account, Account], bool],
) -> None:
    for earlier in islice(waiting, _MOST_TRIED):
        if is_one(accounts[earlier], accounts[index]) and clusters.join_apart(earlier, index):
            waiting.remove(earlier)
            return


def _counter_key(account: Account) -> _Key:
    return (account.response_id, account.totals)


def _is_one_by_counter(earlier: Account, later: Account) -> bool:
    if not later.response_id or not _is_one_model(earlier, later):
        return False
    if earlier.key[0] == later.key[0]:
        return later.start_ns <= earlier.end_ns
    return later.end_ns <= earlier.end_ns and later.service == earlier.service


def _sibling_key(account: Account) -> _Key:
    return (account.key[0], account.parent, account.totals)


def _is_one_by_overlap(earlier: Account, later: Account) -> bool:
    return _is_one_model(earlier, later) and later.start_ns <= earlier.end_ns


def _report_key(account: Account) -> _Key:
    return (account.service or account.key[0], account.totals)


def _is_report_of(earlier: Account, later: Account) -> bool:
    has_ended = earlier.start_ns < earlier.end_ns <= later.start_ns
    is_report = later.start_ns == later.end_ns and not later.response_id
    return is_report and has_ended and _is_one_model(earlier, later)
