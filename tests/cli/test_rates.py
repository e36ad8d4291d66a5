"""`otel-costing rates`: the tables as a person reads and keeps them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command


def test_a_list_has_a_line_for_each_rate_in_force(command: Command) -> None:
    answer = command("rates", "list", "--provider", "cohere")

    assert answer.status == 0
    assert "command-r-plus" in answer.out


def test_all_rates_are_more_than_the_current_ones(command: Command) -> None:
    current = command("rates", "list", "--provider", "openai", "--format", "json").document
    every = command("rates", "list", "--provider", "openai", "--all", "--format", "json").document

    assert len(every["rates"]) > len(current["rates"])


def test_an_unknown_provider_is_answered_with_the_known_ones(command: Command) -> None:
    answer = command("rates", "list", "--provider", "acme")

    assert answer.status == 2
    assert "anthropic" in answer.err


def test_show_explains_how_a_name_was_found(command: Command) -> None:
    answer = command("rates", "show", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")

    assert answer.status == 0
    assert "found by way of" in answer.out
    assert "the name says scope us" in answer.out


def test_show_gives_every_dated_rate_of_a_model(command: Command) -> None:
    document = command("rates", "show", "openai/o3", "--format", "json").document
    standard = [rate for rate in document["rates"] if rate["tier"] == "standard"]

    assert [rate["prices"]["input"] for rate in standard] == ["10", "2"]
    assert standard[0]["until"] == standard[1]["from"] == "2025-06-10"


def test_an_unknown_name_is_no_and_says_what_was_tried_and_what_is_close(command: Command) -> None:
    answer = command("rates", "show", "openai/gpt-5-minni")

    assert answer.status == 1
    assert "unknown_model" in answer.err
    assert "gpt-5-mini" in answer.err


def test_the_packaged_tables_have_no_problem(command: Command) -> None:
    answer = command("rates", "check")

    assert (answer.status, answer.out.strip()) == (0, "No problem.")


def test_every_problem_of_a_wrong_table_is_shown_with_its_line(
    command: Command, tmp_path: Path
) -> None:
    wrong = tmp_path / "acme.yaml"
    wrong.write_text(
        "provider: acme\nsource: https://acme.example/prices\nchecked: 2026-11-01\nmodels:\n"
        "  large:\n    rates:\n      - {from: null, prices: {input: 2.5, colour: '1'}}\n"
    )
    answer = command("rates", "check", str(wrong))

    assert answer.status == 1
    assert "acme.yaml:7" in answer.out
    assert "quote" in answer.out
    assert "colour" in answer.out


@pytest.mark.parametrize("days", ["0", "1"])
def test_tables_that_nobody_checked_lately_fail_where_age_matters(
    command: Command, days: str
) -> None:
    assert command("rates", "check", "--max-age", days).status == 1
