"""What cannot be right about a team's terms: they price nothing, not exactly, or at no exchange rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from otel_costing.problems import Problem
from otel_costing.rate_book.compile import Book
from otel_costing.rate_book.contract_terms import Contract, Exchange, meet
from otel_costing.rate_book.timeline import Row, instant_text, with_fallbacks
from otel_costing.rate_overrides.prices import Terms

_MOST_DECIMALS = 24
"""Of a unit price in a column, Decimal(38, 24)."""


def wrong_prices(book: Book, terms: Terms) -> Iterator[Problem]:
    """Yield what is wrong with contracts and with prices in another currency, some of it more than once."""
    for contract in terms.contracts:
        rows = list(_rows_of(book, contract))
        if not rows:
            what = "no rate is about the models, meters, tiers and time of this contract"
            yield Problem(contract.place, what)
        elif any("steps" in row for row in rows):
            what = "is about a rate with marginal bands, which no contract can change; narrow it by models, tiers or time"
            yield Problem(contract.place, what)
        elif contract.percent is None:
            yield from _wrong_fixed(contract, rows, terms)
        else:
            yield from _wrong_percent(contract, contract.percent, rows, terms)
    for table in book["models"].values():
        for entry in table.values():
            for row in entry["rates"]:
                if "currency" in row:
                    yield from _wrong_foreign(row, terms)


def _rows_of(book: Book, contract: Contract) -> Iterator[Row]:
    table: Mapping[str, Any] = book["models"][contract.provider]
    for model in table if contract.models is None else contract.models:
        for row in table[model]["rates"]:
            is_then = meet(row["from"], row["until"], contract.starts_ns, contract.ends_ns)
            if contract.is_for(row["tier"]) and is_then and _prices_any_of(contract, row):
                yield row


def _prices_any_of(contract: Contract, row: Row) -> bool:
    if contract.percent is None or contract.meters is None:
        return True
    return not contract.meters.isdisjoint(with_fallbacks(row["prices"]))


def _wrong_fixed(contract: Contract, rows: Iterable[Row], terms: Terms) -> Iterator[Problem]:
    for row in rows:
        listed = with_fallbacks(row["prices"])
        for meter, price in contract.prices.items():
            per = listed[meter][1] if meter in listed else price.per
            if per != price.per:
                what = f"{meter}: the list price is for {per}; write {{usd: ..., per: {per}}}"
                yield Problem(contract.place, what)
    if contract.currency:
        decimals = max((_decimals(price.usd) for price in contract.prices.values()), default=0)
        life = (contract.starts_ns, contract.ends_ns)
        yield from _wrong_exchange(contract.place, contract.currency, life, decimals, terms)


def _wrong_percent(
    contract: Contract, percent: Decimal, rows: Sequence[Row], terms: Terms
) -> Iterator[Problem]:
    listed = max(
        _most_decimals(row) + _of_exchange(terms.exchanges.get(row.get("currency", ""), ()))
        for row in rows
    )
    yield from _too_fine(contract.place, listed + _decimals(percent) + 2)


def _wrong_foreign(row: Row, terms: Terms) -> Iterator[Problem]:
    if "steps" in row:
        what = "marginal bands are in USD; convert the prices and leave currency out"
        yield Problem(row["place"], what)
        return
    life = (row["from"], row["until"])
    yield from _wrong_exchange(row["place"], row["currency"], life, _most_decimals(row), terms)


def _wrong_exchange(
    place: str, currency: str, life: tuple[int | None, int | None], decimals: int, terms: Terms
) -> Iterator[Problem]:
    exchanges = terms.exchanges.get(currency, ())
    if not any(meet(*life, each.starts_ns, each.ends_ns) for each in exchanges):
        if currency == "USD":
            what = "prices are in USD where no currency is named; leave currency out"
        else:
            what = (
                f"there is no exchange rate of {currency} for this price; add it under currencies"
            )
        yield Problem(place, what)
        return
    gap = _first_gap(life, exchanges)
    if gap is not None:
        first, end = map(instant_text, gap)
        what = f"there is no exchange rate of {currency} from {first} until {end}; add it under currencies"
        yield Problem(place, what)
    yield from _too_fine(place, decimals + _of_exchange(exchanges))


def _first_gap(
    life: tuple[int | None, int | None], exchanges: Sequence[Exchange]
) -> tuple[int, int] | None:
    """Return the first interval of a life without an exchange rate, of those whose both ends are known."""
    edges = [
        (life[0], exchanges[0].starts_ns),
        *((one.ends_ns, other.starts_ns) for one, other in pairwise(exchanges)),
        (exchanges[-1].ends_ns, life[1]),
    ]
    for starts_ns, ends_ns in edges:
        if starts_ns is None or ends_ns is None or starts_ns >= ends_ns:
            continue
        if meet(starts_ns, ends_ns, *life):
            return starts_ns, ends_ns
    return None


def _too_fine(place: str, decimals: int) -> Iterator[Problem]:
    if decimals > _MOST_DECIMALS:
        what = f"gives prices of up to {decimals} decimals, and a price has at most {_MOST_DECIMALS}; round it"
        yield Problem(place, what)


def _most_decimals(row: Row) -> int:
    return max((_decimals(Decimal(usd)) for usd, _ in row["prices"].values()), default=0)


def _of_exchange(exchanges: Iterable[Exchange]) -> int:
    return max((_decimals(each.usd) for each in exchanges), default=0)


def _decimals(number: Decimal) -> int:
    return max(0, -int(number.as_tuple().exponent))
