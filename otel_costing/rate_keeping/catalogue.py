"""The genai-prices catalogue -> values of our own tables, and what of it they cannot express.

How its words become ours is in `catalogue.yaml`. Only its plain data is read here: the JSON it publishes, or
the same made of its installed package by `rate_sources`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from otel_costing.instants import ns_of
from otel_costing.meters import METERS
from otel_costing.money import parse_usd
from otel_costing.rate_book.files import Band, ModelEntry, Price, Prices, RateEntry, Window
from otel_costing.rate_book.hours import Hours
from otel_costing.rate_keeping.catalogue_names import NamedModel, model_names

Plain = Mapping[str, Any]
"""JSON values whose numbers are exact decimals."""


class CatalogueTable(NamedTuple):
    """What the catalogue knows of one of our providers."""

    provider: str
    source: str
    title: str
    comment: str
    """What the catalogue says of all its prices."""
    models: tuple[ModelEntry, ...]


class Catalogue(NamedTuple):
    """Everything another catalogue says, in our words."""

    name: str
    """Its name and version, as in `via`."""
    tables: tuple[CatalogueTable, ...]
    left_out: Mapping[str, int]
    """How many of what could not be expressed."""


class Words(NamedTuple):
    """`catalogue.yaml`."""

    providers: Mapping[str, Sequence[str]]
    meters: Mapping[str, str]
    tiers: Mapping[str, str]
    same_tiers: Sequence[str]
    scopes: Mapping[str, Mapping[str, str]]
    not_sold: Mapping[str, Sequence[str]]
    only_standard: Sequence[str]
    free_suffixes: Mapping[str, str]
    litellm: Mapping[str, Mapping[str, str]]


@lru_cache(maxsize=1)
def words() -> Words:
    """Return how the catalogue's words become ours."""
    text = (
        resources.files("otel_costing.rate_keeping").joinpath("catalogue.yaml").read_text("utf-8")
    )
    return Words(**yaml.safe_load(text))


def catalogue_of(providers: Iterable[Plain], name: str) -> Catalogue:
    """Read the catalogue's list of providers."""
    left_out: Counter[str] = Counter()
    tables = [table for each in providers for table in _tables(each, left_out)]
    return Catalogue(name, tuple(sorted(tables)), dict(sorted(left_out.items())))


def _tables(provider: Plain, left_out: Counter[str]) -> Iterator[CatalogueTable]:
    own = words().providers.get(provider["id"], [provider["id"]])
    named = model_names(provider["models"], left_out)
    for table in own:
        # A catalogue's provider that is two of ours is counted once.
        counted = left_out if table == own[0] else Counter[str]()
        models = tuple(_models(table, named, counted))
        source = (provider.get("pricing_urls") or [""])[0]
        comment = provider.get("price_comments") or ""
        yield CatalogueTable(table, source, provider.get("name", table), comment, models)


def _models(
    table: str, named: Sequence[NamedModel], left_out: Counter[str]
) -> Iterator[ModelEntry]:
    not_sold = tuple(words().not_sold.get(table, ()))
    for model, names in named:
        if model["id"].startswith(not_sold):
            continue
        rates = tuple(_rates(table, model, left_out))
        if rates:
            region = _scope(table, model["id"])[1]
            regions = (region,) if region else ()
            scoped = tuple(rate._replace(regions=regions) for rate in rates)
            note = "" if _has_price(rates) else "free of charge, as its name says"
            yield ModelEntry(model["id"], names, (), "", "", scoped, 0, note=note)


def _has_price(rates: Iterable[RateEntry]) -> bool:
    return any(price.usd for rate in rates for price in rate.bands[-1].prices.values())


def _scope(table: str, model: str) -> tuple[str, str]:
    for prefix, region in words().scopes.get(table, {}).items():
        if model.startswith(prefix):
            return model.removeprefix(prefix), region
    return model, ""


def unscoped(table: str, model: str) -> str:
    """Return a model's id without the scope that the catalogue writes before it."""
    return _scope(table, model)[0].rstrip("-")


class _Dated(NamedTuple):
    starts_ns: int | None
    prices: Plain


def _rates(table: str, model: Plain, left_out: Counter[str]) -> Iterator[RateEntry]:
    dated, windows = _standard(model, left_out)
    suffix = words().free_suffixes.get(table)
    if not any(each.prices for each in dated):
        if suffix and model["id"].endswith(suffix):
            yield _entry(None, "standard", _free_bands(), ())
        else:
            left_out["models without a price"] += 1
        return
    for each in dated:
        bands = _bands(each.prices, left_out)
        is_last = each is dated[-1]
        if bands:
            yield _entry(each.starts_ns, "standard", bands, windows if is_last else ())
    if table not in words().only_standard:
        yield from _variants(model, dated, left_out)


def _entry(
    starts_ns: int | None, tier: str, bands: tuple[Band, ...], windows: tuple[Window, ...]
) -> RateEntry:
    return RateEntry(starts_ns, None, tier, (), "end", bands, windows, 0)


def _free_bands() -> tuple[Band, ...]:
    nothing = parse_usd("0")
    prices = {meter: Price(nothing, METERS[meter].per) for meter in ("input", "output")}
    return (Band(0, prices),)


def _standard(model: Plain, left_out: Counter[str]) -> tuple[list[_Dated], tuple[Window, ...]]:
    prices = model["prices"]
    if isinstance(prices, Mapping):
        return [_Dated(None, prices)], ()
    dated, windows = [], []
    for each in prices:
        constraint = each.get("constraint") or {}
        if "start_time" in constraint:
            windows.append(Window(_hours(constraint), _bands(each["prices"], left_out)))
        else:
            dated.append(_Dated(_start(constraint), each["prices"]))
    if windows and len(dated) > 1:
        left_out["hours of the day of rates that ended"] += len(dated) - 1
    return dated, tuple(windows)


def _start(constraint: Plain | None) -> int | None:
    day = (constraint or {}).get("start_date")
    return None if day is None else ns_of(datetime.fromisoformat(day).replace(tzinfo=UTC))


def _hours(constraint: Plain) -> Hours:
    return Hours(_seconds(constraint["start_time"]), _seconds(constraint["end_time"]))


def _seconds(clock: str) -> int:
    hour, minute = clock[:5].split(":")
    return int(hour) * 3600 + int(minute) * 60


def _bands(prices: Plain, left_out: Counter[str]) -> tuple[Band, ...]:
    known = {key: value for key, value in prices.items() if key in words().meters}
    for key in prices.keys() - known.keys():
        left_out[f"prices of {key}"] += 1
    starts = {tier["start"] for value in known.values() for tier in _tiers(value)}
    floors = [0, *sorted(int(start) + 1 for start in starts)]
    return tuple(Band(floor, _prices(known, floor)) for floor in floors) if known else ()


def _tiers(value: Any) -> Sequence[Plain]:
    tiers: Sequence[Plain] = value["tiers"] if isinstance(value, Mapping) else ()
    return tiers


def _prices(known: Plain, floor: int) -> Prices:
    prices = {}
    for key, value in known.items():
        reached = [tier["price"] for tier in _tiers(value) if int(tier["start"]) < floor]
        base = value["base"] if isinstance(value, Mapping) else value
        meter = words().meters[key]
        prices[meter] = Price(parse_usd(str((reached or [base])[-1])), METERS[meter].per)
    return prices


def _variants(model: Plain, dated: Sequence[_Dated], left_out: Counter[str]) -> Iterator[RateEntry]:
    """A variant replaces some prices of the standard rate; its date is the day on which it was read."""
    earliest = set()
    for variant in sorted(model.get("price_variants") or (), key=lambda each: _start_of(each) or 0):
        tier = _tier(variant["when"], left_out)
        if tier is None:
            continue
        starts_ns = _start_of(variant)
        standard = [rate for rate in dated if (rate.starts_ns or 0) <= (starts_ns or 0)]
        merged = {**standard[-1].prices, **variant["prices"]}
        is_first = tier not in earliest and len(dated) == 1
        earliest.add(tier)
        yield _entry(None if is_first else starts_ns, tier, _bands(merged, left_out), ())


def _start_of(variant: Plain) -> int | None:
    return _start(variant.get("constraint"))


def _tier(when: Plain, left_out: Counter[str]) -> str | None:
    asked = ",".join(f"{key}={value}" for key, value in sorted(when.items()))
    if asked not in words().tiers and asked not in words().same_tiers:
        left_out[f"prices for {asked}"] += 1
    return words().tiers.get(asked)
