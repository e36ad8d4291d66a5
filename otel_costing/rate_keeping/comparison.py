"""Whether two rates bill the same, however they are written, and meter by meter where they do not."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from otel_costing.meters import METERS
from otel_costing.rate_book.files import Band, Prices, RateEntry
from otel_costing.rate_book.hours import Hours

_DAY_SECONDS = 86_400
_SECOND_NS = 10**9
_WEEK = range(7)
Bands = tuple[Band, ...]


class Difference(NamedTuple):
    """One meter that two rates bill differently, for requests of `floor` tokens and more."""

    floor: int
    meter: str
    before: Decimal | None
    """USD for as many units as the meter's `per`; None where it has no price."""
    after: Decimal | None


def same_prices(one: RateEntry, other: RateEntry) -> bool:
    """Say whether both bill every quantity the same at every hour of the week."""
    moments = {0, *_boundaries(one), *_boundaries(other)}
    return all(
        _bill_alike(bands_at(one, at * _SECOND_NS), bands_at(other, at * _SECOND_NS))
        for at in moments
    )


def _bill_alike(one: Bands, other: Bands) -> bool:
    billed = _billed(one)
    is_alike = len(billed) == 1 or one[-1].marginal == other[-1].marginal
    return is_alike and billed == _billed(other)


def differences(before: RateEntry, after: RateEntry) -> list[Difference]:
    """Return what differs at the hours for which neither has a window; first the smallest requests.

    A meter that only follows the one it falls back to is not told again.
    """
    return list(_between(before.bands, after.bands))


def _between(before: Bands, after: Bands) -> Iterator[Difference]:
    old, new = _billed(before), _billed(after)
    for floor in sorted({floor for floor, _ in (*old, *new)}):
        was, now = _at(old, floor), _at(new, floor)
        for meter in METERS:
            change = was.get(meter), now.get(meter)
            fallback = METERS[meter].fallback or ""
            follows = change == (was.get(fallback), now.get(fallback))
            if change[0] != change[1] and not follows:
                yield Difference(floor, meter, *change)


Billed = tuple[tuple[int, dict[str, Decimal]], ...]


def _at(billed: Billed, floor: int) -> dict[str, Decimal]:
    return next(prices for start, prices in reversed(billed) if start <= floor)


def _billed(bands: Bands) -> Billed:
    """The bands with fallbacks followed; one that bills as the one below it is no band."""
    found: list[tuple[int, dict[str, Decimal]]] = []
    own: Prices = {}
    for band in bands:
        own = {**own, **band.prices} if band.marginal else band.prices
        prices = _followed(own)
        if not found or found[-1][1] != prices:
            found.append((band.floor, prices))
    return tuple(found)


def _followed(prices: Prices) -> dict[str, Decimal]:
    followed = {}
    for name, meter in METERS.items():
        at: str | None = name
        while at is not None and at not in prices:
            at = METERS[at].fallback
        if at is not None:
            followed[name] = prices[at].usd * meter.per / prices[at].per
    return followed


def _boundaries(rate: RateEntry) -> Iterator[int]:
    for hours, _ in rate.windows:
        for day in _WEEK:
            yield from (day * _DAY_SECONDS, day * _DAY_SECONDS + hours.start_s)
            yield day * _DAY_SECONDS + hours.end_s


def bands_at(rate: RateEntry, at_ns: int) -> Bands:
    """Return the bands of the window that covers an instant, else those of the rest of the day."""
    for hours, bands in rate.windows:
        if Hours(*hours).cover(at_ns):
            return bands
    return rate.bands
