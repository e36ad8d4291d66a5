"""One row of an export -> the lines it is: its own, and one for each credit it bears. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from otel_costing.entry import digest
from otel_costing.finops.exact import EXACT
from otel_costing.finops.invoices import amounts
from otel_costing.finops.invoices.formats import Format, kind_of, said
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.invoices.line_items import About, about, meter_of, model_of
from otel_costing.finops.invoices.rows import Row
from otel_costing.meters import METERS
from otel_costing.rates import RateBook

_CENTS = Decimal(100)
_LONGEST_TEXT = 256
_USD = "usd"


def provider_of(known: Format, fields: Mapping[str, Any], rates: RateBook) -> str:
    """Return the canonical provider of a row, empty where it is of a service that no model is called through."""
    found = next((name for rule in known.providers if (name := rule.of(fields))), "")
    return rates.provider(found) or found


def amount_of(known: Format, fields: Mapping[str, Any]) -> Decimal:
    """Return what a row bills, in US dollars.

    Raises:
        ValueError: nothing, no number, or in another currency.
    """
    name = next((each for each in known.amount if each in fields), "")
    if not name:
        raise ValueError(f"has no {known.amount[0]}")
    named = known.currency.get(name, "")
    currency = said(fields, (named.lower(),)) or named
    if named and currency.lower() != _USD:
        raise ValueError(
            f"is in {currency[:20]!r}; only US dollars are booked, so export it in USD"
        )
    amount = amounts.decimal_of(fields[name])
    return EXACT.divide(amount, _CENTS) if known.cents else amount


def lines_of(
    known: Format, document: str, row: Row, provider: str, rates: RateBook
) -> Iterator[InvoiceLine]:
    """Yield the lines of a row.

    Args:
        known: the format of the row.
        document: digest of the document that it stands in.
        row: the row.
        provider: its provider, as `provider_of` says.
        rates: the book that knows the provider's models.

    Raises:
        ValueError: it says something that cannot be; the message says what to write.
    """
    line = _line(known, document, row, provider, rates)
    yield line
    for name, credit in _credits_of(known, row.fields):
        yield line._replace(
            key=digest(line.key, "credit", name),
            amount_usd=credit,
            quantity=None,
            meter="",
            kind=Kind.CREDIT,
            description=name[:_LONGEST_TEXT],
        )


def _line(known: Format, document: str, row: Row, provider: str, rates: RateBook) -> InvoiceLine:
    fields = row.fields
    item = said(fields, known.item)[:_LONGEST_TEXT]
    account = said(fields, known.account)[:_LONGEST_TEXT]
    start_ns, end_ns = _interval_of(known, fields)
    meter, model = _about(known, fields, item, provider, rates)
    return InvoiceLine(
        document=document,
        key=_key_of(known, fields, provider, account, f"{start_ns}/{end_ns}", item),
        place=row.place,
        provider=provider,
        account=account,
        start_ns=start_ns,
        end_ns=end_ns,
        model=model,
        billed_as=item,
        meter=meter,
        quantity=_quantity_of(known, fields) if meter else None,
        amount_usd=amount_of(known, fields),
        kind=kind_of(known, fields),
        description=said(fields, known.description)[:_LONGEST_TEXT],
        format=known.family,
    )


def _key_of(known: Format, fields: Mapping[str, Any], *identity: str) -> str:
    own = (f"{name}={said(fields, (name,))}" for name in known.key)
    return digest(known.family, *identity, *own)


def _about(
    known: Format, fields: Mapping[str, Any], item: str, provider: str, rates: RateBook
) -> About:
    if not known.model:
        return about(known.name, item, provider, rates)
    named = said(fields, (known.model,))[:_LONGEST_TEXT]
    words = [text for name in known.meter if (text := said(fields, (name,)))]
    meters = (word if word in METERS else meter_of(known.name, word) for word in words)
    meter = next(filter(None, meters), "")
    if known.only_known_meters and words and not meter:
        raise ValueError(f"names the meter {words[0][:40]!r}, which is none of {', '.join(METERS)}")
    return About(meter, model_of(named, provider, rates) or named)


def _credits_of(known: Format, fields: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    listed = fields.get(known.credits) if known.credits else None
    for position, credit in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(credit, dict) and "amount" in credit:
            name = str(credit.get("full_name") or credit.get("name") or position)
            yield name, amounts.decimal_of(credit["amount"])


def _interval_of(known: Format, fields: Mapping[str, Any]) -> tuple[int, int]:
    """Return the day of a row, or its own interval where that is no part of one day."""
    if known.start not in fields:
        raise ValueError(f"has no {known.start}")
    start_ns = amounts.instant_of(fields[known.start], known.dates)
    day_ns = amounts.day_of_instant(start_ns)
    if known.end not in fields:
        return day_ns, day_ns + amounts.DAY_NS
    end_ns = amounts.instant_of(fields[known.end], known.dates)
    if end_ns < start_ns:
        raise ValueError(f"ends before it starts: {known.start}, {known.end}")
    is_of_one_day = end_ns <= day_ns + amounts.DAY_NS
    return (day_ns, day_ns + amounts.DAY_NS) if is_of_one_day else (start_ns, end_ns)


def _quantity_of(known: Format, fields: Mapping[str, Any]) -> Decimal | None:
    if not said(fields, (known.quantity,)):
        return None
    units = amounts.units_of(said(fields, (known.unit,))) if known.unit else Decimal(1)
    quantity = amounts.decimal_of(fields[known.quantity])
    return None if units is None else EXACT.multiply(quantity, units)
