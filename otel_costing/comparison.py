"""Two periods beside each other: what changed, and whether by prices, by volume or by mix. Pure.

What is bought is a product: a meter of a model. Of those that were bought at a price in both periods, with the
quantities q0 and q1, the amounts a0 and a1, and Q0 and Q1 the quantities of all products of the same unit together:

    volume = a0 * (Q1 / Q0 - 1)           as if every product had grown as much as all of them together
    mix    = a0 * (q1 / q0 - Q1 / Q0)     what has moved from one product to another, at the old prices
    price  = a1 - a0 * q1 / q0            what the new quantities cost more than at the old prices

A product of only one of the periods is `new` or `vanished`. What cannot be told apart is `other`: it has no price in
one of the periods, or an amount without a quantity, as an adjustment. Volume and mix are rounded once for a group, to 1e-12
USD, and price is what is left: the six come to the change exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from otel_costing.money import PICO, sum_usd, usd_of
from otel_costing.rollup import sum_of

Values = tuple[str | None, ...]
_NOTHING = Decimal(0)


class Measured(NamedTuple):
    """What was bought of a product in one period."""

    quantity: int = 0
    """Of what has a price."""
    usd: Decimal | None = None
    """None where none of it has one."""
    unpriced_quantity: int = 0


class Product(NamedTuple):
    """What has a unit price."""

    provider: str
    model: str
    meter: str
    unit: str


class Bought(NamedTuple):
    """A product in two periods, for some values of the dimensions asked for."""

    values: Values
    product: Product
    before: Measured
    after: Measured


class Effects(NamedTuple):
    """By what an amount changed; together they are the change."""

    price_usd: Decimal
    volume_usd: Decimal
    mix_usd: Decimal
    new_usd: Decimal
    vanished_usd: Decimal
    other_usd: Decimal


class Changed(NamedTuple):
    """One group in two periods."""

    values: Values
    before_usd: Decimal | None
    """None where nothing of it has a price."""
    after_usd: Decimal | None
    change_usd: Decimal | None
    """After less before, of what has a price; None where nothing has one in either."""
    effects: Effects | None


def changes(bought: Iterable[Bought]) -> list[Changed]:
    """Return how each group changed, the largest change first."""
    groups: dict[Values, list[Bought]] = defaultdict(list)
    for one in bought:
        groups[one.values].append(one)
    return sorted((_changed(values, some) for values, some in groups.items()), key=_by_change)


def in_all(changed: Sequence[Changed]) -> Changed:
    """Return the sum of groups, effect by effect: what has moved between groups is in their volumes."""
    known = [one.effects for one in changed if one.effects is not None]
    return Changed(
        (),
        sum_of(one.before_usd for one in changed),
        sum_of(one.after_usd for one in changed),
        sum_of(one.change_usd for one in changed),
        Effects(*map(sum_usd, zip(*known, strict=True))) if known else None,
    )


def _changed(values: Values, some: Sequence[Bought]) -> Changed:
    before = sum_of(one.before.usd for one in some)
    after = sum_of(one.after.usd for one in some)
    if before is None and after is None:
        return Changed(values, None, None, None, None)
    effects = _effects(some)
    return Changed(values, before, after, sum_usd(effects), effects)


def _effects(some: Sequence[Bought]) -> Effects:
    known = [one for one in some if (one.before.usd, one.after.usd) != (None, None)]
    lasting = [one for one in known if _is_lasting(one)]
    volume, mix = _pico(_volume(lasting)), _pico(_mix(lasting))
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for one in known:
        amounts[_kind(one)] += [one.after.usd or _NOTHING, _minus(one.before.usd or _NOTHING)]
    return Effects(
        sum_usd((*amounts["lasting"], _minus(volume), _minus(mix))),
        volume,
        mix,
        *(sum_usd(amounts[kind]) for kind in ("new", "vanished", "other")),
    )


def _kind(one: Bought) -> str:
    if _is_lasting(one):
        return "lasting"
    if one.before == Measured() and one.after.quantity > 0:
        return "new"
    return "vanished" if one.after == Measured() and one.before.quantity > 0 else "other"


def _is_lasting(one: Bought) -> bool:
    """Tell whether a product has a unit price in both periods."""
    sides = (one.before, one.after)
    return all(side.usd is not None and side.quantity > 0 for side in sides)


def _growth(lasting: Sequence[Bought]) -> dict[str, Fraction]:
    """Return how many times as much there is of each unit."""
    before: dict[str, int] = defaultdict(int)
    after: dict[str, int] = defaultdict(int)
    for one in lasting:
        before[one.product.unit] += one.before.quantity
        after[one.product.unit] += one.after.quantity
    return {unit: Fraction(after[unit], before[unit]) for unit in before}


def _volume(lasting: Sequence[Bought]) -> Fraction:
    growth = _growth(lasting)
    return sum((_paid(one) * (growth[one.product.unit] - 1) for one in lasting), Fraction())


def _mix(lasting: Sequence[Bought]) -> Fraction:
    growth = _growth(lasting)
    return sum(
        (
            _paid(one)
            * (Fraction(one.after.quantity, one.before.quantity) - growth[one.product.unit])
            for one in lasting
        ),
        Fraction(),
    )


def _minus(amount: Decimal) -> Decimal:
    return amount.copy_negate() if amount else amount


def _paid(one: Bought) -> Fraction:
    return Fraction(one.before.usd or _NOTHING)


def _pico(amount: Fraction) -> Decimal:
    return usd_of(round(amount * PICO))


def _by_change(one: Changed) -> tuple[bool, Decimal, tuple[str, ...]]:
    names = tuple(value or "" for value in one.values)
    return (one.change_usd is None, -abs(one.change_usd or _NOTHING), names)
