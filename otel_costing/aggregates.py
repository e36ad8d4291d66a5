"""Usage on agent, workflow, chain and tool spans: pure. It repeats the calls beneath, if they are known.

Such a span is never a call of its own. Where nothing that was billed stands beneath it, its usage is all there is
and is charged as `aggregate`. Where calls stand beneath and sum to less, the difference is a finding, not a charge.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple

from otel_costing.ancestry import Ancestry
from otel_costing.ledger import AGGREGATE, LedgerEntry
from otel_costing.meters import METERS


class Tokens(NamedTuple):
    """Total input and output."""

    input: int
    output: int


class Uncovered(NamedTuple):
    """An aggregate that says more than the calls beneath it."""

    aggregate: LedgerEntry
    said: Tokens
    beneath: Tokens


def is_aggregate(account: LedgerEntry) -> bool:
    """Tell whether an account is of a span that repeats what runs beneath it."""
    return account.cause == AGGREGATE


def tokens_of(account: LedgerEntry) -> Tokens | None:
    """Return what a call used, None where no usage is known."""
    total = {"input": 0, "output": 0}
    for item in account.items:
        known = METERS.get(item.meter)
        if known is not None and known.side and known.unit == "token":
            total[known.side] += item.quantity
    return Tokens(total["input"], total["output"]) if any(total.values()) else None


def bare_aggregates(accounts: Sequence[LedgerEntry], above: Ancestry) -> set[int]:
    """Return the positions of the aggregates with no call and no other aggregate beneath them."""
    covering = {outer for outer in above.calls if outer is not None}
    return {i for i, one in enumerate(accounts) if is_aggregate(one) and i not in covering}


def uncovered(
    accounts: Sequence[LedgerEntry],
    above: Ancestry,
    bare: Container[int],
    calls: Iterable[Sequence[LedgerEntry]],
) -> list[Uncovered]:
    """Return the aggregates that say more than what was found beneath them.

    Args:
        accounts: all of them.
        above: how they stand to one another.
        bare: the positions of the aggregates that are calls themselves.
        calls: the accounts of each call.
    """
    beneath = _sums_beneath(accounts, above, _counted_once(accounts, above, calls))
    found = []
    for i, account in enumerate(accounts):
        said = tokens_of(account) if is_aggregate(account) and i not in bare else None
        if said is not None and (said.input > beneath[i].input or said.output > beneath[i].output):
            found.append(Uncovered(account, said, beneath[i]))
    return found


def _counted_once(
    accounts: Sequence[LedgerEntry], above: Ancestry, calls: Iterable[Sequence[LedgerEntry]]
) -> set[int]:
    """Return the position of one account of each call in each trace that tells of it: the outermost."""
    position = {one.call_id: i for i, one in enumerate(accounts)}
    counted: set[int] = set()
    for call in calls:
        outermost: dict[str, int] = {}
        for account in call:
            i = position[account.call_id]
            kept = outermost.setdefault(account.trace_id, i)
            if (above.depths[i], i) < (above.depths[kept], kept):
                outermost[account.trace_id] = i
        counted.update(outermost.values())
    return counted


def _sums_beneath(
    accounts: Sequence[LedgerEntry], above: Ancestry, counted: Container[int]
) -> list[Tokens]:
    sums = [Tokens(0, 0)] * len(accounts)
    for i in sorted(range(len(accounts)), key=above.depths.__getitem__, reverse=True):
        outer = above.calls[i]
        if outer is None:
            continue
        own = (tokens_of(accounts[i]) if i in counted else None) or Tokens(0, 0)
        sums[outer] = Tokens(
            sums[outer].input + sums[i].input + own.input,
            sums[outer].output + sums[i].output + own.output,
        )
    return sums
