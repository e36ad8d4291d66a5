"""What a repricing comes to, by day, model and team: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from otel_costing.instants import day_of
from otel_costing.ledger import LedgerEntry
from otel_costing.money import pico_of, usd_of
from otel_costing.repricing import Kept


class Of(NamedTuple):
    """Which calls are summed together."""

    day: int
    """Of `occurred_at`, in days since 1970 UTC."""
    provider: str
    model: str
    """As it is priced now."""
    team: str


class Effect(NamedTuple):
    """What some calls cost before and after."""

    of: Of
    calls: int
    unpriced_calls: int
    """Those without a price before, of which `before_usd` knows nothing."""
    before_usd: Decimal | None
    """None where no call had a price."""
    after_usd: Decimal | None

    @property
    def difference_usd(self) -> Decimal:
        """What the ledger's total changes by."""
        return usd_of(_pico(self.after_usd) - _pico(self.before_usd))


class KeptCalls(NamedTuple):
    """Calls that stay as they are, as the book has no price for what they are."""

    provider: str
    model: str
    reason: str
    calls: int


class Effects:
    """Grows while calls are repriced; as large as there are days, models and teams."""

    def __init__(self) -> None:
        """Begin with none."""
        self.by_cause: Counter[str] = Counter()
        """Calls."""
        self._sums: dict[Of, list[int]] = {}
        self._kept: Counter[tuple[str, str, str]] = Counter()

    def add(self, before: LedgerEntry, after: LedgerEntry, cause: str) -> None:
        """Count a call that changes."""
        self.by_cause[cause] += 1
        of = Of(day_of(after.occurred_ns), after.provider, after.model, after.attribution.team)
        sums = self._sums.setdefault(of, [0, 0, 0, 0, 0])
        changes = (
            1,
            before.total_usd is None,
            _pico(before.total_usd),
            after.total_usd is None,
            _pico(after.total_usd),
        )
        for position, change in enumerate(changes):
            sums[position] += change

    def keep(self, kept: Kept) -> None:
        """Count a call that does not."""
        self._kept[kept.charge.provider, kept.charge.model, kept.reason] += 1

    @property
    def calls(self) -> int:
        """How many change."""
        return self.by_cause.total()

    def rows(self) -> list[Effect]:
        """Return what changes, by day, model and team."""
        return [_effect(of, *sums) for of, sums in sorted(self._sums.items())]

    def kept(self) -> list[KeptCalls]:
        """Return what is kept, most first."""
        most_first = sorted(self._kept.items(), key=lambda item: (-item[1], item[0]))
        return [KeptCalls(*key, calls) for key, calls in most_first]


def total_of(effects: Iterable[Effect]) -> tuple[Decimal, Decimal]:
    """Return what all of it cost before and costs after; calls without a price count nothing."""
    before = after = 0
    for one in effects:
        before += _pico(one.before_usd)
        after += _pico(one.after_usd)
    return usd_of(before), usd_of(after)


def _effect(of: Of, calls: int, unpriced: int, before: int, no_more: int, after: int) -> Effect:
    return Effect(
        of,
        calls,
        unpriced,
        None if unpriced == calls else usd_of(before),
        None if no_more == calls else usd_of(after),
    )


def _pico(usd: Decimal | None) -> int:
    return 0 if usd is None else pico_of(usd)
