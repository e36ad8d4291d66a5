"""Figures that may be a guess give way to exact ones of the same call: pure.

An emitter that guesses, or adds a placeholder, contradicts the one that counted. Its totals are set aside where the two
tell of one response or lie one inside the other; by itself an estimate is booked as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from otel_costing.ancestry import Ancestry
from otel_costing.figures import ESTIMATED
from otel_costing.ledger import LedgerEntry
from otel_costing.response_ids import identifies
from otel_costing.same_call import Account


def is_estimate(entry: LedgerEntry) -> bool:
    """Tell whether the figures are a guess of their emitter, or may be."""
    return ESTIMATED in entry.assumptions


def giving_way(
    accounts: Sequence[Account], entries: Sequence[LedgerEntry], above: Ancestry
) -> list[Account]:
    """Return the accounts, without the totals of estimates that exact figures of the same call contradict.

    Args:
        accounts: what counts of each entry.
        entries: in the same order.
        above: how they stand to one another.
    """
    guesses = {i for i, entry in enumerate(entries) if is_estimate(entry)}
    if not guesses:
        return list(accounts)
    contradicted = {*_by_response(accounts, guesses), *_by_nesting(accounts, guesses, above)}
    return [
        account._replace(totals=None) if i in contradicted else account
        for i, account in enumerate(accounts)
    ]


def _by_response(accounts: Sequence[Account], guesses: set[int]) -> Iterator[int]:
    counted = defaultdict(set)
    for i, account in enumerate(accounts):
        if i not in guesses and account.totals is not None and identifies(account.response_id):
            counted[account.provider, account.response_id].add(account.totals)
    for i in guesses:
        exact = counted.get((accounts[i].provider, accounts[i].response_id))
        if exact and accounts[i].totals not in exact:
            yield i


def _by_nesting(accounts: Sequence[Account], guesses: set[int], above: Ancestry) -> Iterator[int]:
    for inner, outer in enumerate(above.calls):
        if outer is None or (inner in guesses) == (outer in guesses):
            continue
        one, other = accounts[inner], accounts[outer]
        ids = {one.response_id, other.response_id} - {""}
        if len(ids) < 2 and None not in (one.totals, other.totals) and one.totals != other.totals:
            yield inner if inner in guesses else outer
