"""A model's rows of the list -> its rows for a team: cut where a term begins or ends, each piece priced exactly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, pairwise
from typing import Any, NamedTuple

from otel_costing.rate_book.compile import rate_id
from otel_costing.rate_book.contract_terms import Contract, Exchange, holds_at
from otel_costing.rate_book.prices import EXACT, Price
from otel_costing.rate_book.timeline import Row, with_fallbacks

_NO_CONTENT = {"id", "until", "source", "checked", "place", "by"}
Written = Mapping[str, Sequence[Any]]
"""By meter, a price as text and what it is per."""


class Terms(NamedTuple):
    """What may change the rates of one model."""

    contracts: tuple[Contract, ...]
    """In order: a later one wins."""
    exchanges: Mapping[str, tuple[Exchange, ...]]
    """By currency, in order of time."""


def rows_under(terms: Terms, provider: str, model: str, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of a model as a team pays them; an instant without an exchange rate has none.

    A rate that no term changes keeps its id up to where a term begins: closing a rate is no change of it.
    """
    pieces = chain.from_iterable(_pieces(terms, provider, model, row) for row in rows)
    return sorted(pieces, key=lambda row: str(row["id"]))


def _pieces(terms: Terms, provider: str, model: str, row: Row) -> Iterator[Row]:
    contracts = tuple(each for each in terms.contracts if each.is_for(row["tier"]))
    currency = row.get("currency", "")
    currencies = {currency, *(each.currency for each in contracts)}
    exchanges = [rate for each in sorted(currencies) for rate in terms.exchanges.get(each, ())]
    for starts_ns, ends_ns in _cuts(row, _bounds(currency, contracts, exchanges)):
        in_force = tuple(each for each in contracts if holds_at(each, starts_ns))
        by_currency = {each.currency: each for each in exchanges if holds_at(each, starts_ns)}
        dated = {**row, "from": starts_ns, "until": ends_ns}
        piece = _priced(dated, in_force, by_currency)
        if piece is not None:
            is_same = piece is dated and starts_ns == row["from"]
            yield dated if is_same else _identified(piece, provider, model)


def _cuts(row: Row, bounds: Iterable[int | None]) -> Iterator[tuple[int | None, int | None]]:
    starts_ns, ends_ns = row["from"], row["until"]
    inside = sorted(
        bound
        for bound in set(bounds)
        if bound is not None
        and (starts_ns is None or bound > starts_ns)
        and (ends_ns is None or bound < ends_ns)
    )
    return pairwise([starts_ns, *inside, ends_ns])


def _bounds(
    currency: str, contracts: Iterable[Contract], exchanges: Iterable[Exchange]
) -> Iterator[int | None]:
    """Yield where a price can change: contracts begin and end, and so do exchange rates that are in use then."""
    for contract in contracts:
        yield from (contract.starts_ns, contract.ends_ns)
    for exchange in exchanges:
        users = [each for each in contracts if each.currency == exchange.currency]
        for bound in (exchange.starts_ns, exchange.ends_ns):
            if exchange.currency == currency or any(holds_at(each, bound) for each in users):
                yield bound


def _priced(
    row: Row, contracts: tuple[Contract, ...], exchanges: Mapping[str, Exchange]
) -> Row | None:
    listed, used = row["prices"], []
    if row.get("currency"):
        exchange = exchanges.get(row["currency"])
        if exchange is None:
            return None
        listed, used = _converted(listed, exchange), [exchange]
    known = with_fallbacks(listed)
    chosen = _chosen(listed.keys(), known.keys(), contracts)
    if not chosen:
        return {**row, "prices": listed, "exchanges": tuple(used)} if used else row
    agreed = {
        meter: _agreed(contract, meter, known.get(meter), exchanges)
        for meter, contract in chosen.items()
    }
    applied = tuple(each for each in contracts if each in chosen.values())
    used += [exchanges[each.currency] for each in applied if each.currency in exchanges]
    unknown = {meter for meter, price in agreed.items() if price is None}
    prices = {**listed, **agreed}
    return {
        **row,
        "prices": {meter: price for meter, price in prices.items() if meter not in unknown},
        "list": listed,
        "unknown": sorted(unknown),
        "contracts": applied,
        "exchanges": tuple(dict.fromkeys(used)),
    }


def _chosen(
    listed: Collection[str], known: Collection[str], contracts: tuple[Contract, ...]
) -> dict[str, Contract]:
    """Return the contract that prices each meter; a meter that only falls back follows its fallback.

    One that an earlier contract gave a price of its own falls back no more: it is among all the meters of a later one.
    """
    chosen: dict[str, Contract] = {}
    for contract in contracts:
        meters = {*listed, *chosen} if contract.meters is None else contract.meters
        chosen |= {
            meter: contract for meter in meters if meter in known or contract.percent is None
        }
    return {meter: chosen[meter] for meter in sorted(chosen)}


def _agreed(
    contract: Contract,
    meter: str,
    listed: Sequence[Any] | None,
    exchanges: Mapping[str, Exchange],
) -> list[Any] | None:
    if contract.percent is not None and listed is not None:
        usd, per = listed
        paid = EXACT.scaleb(EXACT.multiply(Decimal(usd), contract.percent), -2)
        return [_text(paid), per]
    price = contract.prices[meter]
    if not contract.currency:
        return [_text(price.usd), price.per]
    exchange = exchanges.get(contract.currency)
    return None if exchange is None else _in_usd(price, exchange)


def _converted(listed: Written, exchange: Exchange) -> dict[str, list[Any]]:
    return {
        meter: _in_usd(Price(Decimal(amount), per), exchange)
        for meter, (amount, per) in listed.items()
    }


def _in_usd(price: Price, exchange: Exchange) -> list[Any]:
    return [_text(EXACT.multiply(price.usd, exchange.usd)), price.per]


def _text(usd: Decimal) -> str:
    return f"{EXACT.normalize(usd):f}"


def _identified(row: Row, provider: str, model: str) -> Row:
    contracts, exchanges = row.get("contracts", ()), row.get("exchanges", ())
    content = {key: value for key, value in row.items() if key not in _NO_CONTENT}
    content["contracts"] = [[each.name, each.terms, each.source] for each in contracts]
    content["exchanges"] = [[each.currency, _text(each.usd), each.source] for each in exchanges]
    if not contracts and not exchanges:
        del content["contracts"], content["exchanges"]
    names = dict.fromkeys([row.get("by", ""), *(each.name for each in contracts)])
    return {**row, "id": rate_id(provider, model, content, "+".join(filter(None, names)))}
