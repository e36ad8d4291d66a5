"""What answers cost beside what evaluators found of them: pure. What the SQL must agree with.

A case is one call under one metric. Of several evaluations of it the last counts; one that failed says nothing of the
answer. Cost per passed case is what all cases with a verdict cost, for each that passed; cost per point is what all
cases with a score cost, for each point. Both are of cases whose call has a price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from otel_costing.money import SCALE
from otel_costing.rollup import sum_of
from otel_costing.unit_economics import quotient

MICRO = 10**6
LARGEST_SCORE = 10.0**9
"""A score beyond it, either way, is left out of points."""
_RATIO = Decimal("1e-6")
_STEP = Decimal(1).scaleb(-SCALE)


class Passes(NamedTuple):
    """What makes a case one that passed."""

    labels: frozenset[str] = frozenset(("pass", "passed"))
    """In small letters; a case with no label has no verdict."""
    at_least: float | None = None
    """The least score; where it is given labels do not matter, and a case with no score has no verdict."""


class Judged(NamedTuple):
    """An evaluation, and the call it is of."""

    evaluation_id: str
    name: str
    score_value: float | None
    score_label: str
    error_type: str
    evaluated_ns: int
    call_id: str
    values: tuple[str | None, ...]
    """Of the dimensions asked for."""
    status: str
    total_usd: Decimal | None


class Quality(NamedTuple):
    """The cases of one metric in a group. Amounts in USD; None is unknown."""

    values: tuple[str | None, ...]
    name: str | None
    cases: int
    unpriced_cases: int
    """Whose call has no price, or only a part of it."""
    usd: Decimal | None
    """As far as calls have a price."""
    judged_cases: int
    """That passed or did not."""
    passed_cases: int
    judged_usd: Decimal | None
    """Of judged cases with a price."""
    priced_passed_cases: int
    scored_cases: int
    points_micro: int
    """Millionths: each score rounded to one, half to even, so that their sum is exact."""
    scored_usd: Decimal | None
    """Of scored cases with a price."""
    priced_points_micro: int
    failed_cases: int
    """Of which every evaluation failed; they are in none of the above."""

    @property
    def pass_share(self) -> Decimal | None:
        """Of the judged cases, to six decimals."""
        return quotient(Decimal(self.passed_cases), self.judged_cases, _RATIO)

    @property
    def usd_per_passed_case(self) -> Decimal | None:
        """To twelve decimals."""
        return quotient(self.judged_usd, self.priced_passed_cases, _STEP)

    @property
    def mean_score(self) -> Decimal | None:
        """To six decimals."""
        return quotient(Decimal(self.points_micro), MICRO * self.scored_cases, _RATIO)

    @property
    def usd_per_point(self) -> Decimal | None:
        """To twelve decimals."""
        usd = self.scored_usd
        return quotient(usd, self.priced_points_micro, _STEP, parts=MICRO)


def qualities(judged: Iterable[Judged], passes: Passes | None = None) -> list[Quality]:
    """Return what cases cost and how they came out, by the values they have and by metric.

    Args:
        judged: evaluations that are linked to a call, each once.
        passes: what makes a case one that passed.
    """
    cases: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for one in judged:
        cases[one.name, one.call_id].append(one)
    groups: dict[tuple[tuple[str | None, ...], str], list[list[Judged]]] = defaultdict(list)
    for some in cases.values():
        groups[some[0].values, some[0].name].append(some)
    found = [_quality(*key, some, passes or Passes()) for key, some in groups.items()]
    return sorted(found, key=by_values)


def by_values(quality: Quality) -> tuple[str, ...]:
    """Return by what groups are sorted: the metric, then their values."""
    return (quality.name or "", *(value or "" for value in quality.values))


def verdict_of(one: Judged, passes: Passes) -> bool | None:
    """Tell whether a case passed; None where nobody says."""
    if passes.at_least is not None:
        return None if one.score_value is None else one.score_value >= passes.at_least
    return one.score_label.lower() in passes.labels if one.score_label else None


def _quality(
    values: tuple[str | None, ...], name: str, cases: Sequence[Sequence[Judged]], passes: Passes
) -> Quality:
    last = [one for one in map(_last, cases) if one is not None]
    verdicts = [(one, verdict) for one in last if (verdict := verdict_of(one, passes)) is not None]
    scored = [(one, points) for one in last if (points := _points(one)) is not None]
    return Quality(
        values,
        name or None,
        len(last),
        sum(not _is_priced(one) for one in last),
        sum_of(one.total_usd for one in last),
        len(verdicts),
        sum(verdict for _, verdict in verdicts),
        sum_of(one.total_usd for one, _ in verdicts if _is_priced(one)),
        sum(verdict for one, verdict in verdicts if _is_priced(one)),
        len(scored),
        sum(points for _, points in scored),
        sum_of(one.total_usd for one, _ in scored if _is_priced(one)),
        sum(points for one, points in scored if _is_priced(one)),
        len(cases) - len(last),
    )


def _last(case: Iterable[Judged]) -> Judged | None:
    told = [one for one in case if not one.error_type]
    return max(told, key=lambda one: (one.evaluated_ns, one.evaluation_id), default=None)


def _points(one: Judged) -> int | None:
    score = one.score_value
    return None if score is None or abs(score) > LARGEST_SCORE else round(score * MICRO)


def _is_priced(one: Judged) -> bool:
    return one.status == "priced"
