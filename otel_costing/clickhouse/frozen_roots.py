"""The roots that the closing of a billing month froze, and whether they are still what was frozen.

Who caused the calls of a closed month is known from them alone, where the calls do not say it themselves.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, NamedTuple

from otel_costing.audit import MOST_LISTED, Fault, Faults
from otel_costing.clickhouse.sql import query_text
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import digest
from otel_costing.progress import Progress

_ENTRIES_AT_ONCE = 2_000_000
"""Whose roots are frozen or compared in one statement, which bounds its memory."""
_SAID = {
    "added": "the root of its trace was not frozen when {} was closed: the month has no such trace",
    "edited": "the root of its trace is not what was frozen when {} was closed",
    "gone": "the root of its trace was frozen when {} was closed, and is gone",
}


class Roots(NamedTuple):
    """What the roots of a closing come to."""

    roots: int
    roots_digest: str
    """The sum, modulo 2^256, of the SHA-256 of what each states; empty in closings of before it was kept."""


def freeze(
    store: Store, change_id: str, period: str, until_us: int, entries: int
) -> Generator[Progress, None, Roots]:
    """Keep the roots of the traces of a month as they are known, and return what they come to.

    Args:
        store: the ledger.
        change_id: of the closing.
        period: the month.
        until_us: what was booked later is not of it, microseconds since 1970 UTC.
        entries: about how many the month has.

    Raises:
        StoreUnavailable: it was cut short; what is frozen is nobody's then.
    """
    parts = _parts(entries)
    for part in range(parts):
        asked = {
            "change_id": change_id,
            "period": period,
            "until_us": until_us,
            "part": part,
            "parts": parts,
        }
        store.connection.insert_answer(
            query_text("freeze_roots"), asked, token=digest("frozen", change_id, str(part))
        )
        yield Progress(part + 1, parts, "parts of the traces")
    return _roots_of(store, change_id)


def _parts(entries: int) -> int:
    return entries // _ENTRIES_AT_ONCE + 1


def _roots_of(store: Store, change_id: str) -> Roots:
    (row,) = store.query("roots_of_closing", {"change_id": change_id})
    return Roots(**row)


def compare(store: Store, faults: Faults) -> None:
    """Find the closed months whose roots are not those that were frozen, and name the traces as far as they are known."""
    for closing in store.query("closings_with_roots"):
        then = Roots(closing["roots"], closing["roots_digest"])
        now = _roots_of(store, closing["change_id"])
        if now != then:
            faults.add([_of_month(closing["billing_period"], then, now)])
            _name_traces(store, closing, faults)


def _of_month(month: str, then: Roots, now: Roots) -> Fault:
    has = f"has {now.roots:,}" if now.roots != then.roots else "has others"
    detail = f"it was closed with the roots of {then.roots:,} traces, and {has}"
    return Fault("frozen_roots", month, "", detail)


def _name_traces(store: Store, closing: Mapping[str, Any], faults: Faults) -> None:
    parts = _parts(closing["entries"])
    for part in range(parts):
        asked = {
            "change_id": closing["change_id"],
            "period": closing["billing_period"],
            "until_us": closing["until_us"],
            "part": part,
            "parts": parts,
            "most": MOST_LISTED,
        }
        for row in store.query("frozen_roots_off", asked):
            detail = _SAID[row["found"]].format(closing["billing_period"])
            faults.add([Fault("frozen_roots", row["trace_id"], "", detail)])
