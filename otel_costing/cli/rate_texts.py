"""A rate in words for people and as JSON for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from otel_costing.rate_book.contract_terms import Contract, Exchange
from otel_costing.rate_book.files import TIERS
from otel_costing.rate_book.timeline import Step
from otel_costing.rates import Rate

RATE_COLUMNS = (
    "provider",
    "model",
    "from",
    "until",
    "tier",
    "region",
    "context_from",
    "input",
    "cache_read",
    "output",
    "rate_id",
)


def rate_document(rate: Rate) -> dict[str, Any]:
    """Return a rate as JSON: its interval, its conditions, its prices by meter, its source."""
    return {
        "provider": rate.provider,
        "model": rate.model,
        "rate_id": rate.id,
        "from": instant(rate.starts_ns),
        "until": instant(rate.ends_ns),
        "tier": rate.tier,
        "region": rate.region or None,
        "context_from": rate.context_from,
        "context_to": rate.context_to,
        "hours": None if rate.hours is None else [clock_time(second) for second in rate.hours],
        "prices": {meter: f"{price.usd:f}" for meter, price in rate.prices.items()},
        "per": {meter: price.per for meter, price in rate.prices.items()},
        "list_prices": {meter: f"{price.usd:f}" for meter, price in rate.list_prices.items()},
        "steps": [_step_document(each) for each in rate.steps],
        "contracts": [_contract_document(each) for each in rate.contracts],
        "exchanges": [_exchange_document(each) for each in rate.exchanges],
        "source": rate.source,
        "checked": rate.checked,
        "place": rate.place or None,
    }


def _step_document(step: Step) -> dict[str, Any]:
    return {
        "first": step.first,
        "prices": {meter: f"{price.usd:f}" for meter, price in step.prices.items()},
        "per": {meter: price.per for meter, price in step.prices.items()},
    }


def _contract_document(contract: Contract) -> dict[str, Any]:
    return {
        "name": contract.name,
        "terms": contract.terms,
        "from": instant(contract.starts_ns),
        "until": instant(contract.ends_ns),
        "source": contract.source,
        "checked": contract.checked,
        "reason": contract.reason or None,
        "place": contract.place,
    }


def _exchange_document(exchange: Exchange) -> dict[str, Any]:
    return {
        "currency": exchange.currency,
        "usd": f"{exchange.usd:f}",
        "from": instant(exchange.starts_ns),
        "until": instant(exchange.ends_ns),
        "source": exchange.source,
    }


def instant(instant_ns: int | None) -> str | None:
    """Return an instant as ISO 8601 in UTC, a midnight as its date; None stays None."""
    if instant_ns is None:
        return None
    moment = datetime.fromtimestamp(instant_ns // 10**9, UTC)
    midnight = moment.hour == moment.minute == moment.second == 0
    return moment.date().isoformat() if midnight else moment.isoformat().replace("+00:00", "Z")


def clock_time(second: int) -> str:
    """Return a second of the UTC day as `HH:MM`."""
    return f"{second // 3600:02d}:{second % 3600 // 60:02d}"


def interval(starts_ns: int | None, ends_ns: int | None) -> str:
    """Return what lies between two instants in words."""
    return f"{instant(starts_ns) or 'start unknown'} to {instant(ends_ns) or 'open'}"


def reading_order(rate: Rate) -> tuple[int, str, int, int]:
    """Sort as a person reads: by tier, region, time and size of the request."""
    return (TIERS.index(rate.tier), rate.region, rate.starts_ns or 0, rate.context_from)


def conditions(rate: Rate, *, ends: bool = True) -> str:
    """Return a rate's conditions in a few words; empty for a rate that holds always and everywhere."""
    said = [] if rate.tier == "standard" else [rate.tier]
    if rate.region:
        said.append(rate.region)
    if rate.context_from:
        said.append(f"from {rate.context_from:,} tokens")
    if rate.hours:
        said.append(f"{clock_time(rate.hours[0])}-{clock_time(rate.hours[1])} UTC")
    if ends and rate.ends_ns is not None:
        said.append(f"until {instant(rate.ends_ns)}")
    return ", ".join(said)
