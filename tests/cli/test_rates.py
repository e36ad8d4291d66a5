"""`otel-costing rates`: the tables as a person reads and keeps them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from otel_costing.rates import default_rates
from tests.cli.conftest import Command
from tests.rate_books import NAMES
from tests.small_catalogues import tables_in


def test_a_list_has_a_line_for_each_rate_in_force(command: Command) -> None:
    answer = command("rates", "list", "--provider", "cohere")

    assert answer.status == 0
    assert "command-r-plus" in answer.out


def test_a_model_stands_once_above_what_its_rates_hold_for(command: Command) -> None:
    out = command("rates", "list", "--provider", "openai").out.splitlines()
    place = next(i for i, line in enumerate(out) if line.startswith("openai/gpt-5-mini "))

    assert [line.split()[0] for line in out[place + 1 : place + 4]] == ["batch", "flex", "priority"]
    assert max(map(len, out[:-1])) <= 80


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


def test_the_age_may_be_written_in_days_and_nothing_else(command: Command) -> None:
    assert command("rates", "check", "--max-age", "3650d").status == 0
    answer = command("rates", "check", "--max-age", "5w")
    assert answer.status == 2
    assert "write 35d" in answer.err


def git(directory: Path, *arguments: str) -> None:
    """Run git with a name of its own."""
    named = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(
        ["git", "-C", str(directory), *named, *arguments], check=True, capture_output=True
    )


def test_a_past_that_changed_since_a_revision_is_no(command: Command, tmp_path: Path) -> None:
    text = table_text("2.5")
    tables_in(tmp_path, text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    assert command("rates", "check", str(tmp_path), "--against", "HEAD").status == 0

    (tmp_path / "acme.yaml").write_text(text.replace("2.5", "2.6"))
    answer = command("rates", "check", str(tmp_path), "--against", "HEAD")

    assert answer.status == 1
    assert "acme.yaml:6: model 'large', tier standard: the prices of the rate" in answer.out


def test_a_name_that_means_nothing_any_more_since_a_revision_is_no(
    command: Command, tmp_path: Path
) -> None:
    tables_in(tmp_path, table_text("2.5"))
    names = tmp_path / "names.yaml"
    names.write_text(NAMES)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")

    names.write_text(NAMES.replace("[acme_inc]", "[]"))
    answer = command("rates", "check", str(tmp_path), "--against", "HEAD")
    assert answer.status == 1
    assert "names.yaml: provider 'acme_inc' no longer means 'acme'" in answer.out

    corrected = "corrections:\n  - {names: [acme_inc], correction: it was never theirs}\n"
    names.write_text(NAMES.replace("[acme_inc]", "[]") + corrected)
    assert command("rates", "check", str(tmp_path), "--against", "HEAD").status == 0


@pytest.mark.parametrize("revision", ["nonsense", "--output=x"])
def test_a_revision_git_does_not_know_is_bad_input(
    command: Command, tmp_path: Path, revision: str
) -> None:
    tables_in(tmp_path, table_text("2.5"))
    assert command("rates", "check", str(tmp_path), f"--against={revision}").status == 2


def test_only_a_directory_that_git_knows_has_a_past(command: Command, tmp_path: Path) -> None:
    tables_in(tmp_path, table_text("2.5"))
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-qm", "empty", "--allow-empty")
    answer = command("rates", "check", str(tmp_path), "--against", "HEAD")
    assert (answer.status, "has no rate tables" in answer.err) == (2, True)
    answer = command("rates", "check", str(tmp_path / "acme.yaml"), "--against", "HEAD")
    assert (answer.status, "whole directories" in answer.err) == (2, True)


def table_text(usd: str) -> str:
    """A table of one model at this price."""
    return (
        "provider: acme\nsource: https://acme.example/prices\nchecked: 2026-11-01\nmodels:\n"
        f'  large:\n    rates:\n      - {{from: null, prices: {{input: "{usd}"}}}}\n'
    )


LITELLM = """{
  "gpt-4.1": {"litellm_provider": "openai", "input_cost_per_token": 2e-06, "output_cost_per_token": 9e-06},
  "gpt-nonsense": {"litellm_provider": "openai", "input_cost_per_token": 2e-06}
}"""


OTHERS = len(default_rates().models("openai")) - 1


def test_diff_lists_both_values_and_is_no_where_they_disagree(
    command: Command, tmp_path: Path
) -> None:
    theirs = tmp_path / "model_prices.json"
    theirs.write_text(LITELLM)
    answer = command("rates", "diff", "--with", str(theirs), "--format", "json")

    assert answer.status == 1
    assert answer.document == {
        "disagreements": [
            {
                "provider": "openai",
                "model": "gpt-4.1",
                "their_model": "gpt-4.1",
                "tier": "standard",
                "region": None,
                "context_from": 0,
                "meter": "output",
                "per": 1000000,
                "ours_usd": "8",
                "theirs_usd": "9",
            }
        ],
        "agreed": 1,
        "unknown_models": 1,
        "providers": [
            {"provider": "openai", "agree": 0, "differ": 1, "only_there": 1, "only_here": OTHERS}
        ],
    }
    told = command("rates", "diff", "--with", str(theirs)).out
    assert told.index("only there") < told.index("openai/gpt-4.1")
    assert "1 of their models are not in the tables" in told
    assert command("rates", "diff", "--with", str(theirs), "--format", "csv").out.splitlines()[
        1
    ] == ("openai,gpt-4.1,gpt-4.1,standard,,0,output,1000000,8,9")


def test_diff_shows_no_more_rows_than_asked_for(command: Command, tmp_path: Path) -> None:
    theirs = tmp_path / "model_prices.json"
    theirs.write_text(
        LITELLM.replace('"input_cost_per_token": 2e-06, ', '"input_cost_per_token": 3, ')
    )
    told = command("rates", "diff", "--with", str(theirs), "--limit", "1").out
    assert ("> 1000" in told, "1.12" in told) == (True, False)
    assert "1 more: --limit 2, or --format csv." in told


def test_diff_is_yes_where_they_agree(command: Command, tmp_path: Path) -> None:
    theirs = tmp_path / "model_prices.json"
    theirs.write_text(LITELLM.replace("9e-06", "8e-06"))
    assert command("rates", "diff", "--with", str(theirs)).status == 0
    assert command("rates", "diff", "--with", str(theirs), "--provider", "anthropic").status == 0
    assert command("rates", "diff", "--with", str(theirs), "--provider", "acme").status == 2


def test_diff_with_another_file_is_bad_input(command: Command, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[]")
    answer = command("rates", "diff", "--with", str(tmp_path / "other.json"))
    assert answer.status == 2
    assert "is neither LiteLLM's" in answer.err


def test_refresh_prints_its_notes_and_writes_them(command: Command, tmp_path: Path) -> None:
    pytest.importorskip("genai_prices")
    tables_in(tmp_path)
    notes = tmp_path / "notes.md"
    answer = command(
        "rates", "refresh", "--tables", str(tmp_path), "--day", "2026-11-22", "--notes", str(notes)
    )

    assert answer.status == 0
    assert answer.out.startswith("# Rates refreshed 2026-11-22 from genai-prices")
    assert notes.read_text() == answer.out
    assert (tmp_path / "openrouter.yaml").exists()


def test_refresh_without_the_catalogue_says_what_to_install(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)
    answer = command("rates", "refresh", "--dry-run")
    assert answer.status == 2
    assert "otel-costing[refresh]" in answer.err


def test_show_takes_a_slug_whose_first_part_is_another_provider(command: Command) -> None:
    document = command("rates", "show", "anthropic/claude-fable-5.1", "--format", "json").document
    assert (document["provider"], document["model"]) == (
        "openrouter",
        "anthropic/claude-fable-5.1",
    )
