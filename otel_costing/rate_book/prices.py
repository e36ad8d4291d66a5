"""Prices by meter as a person writes them: quoted decimals, so that no digit is lost."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Rounded
from typing import NamedTuple

from otel_costing.meters import METERS
from otel_costing.money import parse_usd
from otel_costing.rate_book.located_yaml import Mapped, Scalar, Value
from otel_costing.rate_book.yaml_fields import Fields

# An application may have set a context of its own; rounding under it would be silent.
EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, Overflow, Rounded])


class Price(NamedTuple):
    """USD, or the currency that its rate names, for every `per` units of a meter."""

    usd: Decimal
    per: int


Prices = dict[str, Price]


def read_prices(fields: Fields, model: str, value: Value) -> Prices:
    """Read prices by meter; `model` says whose they are, in what is wrong."""
    if not isinstance(value, Mapped) or not value.fields:
        fields.wrong(value, f"{model}: prices is a mapping of meter to price")
        return {}
    prices = {}
    for meter, written in value.fields.items():
        if meter not in METERS:
            fields.wrong(written, f"{model}: there is no meter {meter!r}; see meters.yaml")
            continue
        price = _read_price(fields, f"{model}: {meter}", METERS[meter].per, written)
        if price is not None:
            prices[meter] = price
    return prices


def _read_price(fields: Fields, what: str, per: int, value: Value) -> Price | None:
    if isinstance(value, Mapped):
        own = fields.of(value, f"{what}: a price", {"usd": True, "per": True})
        units = None if own is None else fields.whole(own["per"], f"{what}: per")
        return (
            None if own is None or units is None else _read_price(fields, what, units, own["usd"])
        )
    if not isinstance(value, Scalar):
        fields.wrong(value, f"{what}: a price is a quoted decimal, USD per {per}")
        return None
    if value.plain:
        fields.wrong(
            value, f'{what}: quote the price: "{value.text}"; an unquoted number loses digits'
        )
        return None
    try:
        return Price(parse_usd(value.text), per)
    except ValueError as error:
        fields.wrong(value, f"{what}: {error}")
        return None
