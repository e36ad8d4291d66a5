"""What an analyst asks of the ledger, as rows of Python values: absent is None, never 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, repeat
from typing import Any, NamedTuple, cast

from otel_costing.clickhouse import columns
from otel_costing.clickhouse.dimension_slots import parameters_of
from otel_costing.clickhouse.report_routes import answers
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between, us_of
from otel_costing.dimensions import TIMES, zone_named
from otel_costing.ledger import LedgerEntry
from otel_costing.periods import Difference
from otel_costing.rollup import Comparison, Total, added
from otel_costing.skeleton import Skeleton
from otel_costing.trace_tree import Node, tree_of_calls

RETRIES_BY = ("service", "provider", "model")
"""The dimensions of `retries`."""
_Columns = Mapping[str, Sequence[Any]]


class Coverage(NamedTuple):
    """How much of what was spent says who caused it, for one dimension."""

    group: str | None
    """Value of the dimension by which they were asked for; None where nobody said, or where none was."""
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


def report(  # noqa: PLR0913 - each is a part of one question, all but two optional
    store: Store,
    by: Sequence[str],
    *,
    pays: str = "caller",
    since: datetime | None = None,
    until: datetime | None = None,
    period: str | None = None,
    where: Sequence[tuple[str, str]] = (),
    known_until: datetime | None = None,
    time_zone: str = "UTC",
    claims: bool = True,
) -> list[Total]:
    """Sum the ledger, net of corrections, by up to six dimensions.

    Where a billing month matters, a correction counts in the month that it was booked in, so that a closed month
    stays what it was; else a call counts as it stands.

    Args:
        store: the ledger.
        by: out of `DIMENSIONS`, or names of promoted attributes; `meter` breaks calls into lines and adds quantities.
        pays: `caller` or `owner`.
        since: calls at or after this instant; aware.
        until: calls before it; aware.
        period: a billing month, `2026-10`.
        where: dimensions and the value each must have; the empty value asks for what nobody said.
        known_until: as the ledger was known at this instant; aware. As it is where omitted.
        time_zone: whose hours, days, weeks and months are meant, by its name in the IANA database.
        claims: whether to sum apart what is only claimed; whoever shows nothing of it is answered sooner without.

    Returns:
        Rows, dearest first.

    Raises:
        ValueError: an unknown dimension or zone, a naive instant, too many dimensions, in one sentence.
    """
    names = [*by, *(name for name, _ in where)]
    zone_named(time_zone)
    asked = {
        **parameters_of(store, by, where, pays),
        **between(since, until),
        "time_zone": time_zone,
    }
    by_month = period is not None or "billing_period" in names
    if by_month or known_until is not None:
        known = {"known_until_us": us_of(known_until), "period": period or ""}
        shape = {"by_line": "meter" in names, "by_month": by_month}
        found: Sequence[_Columns] = [store.columns("cost_as_known", {**asked, **known, **shape})]
    else:
        found = answers(store, asked, with_claims=claims)
    sources = [_totals(one, len(by), quantities="meter" in by) for one in found]
    return list(sources[0]) if len(sources) == 1 else added(chain.from_iterable(sources))


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
    asked = {"after_us": us_of(after), "until_us": us_of(until), **between(since, before)}
    return [Difference(**absent(row)) for row in store.query("cost_between", asked)]


def binds_teams(store: Store) -> bool:
    """Tell whether anything ever came under an identity that is bound to a team; else no origin can be verified."""
    return bool(store.query("authenticated_spans"))


def verifies_callers(store: Store, pays: str) -> bool:
    """Tell whether what is only claimed stands apart in a report: where the caller pays and some origin can be verified."""
    return pays == "caller" and binds_teams(store)


def coverage(
    store: Store,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    by: str | None = None,
) -> list[Coverage]:
    """Return how many calls and dollars carry each kind of attribution, for each value of one dimension if asked.

    Raises:
        ValueError: there is no such dimension, or it is no column of a call.
    """
    if by in {*TIMES, "meter"}:
        raise ValueError(f"coverage is not known by {by}")
    dimensions = () if by is None else (by,)
    group_by = parameters_of(store, dimensions, (), "owner")["dim_1"]
    rows = store.query("attribution_coverage", {**between(since, until), "by": group_by})
    return [Coverage(row.pop("of_group") or None, **row) for row in rows]


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
    return [Comparison(**absent(row)) for row in rows]


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
    rows = store.query("calls_of_trace", {"trace_id": trace_id})
    return tree_of_calls(spans_of_trace(store, trace_id), map(columns.traced_call, rows))


def _totals(columns: _Columns, dimensions: int, *, quantities: bool) -> Iterator[Total]:
    if not columns:
        return iter(())  # an answer without rows comes without names
    values = [_all_named(columns[f"dim_{number}"]) for number in range(1, dimensions + 1)]
    return map(
        Total,
        zip(*values, strict=True) if values else repeat(()),
        columns["usd"],
        columns["calls"],
        columns["unpriced_calls"],
        columns["quantity"] if quantities else repeat(None),
        columns["unverified_usd"],
        columns["unverified_calls"],
    )


def _all_named(values: Sequence[object]) -> Sequence[str | None]:
    """Do as `named` for each of a column, which is text in most: a report may have a million rows."""
    if set(map(type, values)) <= {str}:
        return [value or None for value in cast("Sequence[str]", values)]
    return [named(value) for value in values]


def named(value: object) -> str | None:
    """Return a dimension's value as text, as the engine spells it; None where nobody said."""
    return str(value).lower() if isinstance(value, bool) else str(value) or None


def absent(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with None where nobody said: a column of text is empty there."""
    return {name: None if value == "" else value for name, value in row.items()}
