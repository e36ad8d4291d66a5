"""A priced call -> the attributes its span gets: pure. DESIGN's table of them is docs/attributes.md."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from otel_costing import semconv
from otel_costing.cost import Cost, LineItem, PricedCall
from otel_costing.money import PICO, UnitPrice, format_pico

_ESSENTIAL = (semconv.COST_USD, semconv.STATUS, semconv.RATE_ID)
"""All that is added where the whole would not fit."""
_FIGURE = frozenset((semconv.COST_AMOUNT, semconv.COST_CURRENCY, semconv.COST_SOURCE))
ITEM_FORMS = ("json", "attributes")


def annotation_of(
    priced: PricedCall, attributes: Mapping[str, Any], *, items: str = "json"
) -> dict[str, Any]:
    """Return what a model call's span gets.

    Args:
        priced: the call.
        attributes: what the span has; a figure that is there stays, its provider's above all.
        items: `json` for one attribute of line items, `attributes` for a pair per meter.
    """
    cost = priced.cost
    if not isinstance(cost, Cost):
        return {semconv.STATUS: "unpriced", semconv.STATUS_REASON: cost.reason}
    added: dict[str, Any] = {
        semconv.COST_USD: format_pico(cost.total_pico),
        semconv.STATUS: cost.status,
        semconv.RATE_ID: cost.rate_id,
        semconv.RATES_DIGEST: cost.rates_digest,
    }
    if cost.status_reason:
        added[semconv.STATUS_REASON] = cost.status_reason
    if items == "json":
        added[semconv.ITEMS] = f"[{','.join(map(_item, cost.lines))}]"
    else:
        added.update(_pairs(cost))
    if _FIGURE.isdisjoint(attributes):
        # A double, as semantic-conventions-genai#443 has it; the exact figure stands beside it.
        added[semconv.COST_AMOUNT] = cost.total_pico / PICO
        added[semconv.COST_CURRENCY] = semconv.USD
        added[semconv.COST_SOURCE] = semconv.SOURCE_LOCAL
    return added


def duplicate_of(reason: str) -> dict[str, Any]:
    """Return what a span gets that tells of a call which another span was priced for."""
    return {semconv.STATUS: "duplicate", semconv.STATUS_REASON: reason}


def fitted(
    added: dict[str, Any], attributes: Mapping[str, Any], room: int | None
) -> dict[str, Any]:
    """Return what of `added` fits: all, or total, status and rate, or nothing; none of the span's own is evicted."""
    if room is None or room >= len(added):
        return added
    essential = {name: added[name] for name in _ESSENTIAL if name in added}
    new = sum(1 for name in essential if name not in attributes)
    return essential if room >= new else {}


def _item(line: LineItem) -> str:
    meter, quantity, price, amount_pico = line
    if price is None or amount_pico is None:
        return f'{{"meter":"{meter}","quantity":{quantity},"unit_price_usd":null,"per":null,"amount_usd":null}}'
    return f'{{"meter":"{meter}","quantity":{quantity},{_priced(price)},"amount_usd":"{format_pico(amount_pico)}"}}'


@lru_cache(maxsize=1024)
def _priced(price: UnitPrice) -> str:
    return f'"unit_price_usd":"{price.usd:f}","per":{price.per}'


def _pairs(cost: Cost) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for meter, quantity, _, amount_pico in cost.lines:
        pairs[f"{semconv.ITEMS}.{meter}.quantity"] = quantity
        if amount_pico is not None:
            pairs[f"{semconv.ITEMS}.{meter}.amount_usd"] = format_pico(amount_pico)
    return pairs
