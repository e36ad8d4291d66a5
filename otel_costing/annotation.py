"""A priced call -> the attributes its span gets: pure. The table of them is docs/attributes.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from otel_costing import semconv
from otel_costing.cost import Cost, LineItem, PricedCall
from otel_costing.money import PICO, format_pico

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
    _, _, lines, total_pico, rate_id, rates_digest, status, status_reason, _ = cost
    added: dict[str, Any] = {
        semconv.COST_USD: format_pico(total_pico),
        semconv.STATUS: status,
        semconv.RATE_ID: rate_id,
        semconv.RATES_DIGEST: rates_digest,
    }
    if status_reason:
        added[semconv.STATUS_REASON] = status_reason
    if items == "json":
        added[semconv.ITEMS] = _as_json(lines)
    else:
        added.update(_pairs(cost))
    if attributes.keys().isdisjoint(_FIGURE):
        # A double, as semantic-conventions-genai#443 has it; the exact figure stands beside it.
        added[semconv.COST_AMOUNT] = total_pico / PICO
        added[semconv.COST_CURRENCY] = semconv.USD
        added[semconv.COST_SOURCE] = semconv.SOURCE_LOCAL
    return added


def duplicate_of(reason: str) -> dict[str, Any]:
    """Return what a span gets that tells of a call which another span was priced for."""
    return {semconv.STATUS: "duplicate", semconv.STATUS_REASON: reason}


def fitted(
    added: dict[str, Any], attributes: Mapping[str, Any], most: int | None, longest: int | None
) -> dict[str, Any]:
    """Return what of `added` a span takes: all, or total, status and rate, or nothing.

    Args:
        added: what the span should get.
        attributes: what it has; none of it is evicted.
        most: attributes it takes, None for no limit.
        longest: text it takes, None for no limit; a longer value is left out, as half a total is none.
    """
    if longest is not None:
        added = {name: value for name, value in added.items() if _is_within(value, longest)}
    if most is None or len(attributes) + len(added) <= most:
        return added
    essential = {name: added[name] for name in _ESSENTIAL if name in added}
    return essential if len(attributes.keys() | essential.keys()) <= most else {}


def _is_within(value: object, longest: int) -> bool:
    return not isinstance(value, str) or len(value) <= longest


def _as_json(lines: Iterable[LineItem]) -> str:
    """Spell line items."""
    items = []
    for meter, quantity, price, amount_pico, _ in lines:
        if price is None or amount_pico is None:
            priced = '"unit_price_usd":null,"per":null,"amount_usd":null'
        else:
            priced = f'{price.text},"amount_usd":"{format_pico(amount_pico)}"'
        items.append(f'{{"meter":"{meter}","quantity":{quantity},{priced}}}')
    return f"[{','.join(items)}]"


def _pairs(cost: Cost) -> dict[str, Any]:
    """Spell line items by meter; marginal bands make several lines of one."""
    quantities: dict[str, int] = {}
    amounts: dict[str, int] = {}
    for meter, quantity, _, amount_pico, _ in cost.lines:
        quantities[meter] = quantities.get(meter, 0) + quantity
        if amount_pico is not None:
            amounts[meter] = amounts.get(meter, 0) + amount_pico
    pairs: dict[str, Any] = {}
    for meter, quantity in quantities.items():
        pairs[f"{semconv.ITEMS}.{meter}.quantity"] = quantity
        if meter in amounts:
            pairs[f"{semconv.ITEMS}.{meter}.amount_usd"] = format_pico(amounts[meter])
    return pairs
