"""Span attributes -> what a model call used: disjoint quantities per meter, or the reason why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple


class Usage(Mapping[str, int]):
    """Quantities of one call by meter, disjoint from one another; a meter of zero is absent.

    ``Usage(input=700, cache_read=300, output=150, reasoning=50)`` is a prompt of 1,000 tokens, 300 of
    them read from the cache, and a completion of 200 tokens, 50 of them reasoning. Meters and their
    units stand in `meters.yaml`. Values are kept as given: what they are worth is judged by `price`.
    """

    __slots__ = ("_quantities",)

    def __init__(self, quantities: Mapping[str, int] | None = None, /, **meters: int) -> None:
        given = {**quantities, **meters} if quantities else meters
        self._quantities = {meter: quantity for meter, quantity in given.items() if quantity != 0}

    def __getitem__(self, meter: str) -> int:
        return self._quantities[meter]

    def __iter__(self) -> Iterator[str]:
        return iter(self._quantities)

    def __len__(self) -> int:
        return len(self._quantities)

    def __hash__(self) -> int:
        return hash(frozenset(self._quantities.items()))

    def __repr__(self) -> str:
        meters = ", ".join(f"{meter}={quantity!r}" for meter, quantity in self._quantities.items())
        return f"Usage({meters})"


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A call that cannot be priced, and why. It is counted and shown; it is never 0 USD."""

    reason: str
    """One of `REASONS`."""
    detail: str = ""
    """What a person would need to know to mend it."""


REASONS = (
    "no_usage",
    "unknown_model",
    "no_rate_at_time",
    "no_rate_for_conditions",
    "no_rate_for_meter",
    "contradictory_usage",
    "invalid_usage",
)


@dataclass(frozen=True, slots=True)
class NotBillable:
    """A span that is no model call of its own: an agent, a tool, a failed call without usage, the rest."""

    reason: str


class Reported(NamedTuple):
    """What somebody else said the call cost. Recorded beside our figure, never added to it."""

    usd: Decimal
    by: str
    """The attribute that said so."""


class Call(NamedTuple):
    """One model call as read from a span."""

    provider: str
    """Canonical name (`openai`, `aws.bedrock`, ...); empty where nothing tells."""
    model: str
    """As the provider answered, else as requested."""
    request_model: str
    operation: str
    usage: Usage | Unpriced
    tier: str = "standard"
    region: str = ""
    response_id: str = ""
    dialect: str = ""
    """The rule of `dialects.yaml` that read the span."""
    assumptions: tuple[str, ...] = ()
    reported: Reported | None = None
    error_type: str = ""
