"""What a booked call costs under another book of rates, at the rate in force when it happened: pure.

A rate's id is a digest of what it states, so a call whose id is that of the rate in force needs no arithmetic: it costs
what it did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from otel_costing.cost import Cost
from otel_costing.first_charge import item_of, storable_text, unpriced_items
from otel_costing.ledger import Item, LedgerEntry, Wanted
from otel_costing.pricing import price_usage
from otel_costing.rates import Rate, RateBook, Terms
from otel_costing.usage import Unpriced, Usage

PRICED_NEVER = ("no_usage", "invalid_usage", "contradictory_usage")
"""Reasons for having no price that no rate mends."""
OF_THE_CALL = frozenset(
    (
        "assumed_time",
        "assumed_cache_ttl",
        "assumed_tier",
        "dialect_unverified",
        "estimated_usage",
        "missing_input",
    )
)
"""Assumptions about what a call was; any other is its rate's."""
_REQUEST = "request"
_MOST_REMEMBERED = 4096


class Stands(NamedTuple):
    """Calls that stand by one rate, and what decides by which they are priced: all of one name and one condition."""

    provider: str
    """Canonical."""
    asked: str
    """The model's name as the span has it: what answered, else what was asked for."""
    model: str
    """The rate's; as asked where there is none."""
    tier: str
    region: str
    rate_id: str
    """Empty where they have no price."""
    call_ids: Sequence[str]
    occurred_ns: Sequence[int]
    """Of each, as are those that follow."""
    started_ns: Sequence[int]
    """What a rate goes by that says `clock: start`."""
    input_tokens: Sequence[int]
    """On the input side of the request, cache included."""


class Kept(NamedTuple):
    """A call that stays as it is, as the book would take away a price that it has."""

    charge: LedgerEntry
    reason: str
    """As `Unpriced` has it, or `no_rate_for_meter` with the meters where only some would lose theirs."""


class Repricer:
    """One book, asked about calls that were priced by others."""

    def __init__(self, book: RateBook, *, may_unprice: bool = False) -> None:
        """Take the book.

        Args:
            book: says what every call costs.
            may_unprice: whether a call may lose its price, or the price of a meter; else it is kept.
        """
        self.book = book
        self._may_unprice = may_unprice
        self._terms: dict[tuple[str, str, str, str, str], Terms] = {}

    def priced_otherwise(self, some: Iterable[Stands]) -> list[str]:
        """Return the ids of the calls whose rate in force is not the one they stand by; no amount is worked out."""
        found: list[str] = []
        for one in some:
            terms = self._terms.get(one[:5]) or self._found(*one[:5])
            rate = terms.throughout(_ends(one.input_tokens), _ends(one.occurred_ns))
            if rate is None:
                found.extend(_standing_otherwise(one, terms))
            elif one.rate_id != _id_of(rate):
                found.extend(one.call_ids)
        return found

    def wanted(self, charge: LedgerEntry) -> Wanted | Kept:
        """Return what should stand for a call, or why it is kept; its revision and cause are those of a correction."""
        usage = usage_of(charge.items)
        cost = self._cost(charge, usage)
        cause = "rate_correction" if charge.status == "priced" else "late_rate"
        if charge.status == "unpriced" and not isinstance(cost, Cost):
            return Wanted(charge, cause)
        if not self._may_unprice and (lost := _lost(charge, cost)):
            return Kept(charge, lost)
        if isinstance(cost, Cost):
            return Wanted(_at(charge, cost, self.book.tier(charge.service_tier)), cause)
        return Wanted(_without_price(charge, usage, cost.reason), cause)

    def _cost(self, charge: LedgerEntry, usage: Usage) -> Cost | Unpriced:
        asked = charge.response_model or charge.request_model or charge.model
        is_assumed = "assumed_time" in charge.assumptions
        return price_usage(
            self.book,
            self._provider_for(charge.provider, asked, charge.model),
            asked,
            usage,
            at_ns=charge.occurred_ns,
            start_ns=charge.occurred_ns if is_assumed else charge.started_ns,
            tier=charge.service_tier,
            region=charge.region,
        )

    def _found(self, provider: str, asked: str, model: str, tier: str, region: str) -> Terms:
        if len(self._terms) >= _MOST_REMEMBERED:
            self._terms.clear()
        named_at = self._provider_for(provider, asked, model)
        terms = self.book.terms(named_at, asked, tier, region)
        self._terms[provider, asked, model, tier, region] = terms
        return terms

    def _provider_for(self, provider: str, asked: str, model: str) -> str:
        """Return the provider at which a name was asked for: a team's deployment may be priced as another's model.

        The entry has the provider of the rate. Where the name means the entry's model there, it was asked for there.
        """
        direct = self.book.resolve(provider, asked)
        if direct is not None and direct.model == model:
            return provider
        for other in self.book.providers():
            meant = self.book.team_name(other, asked)
            if meant is not None and meant.provider == provider != other:
                return other
        return provider


def _ends(values: Sequence[int]) -> tuple[int, int]:
    return min(values), max(values)


def _standing_otherwise(some: Stands, terms: Terms) -> Iterator[str]:
    """Yield those of some calls whose rate is another, looked up call by call."""
    each = zip(*some[-4:], strict=True)
    for call_id, occurred_ns, started_ns, tokens in each:
        usage = Usage({"input": tokens})
        rate = terms.at(usage, occurred_ns)
        if isinstance(rate, Rate) and rate.clock == "start":
            rate = terms.at(usage, started_ns)
        if some.rate_id != _id_of(rate):
            yield call_id


def _id_of(rate: Rate | Unpriced) -> str:
    return rate.id if isinstance(rate, Rate) else ""


def usage_of(items: Iterable[Item]) -> Usage:
    """Return what was used, by meter: lines of one meter, as marginal prices make them, are one quantity.

    A priced line of one request is the fee of the rate that charged it; whatever prices the call next adds its own.
    """
    lines = list(items)
    used: Counter[str] = Counter()
    for line in lines:
        used[line.meter] += line.quantity
    fees = [line for line in lines if line.meter == _REQUEST]
    if len(used) > 1 and used[_REQUEST] == 1 and fees[0].amount_usd is not None:
        del used[_REQUEST]
    return Usage(used)


def _lost(charge: LedgerEntry, cost: Cost | Unpriced) -> str:
    """Say which price a call would lose; empty where none."""
    if isinstance(cost, Unpriced):
        return cost.reason
    had = _priced(charge.items)
    lost = [line.meter for line in cost.lines if line.amount_pico is None and line.meter in had]
    return f"no_rate_for_meter: {', '.join(lost)}" if lost else ""


def _priced(items: Iterable[Item]) -> set[str]:
    return {item.meter for item in items if item.amount_usd is not None}


def _at(charge: LedgerEntry, cost: Cost, tier: str) -> LedgerEntry:
    return charge._replace(
        provider=storable_text(cost.provider),
        model=storable_text(cost.model),
        service_tier=storable_text(tier),
        status=cost.status,
        status_reason=cost.status_reason,
        assumptions=(*_own_assumptions(charge), *cost.assumptions),
        items=tuple(map(item_of, cost.lines)),
        total_usd=cost.total_usd,
        rate_id=cost.rate_id,
        rates_digest=cost.rates_digest,
    )


def _without_price(charge: LedgerEntry, usage: Usage, reason: str) -> LedgerEntry:
    return charge._replace(
        status="unpriced",
        status_reason=reason,
        assumptions=_own_assumptions(charge),
        items=unpriced_items(usage),
        total_usd=None,
        rate_id="",
        rates_digest="",
    )


def _own_assumptions(charge: LedgerEntry) -> tuple[str, ...]:
    return tuple(one for one in charge.assumptions if one in OF_THE_CALL)
