"""Every question of every dashboard, asked through a collector: it is answered, with the columns that its panel needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from tests.collector.sql_endpoint.conftest import Asked
from tests.dashboards.asked_panels import ASKED_ONCE, Question, answer

NUMBER = re.compile(r"(Nullable\()?(Decimal|U?Int|Float)")
TEXT = re.compile(r"(LowCardinality\()?(Nullable\()?String")
TIME = re.compile(r"(Nullable\()?DateTime")
every_question = pytest.mark.parametrize("one", ASKED_ONCE, ids=lambda one: one.name)


def is_of_time_series(types: Mapping[str, str]) -> bool:
    first, *others = types.values()
    return bool(
        TIME.match(first)
        and others
        and sum(1 for one in others if TEXT.match(one)) <= 1
        and all(TEXT.match(one) or NUMBER.match(one) for one in others)
    )


def is_of_stat(types: Mapping[str, str]) -> bool:
    return all(NUMBER.match(one) or TIME.match(one) for one in types.values())


def is_of_bar_chart(types: Mapping[str, str]) -> bool:
    first, *others = types.values()
    return bool(TEXT.match(first)) and all(NUMBER.match(one) for one in others)


def is_of_variable(types: Mapping[str, str]) -> bool:
    (only,) = types.values()
    return bool(TEXT.match(only))


SHAPES: Mapping[str, Callable[[Mapping[str, str]], bool]] = {
    "timeseries": is_of_time_series,
    "stat": is_of_stat,
    "barchart": is_of_bar_chart,
    "variable": is_of_variable,
}


@every_question
def test_a_panel_gets_the_columns_that_it_shows_and_no_amount_of_an_empty_ledger(
    collector: Asked, one: Question
) -> None:
    """Nothing is known of what was spent, so nothing is said, and no 0 in its place."""
    told = answer(collector, one.sql)

    assert SHAPES.get(one.type, bool)(told.types), told.types
    assert [row for row in told.rows if any(row[name] is not None for name in of_usd(row))] == []
    if (
        one.type != "variable"
        and len(one.panel["targets"]) == 1
        and not one.panel["transformations"]
    ):
        assert set(overrides(one)) <= set(told.types)
    if one.type in {"stat", "table"} and not one.panel["transformations"]:
        assert set(of_usd(told.types)) <= in_usd(one)


def of_usd(columns: Iterable[str]) -> list[str]:
    return [name for name in columns if name.endswith("usd")]


def overrides(one: Question) -> dict[str, list[Mapping[str, Any]]]:
    """Return what a panel says of single columns, by their names in SQL."""
    said = one.panel["fieldConfig"]["overrides"]
    return {each["matcher"]["options"]: each["properties"] for each in said}


def in_usd(one: Question) -> set[str]:
    unit = {"id": "unit", "value": "currencyUSD"}
    return {name for name, properties in overrides(one).items() if unit in properties}
