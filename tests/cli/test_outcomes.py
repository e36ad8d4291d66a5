"""`otel-costing outcomes` and `otel-costing scores`, for people, programs and spreadsheets."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import seal
from otel_costing.clickhouse.store import Store
from otel_costing.rates import default_rates
from tests.achieved import of_run, outcome
from tests.calls import NOON, batch, entry, record
from tests.cli.conftest import Command
from tests.judged import LABEL, NAME, RESPONSE_ID, judgement

ANSWERS = of_run("r1", origin_feature="answers", customer_id="a\x1b[31mcme")
DRAFTS = of_run("r3", origin_feature="drafts", purpose="evaluation", release="2.1")


@pytest.fixture(scope="module")
def ledger(directory: Path) -> str:
    """A ledger of four runs, one of them without a price, and of what came of them."""
    dsn = f"chdb://{directory}?database=outcomes"
    calls = [
        entry(1, attribution=ANSWERS),
        entry(2, attribution=of_run("r2", origin_feature="answers")),
        entry(3, attribution=DRAFTS),
        entry(4, unpriced="unknown_model", attribution=of_run("r4", origin_feature="drafts")),
        entry(5, attribution=Attribution(purpose="evaluation", origin_feature="drafts")),
    ]
    outcomes = [
        outcome(value="1.005", quantity=2, attribution=ANSWERS),
        outcome("[red]odd[/]\n", value=None, success=False, attribution=ANSWERS),
        outcome(attribution=of_run("r4", origin_feature="drafts")),
        outcome(quantity=None, attribution=of_run("r4", origin_feature="drafts")),
    ]
    evaluations = [
        judgement(record(3)),
        judgement(record(4), said={LABEL: "fail"}),
        judgement(record(1), said={NAME: "Tone", "error.type": "timeout"}),
        judgement(said={RESPONSE_ID: "chatcmpl-unknown"}),
    ]
    told = seal([], default_rates(), NOON, largest=99, evaluations=evaluations, outcomes=outcomes)
    with Store.open(dsn) as store:
        for one in (batch(calls, name="calls"), *told):
            store.book(one)
    return dsn


def test_the_document_of_outcomes_has_groups_and_in_them_outcomes(
    command: Command, ledger: str
) -> None:
    told = command("outcomes", "--dsn", ledger, "--format", "json").document

    answers, drafts = (
        next(one for one in told["rows"] if one["feature"] == name)
        for name in ("answers", "drafts")
    )
    odd, resolved = answers.pop("outcomes")
    assert answers == {
        "feature": "answers",
        "runs": 2,
        "priced_runs": 2,
        "usd": "0.009000000000",
        "priced_usd": "0.009000000000",
        "value_usd": "1.005000000000",
        "priced_value_usd": "1.005000000000",
        "margin_usd": "0.996000000000",
        "runs_without_outcome": 1,
        "usd_without_outcome": "0.004500000000",
    }
    assert resolved == {
        "name": "ticket_resolved",
        "runs": 1,
        "priced_runs": 1,
        "quantity": 2,
        "priced_quantity": 2,
        "failed_quantity": 0,
        "unread": 0,
        "success_rate": "1.000000000000",
        "usd": "0.004500000000",
        "priced_usd": "0.004500000000",
        "usd_per_outcome": "0.002250000000",
        "value_usd": "1.005000000000",
    }
    assert (odd["failed_quantity"], odd["usd_per_outcome"], odd["value_usd"]) == (1, None, None)
    # What came of a run without a price has a value, and no margin.
    assert (drafts["value_usd"], drafts["margin_usd"]) == ("25.000000000000", None)
    assert (told["since"], told["name"]) == (None, None)


def test_outcomes_are_readable_at_80_columns(command: Command, ledger: str) -> None:
    shown = command("outcomes", "--dsn", ledger, "--by", "feature,customer_id").out

    assert max(map(len, shown.splitlines())) <= 80
    assert "\x1b[31m" not in shown
    assert "[red]odd[/]" in shown
    assert "1 run has a call without a price" in shown
    assert "1 outcome has a quantity or a success that cannot be read" in shown
    assert "(none)" in shown


def test_a_spreadsheet_has_a_row_for_each_group_and_outcome(command: Command, ledger: str) -> None:
    text = command("outcomes", "--dsn", ledger, "--by", "", "--format", "csv").out
    whole, *named = csv.DictReader(text.splitlines())

    assert (whole["outcome"], whole["runs"]) == ("", "5")
    assert [one["outcome"] for one in named][-1] == "ticket_resolved"


def test_the_document_of_scores_has_cases_and_what_evaluating_cost(
    command: Command, ledger: str
) -> None:
    told = command("scores", "--dsn", ledger, "--by", "", "--format", "json").document

    relevance, tone = told["rows"]
    assert relevance == {
        "name": "Relevance",
        "cases": 2,
        "unpriced_cases": 1,
        "usd": "0.004500000000",
        "judged_cases": 2,
        "passed_cases": 1,
        "pass_share": "0.500000000000",
        "usd_per_passed_case": "0.004500000000",
        "scored_cases": 2,
        "mean_score": "0.750000000000",
        "usd_per_point": "0.006000000000",
        "failed_cases": 0,
    }
    assert (tone["cases"], tone["failed_cases"], tone["usd"]) == (0, 1, None)
    assert told["unlinked_evaluations"] == 1
    assert told["evaluation"] == {
        "calls": 2,
        "unpriced_calls": 0,
        "usd": "0.009000000000",
        "judged_calls": 1,
        "judged_usd": "0.004500000000",
        "judging_usd": "0.004500000000",
    }


@pytest.mark.parametrize(
    ("options", "passed"),
    [
        (["--at-least", "0.75"], 2),
        (["--at-least", "0.76"], 0),
        (["--passes", "FAIL"], 1),
        (["--passes", "fail", "--passes", "pass"], 2),
    ],
)
def test_what_passes_is_for_the_reader_to_say(
    command: Command, ledger: str, options: list[str], passed: int
) -> None:
    asked = ("scores", "--dsn", ledger, "--name", "Relevance", "--format", "json", "--by", "")
    (row,) = command(*asked, *options).document["rows"]

    assert row["passed_cases"] == passed


def test_scores_are_readable_at_80_columns(command: Command, ledger: str) -> None:
    shown = command("scores", "--dsn", ledger).out

    assert max(map(len, shown.splitlines())) <= 80
    for said in ("100.0 %", "without a price", "of no call that is known: 1", "purpose=evaluation"):
        assert said in shown


@pytest.mark.parametrize("asked", [["outcomes", "--by", "model"], ["scores", "--by", "user_id"]])
def test_an_unknown_dimension_is_said_in_a_sentence(
    command: Command, ledger: str, asked: list[str]
) -> None:
    answer = command(*asked, "--dsn", ledger)

    assert answer.status == 2
    assert "cannot be broken down by" in answer.err


def test_no_score_is_as_good_as_no_number(command: Command, ledger: str) -> None:
    answer = command("scores", "--at-least", "nan", "--dsn", ledger)

    assert (answer.status, answer.out) == (2, "")
    assert "no finite number" in answer.err


def test_where_nothing_is_known_both_say_so(command: Command, ledger: str) -> None:
    late = ("--since", "2099-01-01", "--dsn", ledger)

    assert "No run of this time" in command("outcomes", *late).out
    assert "No call of this time" in command("scores", *late).out


def test_a_report_says_what_of_its_total_is_no_production(command: Command, ledger: str) -> None:
    asked = ("report", "--by", "team", "--dsn", ledger)

    assert "of which evaluation: 0.009 USD in 2 calls" in command(*asked).out
    for narrowed in (["--by", "purpose"], ["--where", "purpose=evaluation"]):
        assert "of which" not in command(*asked, *narrowed).out
