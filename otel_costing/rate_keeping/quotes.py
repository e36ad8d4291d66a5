"""Other catalogues' JSON -> quotes: one price of one meter, to lay beside ours.

Numbers are read from the text as exact decimals; no float comes between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from otel_costing.meters import METERS
from otel_costing.rate_book.files import RateEntry
from otel_costing.rate_keeping.catalogue import Catalogue, Plain, catalogue_of, unscoped, words
from otel_costing.rate_keeping.comparison import bands_at
from otel_costing.rate_keeping.succession import rate_at

_CONDITIONED = re.compile(
    r"(?P<base>\w+?)(?:_above_(?P<k>[0-9]+)k_tokens)?(?:_(?P<tier>batches|flex|priority))?"
)


class Quote(NamedTuple):
    """What another catalogue says one meter of a model costs."""

    provider: str
    model: str
    tier: str
    region: str
    floor: int
    """Fewest tokens of the requests it is for."""
    meter: str
    usd: Decimal
    """For as many units as the meter's `per`."""


def read_quotes(text: str, at_ns: int) -> list[Quote]:
    """Return the quotes of a file in LiteLLM's or in genai-prices' shape, as of an instant.

    Raises:
        ValueError: it is neither, with a sentence for the person who named it.
    """
    try:
        document = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error}") from None
    if _are(document, {"id", "models"}):
        return list(_catalogue_quotes(catalogue_of(document, "file"), at_ns))
    if isinstance(document, dict):
        entries = {key: each for key, each in document.items() if isinstance(each, Mapping)}
        if _are(list(entries.values()), {"litellm_provider"}):
            return list(_litellm_quotes(entries))
    raise ValueError("is neither LiteLLM's table of models nor genai-prices' list of providers")


def _are(entries: Any, keys: set[str]) -> bool:
    """Say whether this is a list of mappings, one of which has these keys."""
    return (
        isinstance(entries, Sequence)
        and all(isinstance(entry, Mapping) for entry in entries)
        and any(keys <= entry.keys() for entry in entries)
    )


def _catalogue_quotes(catalogue: Catalogue, at_ns: int) -> Iterator[Quote]:
    for table in catalogue.tables:
        for model in table.models:
            name = unscoped(table.provider, model.id)
            for condition in dict.fromkeys((rate.tier, rate.regions) for rate in model.rates):
                same = [rate for rate in model.rates if (rate.tier, rate.regions) == condition]
                rate = rate_at(same, at_ns)
                if rate is not None:
                    yield from _rate_quotes(table.provider, name, rate, at_ns)


def _rate_quotes(provider: str, model: str, rate: RateEntry, at_ns: int) -> Iterator[Quote]:
    region = "".join(rate.regions)
    for band in bands_at(rate, at_ns):
        for meter, price in band.prices.items():
            yield Quote(provider, model, rate.tier, region, band.floor, meter, price.usd)


def _litellm_quotes(document: Mapping[str, Plain]) -> Iterator[Quote]:
    providers = words().litellm["providers"]
    for key, entry in document.items():
        provider = entry.get("litellm_provider")
        if not isinstance(provider, str) or key == "sample_spec":
            continue
        named = providers.get(provider, provider)
        route = "vertex_ai" if named == "gcp.vertex_ai" else provider
        for field, value in entry.items():
            quote = _litellm_quote(named, key.removeprefix(f"{route}/"), field, value)
            if quote is not None:
                yield quote


def _litellm_quote(provider: str, model: str, field: str, value: Any) -> Quote | None:
    known: Mapping[str, Any] = words().litellm
    # `_above_1hr` is part of a name, `_above_200k_tokens` a condition.
    match = _CONDITIONED.fullmatch(field)
    usd = _exact(value)
    if match is None or match["base"] not in known["meters"] or usd is None:
        return None
    meter = known["meters"][match["base"]]
    tier = known["tiers"][match["tier"]] if match["tier"] else "standard"
    floor = int(match["k"]) * 1000 + 1 if match["k"] else 0
    return Quote(provider, model, tier, "", floor, meter, usd * METERS[meter].per)


def _exact(value: Any) -> Decimal | None:
    """A number, or one written as a text; None for whatever else an entry holds."""
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except InvalidOperation:
            return None
    return value if isinstance(value, Decimal) and value.is_finite() else None
