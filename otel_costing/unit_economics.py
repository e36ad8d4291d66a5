"""What an outcome cost, and what is left of its value: pure. What the SQL must agree with.

A run, on the caller's side, costs what all of its calls do, and is worth what its outcomes are. It counts where its first
call ended, whole: a run that goes on into the next month is not cut, and what came of it later is not another month's.
What follows from a price is of runs alone whose every call has one; the others are counted, and taken for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

from otel_costing.attribution import PERSONAL, Attribution, is_hash
from otel_costing.ledger import LedgerEntry
from otel_costing.money import SCALE
from otel_costing.origins import paying, roots_of
from otel_costing.outcomes import Outcome
from otel_costing.rollup import net, sum_of
from otel_costing.runs import run_of
from otel_costing.skeleton import Skeleton

SEVERAL = "(several)"
"""Stands for the value of a dimension of which a run names more than one."""
COHORTS = tuple(name for name in Attribution._fields if not name.startswith("origin_"))
"""The dimensions that outcomes can be broken down by: those on the caller's side are the origin's."""
MOST_COHORTS = 6
_RATIO = Decimal("1e-6")
_STEP = Decimal(1).scaleb(-SCALE)
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


class Achieved(NamedTuple):
    """The outcomes of one name in a group. Amounts in USD; None is unknown."""

    name: str | None
    runs: int
    """That had one, come about or not."""
    priced_runs: int
    """Of those, the ones whose every call has a price."""
    quantity: int
    """That came about, less what was taken back."""
    priced_quantity: int
    """Of those, in priced runs."""
    failed_quantity: int
    unread: int
    """Outcomes of which it cannot be read how many they are, or whether they came about: in no quantity."""
    usd: Decimal | None
    """Of the runs, as far as their calls have a price."""
    priced_usd: Decimal | None
    value_usd: Decimal | None

    @property
    def success_rate(self) -> Decimal | None:
        """Share of what was tried that came about, to six decimals."""
        return quotient(Decimal(self.quantity), self.quantity + self.failed_quantity, _RATIO)

    @property
    def usd_per_outcome(self) -> Decimal | None:
        """What one cost, those that did not come about among it: of priced runs alone, to twelve decimals."""
        return quotient(self.priced_usd, self.priced_quantity, _STEP)


class Margin(NamedTuple):
    """A group of runs: what they cost and what came of them. Amounts in USD; None is unknown."""

    values: tuple[str | None, ...]
    """Of the dimensions asked for; None where nobody said, `SEVERAL` where a run names more than one."""
    runs: int
    priced_runs: int
    """Whose every call has a price. A run without any known call is none."""
    usd: Decimal | None
    """As far as calls have a price."""
    priced_usd: Decimal | None
    value_usd: Decimal | None
    """Of all outcomes that came about and say theirs."""
    priced_value_usd: Decimal | None
    """Of those, in priced runs."""
    runs_without_outcome: int
    usd_without_outcome: Decimal | None
    outcomes: tuple[Achieved, ...]
    """By name."""

    @property
    def margin_usd(self) -> Decimal | None:
        """What is left of the value of priced runs, those without an outcome among them; exact."""
        if self.priced_value_usd is None or self.priced_usd is None:
            return None
        return _WIDE.subtract(self.priced_value_usd, self.priced_usd)


def quotient(
    amount: Decimal | None, units: int, step: Decimal, *, parts: int = 1
) -> Decimal | None:
    """Return an amount for each of some units, rounded once, half to even; None where there is nothing to divide by.

    Args:
        amount: to divide.
        units: by how many; counted in `parts` of one.
        step: to which it is rounded.
        parts: of which one unit is made.
    """
    if amount is None or units <= 0:
        return None
    whole = _WIDE.multiply(amount, Decimal(parts))
    return _WIDE.divide(whole, Decimal(units)).quantize(step, context=_WIDE)


class _Run(NamedTuple):
    calls: list[tuple[LedgerEntry, Attribution]]
    outcomes: list[tuple[Outcome, Attribution]]

    @property
    def began_ns(self) -> int:
        if self.calls:
            return min(entry.occurred_ns for entry, _ in self.calls)
        return min(outcome.occurred_ns for outcome, _ in self.outcomes)

    @property
    def is_priced(self) -> bool:
        return bool(self.calls) and all(entry.status == "priced" for entry, _ in self.calls)

    def named(self, dimension: str) -> str | None:
        callers = [caller for _, caller in (*self.calls, *self.outcomes)]
        return cohort_of((getattr(caller, dimension) for caller in callers), dimension)

    def usd(self) -> Decimal | None:
        return sum_of(entry.total_usd for entry, _ in self.calls)


def cohort_of(values: Iterable[str], dimension: str) -> str | None:
    """Return the one value that a run names; a pseudonym counts only where nobody says whom it stands for."""
    named = {value for value in values if value}
    plain = {value for value in named if not (dimension in PERSONAL and is_hash(value))}
    known = plain or named
    return SEVERAL if len(known) > 1 else next(iter(known), None)


def margins(
    entries: Iterable[LedgerEntry],
    outcomes: Iterable[Outcome],
    by: Sequence[str],
    *,
    spans: Iterable[Skeleton] = (),
    since_ns: int = 0,
    until_ns: int = 2**63 - 1,
    name: str | None = None,
) -> list[Margin]:
    """Return what runs cost and what came of them, by any of `COHORTS`: the dearest first.

    Args:
        entries: of the ledger, each once.
        outcomes: each once.
        by: dimensions.
        spans: from which a missing origin is taken.
        since_ns: runs whose first call ended at or after this instant; one without a call counts by its first outcome.
        until_ns: and before this one.
        name: only outcomes of this name.
    """
    runs = _runs(net(entries), outcomes, roots_of(spans), name)
    groups: dict[tuple[str | None, ...], list[_Run]] = defaultdict(list)
    for run in runs.values():
        if since_ns <= run.began_ns < until_ns:
            groups[tuple(run.named(dimension) for dimension in by)].append(run)
    return sorted((_margin(values, some) for values, some in groups.items()), key=dearest_first)


def _runs(
    entries: Iterable[LedgerEntry],
    outcomes: Iterable[Outcome],
    roots: Mapping[str, Skeleton],
    name: str | None,
) -> dict[str, _Run]:
    runs: dict[str, _Run] = defaultdict(lambda: _Run([], []))
    of_trace: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.kind == "charge":
            caller = paying(entry, "caller", roots)
            run = run_of(entry, caller)
            runs[run].calls.append((entry, caller))
            of_trace[entry.trace_id].add(run)
    for outcome in outcomes:
        if name is None or outcome.name == name:
            caller = _caller(outcome, roots)
            run = caller.workflow_run_id or _only(of_trace[outcome.trace_id]) or _own(outcome)
            runs[run].outcomes.append((outcome, caller))
    return runs


def _caller(outcome: Outcome, roots: Mapping[str, Skeleton]) -> Attribution:
    """Return who caused what came about, as `origins.paying` does; its run is empty where nobody at the root says it.

    A request that names a trace alone may say more of it than the root does.
    """
    said = outcome.attribution
    root = roots.get(outcome.trace_id) if said.origin_source == "none" else None
    if root is not None:
        return said._replace(
            team=said.origin_team or root.team,
            workflow=said.origin_workflow or root.workflow,
            workflow_run_id=root.workflow_run_id,
            feature=said.origin_feature or root.feature,
        )
    return said._replace(
        team=said.origin_team,
        workflow=said.origin_workflow,
        workflow_run_id=said.origin_workflow_run_id or said.workflow_run_id,
        feature=said.origin_feature,
    )


def _own(outcome: Outcome) -> str:
    """Return the run of an outcome that no known call has: the one it names, its trace, or else itself alone."""
    return outcome.attribution.workflow_run_id or outcome.trace_id or outcome.outcome_id


def _only(runs: set[str]) -> str:
    return next(iter(runs)) if len(runs) == 1 else ""


def _margin(values: tuple[str | None, ...], runs: Sequence[_Run]) -> Margin:
    priced = [run for run in runs if run.is_priced]
    without = [run for run in runs if not run.outcomes]
    names = sorted({outcome.name for run in runs for outcome, _ in run.outcomes})
    return Margin(
        values,
        len(runs),
        len(priced),
        sum_of(run.usd() for run in runs),
        sum_of(run.usd() for run in priced),
        _value(_outcomes(runs)),
        _value(_outcomes(priced)),
        len(without),
        sum_of(run.usd() for run in without),
        tuple(_achieved(name, runs) for name in names),
    )


def _outcomes(runs: Iterable[_Run]) -> list[Outcome]:
    return [outcome for run in runs for outcome, _ in run.outcomes]


def _achieved(name: str, runs: Sequence[_Run]) -> Achieved:
    having = [run for run in runs if any(one.name == name for one, _ in run.outcomes)]
    priced = [run for run in having if run.is_priced]
    said = [one for one in _outcomes(having) if one.name == name]
    said_of_priced = [one for one in _outcomes(priced) if one.name == name]
    return Achieved(
        name or None,
        len(having),
        len(priced),
        _quantity(said, success=True),
        _quantity(said_of_priced, success=True),
        _quantity(said, success=False),
        sum(one.quantity is None or one.success is None for one in said),
        sum_of(run.usd() for run in having),
        sum_of(run.usd() for run in priced),
        _value(said),
    )


def _value(outcomes: Iterable[Outcome]) -> Decimal | None:
    return sum_of(one.value_usd for one in outcomes if one.success)


def _quantity(outcomes: Iterable[Outcome], *, success: bool) -> int:
    return sum(one.quantity or 0 for one in outcomes if one.success is success)


def dearest_first(margin: Margin) -> tuple[bool, Decimal, tuple[str, ...]]:
    """Return by what groups are sorted."""
    names = tuple(value or "" for value in margin.values)
    return (margin.usd is None, -(margin.usd or Decimal(0)), names)
