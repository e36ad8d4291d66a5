"""What answers a report: the rollups of the days that nothing came for since they were checked, the ledger for the rest.

Whatever cannot be told for certain is the ledger's: an hour, a user, a day in part, a time zone's day, all of it where the
rollups were never checked. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from otel_costing.clickhouse import rollup_checks
from otel_costing.clickhouse.store import Store
from otel_costing.instants import midnight_ns

_HELD = frozenset(
    (
        "nothing",
        "team",
        "project",
        "workflow",
        "feature",
        "environment",
        "purpose",
        "service",
        "provider",
        "model",
        "origin_team",
        "origin_workflow",
        "origin_feature",
        "origin_verified",
        "status",
    )
)
"""Columns that the rollups have."""
_DAYS_AND_MORE = frozenset(("day", "week", "month"))
_MOST_DAYS = 2_000
"""Of buildings named in one question: their text stays under the 128 KiB that a server takes for one parameter."""
_NS_PER_DAY = 86_400 * 10**9
Rows = list[dict[str, Any]]


class Route(NamedTuple):
    """Which days are whose; no day is both's."""

    builds: Mapping[date, str]
    """The rollup's, and the building of each."""
    days: Sequence[date]
    """The ledger's, in order."""


def answers(store: Store, asked: Mapping[str, Any], *, with_claims: bool) -> list[Rows]:
    """Return the rows of each source that a report is answered from: no call is in two of them.

    Args:
        store: the ledger.
        asked: parameters of `cost_by_dimensions`: dimensions, conditions, `since_ns`, `until_ns`, `time_zone`.
        with_claims: whether what is only claimed is to be summed apart.
    """
    columns = {value for name, value in asked.items() if name.startswith(("dim_", "where_"))}
    with_roots = with_claims or any(name.startswith("origin_") for name in columns)
    question = {
        **asked,
        "with_claims": with_claims,
        "with_roots": with_roots,
        "by_line": "meter" in columns,
    }
    known = _HELD | _DAYS_AND_MORE if asked["time_zone"] == "UTC" else _HELD
    if columns <= known:
        route = route_of(store, asked["since_ns"], asked["until_ns"], with_roots=with_roots)
        if route is not None:
            return _by_route(store, question, route)
    return [store.query("cost_by_dimensions", {**question, "days": []})]


def _by_route(store: Store, question: Mapping[str, Any], route: Route) -> list[Rows]:
    held = {"days": list(route.builds), "build_ids": list(route.builds.values())}
    found = [store.query("cost_by_rollup", {**question, **held})]
    if route.days:
        bounds = {
            "days": list(route.days),
            "since_ns": max(question["since_ns"], midnight_ns(route.days[0])),
            "until_ns": min(question["until_ns"], midnight_ns(route.days[-1]) + _NS_PER_DAY),
        }
        found.append(store.query("cost_by_dimensions", {**question, **bounds}))
    return found


def route_of(store: Store, since_ns: int, until_ns: int, *, with_roots: bool) -> Route | None:
    """Return which days between two instants the rollup answers for, and which the ledger; None for the ledger alone.

    Args:
        store: the ledger.
        since_ns: nanoseconds since 1970 UTC.
        until_ns: likewise; before it.
        with_roots: whether it matters who stands at the root of the work: a root may come long after its calls.
    """
    found = rollup_checks.news(store.connection)
    touched = found.touched()
    rooted = found.touched_by_roots(store.connection) if with_roots else set()
    if touched is None or rooted is None:
        return None
    builds = {
        day: build_id
        for day, build_id in found.builds.items()
        if since_ns <= midnight_ns(day) <= until_ns - _NS_PER_DAY and day not in touched | rooted
    }
    if not 0 < len(builds) <= _MOST_DAYS:
        return None
    return Route(builds, _others(found.builds.keys() | touched, builds, since_ns, until_ns))


def _others(
    days: set[date], builds: Mapping[date, str], since_ns: int, until_ns: int
) -> Sequence[date]:
    """Return the days that lie between two instants at least in part, but for those of the buildings."""
    return sorted(
        day
        for day in days - builds.keys()
        if midnight_ns(day) < until_ns and since_ns < midnight_ns(day) + _NS_PER_DAY
    )
