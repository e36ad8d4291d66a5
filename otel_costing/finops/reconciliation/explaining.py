"""Why what was billed differs from what was booked: named causes that sum to the difference exactly. Pure.

Where both sides give quantities, the billed price p = amount / quantity splits the difference without a remainder:
calls without a price cost p each, spans that never came p each, and the rest is the difference between p and the
booked price. Where the export gives no quantity, only what is certain is named; the rest is `unexplained`. A difference
that the rounding of the billed amounts can make is `rounding`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from otel_costing.finops.exact import EXACT, ZERO, total
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.reconciliation.matching import Match

_PICO = Decimal("1e-12")
_HALF = Decimal("0.5")
_HALF_A_CENT = Decimal("0.005")


class Cause(StrEnum):
    """Why; docs/reconciliation.md says what each rests on."""

    UNPRICED = "unpriced_calls"
    """Booked without a price; valued at the billed price."""
    MISSING = "missing_spans"
    """Billed, and no span came."""
    NOT_BILLED = "not_billed"
    """Booked, and not billed though later days are."""
    NOT_BILLED_YET = "not_billed_yet"
    """Booked, and later than anything that is billed."""
    RATE = "rate_difference"
    """The same quantity at another price."""
    EDGE = "time_zone_edge"
    """Billed a day before or after it was booked; it cancels out over the two days."""
    FEE = "fees"
    CREDIT = "credits"
    TAX = "taxes"
    ADJUSTED = "provider_adjustments"
    OTHER = "other_charges"
    UNRECOGNISED = "unrecognised_lines"
    """The line names an item that is no model and no meter that is known here."""
    ROUNDING = "rounding"
    """No more than half of the last digit that the export writes, and half a cent, for each line."""
    UNEXPLAINED = "unexplained"
    """The export gives no quantity, so that a price cannot be told from a quantity."""


_OF_KIND = {
    Kind.FEE: Cause.FEE,
    Kind.CREDIT: Cause.CREDIT,
    Kind.TAX: Cause.TAX,
    Kind.ADJUSTMENT: Cause.ADJUSTED,
    Kind.OTHER: Cause.OTHER,
    Kind.USAGE: Cause.UNRECOGNISED,
}


class Explained(NamedTuple):
    """A match, and its difference by cause."""

    match: Match
    causes: dict[Cause, Decimal]
    """They sum to `match.difference_usd`; none is zero."""


def explained(matches: Sequence[Match]) -> list[Explained]:
    """Name the causes of every difference of one reconciliation."""
    billed_until = _billed_until(matches)
    found = [
        Explained(one, _causes_of(one, billed_until.get(one.scope.provider, 0))) for one in matches
    ]
    _settle_edges(found)
    return [one._replace(causes=_without_zeros(one.causes)) for one in found]


def _billed_until(matches: Iterable[Match]) -> Mapping[str, int]:
    """Return the end of the last usage that each provider bills; a tax of a whole month says nothing of it."""
    found: dict[str, int] = {}
    for one in matches:
        if one.lines and one.scope.is_compared:
            found[one.scope.provider] = max(found.get(one.scope.provider, 0), one.scope.end_ns)
    return found


def _causes_of(match: Match, billed_until: int) -> dict[Cause, Decimal]:
    difference = match.difference_usd
    if not match.scope.is_compared:
        return {_OF_KIND[match.scope.kind]: difference}
    if not match.lines:
        is_late = match.scope.start_ns >= billed_until
        return {Cause.NOT_BILLED_YET if is_late else Cause.NOT_BILLED: difference}
    is_rounding = abs(difference) <= _rounding_of(match.lines)
    if match.billed_quantity:
        return _by_quantity(match, match.billed_quantity, is_rounding=is_rounding)
    if not match.booked_quantity:
        return {Cause.UNPRICED if match.unpriced_quantity else Cause.MISSING: difference}
    return {Cause.ROUNDING if is_rounding else Cause.UNEXPLAINED: difference}


def _rounding_of(lines: Iterable[InvoiceLine]) -> Decimal:
    return total(min(_half_of_last_digit(line.amount_usd), _HALF_A_CENT) for line in lines)


def _half_of_last_digit(amount: Decimal) -> Decimal:
    exponent = amount.as_tuple().exponent
    return EXACT.scaleb(_HALF, exponent) if isinstance(exponent, int) else ZERO


def _by_quantity(match: Match, quantity: Decimal, *, is_rounding: bool) -> dict[Cause, Decimal]:
    def at_billed_price(units: Decimal) -> Decimal:
        product = EXACT.multiply(units, match.billed_usd)
        return EXACT.divide(product, quantity).quantize(_PICO, context=EXACT)

    seen = EXACT.add(match.booked_quantity, match.unpriced_quantity)
    unseen = EXACT.subtract(quantity, seen)
    causes = {
        Cause.UNPRICED: at_billed_price(match.unpriced_quantity),
        Cause.MISSING if unseen > 0 else Cause.NOT_BILLED: at_billed_price(unseen),
    }
    if is_rounding and not any(causes.values()):
        return {Cause.ROUNDING: match.difference_usd}
    causes[Cause.RATE] = EXACT.subtract(match.difference_usd, total(causes.values()))
    return causes


def _settle_edges(found: Iterable[Explained]) -> None:
    """Tell what one day has too much and the next too little, or the other way, from what is missing."""
    series: dict[tuple[str, str, str], list[Explained]] = defaultdict(list)
    for one in found:
        scope = one.match.scope
        if scope.is_compared:
            series[scope.provider, scope.model, scope.meter].append(one)
    for days in series.values():
        days.sort(key=lambda one: one.match.scope.start_ns)
        for before, after in pairwise(days):
            if before.match.scope.end_ns == after.match.scope.start_ns:
                _settle_edge(before.causes, after.causes)
                _settle_edge(after.causes, before.causes)


def _settle_edge(billed: dict[Cause, Decimal], booked: dict[Cause, Decimal]) -> None:
    """Take from `billed` what is missing there and from `booked` what is not billed there, as far as they are equal."""
    missing = max(billed.get(Cause.MISSING, ZERO), ZERO)
    over = max(-booked.get(Cause.NOT_BILLED, ZERO), ZERO)
    moved = min(missing, over)
    if not moved:
        return
    billed[Cause.MISSING] = EXACT.subtract(missing, moved)
    billed[Cause.EDGE] = EXACT.add(billed.get(Cause.EDGE, ZERO), moved)
    booked[Cause.NOT_BILLED] = EXACT.subtract(moved, over)
    booked[Cause.EDGE] = EXACT.subtract(booked.get(Cause.EDGE, ZERO), moved)


def _without_zeros(causes: dict[Cause, Decimal]) -> dict[Cause, Decimal]:
    return {cause: amount for cause, amount in causes.items() if amount}
