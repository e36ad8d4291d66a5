"""Whatever a team agrees: the list stays the list, and every instant has one rate."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.pricing import Cost, price
from otel_costing.rates import Rate, RateBook
from otel_costing.usage import Unpriced, Usage
from tests.rate_books import instant_ns
from tests.rate_overrides.teams import base_book, contract, team_files

METERS = ["input", "cache_read", "output", "reasoning"]
DAYS = st.integers(0, 400).map(lambda day: datetime(2025, 12, 1, tzinfo=UTC) + timedelta(days=day))
USAGES = st.dictionaries(st.sampled_from(METERS), st.integers(0, 10**8), min_size=1).map(Usage)
PERCENTS = st.decimals(1, 99, places=3)
MODELS = st.sampled_from(["large", "small"])
Agree = Callable[[str], RateBook | None]


@st.composite
def discounts(draw: st.DrawFn) -> str:
    """A discount on some meters, tiers and models for some time."""
    starts, ends = sorted(draw(st.lists(DAYS, min_size=2, max_size=2, unique=True)))
    until = draw(st.sampled_from(["null", f"{ends:%Y-%m-%d}"]))
    meters = draw(st.sets(st.sampled_from(METERS)))
    models = draw(st.sampled_from(["", "models: large, ", "models: ['*'], "]))
    narrowed = f"meters: [{', '.join(sorted(meters))}], " if meters else ""
    dated = f"from: {starts:%Y-%m-%d}, until: {until}, "
    return contract(f'{dated}{models}{narrowed}discount_percent: "{draw(PERCENTS)}"')


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> RateBook:
    return base_book(tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="module")
def agree(book: RateBook, tmp_path_factory: pytest.TempPathFactory) -> Agree:
    """The book under one file with this text; None where the contract is about no rate."""
    directory: Path = tmp_path_factory.mktemp("team")

    def under(text: str) -> RateBook | None:
        changed, problems = book.with_overrides(team_files(directory, text))
        assert all("no rate is about" in each.what for each in problems)
        return changed

    return under


@given(discounts(), USAGES, DAYS, MODELS)
def test_the_list_total_is_that_of_the_base_book_and_a_discount_never_costs_more(
    book: RateBook, agree: Agree, text: str, usage: Usage, at: datetime, model: str
) -> None:
    changed = agree(text)
    listed = price("acme", model, usage, at=at, rates=book)
    paid = listed if changed is None else price("acme", model, usage, at=at, rates=changed)

    if isinstance(listed, Unpriced) or isinstance(paid, Unpriced):
        assert isinstance(listed, Unpriced)
        assert isinstance(paid, Unpriced)
        assert listed.reason == paid.reason
        return
    assert [line.list_amount_usd for line in paid.lines] == [
        line.amount_usd for line in listed.lines
    ]
    assert sum(line.amount_pico or 0 for line in paid.lines) == paid.total_pico
    for line in paid.lines:
        if line.price is not None and line.list_price is not None:
            assert line.price.usd <= line.list_price.usd
            assert (line.amount_usd or 0) <= (line.list_amount_usd or 0)


@given(discounts(), st.integers(0, 400 * 24))
def test_every_instant_of_a_models_life_has_exactly_one_rate_per_condition(
    book: RateBook, agree: Agree, text: str, hours: int
) -> None:
    changed = agree(text) or book
    at_ns = instant_ns("2025-12-01") + hours * 3600 * 10**9 + 1

    for model in ("large", "small"):
        assert _conditions(changed, model, at_ns) == _conditions(book, model, at_ns)


def _conditions(book: RateBook, model: str, at_ns: int) -> list[tuple[object, ...]]:
    """The conditions of the rates that hold at an instant; a list, so that two for one would show."""
    return sorted(
        (rate.tier, rate.region, rate.context_from, str(rate.hours))
        for rate in book.rates_of("acme", model)
        if _holds(rate, at_ns)
    )


def _holds(rate: Rate, at_ns: int) -> bool:
    started = rate.starts_ns is None or rate.starts_ns <= at_ns
    return started and (rate.ends_ns is None or at_ns < rate.ends_ns)


@given(discounts())
def test_ids_are_of_one_rate_each_and_the_same_in_the_next_process(
    book: RateBook, agree: Agree, text: str
) -> None:
    once, again = agree(text) or book, agree(text) or book
    ids = [rate.id for rate in once.rates()]

    assert len(ids) == len(set(ids))
    assert ids == [rate.id for rate in again.rates()]


WHOLE = f"""{contract('from: 2026-01-01, currency: EUR, models: large, prices: {input: "2", output: "3"}')}\
  - {{provider: acme, models: [sm*], from: null, discount_percent: "5", tiers: standard, source: MSA 8, checked: 2026-01-02}}
models:
  - {{provider: own, model: m, aliases: [n], reason: r, rates: [{{from: null, currency: EUR, prices: {{input: "0"}}}}]}}
deployments:
  azure: {{mine: own/n}}
currencies:
  EUR: [{{from: 2026-01-01, usd: "1.1", source: ECB}}]
"""
PIECES = st.sampled_from(
    ["", "null", "[]", "{}", "x", "0", "'-1'", "EUR", "acme", "*", ": ", "\n", "2026-13-01"]
)


@given(st.data())
def test_whatever_a_file_says_it_is_read_or_refused_with_problems(
    book: RateBook, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """A word of a right file is replaced by something else; an exception would stop an application."""
    words = re.split(r"([\w.%*\"-]+)", WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        words[data.draw(st.integers(0, len(words) - 1))] = data.draw(PIECES)
    changed, problems = book.with_overrides(
        team_files(tmp_path_factory.mktemp("odd"), "".join(words))
    )
    assert (changed is None) == bool(problems)
    if changed is not None:
        assert list(changed.rates())


@given(st.decimals(0, 1000, places=6), PERCENTS, st.integers(1, 10**8))
def test_a_discounted_amount_is_the_exact_product_rounded_once(
    tmp_path_factory: pytest.TempPathFactory, usd: Decimal, percent: Decimal, quantity: int
) -> None:
    """Against integers: list x (100 - percent) / 100 x quantity / a million, half to even."""
    directory = tmp_path_factory.mktemp("exact")
    own = f"models:\n  - {{provider: x, model: m, reason: r, rates: [{{from: null, prices: {{input: '{usd:f}'}}}}]}}\n"
    text = own + contract(f'from: null, discount_percent: "{percent}"', "x")
    book, problems = RateBook(
        {"digest": "", "providers": {}, "tiers": {}, "rewrites": [], "models": {}}
    ).with_overrides(team_files(directory, text))
    assert problems == []
    cost = price("x", "m", {"input": quantity}, at=datetime(2026, 1, 1, tzinfo=UTC), rates=book)
    assert isinstance(cost, Cost)

    micro, milli = int(usd.scaleb(6)), int((100 - percent).scaleb(3))
    exact, rest = divmod(micro * milli * quantity, 10**5)
    assert cost.total_pico == exact + (2 * rest > 10**5 or (2 * rest == 10**5 and exact % 2))
