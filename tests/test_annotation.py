"""A priced call as the attributes its span gets."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from otel_costing.annotation import annotation_of, duplicate_of, fitted
from otel_costing.cost import Cost, LineItem
from otel_costing.money import unit_price
from tests.calls import priced

TWO = priced({"input": 1000, "output": 200})


def partial() -> dict[str, object]:
    """Return the annotation of a call one of whose meters has no rate."""
    cost = TWO.cost
    assert isinstance(cost, Cost)
    lines = (cost.lines[0], cost.lines[1]._replace(price=None, amount_pico=None))
    reason = "no_rate_for_meter: output"
    part = cost._replace(
        lines=lines, total_pico=2_500_000_000, status="partial", status_reason=reason
    )
    return annotation_of(TWO._replace(cost=part), {})


def test_the_items_are_json_whose_amounts_sum_to_the_total() -> None:
    added = annotation_of(TWO, {})
    items = json.loads(added["otel_costing.items"])

    assert items[0] == {
        "meter": "input",
        "quantity": 1000,
        "unit_price_usd": "2.50",
        "per": 1_000_000,
        "amount_usd": "0.002500000000",
    }
    assert sum(Decimal(item["amount_usd"]) for item in items) == Decimal(
        added["otel_costing.cost.usd"]
    )


def test_a_meter_without_a_rate_has_a_quantity_and_no_amount() -> None:
    added = partial()

    assert added["otel_costing.status"] == "partial"
    assert added["otel_costing.status_reason"] == "no_rate_for_meter: output"
    assert json.loads(str(added["otel_costing.items"]))[1] == {
        "meter": "output",
        "quantity": 200,
        "unit_price_usd": None,
        "per": None,
        "amount_usd": None,
    }


def test_pairs_say_the_same_as_the_json() -> None:
    added = annotation_of(TWO, {}, items="attributes")

    assert {name: value for name, value in added.items() if ".items." in name} == {
        "otel_costing.items.input.quantity": 1000,
        "otel_costing.items.input.amount_usd": "0.002500000000",
        "otel_costing.items.output.quantity": 200,
        "otel_costing.items.output.amount_usd": "0.002000000000",
    }


@pytest.mark.parametrize("name", ["amount", "currency", "source"])
def test_no_figure_that_is_there_is_touched(name: str) -> None:
    added = annotation_of(TWO, {f"gen_ai.usage.cost.{name}": "theirs"})
    assert [each for each in added if each.startswith("gen_ai")] == []


def test_a_call_without_a_price_says_why_and_nothing_else() -> None:
    assert annotation_of(priced({"input": 1}, unpriced="unknown_model"), {}) == {
        "otel_costing.status": "unpriced",
        "otel_costing.status_reason": "unknown_model",
    }


def test_a_copy_says_what_it_is_a_copy_by() -> None:
    assert duplicate_of("wrapper") == {
        "otel_costing.status": "duplicate",
        "otel_costing.status_reason": "wrapper",
    }


@pytest.mark.parametrize(
    ("room", "kept"), [(None, 8), (8, 8), (7, 3), (3, 3), (2, 0), (0, 0), (-1, 0)]
)
def test_all_fits_or_the_three_essentials_or_nothing(room: int | None, kept: int) -> None:
    assert len(fitted(annotation_of(TWO, {}), {}, room, None)) == kept


def test_a_price_is_written_as_its_provider_writes_it_whatever_was_written_before() -> None:
    for written in ("2.5", "2.50", "1E-7"):
        price = unit_price(Decimal(written), 1)
        cost = Cost("p", "m", (LineItem("input", 1, price, 1, price),), 1, "r", "d")
        items = annotation_of(TWO._replace(cost=cost), {})["otel_costing.items"]

        assert json.loads(items)[0]["unit_price_usd"] == f"{Decimal(written):f}"
