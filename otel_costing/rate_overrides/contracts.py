"""The contracts and exchange rates of a team's file, as a person writes them -> checked values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from otel_costing.meters import METERS
from otel_costing.rate_book.contract_terms import Exchange
from otel_costing.rate_book.files import TIERS
from otel_costing.rate_book.located_yaml import Listed, Mapped, Scalar, Value
from otel_costing.rate_book.names import closest
from otel_costing.rate_book.prices import EXACT, Prices, read_prices
from otel_costing.rate_book.yaml_fields import Fields

# Whether each key must be there.
CONTRACT_KEYS = {
    **dict.fromkeys(("provider", "from", "source", "checked"), True),
    **dict.fromkeys(("models", "meters", "tiers", "until", "reason", "note"), False),
    **dict.fromkeys(("discount_percent", "markup_percent", "prices", "currency"), False),
}
EXCHANGE_KEYS = {**dict.fromkeys(("from", "usd", "source"), True), "until": False}
_AGREEMENTS = ("discount_percent", "markup_percent", "prices")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DECIMAL = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,10})?")
_HIGHEST_PERCENT = Decimal(900)


class Agreement(NamedTuple):
    """A contract as written; its names mean nothing yet."""

    provider: str
    models: tuple[str, ...]
    """Ids, or patterns with `*`, `?` and `[...]`; empty for all."""
    meters: tuple[str, ...]
    tiers: tuple[str, ...]
    starts_ns: int | None
    ends_ns: int | None
    percent: Decimal | None
    """Of the list price, what is paid."""
    prices: Prices
    currency: str
    source: str
    checked: str
    reason: str
    line: int


def items(fields: Fields, value: Value | None, what: str) -> tuple[Value, ...]:
    """Return the items of a list; none where it is absent or wrong."""
    if value is None:
        return ()
    if not isinstance(value, Listed):
        fields.wrong(value, f"{what} is a list")
        return ()
    return value.values


def pairs(fields: Fields, value: Value | None, what: str) -> Iterator[tuple[str, Value]]:
    """Yield the keys and values of a mapping; none where it is absent or wrong."""
    if isinstance(value, Mapped):
        yield from value.fields.items()
    elif value is not None:
        fields.wrong(value, f"{what} is a mapping")


def read_agreements(fields: Fields, value: Value | None) -> Iterator[Agreement]:
    """Read the contracts; what is wrong is noted and left out."""
    for item in items(fields, value, "contracts"):
        own = fields.of(item, "a contract", CONTRACT_KEYS)
        agreement = None if own is None else _agreement(fields, item, own)
        if agreement is not None:
            yield agreement


def _agreement(fields: Fields, item: Value, own: dict[str, Value]) -> Agreement | None:
    said = [key for key in _AGREEMENTS if key in own]
    if len(said) != 1:
        fields.wrong(item, f"a contract says one of {', '.join(_AGREEMENTS)}")
        return None
    fixed = "prices" in own
    if fixed and "meters" in own:
        fields.wrong(own["meters"], "prices names its meters itself; leave meters out")
    if not fixed and "currency" in own:
        fields.wrong(own["currency"], "a percentage has no currency; it is of the list price")
    prices = read_prices(fields, "a contract", own["prices"]) if fixed else {}
    percent = None if fixed else _percent(fields, own, said[0])
    reason = fields.text(own.get("reason"), "reason")
    is_free = percent == 0 or any(not price.usd for price in prices.values())
    if is_free and not reason:
        fields.wrong(own[said[0]], "this makes a price 0; say why it is free: reason: ...")
    starts_ns, ends_ns = _interval(fields, own, "a contract")
    return Agreement(
        fields.text(own["provider"], "provider"),
        _names(fields, own.get("models"), "models"),
        tuple(prices) if fixed else _known(fields, own.get("meters"), "meter", tuple(METERS)),
        _known(fields, own.get("tiers"), "tier", TIERS),
        starts_ns,
        ends_ns,
        percent,
        prices,
        fields.text(own.get("currency"), "currency"),
        fields.text(own["source"], "source"),
        fields.day(own["checked"], "checked"),
        reason,
        item.line,
    )


def _percent(fields: Fields, own: dict[str, Value], key: str) -> Decimal | None:
    """Return what percentage of the list price is paid."""
    percent = _decimal(fields, own[key], key)
    if percent is None:
        return None
    is_markup = key == "markup_percent"
    if not _is_within(fields, own[key], percent, _HIGHEST_PERCENT if is_markup else Decimal(100)):
        return None
    return EXACT.add(100, percent) if is_markup else EXACT.subtract(100, percent)


def _is_within(fields: Fields, value: Value, percent: Decimal, highest: Decimal) -> bool:
    if percent > highest:
        fields.wrong(value, f"{percent:f} % is above {highest:f} %")
    return percent <= highest


def _names(fields: Fields, value: Value | None, what: str) -> tuple[str, ...]:
    if isinstance(value, Listed) and not value.values:
        fields.wrong(value, f"{what} names none; leave it out for all of them")
    return () if value is None else fields.texts(value, what)


def _known(
    fields: Fields, value: Value | None, what: str, known: tuple[str, ...]
) -> tuple[str, ...]:
    names = _names(fields, value, f"{what}s")
    for name in names:
        if value is not None and name not in known:
            near = ", ".join(closest(name, known)) or ", ".join(known)
            fields.wrong(value, f"there is no {what} {name!r}; closest: {near}")
    return tuple(name for name in names if name in known)


def read_exchanges(fields: Fields, value: Value | None) -> Iterator[Exchange]:
    """Read the exchange rates by currency; what is wrong is noted and left out."""
    for currency, rates in pairs(fields, value, "currencies"):
        if not _CURRENCY.fullmatch(currency) or currency == "USD":
            fields.wrong(rates, f"{currency!r} is no other currency; write its ISO 4217 code")
            continue
        last: Exchange | None = None
        for item in items(fields, rates, f"currencies: {currency}"):
            exchange = _exchange(fields, currency, item)
            if exchange is None:
                continue
            if last is not None and not _follows(last, exchange):
                what = f"{currency}: begins before the rate of line {last.line} ends; exchange rates rise in time"
                fields.wrong(item, what)
            last = exchange
            yield exchange


def _follows(last: Exchange, exchange: Exchange) -> bool:
    has_both = last.ends_ns is not None and exchange.starts_ns is not None
    return has_both and last.ends_ns <= exchange.starts_ns  # type: ignore[operator]


def _exchange(fields: Fields, currency: str, item: Value) -> Exchange | None:
    own = fields.of(item, f"an exchange rate of {currency}", EXCHANGE_KEYS)
    usd = None if own is None else _decimal(fields, own["usd"], f"{currency}: usd")
    if own is None or usd is None:
        return None
    if not usd:
        fields.wrong(own["usd"], f"{currency}: an exchange rate is above 0")
    starts_ns, ends_ns = _interval(fields, own, currency)
    source = fields.text(own["source"], f"{currency}: source")
    return Exchange(currency, usd, source, starts_ns, ends_ns, item.line)


def _interval(fields: Fields, own: dict[str, Value], what: str) -> tuple[int | None, int | None]:
    starts_ns = _instant(fields, own["from"], f"{what}: from")
    ends_ns = _instant(fields, own.get("until"), f"{what}: until")
    if starts_ns is not None and ends_ns is not None and ends_ns <= starts_ns:
        fields.wrong(own["until"], f"{what}: until is not after from")
    return starts_ns, ends_ns


def _instant(fields: Fields, value: Value | None, what: str) -> int | None:
    is_open = isinstance(value, Scalar) and value.is_null
    return None if is_open else fields.instant(value, what)


def _decimal(fields: Fields, value: Value, what: str) -> Decimal | None:
    if not isinstance(value, Scalar) or not _DECIMAL.fullmatch(value.text):
        fields.wrong(
            value, f'{what} is a quoted decimal below 1000 of up to 10 places, such as "12.5"'
        )
        return None
    if value.plain:
        fields.wrong(value, f'{what}: quote it: "{value.text}"; an unquoted number loses digits')
        return None
    return Decimal(value.text)
