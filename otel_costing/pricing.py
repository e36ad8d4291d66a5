"""Usage x rate -> Cost with line items, or Unpriced with a reason. Every door prices here.

Amounts are quantised once per line item to 1e-12 USD, half to even; a total is the exact sum of its
items. Nothing here touches a clock, a file or a float.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from otel_costing.cost import Cost, LineItem, PricedCall
from otel_costing.instants import ns_of
from otel_costing.meters import METERS
from otel_costing.money import amount_pico
from otel_costing.rate_book.timeline import beyond_steps
from otel_costing.rates import Rate, RateBook, Terms, default_rates
from otel_costing.spans import Attributes
from otel_costing.usage import Call, NotBillable, Unpriced, Usage, read_call

__all__ = [
    "Cost",
    "LineItem",
    "PricedCall",
    "price",
    "price_call",
    "price_span",
    "price_usage",
    "usage_problem",
]

_LARGEST = {meter.name: meter.largest for meter in METERS.values()}
# What the constructor of a `NamedTuple` calls, at half its time.
_new = tuple.__new__
_SECOND_NS = 1_000_000_000
_PER_REQUEST = "request"
FUTURE_TOLERANCE_NS = 10 * 60 * _SECOND_NS
PAST_TOLERANCE_NS = 30 * 24 * 3600 * _SECOND_NS


def price(
    provider: str,
    model: str,
    usage: Usage | Mapping[str, int],
    *,
    at: datetime,
    tier: str | None = None,
    region: str | None = None,
    rates: RateBook | None = None,
) -> Cost | Unpriced:
    """Charge each meter of `usage` once, at the rate in force at `at`.

    Args:
        provider: any name the rate book knows, for example ``"openai"`` or ``"bedrock"``.
        model: a model id, alias or dated snapshot.
        usage: whole units by meter (tokens, requests, ...); see `Usage`.
        at: the instant that prices the call; must be timezone-aware.
        tier: service tier, ``"standard"`` where omitted.
        region: region or endpoint scope where the provider prices by it.
        rates: the book; where omitted, the packaged one under the files that OTEL_COSTING_OVERRIDES names.

    Returns:
        A `Cost` of exact decimals, or `Unpriced` with its reason; never an amount of 0 for unknown.

    Raises:
        ValueError: where `at` is naive.
    """
    book = default_rates() if rates is None else rates
    used = usage if isinstance(usage, Usage) else Usage(usage)
    at_ns = ns_of(at)
    return price_usage(
        book,
        provider,
        model,
        used,
        at_ns=at_ns,
        start_ns=at_ns,
        tier=tier or "standard",
        region=region or "",
    )


def price_usage(
    book: RateBook,
    provider: str,
    model: str,
    usage: Usage,
    *,
    at_ns: int,
    start_ns: int,
    tier: str = "standard",
    region: str = "",
) -> Cost | Unpriced:
    """Price `usage` at `at_ns`, or at `start_ns` where the rate says its provider bills by the start."""
    terms = book.terms(provider, model, tier, region)
    return _price(usage, terms, book.digest, at_ns=at_ns, start_ns=start_ns)


def _price(
    usage: Usage, terms: Terms, rates_digest: str, *, at_ns: int, start_ns: int
) -> Cost | Unpriced:
    problem = usage_problem(usage)
    if problem is not None:
        return problem
    rate = terms.at(usage, at_ns)
    if isinstance(rate, Rate) and rate.clock == "start" and start_ns != at_ns:
        rate = terms.at(usage, start_ns)
    if isinstance(rate, Unpriced):
        return rate
    charge = _charge_steps if rate.steps else _charge
    return charge(usage, rate, rates_digest)


def usage_problem(usage: Mapping[str, object]) -> Unpriced | None:
    """Say what makes `usage` unusable, or None: no quantity, or one that no single call can have."""
    for meter, quantity in usage.items():
        largest = _LARGEST.get(meter)
        if largest is None:
            return Unpriced("invalid_usage", f"there is no meter {meter!r}")
        if type(quantity) is not int or not 0 <= quantity <= largest:
            return Unpriced(
                "invalid_usage",
                f"{meter} = {_short(quantity)}; one call has a whole number from 0 to {largest}",
            )
    return None if usage else Unpriced("no_usage", "the span carries no quantity of any meter")


def _short(value: object) -> str:
    is_huge = isinstance(value, int) and abs(value) >= 10**18
    text = "a number of over 18 digits" if is_huge else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _charge_steps(usage: Usage, rate: Rate, rates_digest: str) -> Cost | Unpriced:
    """Charge the units below every step as any other, and those beyond as further lines of their meter."""
    beyond = {each: beyond_steps(rate.steps, each, quantity) for each, quantity in usage.items()}
    below = {meter: usage[meter] - sum(units for units, _ in beyond[meter]) for meter in usage}
    cost = _charge(below, rate, rates_digest)
    if isinstance(cost, Unpriced):
        return cost
    lines: list[LineItem] = []
    for line in cost.lines:
        lines += [line] if line.quantity else []
        for units, step in beyond.get(line.meter, ()):
            lines.append(LineItem(line.meter, units, step, amount_pico(units, step), step))
    total = sum(line.amount_pico or 0 for line in lines)
    return cost._replace(lines=tuple(lines), total_pico=total)


def _charge(usage: Mapping[str, int], rate: Rate, rates_digest: str) -> Cost | Unpriced:
    """Charge each meter, and the fee per request where the provider has one: a call is one request."""
    prices = rate.prices
    lines = []
    total = 0
    unrated = []
    for meter, quantity in usage.items():
        unit_price = prices.get(meter)
        amount = None
        if unit_price is None:
            unrated.append(meter)
        else:
            _, _, _, numerator, denominator = unit_price
            amount = quantity * numerator
            if denominator != 1:
                amount = amount_pico(quantity, unit_price)
            total += amount
        lines.append(_new(LineItem, (meter, quantity, unit_price, amount, unit_price)))
    fee = prices.get(_PER_REQUEST)
    if fee is not None and _PER_REQUEST not in usage:
        amount = amount_pico(1, fee)
        total += amount
        lines.append(LineItem(_PER_REQUEST, 1, fee, amount, fee))
    if rate.list_prices is not prices:
        listed = rate.list_prices
        lines = [_new(LineItem, (*line[:4], listed.get(line[0]))) for line in lines]
    if len(unrated) == len(lines):
        return Unpriced("no_rate_for_meter", f"{rate.id} has no price for {', '.join(unrated)}")
    return Cost(
        rate.provider,
        rate.model,
        tuple(lines),
        total,
        rate.id,
        rates_digest,
        "partial" if unrated else "priced",
        f"no_rate_for_meter: {', '.join(unrated)}" if unrated else "",
        rate.assumptions,
    )


def price_call(
    call: Call,
    *,
    start_ns: int,
    end_ns: int,
    received_ns: int | None = None,
    backfill: bool = False,
    rates: RateBook | None = None,
) -> PricedCall:
    """Price a call that was read from a span.

    Args:
        call: what the span said.
        start_ns: the span's start, nanoseconds since 1970 UTC.
        end_ns: the span's end; the instant that prices the call.
        received_ns: when the span reached us, where that is not the moment it ended. A span that ends
            more than 10 minutes after its receipt or 30 days before is priced at its receipt and
            marked `assumed_time`.
        backfill: lifts the 30 days.
        rates: the book; the packaged one where omitted.
    """
    book = default_rates() if rates is None else rates
    occurred_ns = (
        end_ns if received_ns is None else _believable_end(end_ns, received_ns, backfill=backfill)
    )
    assumptions = call.assumptions
    if occurred_ns != end_ns:
        assumptions = (*assumptions, "assumed_time")
        start_ns = occurred_ns
    terms = book.terms(call.provider, call.model, call.tier, call.region)
    if terms.tier != call.tier or terms.provider != call.provider:
        call = _under(terms, call)
    if isinstance(call.usage, Unpriced):
        return PricedCall(_named(call, book), call.usage, occurred_ns, assumptions)
    cost = _price(call.usage, terms, book.digest, at_ns=occurred_ns, start_ns=start_ns)
    if isinstance(cost, Unpriced):
        return PricedCall(_named(call, book), cost, occurred_ns, assumptions)
    return PricedCall(call, cost, occurred_ns, assumptions + cost.assumptions)


def _under(terms: Terms, call: Call) -> Call:
    """Return a call by the book's names; five times as fast as `_replace`, as most calls need it."""
    return _new(Call, (terms.provider, *call[1:5], terms.tier, *call[6:]))


def _named(call: Call, book: RateBook) -> Call:
    """Name a call without a price as its priced likes are named, so that reports show one model as one."""
    known = book.resolve(call.provider, call.model)
    return call if known is None else call._replace(provider=known.provider, model=known.model)


def _believable_end(end_ns: int, received_ns: int, *, backfill: bool) -> int:
    too_late = end_ns > received_ns + FUTURE_TOLERANCE_NS
    too_early = end_ns <= 0 or (not backfill and end_ns < received_ns - PAST_TOLERANCE_NS)
    return received_ns if too_late or too_early else end_ns


def price_span(  # noqa: PLR0913 - what a span consists of; all but the attributes by name
    attributes: Attributes,
    *,
    scope_name: str,
    scope_version: str = "",
    name: str = "",
    resource: Attributes | None = None,
    start_time: int,
    end_time: int,
    failed: bool = False,
    received_at: int | None = None,
    backfill: bool = False,
    rates: RateBook | None = None,
) -> PricedCall | NotBillable:
    """Read usage from a finished span and price it: the one path behind every door.

    Args:
        attributes: the span's attributes.
        scope_name: the instrumentation scope; it decides the dialect.
        scope_version: its version, where sent.
        name: the span's name; a few emitters tell a model call by it alone.
        resource: the resource's attributes.
        start_time: nanoseconds since 1970 UTC.
        end_time: nanoseconds since 1970 UTC.
        failed: the span's status is ERROR.
        received_at: see `price_call`, nanoseconds since 1970 UTC.
        backfill: see `price_call`.
        rates: the book; the packaged one where omitted.

    Returns:
        The priced call, or `NotBillable` for a span that is no model call of its own. Hostile attributes
        come back as `Unpriced("invalid_usage")`; they raise nothing.
    """
    call = read_call(
        attributes,
        scope_name=scope_name,
        scope_version=scope_version,
        name=name,
        resource=resource,
        failed=failed,
    )
    if isinstance(call, NotBillable):
        return call
    return price_call(
        call,
        start_ns=start_time,
        end_ns=end_time,
        received_ns=received_at,
        backfill=backfill,
        rates=rates,
    )
