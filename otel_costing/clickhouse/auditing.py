"""Everything that a ledger holds is computed anew and compared with everything else that it holds.

Part after part, so that a ledger of any size fits the memory; nothing is changed, but for rollups on request. What is
booked meanwhile is no fault: parts are asked about until an instant at which all that was booked before can be seen.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing.audit import Fault, Faults, faults_of
from otel_costing.clickhouse import audited_batches, audited_sums, frozen_roots
from otel_costing.clickhouse.columns import EPOCH, entries_of
from otel_costing.clickhouse.periods import changed_since_closing, settled_until_us
from otel_costing.clickhouse.rollups import repair
from otel_costing.clickhouse.slices import Slice, id_ranges, slices
from otel_costing.clickhouse.store import Store
from otel_costing.progress import Progress

LAST_DAY = date(2149, 6, 5)
"""The last but one that a column of the type `Date` holds: the day after it is asked about, too."""
_ROWS_AT_ONCE = 20_000
_IDS_AT_ONCE = 1_000_000


class Window(NamedTuple):
    """Which days, in UTC, on which calls ended by their spans."""

    first_day: date = EPOCH
    last_day: date = LAST_DAY

    @property
    def is_everything(self) -> bool:
        """Whether no day is left out."""
        return self == Window()


class Audited(NamedTuple):
    """What was looked at, and what is off."""

    entries: int
    """Rows of the ledger, copies that are not merged yet among them."""
    calls: int
    total_usd: Decimal
    batches: int
    unproven_batches: int
    """Booked before it was kept what a batch brings, so that nothing proves that they are whole."""
    days_behind: int
    """Of `rollup_daily`: to be built anew, and not compared."""
    repaired_days: tuple[date, ...]
    faults: Faults


def audit(
    store: Store, window: Window, *, repair_rollups: bool = False
) -> Generator[Progress, None, Audited]:
    """Look for everything that cannot be, see `audit.CHECKS`; yields wherever it may be left for a while.

    Args:
        store: the ledger.
        window: which days. Batches and closed months are of no one day, and are looked at with all of them only.
        repair_rollups: build the days of `rollup_daily` anew that say something else than the ledger.

    Raises:
        StoreUnavailable: it was cut short; nothing was changed but rollups.
    """
    faults = Faults()
    until_us = settled_until_us(store)
    rows = store.query("entries_by_day", window._asdict())
    days = [(row["ended_on"], row["entries"]) for row in rows]
    entries = sum(each for _, each in days)
    yield from _rows(store, days, faults)
    for first, beyond in id_ranges(entries, _IDS_AT_ONCE):
        asked = {**window._asdict(), "first": first, "beyond": beyond}
        faults.add(map(_stored_twice, store.query("entries_stored_twice", asked)))
        yield Progress(entries, entries, "entries")
    faults.add(_not_on_record(store, window, until_us))
    counted = audited_batches.Batches(0, 0)
    if window.is_everything:
        counted = yield from audited_batches.compare(store, entries, until_us, faults)
        faults.add(_changed_months(store))
        frozen_roots.compare(store, faults)
    sums = yield from audited_sums.compare(store, window.first_day, window.last_day, faults)
    repaired = repair(store.connection, sums.wrong_days) if repair_rollups else []
    return Audited(
        entries, sums.calls, sums.usd, *counted, sums.days_behind, tuple(repaired), faults
    )


def _rows(
    store: Store, days: list[tuple[date, int]], faults: Faults
) -> Generator[Progress, None, None]:
    total = sum(entries for _, entries in days)
    done = 0
    for each in slices(days, _ROWS_AT_ONCE):
        faults.add(_of_rows(store, each))
        faults.add(_of_calls(store, each))
        done += each.rows
        yield Progress(done, total, "entries")


def _of_rows(store: Store, each: Slice) -> Iterator[Fault]:
    answer = store.columns("entries_between_calls", each.parameters())
    for entry, day in zip(entries_of(answer), answer["ended_on"], strict=True):
        yield from faults_of(entry, str(day))


def _of_calls(store: Store, each: Slice) -> Iterator[Fault]:
    for row in store.query("unbalanced_calls", each.parameters()):
        for check, detail in _unbalanced(row):
            yield Fault(check, row["call_id"], str(row["ended_on"]), detail)


def _unbalanced(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if row["missing"]:
        yield "revisions", f"no charge has the revision {_listed(row['missing'])}"
    if len(row["standing"]) > 1:
        yield "revisions", f"charges of the revisions {_listed(row['standing'])} stand together"
    if row["without_charge"]:
        yield "reversal", f"revision {_listed(row['without_charge'])} is taken back, and no charge"
    if row["differing"]:
        yield (
            "reversal",
            f"what takes back revision {_listed(row['differing'])} is not what was charged",
        )


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _stored_twice(row: dict[str, Any]) -> Fault:
    days = [day for day, _ in row["places"]]
    calls = sorted({call_id for _, call_id in row["places"]})
    batches = f"by the batches {', '.join(row['batches'])}"
    if len(calls) > 1:
        detail = f"it stands under the calls {', '.join(calls)}, {batches}"
    elif len(days) > 1:
        detail = f"it stands under the days {', '.join(days)}, each of which counts, {batches}"
    else:
        detail = f"its copies state different things, {batches}"
    return Fault("stored_twice", row["entry_id"], str(row["first_day"]), detail)


def _not_on_record(store: Store, window: Window, until_us: int) -> Iterator[Fault]:
    for row in store.query("rates_not_on_record", window._asdict()):
        detail = f"it priced {row['entries']:,} entries by the book {row['rates_digest']}"
        yield Fault("rate_on_record", row["rate_id"], str(row["first_day"]), detail)
    asked = {**window._asdict(), "until_us": until_us}
    for row in store.query("batches_not_on_record", asked):
        detail = f"{row['entries']:,} of its entries are in, and its booking was never finished"
        yield Fault("batch_on_record", row["batch_id"], str(row["first_day"]), detail)


def _changed_months(store: Store) -> Iterator[Fault]:
    for month, then, now in changed_since_closing(store):
        was = f"{then.entries:,} entries of {then.total_usd or 0:f} USD"
        detail = f"it was closed with {was}, and has {now.entries:,} of {now.total_usd or 0:f} USD"
        same = (then.entries, then.total_usd) == (now.entries, now.total_usd)
        yield Fault("closed_month", month, "", "its entries are others" if same else detail)


def window_of(since: date | None, until: date | None) -> Window:
    """Return the days from one to before another, all where neither is given; of those that the ledger can hold.

    Raises:
        ValueError: there are none, in one sentence: nothing was looked at is not nothing is off.
    """
    first = EPOCH if since is None else max(since, EPOCH)
    last = LAST_DAY if until is None else min(max(until, EPOCH) - timedelta(days=1), LAST_DAY)
    if first > last:
        raise ValueError(f"there is no day from {first} to before {last + timedelta(days=1)}")
    return Window(first, last)
