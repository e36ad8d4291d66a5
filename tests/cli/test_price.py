"""`otel-costing price`: by hand, exact, with its provenance."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest

from tests.cli.conftest import Command

USAGE = "input=700,cache_read=300,output=150,reasoning=50"
AT = ("--at", "2026-11-01")


def test_json_has_the_documented_shape_with_exact_strings(command: Command) -> None:
    answer = command("price", "openai/gpt-5-mini", "--usage", USAGE, *AT, "--format", "json")

    assert answer.status == 0
    document = answer.document
    assert document["status"] == "priced"
    assert document["status_reason"] is None
    assert document["total_usd"] == "0.000582500000"
    assert document["lines"][0] == {
        "meter": "input",
        "quantity": 700,
        "unit": "token",
        "unit_price_usd": "0.25",
        "per": 1_000_000,
        "amount_usd": "0.000175000000",
    }
    assert document["rate_id"].startswith("openai/gpt-5-mini")
    assert len(document["rates_digest"]) == 64
    assert set(document) == {
        "status",
        "status_reason",
        "provider",
        "model",
        "total_usd",
        "lines",
        "rate_id",
        "rates_digest",
        "assumptions",
    }


def test_the_table_shows_lines_total_and_rate(command: Command) -> None:
    answer = command("price", "openai/gpt-5-mini", "--usage", USAGE, *AT)

    assert answer.status == 0
    for part in ("cache_read", "0.0005825", "total", "openai/gpt-5-mini"):
        assert part in answer.out
    assert max(map(len, answer.out.splitlines())) <= 100


def test_what_a_price_assumes_is_said_in_a_sentence(command: Command) -> None:
    answer = command("price", "openai/gpt-5-mini", "--usage", USAGE, *AT)

    assert "assumed_start: Nobody published since when the rate holds" in answer.out


def test_csv_sums_to_the_total(command: Command) -> None:
    answer = command("price", "openai/gpt-5-mini", "--usage", USAGE, *AT, "--format", "csv")

    rows = list(csv.DictReader(answer.out.splitlines()))
    assert sum(Decimal(row["amount_usd"]) for row in rows) == Decimal("0.0005825")


def test_an_unknown_model_is_the_answer_no_with_its_reason(command: Command) -> None:
    answer = command("price", "openai/gpt-nonsense", "--usage", "input=1", "--format", "json")

    assert answer.status == 1
    assert answer.document["status"] == "unpriced"
    assert answer.document["status_reason"] == "unknown_model"
    assert answer.document["total_usd"] is None
    assert answer.document["lines"][0]["amount_usd"] is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("gpt-5-mini", "--usage", "input=1"), "is no PROVIDER/MODEL"),
        (("openai/gpt-5-mini", "--usage", "input"), "is no METER=WHOLE NUMBER"),
        (("openai/gpt-5-mini", "--usage", "input=-1"), "is no METER=WHOLE NUMBER"),
        (("openai/gpt-5-mini", "--usage", "input=1.5"), "is no METER=WHOLE NUMBER"),
        (("openai/gpt-5-mini", "--usage", "tokens=1"), "there is no meter 'tokens'"),
        (("openai/gpt-5-mini", "--usage", "input=1,input=2"), "stands twice"),
        (("openai/gpt-5-mini", "--usage", "input=1", "--at", "yesterday"), "is no date or instant"),
    ],
)
def test_bad_input_leaves_with_status_2_and_one_clear_sentence(
    command: Command, arguments: tuple[str, ...], sentence: str
) -> None:
    answer = command("price", *arguments)

    assert answer.status == 2
    assert sentence in answer.err
    assert "Traceback" not in answer.err


def test_an_unbelievable_quantity_is_unpriced_with_its_reason(command: Command) -> None:
    answer = command("price", "openai/gpt-5-mini", "--usage", f"input={10**12}", "--format", "json")

    assert answer.status == 1
    assert answer.document["status_reason"] == "invalid_usage"
