"""Another catalogue's quotes beside our rates: where they disagree, both values, for a person to judge."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from otel_costing.meters import METERS
from otel_costing.rate_keeping.quotes import Quote
from otel_costing.rates import RateBook
from otel_costing.usage import Unpriced, Usage


class Disagreement(NamedTuple):
    """One meter for which the two do not say the same."""

    quote: Quote
    model: str
    """Our canonical name."""
    ours: Decimal | None
    """For as many units as the meter's `per`; None where we have no price."""


class Compared(NamedTuple):
    """How the two compare. Nothing is averaged, nothing preferred."""

    disagreements: tuple[Disagreement, ...]
    agreed: int
    """How many prices are the same in both."""
    unknown_models: int
    """How many models of theirs we do not know."""


def compare(book: RateBook, quotes: Iterable[Quote], at_ns: int) -> Compared:
    """Lay each quote beside the rate in force at an instant; a free meter we do not list is no disagreement."""
    disagreements, agreed, unknown = [], 0, set()
    for quote in quotes:
        found = book.resolve(quote.provider, quote.model)
        if found is None:
            unknown.add((quote.provider, quote.model))
            continue
        ours = _ours(book, quote, at_ns)
        if ours == quote.usd or (ours is None and not quote.usd):
            agreed += 1
        else:
            disagreements.append(Disagreement(quote, found.model, ours))
    return Compared(tuple(sorted(disagreements, key=_place)), agreed, len(unknown))


def _place(each: Disagreement) -> tuple[str, str, str, str, int, str]:
    quote = each.quote
    return (quote.provider, quote.model, quote.tier, quote.region, quote.floor, quote.meter)


def _ours(book: RateBook, quote: Quote, at_ns: int) -> Decimal | None:
    provider, model, tier, region, floor, meter, _ = quote
    usage = Usage(input=max(floor, 1))
    rate = book.find(provider, model, usage, at_ns=at_ns, tier=tier, region=region)
    if isinstance(rate, Unpriced) or meter not in rate.prices:
        return None
    price = rate.prices[meter]
    return price.usd * METERS[meter].per / price.per
