"""Which export is which, and what its fields say: `formats.yaml`, read once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from otel_costing.finops.invoices.amounts import DateOrder
from otel_costing.finops.invoices.line import Kind


class Rule(NamedTuple):
    """Says `value` where `field` matches, and `other` too where there is one."""

    value: str
    """Empty for what the field itself says."""
    field: str
    pattern: re.Pattern[str]
    other: tuple[str, re.Pattern[str]] | None

    def of(self, fields: Mapping[str, Any]) -> str:
        """Return what the rule says of a row, empty where it does not match."""
        text = _text(fields, self.field) if self.field else self.value
        if not text or not self.pattern.search(text):
            return ""
        if self.other is not None and not self.other[1].search(_text(fields, self.other[0])):
            return ""
        return self.value or text.strip()


class Format(NamedTuple):
    """One export; `formats.yaml` says what each means."""

    name: str
    title: str
    has: frozenset[str]
    comes_once: bool
    providers: tuple[Rule, ...]
    account: tuple[str, ...]
    item: tuple[str, ...]
    description: tuple[str, ...]
    start: str
    end: str
    dates: DateOrder | None
    """Of dates with slashes; None where nobody knows."""
    amount: tuple[str, ...]
    cents: bool
    currency: Mapping[str, str]
    """The field that names the currency of an amount, or the currency itself, by the amount's field."""
    quantity: str
    unit: str
    model: str
    meter: tuple[str, ...]
    only_known_meters: bool
    """Whether another word than those of the meters is a mistake of who wrote it."""
    kinds: tuple[Rule, ...]
    credits: str
    key: tuple[str, ...]

    @property
    def family(self) -> str:
        """Its name, whichever way it is written."""
        return self.name.removesuffix("-csv")


def said(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the first of some fields that says something."""
    return next((text for name in names if (text := _text(fields, name))), "")


@lru_cache(maxsize=1)
def formats() -> tuple[Format, ...]:
    """Return every format, those that are told by more fields first."""
    text = files(__package__).joinpath("formats.yaml").read_text(encoding="utf-8")
    known = [_format(name, said_) for name, said_ in yaml.safe_load(text).items()]
    return tuple(sorted(known, key=lambda one: -len(one.has)))


def title_of(family: str) -> str:
    """Return how people call a format, whichever way it is written; its name where there is none of it."""
    return next((one.title for one in formats() if one.name == family), family)


def format_of(fields: Collection[str]) -> Format | None:
    """Return the format that has a row with these fields."""
    return next((one for one in formats() if one.has.issubset(fields)), None)


def _format(name: str, told: Mapping[str, Any]) -> Format:
    amounts = _lower(told["amount"])
    currency = told.get("currency", {})
    quantity = told.get("quantity", {})
    return Format(
        name=name,
        title=told["title"],
        has=frozenset(_lower(told["has"])),
        comes_once=told["repeats"] == "once",
        providers=tuple(map(_rule, told["providers"])),
        account=_lower(told.get("account", ())),
        item=_lower(told["item"]),
        description=_lower(told.get("description", ())),
        start=told["start"].lower(),
        end=told.get("end", "").lower(),
        dates=DateOrder(told["dates"]) if "dates" in told else None,
        amount=amounts,
        cents=told.get("cents", False),
        currency={key.lower(): text for key, text in currency.items()}
        if isinstance(currency, dict)
        else dict.fromkeys(amounts, currency),
        quantity=quantity.get("field", "").lower(),
        unit=quantity.get("unit", "").lower(),
        model=told.get("model", "").lower(),
        meter=_lower(told.get("meter", {}).get("fields", ())),
        only_known_meters=told.get("meter", {}).get("known", False),
        kinds=tuple(_rule(rule) for rule in told.get("kinds", ())),
        credits=told.get("credits", "").lower(),
        key=_lower(told.get("key", ())),
    )


def kind_of(format_: Format, fields: Mapping[str, Any]) -> Kind:
    """Return what a row is for.

    Raises:
        ValueError: it says so in a word of its own, which is none of `Kind`.
    """
    told = next((kind for rule in format_.kinds if (kind := rule.of(fields))), Kind.USAGE)
    if told.lower() not in tuple(Kind):
        raise ValueError(f"is of the kind {told[:40]!r}, which is none of {', '.join(Kind)}")
    return Kind(told.lower())


def _rule(told: Mapping[str, Any]) -> Rule:
    other = told.get("with")
    return Rule(
        told.get("is", ""),
        told.get("field", "").lower(),
        re.compile(told.get("match", ""), re.IGNORECASE),
        (other["field"].lower(), re.compile(other["match"], re.IGNORECASE)) if other else None,
    )


def _lower(names: Any) -> tuple[str, ...]:
    return (names.lower(),) if isinstance(names, str) else tuple(name.lower() for name in names)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return "" if value is None or isinstance(value, list) else str(value)
