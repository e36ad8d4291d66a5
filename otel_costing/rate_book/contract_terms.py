"""What a team agreed: contracts and the exchange rates they are paid at."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from otel_costing.rate_book.prices import EXACT, Price


class Exchange(NamedTuple):
    """What one unit of a currency is worth between two instants, pinned."""

    currency: str
    usd: Decimal
    source: str
    starts_ns: int | None
    ends_ns: int | None
    """The first instant at which it no longer holds; None while it holds."""
    line: int = 0


class Contract(NamedTuple):
    """Other prices than the list's for some models, meters and tiers of a provider, between two instants."""

    name: str
    """Of the file that says so."""
    place: str
    """File and line."""
    provider: str
    """Canonical."""
    models: frozenset[str] | None
    """Canonical ids; None for all of the provider."""
    meters: frozenset[str] | None
    """None for all that the list prices."""
    tiers: frozenset[str] | None
    starts_ns: int | None
    ends_ns: int | None
    percent: Decimal | None
    """Of the list price, what is paid: 87.5 for a discount of 12.5 %; None where `prices` are fixed."""
    prices: Mapping[str, Price]
    currency: str
    """Of `prices`; empty for USD."""
    source: str
    checked: str
    reason: str = ""
    """Why a price of zero is meant."""

    @property
    def terms(self) -> str:
        """The agreement in a few words, and why it makes a price zero."""
        why = f" ({self.reason})" if self.reason else ""
        if self.percent is None:
            return f"fixed prices{f' in {self.currency}' if self.currency else ''}{why}"
        off = EXACT.subtract(100, self.percent)
        said = f"{off:f} % off list" if off >= 0 else f"{off.copy_abs():f} % on top of list"
        return f"{said}{why}"

    def covers(self, provider: str, model: str) -> bool:
        """Say whether it is about a model, by canonical names."""
        return self.provider == provider and (self.models is None or model in self.models)

    def is_about(self, meter: str) -> bool:
        """Say whether it sets the price of a meter."""
        return self.meters is None or meter in self.meters

    def is_for(self, tier: str) -> bool:
        """Say whether it holds for a service tier."""
        return self.tiers is None or tier in self.tiers


def holds_at(term: Contract | Exchange, instant_ns: int | None) -> bool:
    """Say whether a term holds at an instant; None is before all instants."""
    if instant_ns is None:
        return term.starts_ns is None
    started = term.starts_ns is None or term.starts_ns <= instant_ns
    return started and (term.ends_ns is None or instant_ns < term.ends_ns)


def meet(
    starts_ns: int | None,
    ends_ns: int | None,
    other_starts_ns: int | None,
    other_ends_ns: int | None,
) -> bool:
    """Say whether two half-open intervals share an instant; None is open."""
    return _before(starts_ns, other_ends_ns) and _before(other_starts_ns, ends_ns)


def _before(starts_ns: int | None, ends_ns: int | None) -> bool:
    return starts_ns is None or ends_ns is None or starts_ns < ends_ns
