"""A person sets right who caused some calls: offsetting entries, that settling leaves as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from otel_costing.assignments import ASSIGNABLE, assigned
from otel_costing.batch import batch_of_corrections
from otel_costing.clickhouse.blocks import parts
from otel_costing.clickhouse.columns import entry_of
from otel_costing.clickhouse.dimension_slots import conditions
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between
from otel_costing.dimensions import DIMENSIONS, TIMES
from otel_costing.ledger import LedgerEntry, Wanted, restate, standing
from otel_costing.mandatory_tags import released

CAUSE = "attribution"
SELECTABLE = tuple(name for name in DIMENSIONS if name not in {*TIMES, "meter"})
"""What calls may be chosen by, beside when they ended."""
_CALLS_AT_ONCE = 500
_MOST_NAMED = 1_000


class Chosen(NamedTuple):
    """Which calls: all of the conditions hold."""

    call_ids: tuple[str, ...] = ()
    """Empty for all."""
    where: tuple[tuple[str, str], ...] = ()
    """Out of `SELECTABLE`, by owner, and the value each must have."""
    since: datetime | None = None
    until: datetime | None = None
    only_quarantined: bool = False


class Attributed(NamedTuple):
    """What came of it."""

    calls: int
    """That were chosen."""
    changed: int
    entries: int
    """Posted for those."""


def refuse_assignment(fields: Mapping[str, str], chosen: Chosen) -> None:
    """Raise `ValueError`, with one sentence, where this cannot be done or would hold for every call there is."""
    unknown = [name for name in fields if name not in ASSIGNABLE]
    if unknown or not fields:
        known = ", ".join(ASSIGNABLE)
        raise ValueError(f"nothing is set, or {unknown!r}; what can be set is {known}")
    others = [name for name, _ in chosen.where if name not in SELECTABLE]
    if others:
        raise ValueError(f"calls cannot be chosen by {others[0]!r}; by {', '.join(SELECTABLE)}")
    if not chosen.call_ids and not chosen.where and not chosen.only_quarantined:
        raise ValueError("no call is chosen; name some, or give a condition")
    if len(chosen.call_ids) > _MOST_NAMED:
        raise ValueError(f"at most {_MOST_NAMED} calls are named at once")


def attribute(
    store: Store, fields: Mapping[str, str], chosen: Chosen, now_ns: int
) -> Iterator[Attributed]:
    """Set `fields` of who caused the chosen calls; what is so already is left alone. Yields what is done so far.

    Args:
        store: the ledger.
        fields: out of `ASSIGNABLE`.
        chosen: which calls.
        now_ns: nanoseconds since 1970 UTC; of two assignments the later holds.

    Raises:
        ValueError: see `refuse_assignment`.
        StoreUnavailable: it was cut short; do it again.
    """
    refuse_assignment(fields, chosen)
    done = Attributed(0, 0, 0)
    yield done
    for calls in parts(_chosen(store, chosen), _CALLS_AT_ONCE):
        posted = _posted(store, calls, fields, now_ns)
        if posted:
            store.book(batch_of_corrections(posted, (), now_ns))
        changed = len({one.call_id for one in posted})
        done = Attributed(
            done.calls + len(calls), done.changed + changed, done.entries + len(posted)
        )
        yield done


def _chosen(store: Store, chosen: Chosen) -> list[tuple[str, str]]:
    rows = store.query(
        "standing_calls",
        {
            **between(chosen.since, chosen.until),
            **conditions(store, chosen.where, "owner"),
            "call_ids": list(chosen.call_ids),
            "only_quarantined": chosen.only_quarantined,
        },
    )
    return [(row["trace_id"], row["call_id"]) for row in rows]


def _posted(
    store: Store, calls: Sequence[tuple[str, str]], fields: Mapping[str, str], now_ns: int
) -> list[LedgerEntry]:
    traces = dict.fromkeys(trace_id for trace_id, _ in calls)
    chosen = {call_id for _, call_id in calls}
    by_call: dict[str, list[LedgerEntry]] = {}
    for row in store.query("entries_of_traces", {"source": "ledger", "trace_ids": list(traces)}):
        if row["call_id"] in chosen:
            by_call.setdefault(row["call_id"], []).append(entry_of(row))
    stand = {call_id: standing(entries) for call_id, entries in by_call.items()}
    wanted = {
        call_id: Wanted(assigned(charge, fields, now_ns), CAUSE)
        for call_id, charge in stand.items()
        if charge is not None and _says_otherwise(charge, fields)
    }
    return restate([one for entries in by_call.values() for one in entries], wanted)


def _says_otherwise(charge: LedgerEntry, fields: Mapping[str, str]) -> bool:
    said = released(charge).attribution
    return any(getattr(said, name) != value for name, value in fields.items())
