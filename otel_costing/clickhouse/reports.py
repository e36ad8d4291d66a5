"""What an analyst asks of the ledger, as rows of Python values: absent is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from otel_costing.clickhouse import columns
from otel_costing.clickhouse.store import Store
from otel_costing.instants import ns_of
from otel_costing.ledger import LedgerEntry
from otel_costing.periods import Difference
from otel_costing.rollup import DIMENSIONS, PAYS, Comparison, Total, column_of
from otel_costing.skeleton import Skeleton
from otel_costing.trace_tree import Node, tree

MOST_DIMENSIONS = 6
"""Of one report, and as many conditions."""
RETRIES_BY = ("service", "provider", "model")
"""The dimensions of `retries`."""
_UNUSED = "nothing"
_FIRST_NS = 0
_LAST_NS = 2**63 - 1
FOREVER_US = _LAST_NS // 1_000
"""Later than any booking."""


# What `cost_by_dimensions` is asked of, and the columns that it sums.
_CALLS = {"source": "costs", "amount": "total_usd", "quantity": "sign"}
_LINES = {"source": "cost_lines", "amount": "amount_usd", "quantity": "quantity"}


class Coverage(NamedTuple):
    """How much of what was spent says who caused it, for one dimension."""

    dimension: str
    attributed_calls: int
    calls: int
    attributed_usd: Decimal | None
    usd: Decimal | None


class UnpricedGroup(NamedTuple):
    """Calls that have no price for one reason."""

    reason: str
    provider: str | None
    model: str | None
    calls: int
    first_at: datetime
    last_at: datetime


def report(
    store: Store,
    by: Sequence[str],
    *,
    pays: str = "caller",
    since: datetime | None = None,
    until: datetime | None = None,
    period: str | None = None,
    where: Sequence[tuple[str, str]] = (),
    known_until: datetime | None = None,
) -> list[Total]:
    """Sum the ledger, net of corrections, by up to six dimensions.

    Where a billing month matters, a correction counts in the month that it was booked in, so that a closed month
    stays what it was; else a call counts as it stands.

    Args:
        store: the ledger.
        by: out of `rollup.DIMENSIONS`; `meter` breaks calls into lines and adds quantities.
        pays: `caller` or `owner`.
        since: calls at or after this instant; aware.
        until: calls before it; aware.
        period: a billing month, `2026-10`.
        where: dimensions and the value each must have; the empty value asks for what nobody said.
        known_until: as the ledger was known at this instant; aware. As it is where omitted.

    Returns:
        Rows, dearest first.

    Raises:
        ValueError: an unknown dimension, a naive instant, too many of either, in one sentence.
    """
    names = [*by, *(name for name, _ in where)]
    _refuse(by, names, pays, where)
    by_line, by_month = "meter" in names, period is not None or "billing_period" in names
    asked = {
        **_slots("dim", [column_of(name, pays) for name in by]),
        **conditions(where, pays),
        **between(since, until),
    }
    if by_month or known_until is not None:
        known = {"known_until_us": _us_of(known_until), "period": period or ""}
        rows = store.query(
            "cost_as_known", {**asked, **known, "by_line": by_line, "by_month": by_month}
        )
    else:
        rows = store.query("cost_by_dimensions", {**asked, **(_LINES if by_line else _CALLS)})
    return [_total(row, len(by), quantities="meter" in by) for row in rows]


def differences(
    store: Store,
    after: datetime,
    until: datetime,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
) -> list[Difference]:
    """Return by what the ledger as known at one instant differs from what it was known to hold before, largest first.

    Args:
        store: the ledger.
        after: what was booked later,
        until: and not later than this.
        since: of calls at or after this instant.
        before: of calls before it.
    """
    asked = {"after_us": _us_of(after), "until_us": _us_of(until), **between(since, before)}
    return [
        Difference(**{**row, "model": row["model"] or None, "team": row["team"] or None})
        for row in store.query("cost_between", asked)
    ]


def binds_teams(store: Store) -> bool:
    """Tell whether anything ever came under an identity that is bound to a team; else no origin can be verified."""
    return bool(store.query("authenticated_spans"))


def coverage(
    store: Store, *, since: datetime | None = None, until: datetime | None = None
) -> list[Coverage]:
    """Return how many calls and dollars carry each kind of attribution."""
    rows = store.query("attribution_coverage", between(since, until))
    return [Coverage(**row) for row in rows]


def unpriced_calls(
    store: Store, *, since: datetime | None = None, until: datetime | None = None
) -> list[UnpricedGroup]:
    """Return the calls without a price by reason, provider and model, most first."""
    rows = store.query("unpriced_calls", between(since, until))
    return [
        UnpricedGroup(
            row["status_reason"],
            row["provider"] or None,
            row["model"] or None,
            row["calls"],
            row["first_at"],
            row["last_at"],
        )
        for row in rows
    ]


def reported_elsewhere(
    store: Store, *, since: datetime | None = None, until: datetime | None = None
) -> list[Comparison]:
    """Return what others said that calls cost beside what we say, the largest difference first; see `rollup`."""
    rows = store.query("reported_elsewhere", between(since, until))
    return [
        Comparison(**{**row, "provider": row["provider"] or None, "model": row["model"] or None})
        for row in rows
    ]


def retries(
    store: Store, *, since: datetime | None = None, until: datetime | None = None
) -> list[Total]:
    """Return what calls cost that tried again what had failed, by service, provider and model, dearest first.

    It is part of what everything cost, not beside it. `rollup.retrying` says which calls they are.
    """
    rows = store.query("retries", between(since, until))
    return [
        Total(
            tuple(row[name] or None for name in RETRIES_BY),
            row["usd"],
            row["calls"],
            row["unpriced_calls"],
            None,
        )
        for row in rows
    ]


def entries_of_call(store: Store, call_id: str, days: Sequence[date] = ()) -> list[LedgerEntry]:
    """Return every entry ever booked for a call, oldest first; where it ended is found faster with its `days`."""
    rows = store.query("entries_of_call", {"call_id": call_id, "days": list(days)})
    return [columns.entry_of(row) for row in rows]


def entries_of_trace(store: Store, trace_id: str) -> list[LedgerEntry]:
    """Return every entry ever booked for the calls of a trace."""
    rows = store.query("entries_of_trace", {"trace_id": trace_id})
    return [columns.entry_of(row) for row in rows]


def spans_of_trace(store: Store, trace_id: str) -> list[Skeleton]:
    """Return the skeletons of a trace, by start."""
    rows = store.query("spans_of_trace", {"trace_id": trace_id})
    return [columns.skeleton_of_row(row) for row in rows]


def trace_tree(store: Store, trace_id: str) -> list[Node]:
    """Return the tree of a trace with own and subtree cost; empty where the ledger knows nothing of it."""
    return tree(spans_of_trace(store, trace_id), entries_of_trace(store, trace_id))


def _refuse(
    by: Sequence[str], names: Sequence[str], pays: str, where: Sequence[tuple[str, str]]
) -> None:
    unknown = [name for name in names if name not in DIMENSIONS]
    if unknown:
        raise ValueError(
            f"there is no dimension {unknown[0]!r}; choose from {', '.join(DIMENSIONS)}"
        )
    if len(by) > MOST_DIMENSIONS or len(where) > MOST_DIMENSIONS:
        raise ValueError(
            f"a report has at most {MOST_DIMENSIONS} dimensions and as many conditions"
        )
    if len(set(by)) < len(by):
        raise ValueError("a dimension is named twice")
    if pays not in PAYS:
        raise ValueError(f"pays is caller or owner, not {pays!r}")


def conditions(where: Sequence[tuple[str, str]], pays: str) -> dict[str, str]:
    """Return the parameters of a query that has six conditions, used or not."""
    if len(where) > MOST_DIMENSIONS:
        raise ValueError(f"there are at most {MOST_DIMENSIONS} conditions")
    return {
        **_slots("where", [column_of(name, pays) for name, _ in where]),
        **_values([value for _, value in where]),
    }


def _slots(prefix: str, names: Sequence[str]) -> dict[str, str]:
    filled = [*names, *[_UNUSED] * (MOST_DIMENSIONS - len(names))]
    return {f"{prefix}_{number}": name for number, name in enumerate(filled, start=1)}


def _values(values: Sequence[str]) -> dict[str, str]:
    filled = [*values, *[""] * (MOST_DIMENSIONS - len(values))]
    return {f"value_{number}": value for number, value in enumerate(filled, start=1)}


def between(since: datetime | None, until: datetime | None) -> Mapping[str, int]:
    """Return the parameters of a query that is cut by time: half open, all there is where nothing is said."""
    return {
        "since_ns": _FIRST_NS if since is None else _within_range(since),
        "until_ns": _LAST_NS if until is None else _within_range(until),
    }


def _within_range(instant: datetime) -> int:
    """Return an instant as the ledger counts it; beyond what it can hold, there is nothing to tell apart."""
    return min(max(ns_of(instant), _FIRST_NS), _LAST_NS)


def _us_of(instant: datetime | None) -> int:
    return FOREVER_US if instant is None else _within_range(instant) // 1_000


def _total(row: Mapping[str, Any], dimensions: int, *, quantities: bool) -> Total:
    return Total(
        tuple(_named(row[f"dim_{number}"]) for number in range(1, dimensions + 1)),
        row["usd"],
        row["calls"],
        row["unpriced_calls"],
        row["quantity"] if quantities else None,
        row["unverified_usd"],
        row["unverified_calls"],
    )


def _named(value: object) -> str | None:
    """Return a dimension's value as text, as the engine spells it; None where nobody said."""
    return str(value).lower() if isinstance(value, bool) else str(value) or None
