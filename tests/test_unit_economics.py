"""What an outcome cost, counted by hand: whole runs, attempts that failed among them, unknown never 0."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.ledger import LedgerEntry, reversal
from otel_costing.unit_economics import SEVERAL, Margin, cohort_of, margins, quotient
from tests.achieved import of_run, outcome
from tests.calls import entry

USD = Decimal("0.0045")
"""Of one call."""


def calls(*runs: str, unpriced: str = "") -> list[LedgerEntry]:
    """Return a call for each of these runs."""
    return [
        entry(number, attribution=of_run(run), unpriced=unpriced, trace=run[0] * 32)
        for number, run in enumerate(runs)
    ]


def only(margin: list[Margin]) -> Margin:
    (one,) = margin
    return one


def test_one_that_came_about_pays_for_those_that_did_not() -> None:
    told = [
        outcome(attribution=of_run("a")),
        outcome(success=False, value=None, attribution=of_run("b")),
    ]
    found = only(margins(calls("a", "a", "b", "c"), told, []))

    (resolved,) = found.outcomes
    assert (resolved.runs, resolved.quantity, resolved.failed_quantity) == (2, 1, 1)
    assert (resolved.usd_per_outcome, resolved.success_rate) == (3 * USD, Decimal("0.5"))
    # And the run without any outcome is paid for by the margin.
    assert found.margin_usd == Decimal("12.50") - 4 * USD
    assert (found.runs_without_outcome, found.usd_without_outcome) == (1, USD)


def test_a_run_without_a_price_is_in_no_margin_and_no_cost_of_one() -> None:
    entries = [*calls("a"), *calls("b", "b")[1:], *calls("b", unpriced="unknown_model")]
    told = [outcome(attribution=of_run(run)) for run in ("a", "b", "nobody knows")]
    found = only(margins(entries, told, []))

    (resolved,) = found.outcomes
    assert (found.runs, found.priced_runs, resolved.quantity) == (3, 1, 3)
    assert (found.usd, found.value_usd) == (2 * USD, Decimal("37.50"))
    assert (resolved.usd_per_outcome, found.margin_usd) == (USD, Decimal("12.50") - USD)


def test_what_was_taken_back_is_worth_nothing_and_has_no_cost_of_one() -> None:
    told = [
        outcome(attribution=of_run("a")),
        outcome(value="-12.5", quantity=-1, attribution=of_run("a")),
    ]
    found = only(margins(calls("a"), told, []))

    (resolved,) = found.outcomes
    assert (resolved.quantity, resolved.usd_per_outcome, resolved.success_rate) == (0, None, None)
    assert (found.value_usd, found.margin_usd) == (Decimal(0), -USD)


def test_a_value_that_nobody_says_makes_no_margin() -> None:
    found = only(margins(calls("a"), [outcome(value=None, attribution=of_run("a"))], []))

    assert (found.value_usd, found.margin_usd) == (None, None)


def test_what_did_not_come_about_is_worth_nothing() -> None:
    told = [outcome(success=success, attribution=of_run("a")) for success in (False, None)]
    found = only(margins(calls("a"), told, []))

    assert (found.value_usd, found.margin_usd, found.outcomes[0].value_usd) == (None, None, None)


def test_what_cannot_be_read_is_in_no_quantity_and_is_counted() -> None:
    told = [
        outcome(attribution=of_run("a")),
        outcome(quantity=None, attribution=of_run("a")),
        outcome(success=None, attribution=of_run("a")),
    ]
    (resolved,) = only(margins(calls("a"), told, [])).outcomes

    assert (resolved.quantity, resolved.failed_quantity, resolved.unread) == (1, 0, 2)


def test_a_charge_that_was_taken_back_is_of_no_run() -> None:
    (one,) = calls("a")

    assert margins([one, reversal(one, "duplicate")], [], []) == []


@pytest.mark.parametrize(
    ("values", "cohort"),
    [
        ([], None),
        (["", ""], None),
        (["acme", "", "acme"], "acme"),
        (["acme", "bolt"], SEVERAL),
        (["acme", "h:1"], "acme"),
        (["h:1", ""], "h:1"),
        (["h:1", "h:2"], SEVERAL),
    ],
)
def test_a_cohort_is_the_one_customer_that_a_run_names(
    values: list[str], cohort: str | None
) -> None:
    assert cohort_of(values, "customer_id") == cohort


def test_only_who_a_person_is_travels_as_a_pseudonym() -> None:
    assert cohort_of(["h:1", "answers"], "feature") == SEVERAL


RUNS = st.lists(st.sampled_from("abc"), max_size=6)


@given(made=RUNS, told=RUNS, by=st.sampled_from([[], ["workflow_run_id"], ["feature", "team"]]))
def test_groups_sum_to_the_whole(made: list[str], told: list[str], by: list[str]) -> None:
    said = [outcome(occurred_ns=n, attribution=of_run(run)) for n, run in enumerate(told)]
    found = margins(calls(*made), said, by)

    assert sum(one.runs for one in found) == len({*made, *told})
    assert sum(one.usd or 0 for one in found) == USD * len(made)
    assert sum(one.value_usd or 0 for one in found) == Decimal("12.5") * len(told)


@pytest.mark.parametrize(
    ("amount", "units", "each"),
    [
        ("1", 3, "0.333333"),
        ("0.0000005", 1, "0.000000"),
        ("0.0000015", 1, "0.000002"),
        ("1", 0, None),
    ],
)
def test_a_quotient_is_rounded_once_half_to_even(amount: str, units: int, each: str | None) -> None:
    expected = None if each is None else Decimal(each)

    assert quotient(Decimal(amount), units, Decimal("1e-6")) == expected
