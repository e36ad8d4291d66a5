"""What answers a report: the rollups of the days that nothing came for since they were checked, the ledger for the rest.

Whatever cannot be told for certain is the ledger's: an hour, a user, a day in part, a time zone's day, all of it where the
rollups were never checked. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from otel_costing.clickhouse import rollup_checks
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import NS_PER_DAY, around
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
        "meter",
    )
)
"""What the rollups can tell apart."""
_DAYS_AND_MORE = frozenset(("day", "week", "month"))
_MOST_DAYS = 2_000
"""Named in one question, some with their buildings: their text stays under the 128 KiB that a server takes for one parameter."""


class Route(NamedTuple):
    """Which days are whose; no day is in two of them."""

    builds: Mapping[date, str]
    """The rollup's, and the building of each."""
    days: Sequence[date]
    """The ledger's, in order, on which an entry may lie twice."""
    single_days: Sequence[date]
    """The ledger's, in order, that are known to hold each entry once."""

    def of_ledger(self) -> dict[str, list[date]]:
        """Return the parameters of `resolved_entries` that name the ledger's days."""
        return {"days": list(self.days), "single_days": list(self.single_days)}


_EVERYWHERE: Mapping[str, Sequence[date]] = {"days": [], "single_days": []}
"""Those parameters where nothing is known of any day: copies are looked for on all."""


def days_of_ledger(store: Store, since_ns: int, until_ns: int) -> Mapping[str, Sequence[date]]:
    """Return the parameters of `resolved_entries` that name the days between two instants; see `route_of`."""
    route = route_of(store, since_ns, until_ns, by_rollup=False, with_roots=False)
    return _EVERYWHERE if route is None else route.of_ledger()


def answers(
    store: Store, asked: Mapping[str, Any], *, with_claims: bool
) -> list[Mapping[str, Sequence[Any]]]:
    """Return the columns of each source that a report is answered from: no call is in two of them.

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
    route = route_of(
        store,
        asked["since_ns"],
        asked["until_ns"],
        by_rollup=columns <= known,
        with_roots=with_roots,
    )
    if route is None:
        return [store.columns("cost_by_dimensions", {**question, **_EVERYWHERE})]
    return list(_by_route(store, question, route))


def _by_route(
    store: Store, question: Mapping[str, Any], route: Route
) -> Iterator[Mapping[str, Sequence[Any]]]:
    if route.builds:
        held = {"days": list(route.builds), "build_ids": list(route.builds.values())}
        yield store.columns("cost_by_rollup", {**question, **held})
    days = sorted((*route.days, *route.single_days))
    if days:
        whole = around(days)
        bounds = {
            "since_ns": max(question["since_ns"], whole["since_ns"]),
            "until_ns": min(question["until_ns"], whole["until_ns"]),
        }
        yield store.columns("cost_by_dimensions", {**question, **bounds, **route.of_ledger()})


def route_of(
    store: Store, since_ns: int, until_ns: int, *, by_rollup: bool, with_roots: bool
) -> Route | None:
    """Return which days between two instants are whose; None where nothing is known of any.

    Args:
        store: the ledger.
        since_ns: nanoseconds since 1970 UTC.
        until_ns: likewise; before it.
        by_rollup: whether the rollup can answer at all.
        with_roots: whether it matters who stands at the root of the work: a root may come long after its calls.
    """
    found = rollup_checks.news(store.connection)
    touched = found.touched()
    if touched is None or len(found.builds.keys() | touched) > _MOST_DAYS:
        return None
    rooted = found.touched_by_roots(store.connection) if by_rollup and with_roots else set()
    builds = {
        day: build_id
        for day, build_id in found.builds.items()
        if since_ns <= midnight_ns(day) <= until_ns - NS_PER_DAY
        and by_rollup
        and rooted is not None
        and day not in touched | rooted
    }
    others = [
        day
        for day in sorted((found.builds.keys() | touched) - builds.keys())
        if midnight_ns(day) < until_ns and since_ns < midnight_ns(day) + NS_PER_DAY
    ]
    single = found.single_days - touched
    return Route(
        builds,
        [day for day in others if day not in single],
        [day for day in others if day in single],
    )
