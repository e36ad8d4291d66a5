"""An amount, divided among those who caused what it is about: exact to the last digit. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from otel_costing.adjustments import UNALLOCATED, Share, Target
from otel_costing.finops.exact import EXACT, ZERO, total
from otel_costing.money import PICO, SCALE, usd_of

_STEP = Decimal(1).scaleb(-SCALE)
_MOST_TARGETS = 200
_GRAINS = (
    Target._fields,
    ("team", "project", "environment", "purpose", "origin_team"),
    ("team", "origin_team"),
)
"""What an amount is allocated by: the finest of these that gives no more than `_MOST_TARGETS`."""


def whole_pico(amount: Decimal) -> Decimal:
    """Return an amount as the ledger can hold it: twelve decimals, half to even."""
    return amount.quantize(_STEP, context=EXACT)


def divided(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Divide an amount in proportion to weights, by largest remainder at 1e-12 USD: the parts sum to it exactly.

    Args:
        amount: of twelve decimals, of either sign.
        weights: none negative, at least one positive; of equal remainders the first is served first.
    """
    pico = int(EXACT.multiply(amount, PICO))
    whole = Fraction(total(weights))
    exact = [abs(pico) * Fraction(weight) / whole for weight in weights]
    parts = [int(share) for share in exact]
    served = sorted(range(len(parts)), key=lambda at: (parts[at] - exact[at], at))
    for at in served[: abs(pico) - sum(parts)]:
        parts[at] += 1
    sign = -1 if pico < 0 else 1
    return [usd_of(sign * part) for part in parts]


def allocated(amount: Decimal, basis: Mapping[Target, Decimal]) -> tuple[Share, ...]:
    """Divide an amount in proportion to the matched cost of each target, or leave it unallocated where there is none.

    Args:
        amount: of twelve decimals, of either sign.
        basis: matched cost by target, exact USD, none negative.
    """
    known = {target: usd for target, usd in _bounded(basis).items() if usd > 0}
    if not known:
        return (Share(UNALLOCATED, ZERO, amount),)
    targets = sorted(known)
    parts = divided(amount, [known[target] for target in targets])
    return tuple(
        Share(target, known[target], part) for target, part in zip(targets, parts, strict=True)
    )


def _bounded(basis: Mapping[Target, Decimal]) -> Mapping[Target, Decimal]:
    found = basis
    for grain in _GRAINS:
        found = _at_grain(basis, grain)
        if len(found) <= _MOST_TARGETS:
            break
    return found


def _at_grain(basis: Mapping[Target, Decimal], grain: Sequence[str]) -> dict[Target, Decimal]:
    found: dict[Target, Decimal] = {}
    for target, usd in basis.items():
        coarse = Target(**{name: getattr(target, name) for name in grain})
        found[coarse] = EXACT.add(found.get(coarse, ZERO), usd)
    return found
