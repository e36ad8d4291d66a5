"""Rate: the prices of one model under conditions; a timeline: its rates under one tier and region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from otel_costing.meters import INPUT_SIDE, METERS
from otel_costing.money import UnitPrice, unit_price
from otel_costing.rate_book.contract_terms import Contract, Exchange
from otel_costing.rate_book.hours import Hours
from otel_costing.usage import Unpriced, Usage

_SECOND_NS = 10**9
_FOREVER_NS = 2**63 - 1
Row = Mapping[str, Any]
"""One rate of a compiled book; see `rate_book.compile` and, for a team's, `rate_overrides.prices`."""
Each = TypeVar("Each")


class Step(NamedTuple):
    """What the units of a meter beyond a bound cost, each meter counted by itself."""

    first: int
    """The number of the first unit at these prices, counted from 1."""
    prices: Mapping[str, UnitPrice]
    """By meter, those that the step names and those that follow them; any other keeps the price below."""


class Rate(NamedTuple):
    """Prices of one model's meters over an interval of instants, under conditions."""

    id: str
    provider: str
    model: str
    prices: Mapping[str, UnitPrice]
    """By meter, fallbacks of the meter table already followed."""
    assumptions: tuple[str, ...]
    clock: str
    """`end` or `start`: the instant of the call that decides which rate holds."""
    starts_ns: int | None
    """None where the start of the first known rate is not known."""
    ends_ns: int | None
    """The first instant at which it no longer holds; None while it holds."""
    tier: str
    region: str
    """Empty: wherever no other rate of the model names the region."""
    context_from: int
    """Fewest tokens on the input side of the request, cache included."""
    context_to: int | None
    """The first number of tokens that is too many."""
    hours: tuple[int, int] | None
    """Seconds of the UTC day, start included, end not; None: the whole or the rest of the day."""
    days: tuple[int, ...]
    """The days of the week that `hours` is for, Monday is 0."""
    source: str
    checked: str
    list_prices: Mapping[str, UnitPrice]
    """What the list says; the same object as `prices` where no contract changes any."""
    contracts: tuple[Contract, ...] = ()
    """Those that made `prices` of the list's."""
    exchanges: tuple[Exchange, ...] = ()
    """Those by which prices in another currency are in USD here."""
    place: str = ""
    """File and line of a team's own rate; empty for a rate of the tables."""
    steps: tuple[Step, ...] = ()
    """Rising; `prices` hold below the first of them."""


Bands = tuple[Rate, ...]
"""The rates of one moment by context length, longest first."""


class Interval(NamedTuple):
    """What holds between two instants: the bands of the whole day, or of what its windows leave."""

    starts_ns: int
    ends_ns: int
    bands: Bands
    windows: tuple[tuple[Hours, Bands], ...]


Timeline = tuple[Interval, ...]
"""Latest first: most calls are priced by the rate of today."""


def rate_of(provider: str, model: str, row: Row) -> Rate:
    """Build the rate of a compiled row."""
    prices = _prices_of(row["prices"])
    list_prices = prices
    if "list" in row:
        list_prices = _prices_of(row["list"])
        prices = {
            meter: _same_or_new(price, list_prices.get(meter))
            for meter, price in prices.items()
            if meter not in row["unknown"]
        }
    hours = row["hours"]
    return Rate(
        id=row["id"],
        provider=provider,
        model=model,
        prices=prices,
        assumptions=tuple(row["assumptions"]),
        clock=row["clock"],
        starts_ns=row["from"],
        ends_ns=row["until"],
        tier=row["tier"],
        region=row["region"],
        context_from=row["floor"],
        context_to=row["ceiling"],
        hours=None if hours is None else (hours[0], hours[1]),
        days=() if hours is None else tuple(hours[2]),
        source=row["source"],
        checked=row["checked"],
        list_prices=list_prices,
        contracts=row.get("contracts", ()),
        exchanges=row.get("exchanges", ()),
        place=row.get("place", ""),
        steps=tuple(_steps_of(row)) if "steps" in row else (),
    )


def _steps_of(row: Row) -> Iterator[Step]:
    """Follow fallbacks: a meter without a price of its own, here or below, costs what its fallback does."""
    own = dict(row["prices"])
    for first, named in row["steps"]:
        own |= named
        priced_as = with_fallbacks({meter: meter for meter in own})
        prices = {meter: named[other] for meter, other in priced_as.items() if other in named}
        yield Step(
            first, {meter: unit_price(Decimal(usd), per) for meter, (usd, per) in prices.items()}
        )


def beyond_steps(steps: Iterable[Step], meter: str, quantity: int) -> list[tuple[int, UnitPrice]]:
    """Return how many of a meter's units each step prices; what is left of `quantity` lies below them all."""
    reached = [
        (step.first, step.prices[meter])
        for step in steps
        if meter in step.prices and quantity >= step.first
    ]
    edges = [*(first for first, _ in reached), quantity + 1]
    return [(end - first, price) for (first, price), end in zip(reached, edges[1:], strict=True)]


def _prices_of(own: Mapping[str, tuple[str, int]]) -> dict[str, UnitPrice]:
    return with_fallbacks(
        {meter: unit_price(Decimal(usd), per) for meter, (usd, per) in own.items()}
    )


def _same_or_new(price: UnitPrice, listed: UnitPrice | None) -> UnitPrice:
    return listed if listed is not None and price == listed else price


def with_fallbacks(own: Mapping[str, Each]) -> dict[str, Each]:
    """Return `own` and, for the meters it lacks, what their fallbacks of the meter table have."""
    prices = dict(own)
    for meter, chain in _FALLBACKS:
        if meter in own:
            continue
        for fallback in chain:
            if fallback in own:
                prices[meter] = own[fallback]
                break
    return prices


def _chain(meter: str) -> tuple[str, ...]:
    fallback = METERS[meter].fallback
    return () if fallback is None else (fallback, *_chain(fallback))


_FALLBACKS = [(meter, _chain(meter)) for meter in METERS if METERS[meter].fallback]


def timeline_of(rates: Iterable[Rate]) -> Timeline:
    """Arrange rates that share provider, model, tier and region."""
    spans: dict[tuple[int, int], list[Rate]] = {}
    for rate in rates:
        starts = -_FOREVER_NS if rate.starts_ns is None else rate.starts_ns
        ends = _FOREVER_NS if rate.ends_ns is None else rate.ends_ns
        spans.setdefault((starts, ends), []).append(rate)
    return tuple(_interval(*span, rates) for span, rates in sorted(spans.items(), reverse=True))


def _interval(starts_ns: int, ends_ns: int, rates: list[Rate]) -> Interval:
    by_hours: dict[Hours | None, list[Rate]] = {}
    for rate in sorted(rates, key=lambda rate: -rate.context_from):
        hours = None if rate.hours is None else Hours(*rate.hours, rate.days)
        by_hours.setdefault(hours, []).append(rate)
    windows = tuple((hours, tuple(bands)) for hours, bands in by_hours.items() if hours)
    return Interval(starts_ns, ends_ns, tuple(by_hours[None]), windows)


def rate_in_force(timeline: Timeline, usage: Usage, at_ns: int) -> Rate | Unpriced:
    """Return the one rate of `timeline` at an instant, for a request of this size."""
    for starts_ns, ends_ns, whole_day, windows in timeline:
        if starts_ns <= at_ns < ends_ns:
            bands = _bands_at(at_ns, whole_day, windows) if windows else whole_day
            return bands[0] if len(bands) == 1 else _band_of(_input_tokens(usage), bands)
    return _no_rate_at(at_ns, timeline)


def rate_throughout(
    timeline: Timeline, tokens: tuple[int, int], instants_ns: tuple[int, int]
) -> Rate | None:
    """Return the one rate that prices every request of some sizes between two instants; None where that cannot be said.

    Args:
        timeline: of one model, tier and region.
        tokens: fewest and most on the input side.
        instants_ns: the first and the last.
    """
    first_ns, last_ns = instants_ns
    for starts_ns, ends_ns, whole_day, windows in timeline:
        if starts_ns <= first_ns and last_ns < ends_ns and not windows:
            fewest, most = (_band_of(each, whole_day) for each in tokens)
            return fewest if fewest is most and fewest.clock == "end" else None
    return None


def _bands_at(at_ns: int, rest: Bands, windows: tuple[tuple[Hours, Bands], ...]) -> Bands:
    for hours, bands in windows:
        if hours.cover(at_ns):
            return bands
    return rest


def _input_tokens(usage: Usage) -> int:
    return sum(quantity for meter, quantity in usage.items() if meter in INPUT_SIDE)


def _band_of(tokens: int, bands: Bands) -> Rate:
    for rate in bands:
        if tokens >= rate.context_from:
            return rate
    return bands[-1]


def _no_rate_at(at_ns: int, timeline: Timeline) -> Unpriced:
    rate = timeline[0].bands[0]
    known = ", ".join(
        f"{instant_text(each.bands[0].starts_ns)} to {instant_text(each.bands[0].ends_ns)}"
        for each in reversed(timeline)
    )
    detail = (
        f"{rate.provider}/{rate.model} has no rate at {instant_text(at_ns)}; its rates hold {known}"
    )
    return Unpriced("no_rate_at_time", detail)


def instant_text(instant_ns: int | None) -> str:
    """Write an instant as `2026-10-14T00:00:00Z`, and None as `open`."""
    if instant_ns is None:
        return "open"
    try:
        moment = datetime.fromtimestamp(instant_ns // _SECOND_NS, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{instant_ns} ns"
    return moment.isoformat().replace("+00:00", "Z")
