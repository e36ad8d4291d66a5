"""Odd values of options: answered rightly, or refused in a sentence."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Command
from tests.conformance.truth import SPANS


def test_an_end_beyond_what_the_ledger_can_hold_leaves_nothing_out(
    command: Command, dsn: str
) -> None:
    command("ingest", str(SPANS / "otel-genai-openai__openai_responses.json"), "--dsn", dsn)
    until = command("report", "--until", "9999-12-31", "--dsn", dsn, "--format", "json").document
    since = command("report", "--since", "2500-01-01", "--dsn", dsn, "--format", "json").document

    assert sum(row["calls"] for row in until["rows"]) == 1
    assert since["rows"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("price", "openai/gpt-5-mini", "--usage", f"input={'9' * 5000}"),
        ("report", "--dsn", "http://[::1/x"),
        ("report", "--dsn", "chdb:///tmp/%00x"),
    ],
)
def test_odd_arguments_are_bad_input_in_a_sentence(
    command: Command, arguments: tuple[str, ...]
) -> None:
    answer = command(*arguments)

    assert answer.status == 2
    assert answer.err.startswith("Error: ")
