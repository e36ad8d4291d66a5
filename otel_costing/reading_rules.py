"""By which rule a span's figures are read, what a price assumes, how an amount comes about: in words, pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from otel_costing.dialects import ALIASES, CONVENTION, DIALECTS, Dialect
from otel_costing.ledger import Item

ASSUMPTIONS: Mapping[str, str] = {
    "assumed_time": "The end that the span gives cannot be believed; the call is priced at its receipt.",
    "assumed_start": "Nobody published since when the rate holds; always is taken.",
    "assumed_cache_ttl": "The span does not say for how long the cache keeps what was written; five minutes are taken.",
    "assumed_tier": "The provider was left to choose the tier and the answer does not say which; standard is taken.",
    "assumed_list_price": "The model is sold at its maker's list price, which was read there.",
    "assumed_request_fee": "There are several fees per request; the highest is taken.",
    "dialect_unverified": "What contains what is the usual; nothing on the span proves it.",
    "estimated_usage": "The emitter counted the figures itself, or padded them; the provider did not state them.",
    "missing_input": "The span states output and no input.",
}
OTHER_ASSUMPTION = "The rate's table says so."
_MODES = {
    "inclusive": "{} contains the {} tokens",
    "exclusive": "{} does not contain the {} tokens",
    "from_total": "{} is what the total leaves; arithmetic settles whether it contains the {} tokens",
}
_SETTLED = "arithmetic settles whether {} contains the {} tokens"
_FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "cache_write_5m": ("cache_write_5m", "cache_write"),
    "cache_write_1h": ("cache_write_1h", "cache_write"),
}
"""Fields of `dialects.yaml` that come to a meter, where they are not its name."""


class Reading(NamedTuple):
    """By which rule a span's figures are read."""

    dialect: str
    scopes: tuple[str, ...]
    """Of instrumentation; empty for the conventions themselves, which hold for any other."""
    input: str
    """A sentence."""
    output: str
    documents: tuple[str, ...]
    """Attributes that may hold figures in a document."""


def reading(dialect: str) -> Reading:
    """Return the rule by the name that stands on an entry, such as `traceloop` or, of an earlier version, `x<0.3`."""
    found = _dialect(dialect)
    return Reading(
        dialect,
        found.scopes,
        _MODES.get(found.input, _SETTLED).format("input", "cached"),
        _MODES.get(found.output, _SETTLED).format("output", "reasoning"),
        tuple(carrier.attribute for carrier in found.carriers),
    )


def _dialect(name: str) -> Dialect:
    newest, _, _ = name.partition("<")
    dialect = next((one for one in DIALECTS if one.name == newest), CONVENTION)
    for earlier in dialect.versions:
        if earlier.name == name:
            return dialect._replace(input=earlier.input, output=earlier.output)
    return dialect


def read_from(meter: str) -> list[str]:
    """Return the attributes that a meter is read from, best first; none where no attribute states it."""
    fields = _FIELDS_OF.get(meter, (meter,))
    named = [
        (fields.index(field), rank, name)
        for name, (field, rank) in ALIASES.items()
        if field in fields
    ]
    return [name for _, _, name in sorted(named)]


def arithmetic(item: Item) -> str:
    """Spell how an amount comes about, in USD."""
    if item.unit_price is None or item.amount_usd is None:
        return f"{item.quantity:,} {item.unit}s without a price"
    price = f"{item.unit_price.normalize():f}"
    return f"{item.quantity:,} x {price} / {item.per:,} = {item.amount_usd:f}"
