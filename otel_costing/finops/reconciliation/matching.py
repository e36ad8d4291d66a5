"""Invoice lines beside what the ledger holds, at the finest grain that both know. Pure.

A line that names a meter is compared with that meter of its model, and with the meters that are billed as it where no
line names them (`fallback` of `meters.yaml`: reasoning is billed as output). One that names a model alone is compared
with the meters of the model that no other line names; one that names a meter alone, with that meter of every model that
no other line names; one without any item, such as a day's total, with all that is left of its provider. What a line is
not about stays apart: a tax, or an item that nobody here knows, is compared with nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from otel_costing.finops.exact import EXACT, total
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.meters import METERS


class Booked(NamedTuple):
    """What the ledger holds of one provider, day, model and meter. Exact; instants in nanoseconds since 1970 UTC."""

    provider: str
    day_ns: int
    """Start of the UTC day."""
    model: str
    meter: str
    quantity: Decimal
    """Of the calls that have a price for it."""
    usd: Decimal
    unpriced_quantity: Decimal
    """Of the calls that have none."""


class Scope(NamedTuple):
    """What is compared with what."""

    provider: str
    start_ns: int
    end_ns: int
    model: str
    """Empty for every model that no finer scope is about."""
    meter: str
    """Empty for every meter that no finer scope is about."""
    kind: Kind
    is_recognised: bool = True
    """False for an item that names neither a model nor a meter that is known here."""

    @property
    def is_compared(self) -> bool:
        """Whether calls stand behind it."""
        return self.kind is Kind.USAGE and self.is_recognised


class Match(NamedTuple):
    """The two sides of one scope."""

    scope: Scope
    lines: tuple[InvoiceLine, ...]
    """Empty for what was booked and not billed."""
    booked: tuple[Booked, ...]

    @property
    def billed_usd(self) -> Decimal:
        """What the provider bills."""
        return total(line.amount_usd for line in self.lines)

    @property
    def booked_usd(self) -> Decimal:
        """What the ledger holds."""
        return total(one.usd for one in self.booked)

    @property
    def difference_usd(self) -> Decimal:
        """What the provider bills beyond it; negative where it bills less."""
        return EXACT.subtract(self.billed_usd, self.booked_usd)

    @property
    def billed_quantity(self) -> Decimal | None:
        """None where one of the lines gives none."""
        quantities = [line.quantity for line in self.lines]
        known = [quantity for quantity in quantities if quantity is not None]
        return total(known) if known and len(known) == len(quantities) else None

    @property
    def booked_quantity(self) -> Decimal:
        """Of calls with a price."""
        return total(one.quantity for one in self.booked)

    @property
    def unpriced_quantity(self) -> Decimal:
        """Of calls without one."""
        return total(one.unpriced_quantity for one in self.booked)


def matched(lines: Iterable[InvoiceLine], booked: Iterable[Booked], day_ns: int) -> list[Match]:
    """Match both sides; every line and every booked total is in exactly one match.

    Args:
        lines: of `read_invoices`.
        booked: of the same providers and days.
        day_ns: the length of a day in nanoseconds.
    """
    by_scope: dict[Scope, list[InvoiceLine]] = defaultdict(list)
    for line in lines:
        by_scope[scope_of(line)].append(line)
    taken = _assigned(by_scope, booked, day_ns)
    return sorted(
        (
            Match(scope, tuple(by_scope.get(scope, ())), tuple(taken.get(scope, ())))
            for scope in by_scope.keys() | taken.keys()
        ),
        key=lambda match: match.scope,
    )


def scope_of(line: InvoiceLine) -> Scope:
    """Return what a line is about."""
    scope = Scope(line.provider, line.start_ns, line.end_ns, line.model, line.meter, line.kind)
    recognised = bool(line.model or line.meter or not line.billed_as)
    return scope._replace(is_recognised=recognised)


def billed_twice(
    lines: Iterable[InvoiceLine], settled: Iterable[InvoiceLine]
) -> tuple[InvoiceLine, InvoiceLine] | None:
    """Return a line and a settled one that may bill the same charge under another key; None where no two may.

    An export that is grouped otherwise names the same charges otherwise: for all accounts or for each, by model and meter
    or by day. Lines of two named accounts are apart, and so are several of one account for the same: other tiers, say.
    A line that is settled itself posts no more than what it was corrected by.
    """
    given: dict[tuple[str, int, int], list[tuple[Scope, InvoiceLine]]] = defaultdict(list)
    before = {line.key: line for line in settled}
    for line in lines:
        if before.pop(line.key, None) is None:
            given[line.provider, line.start_ns, line.end_ns].append((scope_of(line), line))
    for other in before.values():
        scope = scope_of(other)
        for (provider, start_ns, end_ns), some in given.items():
            if provider == other.provider and start_ns < other.end_ns and other.start_ns < end_ns:
                for mine, line in some:
                    if _may_be_one(mine, line.account, scope, other.account):
                        return line, other
    return None


def _may_be_one(one: Scope, account: str, other: Scope, other_account: str) -> bool:
    if not (one.is_compared and other.is_compared):
        return False
    if one == other:
        return (account == "") != (other_account == "")
    pairs = ((account, other_account), (one.model, other.model), (one.meter, other.meter))
    return all(mine == theirs or "" in {mine, theirs} for mine, theirs in pairs)


def _assigned(
    scopes: Collection[Scope], booked: Iterable[Booked], day_ns: int
) -> Mapping[Scope, list[Booked]]:
    intervals = _Intervals(scopes)
    taken: dict[Scope, list[Booked]] = defaultdict(list)
    for one in booked:
        own = Scope(one.provider, one.day_ns, one.day_ns + day_ns, one.model, one.meter, Kind.USAGE)
        wanted = (
            Scope(one.provider, start_ns, end_ns, model, meter, Kind.USAGE)
            for start_ns, end_ns in intervals.around(one.provider, one.day_ns)
            for model in (one.model, "")
            for meter in (*billed_as(one.meter), "")
        )
        taken[next((scope for scope in wanted if scope in scopes), own)].append(one)
    return taken


def billed_as(meter: str) -> Iterator[str]:
    """Yield the meters under which an invoice may list a quantity, its own first."""
    seen: set[str] = set()
    named: str | None = meter
    while named and named not in seen:
        yield named
        seen.add(named)
        named = METERS[named].fallback if named in METERS else None


class _Intervals:
    """The intervals of lines that are compared, by provider, shortest first."""

    def __init__(self, scopes: Iterable[Scope]) -> None:
        told: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for scope in scopes:
            if scope.is_compared:
                told[scope.provider].add((scope.start_ns, scope.end_ns))
        self._by_provider = {
            provider: sorted(some, key=lambda one: (one[1] - one[0], one))
            for provider, some in told.items()
        }
        self._of_day: dict[tuple[str, int], list[tuple[int, int]]] = {}

    def around(self, provider: str, day_ns: int) -> Sequence[tuple[int, int]]:
        """Return those in which a day begins."""
        found = self._of_day.get((provider, day_ns))
        if found is None:
            intervals = self._by_provider.get(provider, ())
            found = [one for one in intervals if one[0] <= day_ns < one[1]]
            self._of_day[provider, day_ns] = found
        return found
