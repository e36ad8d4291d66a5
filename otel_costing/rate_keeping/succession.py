"""The dated rates of one model under one condition, and a catalogue's: which follow, from when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from otel_costing.rate_book.files import RateEntry
from otel_costing.rate_keeping.comparison import same_prices

_BEFORE_ALL = -(2**63)


class Step(NamedTuple):
    """One rate that was appended, or with `after` None withdrawn before it took effect."""

    before: RateEntry | None
    after: RateEntry | None


class Succession(NamedTuple):
    """The rates of one condition, oldest first, and what was done to get there."""

    rates: tuple[RateEntry, ...]
    steps: tuple[Step, ...]


def succeed(ours: Sequence[RateEntry], theirs: Sequence[RateEntry], day_ns: int) -> Succession:
    """Append to `ours` what `theirs` says since; a rate of ours that has begun by `day_ns` is never changed.

    A price of theirs that began after our last one holds from its own date. One that merely differs from ours holds
    from the day on which that was noticed. Rates that have not begun yet are theirs.
    """
    begun, coming = _split(ours, day_ns)
    their_begun, their_coming = _split(theirs, day_ns)
    past = _past(begun, their_begun, day_ns)
    agreed = _same(coming, their_coming)
    future = coming if agreed else _changing(past[-1:], their_coming)
    rates = (*past, *future)
    return Succession(rates, (*_appended(rates, ours), *_withdrawn(coming, future)))


def _past(begun: Sequence[RateEntry], theirs: Sequence[RateEntry], day_ns: int) -> list[RateEntry]:
    since = _start(begun[-1]) if begun else _BEFORE_ALL - 1
    dated = _changing(begun[-1:], [rate for rate in theirs if _start(rate) > since])
    past = [*begun, *dated]
    if not past or not theirs or same_prices(past[-1], theirs[-1]):
        return past
    # A second refresh on one day replaces what the first one noticed.
    earlier = [rate for rate in past if rate.starts_ns != day_ns]
    return [*earlier, theirs[-1]._replace(starts_ns=day_ns, effective="unknown")]


def _appended(rates: Sequence[RateEntry], ours: Sequence[RateEntry]) -> Iterator[Step]:
    for at, rate in enumerate(rates):
        if not _stays(rate, ours):
            yield Step(rates[at - 1] if at else None, rate)


def _withdrawn(coming: Sequence[RateEntry], future: Sequence[RateEntry]) -> Iterator[Step]:
    starts = {rate.starts_ns for rate in future}
    yield from (Step(rate, None) for rate in coming if rate.starts_ns not in starts)


def rate_at(rates: Sequence[RateEntry], at_ns: int) -> RateEntry | None:
    """Return the one of rates under one condition that began last, None where none has begun."""
    begun, _ = _split(rates, at_ns)
    return begun[-1] if begun else None


def _start(rate: RateEntry) -> int:
    return _BEFORE_ALL if rate.starts_ns is None else rate.starts_ns


def _split(rates: Sequence[RateEntry], day_ns: int) -> tuple[list[RateEntry], list[RateEntry]]:
    ordered = sorted(rates, key=_start)
    return (
        [rate for rate in ordered if _start(rate) <= day_ns],
        [rate for rate in ordered if _start(rate) > day_ns],
    )


def _changing(last: Sequence[RateEntry], rates: Sequence[RateEntry]) -> list[RateEntry]:
    """The rates that bill otherwise than the one before them."""
    found = list(last)
    for rate in rates:
        if not found or not same_prices(found[-1], rate):
            found.append(rate)
    return found[len(last) :]


def _same(ours: Sequence[RateEntry], theirs: Sequence[RateEntry]) -> bool:
    return len(ours) == len(theirs) and all(_stays(rate, theirs) for rate in ours)


def _stays(rate: RateEntry, rates: Sequence[RateEntry]) -> bool:
    return any(each.starts_ns == rate.starts_ns and same_prices(each, rate) for each in rates)
