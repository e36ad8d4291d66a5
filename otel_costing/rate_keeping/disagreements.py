"""Another catalogue's quotes beside our rates: where they disagree, both values, for a person to judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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


class Tally(NamedTuple):
    """How many models of one provider agree; theirs by the names they give them."""

    provider: str
    """Canonical; as they say where we have no table."""
    agree: int
    """Theirs, every price of which we have too."""
    differ: int
    only_there: int
    only_here: int
    """Ours that they do not quote."""


class Compared(NamedTuple):
    """How the two compare. Nothing is averaged, nothing preferred."""

    disagreements: tuple[Disagreement, ...]
    """The largest first: by how many times, then where we have no price."""
    agreed: int
    """How many prices are the same in both."""
    unknown_models: int
    """How many models of theirs we do not know."""
    tallies: tuple[Tally, ...]
    """By provider, each that they quote."""


def compare(book: RateBook, quotes: Iterable[Quote], at_ns: int) -> Compared:
    """Lay each quote beside the rate in force at an instant; a free meter we do not list is no disagreement."""
    disagreements, agreed, theirs = [], 0, dict[_Their, str | None]()
    for quote in quotes:
        found = book.resolve(quote.provider, quote.model)
        provider = book.provider(quote.provider) or quote.provider
        theirs[provider, quote.model] = None if found is None else found.model
        ours = None if found is None else _ours(book, quote, at_ns)
        if found is None:
            continue
        if ours == quote.usd or (ours is None and not quote.usd):
            agreed += 1
        else:
            disagreements.append(Disagreement(quote, found.model, ours))
    differ = {(book.provider(each.quote.provider), each.quote.model) for each in disagreements}
    unknown = sum(model is None for model in theirs.values())
    return Compared(
        tuple(sorted(disagreements, key=_size_then_place)),
        agreed,
        unknown,
        tuple(_tallies(book, theirs, differ)),
    )


_Their = tuple[str, str]
"""Provider and their name of a model."""


def _tallies(
    book: RateBook, theirs: Mapping[_Their, str | None], differ: set[_Their]
) -> Iterator[Tally]:
    for provider in sorted({provider for provider, _ in theirs}):
        models = {name: ours for (whose, name), ours in theirs.items() if whose == provider}
        known = [name for name, ours in models.items() if ours is not None]
        differing = sum((provider, name) in differ for name in known)
        unquoted = set(book.models(provider)) - set(models.values())
        there = len(models) - len(known)
        yield Tally(provider, len(known) - differing, differing, there, len(unquoted))


def times(one: Decimal, other: Decimal) -> Decimal:
    """Return how many times the smaller the larger price is; infinite where only one is free."""
    low, high = sorted((abs(one), abs(other)))
    return high / low if low else Decimal("Infinity") if high else Decimal(1)


def _size_then_place(each: Disagreement) -> tuple[Decimal, str, str, str, str, int, str]:
    quote = each.quote
    size = Decimal(1) if each.ours is None else -times(each.ours, quote.usd)
    place = (quote.provider, quote.model, quote.tier, quote.region, quote.floor, quote.meter)
    return (size, *place)


def _ours(book: RateBook, quote: Quote, at_ns: int) -> Decimal | None:
    provider, model, tier, region, floor, meter, _ = quote
    usage = Usage(input=max(floor, 1))
    rate = book.find(provider, model, usage, at_ns=at_ns, tier=tier, region=region)
    if isinstance(rate, Unpriced) or meter not in rate.prices:
        return None
    price = rate.prices[meter]
    return price.usd * METERS[meter].per / price.per
