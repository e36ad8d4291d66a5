"""What others say a call cost is recorded under its name; what they do not know is not recorded as 0."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, Subnormal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.dialects import REPORTED, layout_of
from otel_costing.reported import Reported, reported_on

AMOUNT, CURRENCY = "gen_ai.usage.cost.amount", "gen_ai.usage.cost.currency"


def reported(attributes: dict[str, Any]) -> Reported | None:
    return reported_on(layout_of(tuple(attributes)).reported, attributes, {})


@pytest.mark.parametrize(
    ("attributes", "usd", "by"),
    [
        ({AMOUNT: 0.0028875, CURRENCY: "USD"}, "0.0028875", AMOUNT),
        ({AMOUNT: 0.0028875, CURRENCY: "usd"}, "0.0028875", AMOUNT),
        ({AMOUNT: 0.0028875}, "0.0028875", AMOUNT),
        ({"gen_ai.usage.cost": 0.0005825}, "0.0005825", "gen_ai.usage.cost"),
        (
            {"gen_ai.cost.total_cost": 0.00819, "gen_ai.cost.input_cost": 0.00519},
            "0.00819",
            "gen_ai.cost.total_cost",
        ),
        (
            {"gen_ai.cost.input_cost": 0.00519, "gen_ai.cost.output_cost": 0.003},
            "0.00819",
            "gen_ai.cost.input_cost+gen_ai.cost.output_cost",
        ),
        (
            {"litellm.cost.total": "0.00819", "litellm.cost.input": 1},
            "0.00819",
            "litellm.cost.total",
        ),
        (
            {"litellm.cost.input": 0.1, "litellm.cost.output": 0.2, "litellm.cost.tool_usage": 0.0},
            "0.3",
            "litellm.cost.input+litellm.cost.output+litellm.cost.tool_usage",
        ),
        ({"operation.cost": 0.00058}, "0.00058", "operation.cost"),
        ({"llm.cost.total": 0.3, "llm.cost.prompt": 0.1}, "0.3", "llm.cost.total"),
        (
            {"llm.cost.prompt": 0.1, "llm.cost.completion": 0.2},
            "0.3",
            "llm.cost.prompt+llm.cost.completion",
        ),
        (
            {"langfuse.observation.cost_details": '{"total": 0.00123}'},
            "0.00123",
            "langfuse.observation.cost_details",
        ),
        (
            {"langfuse.observation.cost_details": '{"input": 0.1, "output": 0.2}'},
            "0.3",
            "langfuse.observation.cost_details",
        ),
        ({"gen_ai.cost.amount": 2}, "2", "gen_ai.cost.amount"),
        ({"gen_ai.cost.total_tokens": 0.5}, "0.5", "gen_ai.cost.total_tokens"),
        (
            {"gen_ai.cost.estimated_micro_usd": 583},
            "0.000583",
            "gen_ai.cost.estimated_micro_usd",
        ),
        ({"gen_ai.usage.cost": 1, "otel_costing.cost.usd": "2"}, "1", "gen_ai.usage.cost"),
        ({"otel_costing.cost.usd": "0.002887500000"}, "0.0028875", "otel_costing.cost.usd"),
        ({"gen_ai.usage.cost": 0, "operation.cost": 0.5}, "0.5", "operation.cost"),
        ({AMOUNT: 1, CURRENCY: "EUR", "operation.cost": 0.5}, "0.5", "operation.cost"),
    ],
)
def test_a_foreign_cost_is_recorded_with_its_name(
    attributes: dict[str, Any], usd: str, by: str
) -> None:
    assert reported(attributes) == (Decimal(usd), by)


@pytest.mark.parametrize("name", sorted(REPORTED - {CURRENCY, "gen_ai.cost.currency"}))
@pytest.mark.parametrize(
    "nothing",
    [
        0,
        0.0,
        "0",
        "free",
        -1,
        float("nan"),
        float("inf"),
        True,
        None,
        "9" * 500,
        pytest.param(10**5000, id="of 5001 digits"),
        (1,),
        b"1",
    ],
)
def test_zero_and_nonsense_are_unknown(name: str, nothing: Any) -> None:
    assert reported({name: nothing}) is None


def test_a_cost_beside_a_currency_of_its_own_is_not_recorded_as_dollars() -> None:
    assert reported({"gen_ai.usage.cost": 0.9, CURRENCY: "EUR"}) is None


@pytest.mark.parametrize("context", [Context(prec=3), Context(prec=3, traps=[Inexact, Subnormal])])
@pytest.mark.parametrize(
    ("attributes", "usd"),
    [
        ({"gen_ai.usage.cost": "0.0123456"}, "0.0123456"),
        ({"llm.cost.prompt": "1.00001", "llm.cost.completion": "2.00002"}, "3.00003"),
        ({"gen_ai.cost.estimated_micro_usd": 123456}, "0.123456"),
        ({"langfuse.observation.cost_details": '{"a": 1.00001, "b": 2.00002}'}, "3.00003"),
    ],
)
def test_an_applications_own_decimal_context_neither_rounds_nor_raises(
    context: Context, attributes: dict[str, Any], usd: str
) -> None:
    with localcontext(context):
        found = reported(attributes)

    assert found is not None
    assert str(found.usd) == usd


def test_parts_too_far_apart_to_be_added_exactly_raise_nothing() -> None:
    assert reported({"llm.cost.prompt": "1", "llm.cost.completion": "1e-999999"}) is not None


@pytest.mark.parametrize("currency", ["EUR", "", 5, True, "US Dollar"])
def test_a_figure_in_another_currency_is_not_recorded_as_dollars(currency: Any) -> None:
    assert reported({AMOUNT: 1.5, CURRENCY: currency}) is None


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "[1]",
        "7",
        '{"total": 0}',
        '{"total": null}',
        "{}",
        '{"input": "much"}',
        "[" * 4000,
        7,
    ],
)
def test_a_document_without_a_figure_reports_nothing(document: Any) -> None:
    assert reported({"langfuse.observation.cost_details": document}) is None


def test_a_cost_below_what_a_ledger_can_hold_is_unknown() -> None:
    assert reported({"operation.cost": "1e-13"}) is None
    assert reported({"operation.cost": "1e-12"}) == (Decimal("1e-12"), "operation.cost")


def test_a_figure_in_a_document_is_the_last_resort() -> None:
    found = {"reported": 0.5, "reported_by": "gen_ai.usage.raw"}
    attributes = {"operation.cost": 0.25}
    rules = layout_of(tuple(attributes)).reported

    assert reported_on((), {}, found) == (Decimal("0.5"), "gen_ai.usage.raw")
    assert reported_on(rules, attributes, found) == (Decimal("0.25"), "operation.cost")


@given(
    st.dictionaries(
        st.sampled_from(sorted(REPORTED)),
        st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=50), st.booleans()),
    )
)
def test_what_is_reported_is_a_believable_positive_figure(attributes: dict[str, Any]) -> None:
    found = reported(attributes)

    assert found is None or 0 < found.usd < 10**12
