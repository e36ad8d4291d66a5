"""What changed between two periods adds up, effect by effect, to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.comparison import (
    Bought,
    Effects,
    Measured,
    Product,
    changes,
    in_all,
)
from otel_costing.money import sum_usd
from otel_costing.rollup import sum_of

INPUT = Product("openai", "gpt-5", "input", "token")
OUTPUT = Product("openai", "gpt-5", "output", "token")
SEARCH = Product("openai", "gpt-5", "web_search", "request")
NEVER = Measured()


def bought(quantity: int, usd: str | None, unpriced: int = 0) -> Measured:
    return Measured(quantity, None if usd is None else Decimal(usd), unpriced)


def one(product: Product, before: Measured, after: Measured, team: str | None = "search") -> Bought:
    return Bought((team,), product, before, after)


_SIDES = st.builds(
    Measured,
    st.integers(-5, 10**12),
    st.none() | st.decimals("-1000", "100000000", places=12),
    st.integers(0, 10),
)
_BOUGHT = st.lists(
    st.builds(one, st.sampled_from([INPUT, OUTPUT, SEARCH]), _SIDES, _SIDES, st.sampled_from("ab")),
    unique_by=lambda each: (each.values, each.product),
)


@given(some=_BOUGHT)
def test_the_effects_of_each_group_and_of_all_are_its_change_exactly(some: list[Bought]) -> None:
    found = changes(some)

    for each in (*found, in_all(found)):
        if each.change_usd is None:
            assert (each.before_usd, each.after_usd, each.effects) == (None, None, None)
            continue
        assert each.effects is not None
        assert sum_usd(each.effects) == each.change_usd
        assert each.change_usd == (each.after_usd or 0) - (each.before_usd or 0)
    assert in_all(found).after_usd == sum_of(each.after.usd for each in some)


@given(
    quantities=st.lists(st.integers(1, 10**9), min_size=2, max_size=2),
    factor=st.integers(2, 9),
)
def test_more_of_the_same_is_volume_alone(quantities: list[int], factor: int) -> None:
    found = changes(
        one(product, bought(q, str(q)), bought(factor * q, str(factor * q)))
        for product, q in zip((INPUT, OUTPUT), quantities, strict=True)
    )

    effects = found[0].effects
    assert effects is not None
    assert effects._replace(volume_usd=Decimal(0)) == Effects(*[Decimal(0)] * 6)
    assert effects.volume_usd == (factor - 1) * sum(quantities)


_ZERO = Decimal(0)


@pytest.mark.parametrize(
    ("some", "expected"),
    [
        (  # the same tokens at half the price
            [one(INPUT, bought(100, "10"), bought(100, "5"))],
            Effects(Decimal(-5), _ZERO, _ZERO, _ZERO, _ZERO, _ZERO),
        ),
        (  # a hundred tokens have moved to what costs four times as much
            [
                one(INPUT, bought(200, "2"), bought(100, "1")),
                one(OUTPUT, bought(100, "4"), bought(200, "8")),
            ],
            Effects(_ZERO, _ZERO, Decimal(3), _ZERO, _ZERO, _ZERO),
        ),
        (  # requests are no tokens: their growth is their own
            [
                one(INPUT, bought(100, "1"), bought(300, "3")),
                one(SEARCH, bought(2, "10"), bought(1, "5")),
            ],
            Effects(_ZERO, Decimal(-3), _ZERO, _ZERO, _ZERO, _ZERO),
        ),
        (  # twice the tokens, all of the new ones output, which has become a tenth dearer
            [
                one(INPUT, bought(200, "2"), bought(200, "2")),
                one(OUTPUT, bought(100, "4"), bought(400, "17.60")),
            ],
            Effects(Decimal("1.6"), Decimal(6), Decimal(6), _ZERO, _ZERO, _ZERO),
        ),
        (
            [one(INPUT, NEVER, bought(10, "7")), one(OUTPUT, bought(10, "3"), NEVER)],
            Effects(_ZERO, _ZERO, _ZERO, Decimal(7), Decimal(-3), _ZERO),
        ),
        (  # what had no price is not new, and an adjustment has no quantity
            [
                one(INPUT, bought(0, None, 10), bought(10, "7")),
                one(OUTPUT, bought(10, "3"), bought(0, "4")),
            ],
            Effects(_ZERO, _ZERO, _ZERO, _ZERO, _ZERO, Decimal(8)),
        ),
    ],
    ids=["price", "mix", "units", "all three", "new and vanished", "other"],
)
def test_each_effect_is_told_by_itself(some: list[Bought], expected: Effects) -> None:
    assert changes(some)[0].effects == expected


def test_what_has_no_price_in_either_is_unknown_and_not_nothing() -> None:
    (found,) = changes([one(INPUT, bought(0, None, 5), bought(0, None, 9))])

    assert (found.before_usd, found.after_usd, found.change_usd) == (None, None, None)


def test_the_largest_change_comes_first_whichever_way() -> None:
    found = changes(
        [
            one(INPUT, bought(1, "1"), bought(1, "2"), "up"),
            one(INPUT, bought(1, "9"), NEVER, "down"),
            one(INPUT, NEVER, bought(0, None, 1), None),
        ]
    )

    assert [each.values for each in found] == [("down",), ("up",), (None,)]
