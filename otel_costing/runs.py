"""What runs cost, one by one and as a distribution: pure. What the SQL must agree with.

A run is one execution of a workflow, on the caller's side: it may span traces, and a trace may hold several. It counts
whole where its first call ended. What a percentile says is of runs alone whose every call has a price: a run with an
unpriced call is not a cheap one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

from otel_costing.ancestry import SpanKey
from otel_costing.attribution import Attribution
from otel_costing.ledger import LedgerEntry
from otel_costing.money import SCALE
from otel_costing.origins import paying, roots_of
from otel_costing.rollup import net, retries, sum_of, sums
from otel_costing.skeleton import Skeleton

PERCENTILES = (50, 95, 99)
MOST_TRACES = 5
"""Named of one run."""
_STEP = Decimal(1).scaleb(-SCALE)
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


class Run(NamedTuple):
    """One run. Amounts in USD; None where nothing of it has a price."""

    run_id: str
    values: tuple[str | None, ...]
    """Of the dimensions asked for, each as the first call that says it has it; None where no call does."""
    began_ns: int
    """When its first call ended."""
    usd: Decimal | None
    calls: int
    unpriced_calls: int
    partial_calls: int
    retry_calls: int
    retry_usd: Decimal | None
    """Part of `usd`: of calls that tried again what had failed."""
    failed_calls: int
    failed_usd: Decimal | None
    """Part of `usd`: of calls that failed themselves."""
    lost_calls: int
    lost_usd: Decimal | None
    """Part of `usd`: of all calls in a trace whose root failed. The three parts may overlap."""
    traces: int
    first_traces: tuple[str, ...]
    """The first `MOST_TRACES` of them, by their first call."""

    @property
    def is_complete(self) -> bool:
        """Whether all of its calls have all of their price."""
        return not (self.unpriced_calls or self.partial_calls)


class RunGroup(NamedTuple):
    """Runs of the same values. Amounts in USD; None is unknown."""

    values: tuple[str | None, ...]
    runs: int
    incomplete_runs: int
    """Of those, with a call that is unpriced or partial: they cost more than is known."""
    usd: Decimal | None
    """Of all runs, as far as calls have a price."""
    complete_usd: Decimal | None
    """Of runs that are complete."""
    percentiles_usd: tuple[Decimal | None, ...]
    """`PERCENTILES` of complete runs, each the cost of one of them: the nearest rank."""
    dearest_usd: Decimal | None
    """The most that a complete run cost."""
    calls: int
    unpriced_calls: int
    retry_calls: int
    retry_usd: Decimal | None
    failed_calls: int
    failed_usd: Decimal | None
    lost_calls: int
    lost_usd: Decimal | None
    lost_runs: int
    """With a trace whose root failed."""

    @property
    def mean_usd(self) -> Decimal | None:
        """What a complete run cost on average, to twelve decimals, half to even."""
        complete = self.runs - self.incomplete_runs
        if self.complete_usd is None or not complete:
            return None
        return _WIDE.divide(self.complete_usd, Decimal(complete)).quantize(_STEP, context=_WIDE)


class RunReport(NamedTuple):
    """Groups, the dearest first, and the dearest runs of all of them."""

    groups: list[RunGroup]
    dearest: list[Run]


def run_of(entry: LedgerEntry, caller: Attribution) -> str:
    """Return the run that a call is of: the caller's, else the one it names itself, else its trace."""
    return caller.workflow_run_id or entry.attribution.workflow_run_id or entry.trace_id


def run_report(
    entries: Iterable[LedgerEntry],
    spans: Iterable[Skeleton],
    by: Sequence[str] = (),
    *,
    since_ns: int = 0,
    until_ns: int = 2**63 - 1,
    top: int = 10,
    copies: Mapping[SpanKey, str] | None = None,
    zone: tzinfo = UTC,
) -> RunReport:
    """Sum up runs.

    Args:
        entries: of the ledger; adjustments are of no run.
        spans: of their traces, all that are kept.
        by: dimensions of the caller's side.
        since_ns: runs whose first call ended at or after this instant;
        until_ns: and before this one.
        top: how many of the dearest runs.
        copies: see `rollup.retries`.
        zone: whose days are meant.
    """
    known = list(spans)
    charges = [one for one in net(entries) if one.kind == "charge"]
    again = {one.call_id for one in retries(charges, known, copies)}
    roots = roots_of(known)
    calls: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in charges:
        calls[run_of(entry, paying(entry, "caller", roots))].append(entry)
    runs = [
        _run(run_id, _values(some, by, roots, zone), some, roots, again)
        for run_id, some in calls.items()
        if since_ns <= min(one.occurred_ns for one in some) < until_ns
    ]
    groups: dict[tuple[str | None, ...], list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.values].append(run)
    return RunReport(
        in_order(_group(values, some) for values, some in groups.items()), dearest(runs, top)
    )


def dearest(runs: Iterable[Run], top: int) -> list[Run]:
    """Return so many of the dearest runs; what has no price comes last, then by id."""
    return sorted(runs, key=lambda run: (*_by_cost(run.usd), run.run_id))[:top]


def in_order(groups: Iterable[RunGroup]) -> list[RunGroup]:
    """Return groups, the dearest first, what has no price last, then by name."""
    return sorted(
        groups, key=lambda one: (*_by_cost(one.usd), *(name or "" for name in one.values))
    )


def _by_cost(usd: Decimal | None) -> tuple[bool, Decimal]:
    return (usd is None, -(usd or Decimal(0)))


def _run(
    run_id: str,
    values: tuple[str | None, ...],
    calls: Sequence[LedgerEntry],
    roots: Mapping[str, Skeleton],
    again: set[str],
) -> Run:
    retried = [one for one in calls if one.call_id in again]
    failed = [one for one in calls if one.error_type]
    lost = [one for one in calls if one.trace_id in roots and roots[one.trace_id].failed]
    by_time = sorted(calls, key=lambda one: (one.occurred_ns, one.trace_id))
    traces = tuple(dict.fromkeys(one.trace_id for one in by_time))
    status = [one.status for one in calls].count
    return Run(
        run_id,
        values,
        by_time[0].occurred_ns,
        _usd(calls),
        len(calls),
        status("unpriced"),
        status("partial"),
        len(retried),
        _usd(retried),
        len(failed),
        _usd(failed),
        len(lost),
        _usd(lost),
        len(traces),
        traces[:MOST_TRACES],
    )


def _usd(calls: Iterable[LedgerEntry]) -> Decimal | None:
    return sum_of(one.total_usd for one in calls)


def _values(
    calls: Sequence[LedgerEntry], by: Sequence[str], roots: Mapping[str, Skeleton], zone: tzinfo
) -> tuple[str | None, ...]:
    in_turn = sorted(calls, key=lambda one: (one.occurred_ns, one.call_id))
    said = [
        sums([one], by, spans=[roots[one.trace_id]] if one.trace_id in roots else (), zone=zone)
        for one in in_turn
    ]
    return tuple(
        next((row.values[place] for (row,) in said if row.values[place]), None)
        for place in range(len(by))
    )


def _group(values: tuple[str | None, ...], runs: Sequence[Run]) -> RunGroup:
    complete = sorted(run.usd for run in runs if run.is_complete and run.usd is not None)
    return RunGroup(
        values,
        len(runs),
        sum(1 for run in runs if not run.is_complete),
        sum_of(run.usd for run in runs),
        sum_of(complete),
        tuple(nearest_rank(complete, percent) for percent in PERCENTILES),
        complete[-1] if complete else None,
        sum(run.calls for run in runs),
        sum(run.unpriced_calls for run in runs),
        sum(run.retry_calls for run in runs),
        sum_of(run.retry_usd for run in runs),
        sum(run.failed_calls for run in runs),
        sum_of(run.failed_usd for run in runs),
        sum(run.lost_calls for run in runs),
        sum_of(run.lost_usd for run in runs),
        sum(1 for run in runs if run.lost_calls),
    )


def nearest_rank(ascending: Sequence[Decimal], percent: int) -> Decimal | None:
    """Return the least of the values that so many percent of them do not exceed; None of none.

    Source: the nearest-rank method, rank = ceil(percent / 100 x n).
    """
    rank = -(-percent * len(ascending) // 100)
    return ascending[rank - 1] if ascending else None
