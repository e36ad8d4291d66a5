"""What passed cases and points of quality cost, counted by hand."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from typing import Any

import pytest

from otel_costing.evaluated_cases import Judged, Passes, qualities, verdict_of

USD = Decimal("0.01")


def judged(number: int = 1, **said: Any) -> Judged:
    """Return an evaluation of a call of one cent that passed with half a point."""
    usual = Judged(
        evaluation_id=f"e{number}",
        name="Relevance",
        score_value=0.5,
        score_label="pass",
        error_type="",
        evaluated_ns=number,
        call_id=f"c{number}",
        values=("2.1",),
        status="priced",
        total_usd=USD,
    )
    return usual._replace(**said)


def test_a_passed_case_pays_for_those_that_failed() -> None:
    (found,) = qualities([judged(1), judged(2, score_label="fail"), judged(3, score_label="")])

    assert (found.cases, found.judged_cases, found.passed_cases) == (3, 2, 1)
    assert (found.pass_share, found.usd_per_passed_case) == (Decimal("0.5"), 2 * USD)
    assert (found.mean_score, found.usd_per_point) == (Decimal("0.5"), 2 * USD)


def test_an_applications_own_decimals_do_not_change_a_mean_or_a_cost() -> None:
    (found,) = qualities([judged(score_value=1234567.890123, total_usd=Decimal("12345.678901"))])
    with localcontext(Context(prec=6)):
        assert found.mean_score == Decimal("1234567.890123")
        assert found.usd_per_point == Decimal("0.010000000000")


def test_a_case_without_a_price_is_counted_and_costs_nobody_knows_what() -> None:
    unpriced = judged(2, status="unpriced", total_usd=None)
    (found,) = qualities([judged(1), unpriced])
    (alone,) = qualities([unpriced])

    assert (found.cases, found.unpriced_cases, found.passed_cases) == (2, 1, 2)
    assert found.usd_per_passed_case == USD
    assert (alone.usd, alone.usd_per_passed_case, alone.usd_per_point) == (None, None, None)


def test_a_call_that_is_priced_in_part_is_in_the_sum_alone() -> None:
    (found,) = qualities([judged(1, status="partial")])

    assert (found.usd, found.usd_per_passed_case, found.unpriced_cases) == (USD, None, 1)


def test_of_several_evaluations_of_a_call_the_last_that_did_not_fail_counts() -> None:
    again = judged(2, call_id="c1", score_label="fail")
    failed = judged(3, call_id="c1", error_type="timeout")
    (found,) = qualities([failed, again, judged(1)])

    assert (found.cases, found.passed_cases, found.usd) == (1, 0, USD)


def test_a_case_of_which_every_evaluation_failed_says_nothing_of_the_answer() -> None:
    (found,) = qualities([judged(1, error_type="timeout")])

    assert (found.cases, found.failed_cases, found.usd) == (0, 1, None)


def test_no_points_make_no_cost_of_one() -> None:
    (found,) = qualities([judged(1, score_value=-0.5), judged(2, score_value=0.5)])

    assert (found.mean_score, found.usd_per_point) == (Decimal(0), None)


@pytest.mark.parametrize(
    ("said", "passes", "verdict"),
    [
        ({}, Passes(), True),
        ({"score_label": "PASSED"}, Passes(), True),
        ({"score_label": "fail"}, Passes(), False),
        ({"score_label": ""}, Passes(), None),
        ({"score_label": "relevant"}, Passes(frozenset(("relevant",))), True),
        ({}, Passes(at_least=0.5), True),
        ({}, Passes(at_least=0.51), False),
        ({"score_value": None}, Passes(at_least=0.5), None),
        ({"score_value": 0.0}, Passes(at_least=0.0), True),
    ],
)
def test_a_verdict_is_by_label_or_by_score(
    said: dict[str, Any], passes: Passes, verdict: object
) -> None:
    assert verdict_of(judged(**said), passes) is verdict
