"""`otel-costing reconcile`: an invoice beside the ledger, for people, programs and spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest

from otel_costing.attribution import Attribution
from otel_costing.clickhouse.store import Store
from otel_costing.money import SCALE
from tests.calls import batch, entry
from tests.cli.conftest import Command

HEAD = "provider,day,amount_usd,model,meter,quantity,kind,account\n"
LINES = (
    "acme,2026-11-22,0.02,m,input,8000,,proj\n"
    "acme,2026-11-22,0.0123456789012345,m,output,,,proj\n"
    "acme,2026-11-22,-0.01,,,,credit,proj\n"
)


@pytest.fixture(scope="module")
def ledger(directory: Path) -> str:
    """The address of a ledger of six calls, 0.015 USD in and 0.012 out; what one test posts it takes back."""
    dsn = f"chdb://{directory}?database=reconciled"
    with Store.open(dsn) as store:
        teams = ("search", "search", "drafts")
        calls = [entry(n, attribution=Attribution(team=teams[n % 3])) for n in range(6)]
        store.book(batch(calls))
    return dsn


@pytest.fixture
def invoice(tmp_path: Path) -> str:
    """The name of a file that bills more."""
    path = tmp_path / "invoice.csv"
    path.write_text(HEAD + LINES)
    return str(path)


def test_drift_beyond_the_tolerance_leaves_with_status_1(
    command: Command, ledger: str, invoice: str
) -> None:
    asked = ("reconcile", invoice, "--dsn", ledger)

    assert command(*asked).status == 1
    assert command(*asked, "--tolerance", "20%").status == 0
    assert command(*asked, "--tolerance", "0.0053").status == 1
    assert command(*asked, "--tolerance", "0.0054").status == 0


def test_programs_get_exact_amounts_that_add_up(
    command: Command, ledger: str, invoice: str
) -> None:
    document = command("reconcile", invoice, "--dsn", ledger, "--format", "json").document
    whole = document["total"]

    assert whole["billed_usd"] == "0.0223456789012345"
    assert whole["causes"] == {
        "missing_spans": "0.005000000000",
        "credits": "-0.010000000000",
        "unexplained": "0.0003456789012345",
    }
    for sums in (whole, *document["rows"], *document["by_day"], *document["by_model"]):
        causes = sum(map(Decimal, sums["causes"].values()), Decimal(0))
        assert causes == Decimal(sums["difference_usd"])
        assert Decimal(sums["billed_usd"]) - Decimal(sums["booked_usd"]) == causes
    assert document["posted"] is None
    assert document["is_within"] is False
    assert ["compared together" in note for note in document["notes"]] == [True]


def test_spreadsheets_get_numbers_and_a_column_for_each_cause(
    command: Command, ledger: str, invoice: str
) -> None:
    answer = command("reconcile", invoice, "--dsn", ledger, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))

    assert [(row["meter"], row["difference_usd"]) for row in rows] == [
        ("", "-0.010000000000"),
        ("input", "0.005000000000"),
        ("output", "0.0003456789012345"),
    ]
    assert rows[1]["missing_spans_usd"] == "0.005000000000"
    assert rows[1]["credits_usd"] == ""


def test_people_get_tables_of_80_columns(command: Command, ledger: str, invoice: str) -> None:
    shown = command("reconcile", invoice, "--dsn", ledger).out

    assert max(map(len, shown.splitlines())) <= 80
    for words in ("by day", "by model", "why they differ", "beyond the tolerance of 0.5%"):
        assert words in shown


def test_posting_is_told_and_done_once_and_can_be_taken_back(
    command: Command, ledger: str, invoice: str
) -> None:
    asked = ("reconcile", invoice, "--post", "--dsn", ledger)
    first, again = command(*asked), command(*asked)
    report = command("report", "--by", "team", "--dsn", ledger, "--format", "json").document
    undone = command("reconcile", "--undo", "invoice.csv", "--dsn", ledger, "--format", "json")
    nothing = command("reconcile", "--undo", "invoice.csv", "--dsn", ledger)

    assert (first.status, again.status) == (0, 0)
    assert "3 lines settled by 5 entries of -0.004654321099 USD" in first.out
    assert "Nothing to post: every line is settled." in again.out
    assert report["total_usd"] == "0.022345678901"
    assert undone.document["usd"] == f"{Decimal('0.004654321099'):.{SCALE}f}"
    assert "nothing of it stands" in nothing.out


def test_what_an_export_grouped_otherwise_names_otherwise_is_not_posted_again(
    command: Command, ledger: str, invoice: str, tmp_path: Path
) -> None:
    again = tmp_path / "whole.csv"
    again.write_text("provider,day,amount_usd,account\nacme,2026-11-22,0.0323456789,proj\n")
    posted = command("reconcile", invoice, "--post", "--dsn", ledger)
    refused = command("reconcile", str(again), "--post", "--dsn", ledger)
    same = command("reconcile", invoice, "--post", "--dsn", ledger)
    command("reconcile", "--undo", "invoice.csv", "--dsn", ledger)

    assert (posted.status, refused.status, same.status) == (0, 2, 0)
    assert "whole.csv:2 may bill again what invoice.csv:" in refused.err.lower()


def test_a_name_that_two_exports_had_takes_back_neither(
    command: Command, ledger: str, tmp_path: Path
) -> None:
    path = tmp_path / "costs.csv"
    for day in ("2026-11-22", "2026-12-22"):
        path.write_text(f"provider,day,amount_usd,model,meter\nacme,{day},0.02,m,input\n")
        command("reconcile", str(path), "--post", "--dsn", ledger)
    refused = command("reconcile", "--undo", "costs.csv", "--dsn", ledger)
    digests = re.findall(r"[0-9a-f]{32}", refused.err)
    undone = [command("reconcile", "--undo", one, "--dsn", ledger).status for one in digests]

    assert refused.status == 2
    assert "2026-12-22 to 2026-12-22" in refused.err
    assert undone == [0, 0]


def test_only_what_is_asked_for_is_compared(command: Command, ledger: str, invoice: str) -> None:
    asked = ("reconcile", invoice, "--dsn", ledger, "--format", "json")

    for narrowed in (
        ("--provider", "openai"),
        ("--account", "other"),
        ("--since", "2026-11-23"),
        ("--until", "2026-11-22"),
    ):
        answer = command(*asked, *narrowed)
        assert answer.status == 2
        assert "nothing is billed there" in answer.err.lower()
    later = command(*asked, "--until", "2026-12-01").document
    assert later["total"]["billed_usd"] == "0.0223456789012345"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name the exports"),
        (("nowhere.csv",), "There is no file nowhere.csv"),
        (("{invoice}", "--tolerance", "much"), "write 0.5%"),
        (("{invoice}", "--undo", "a"), "--undo takes back"),
        (("{invoice}", "--account", "proj", "--post"), "lines of all accounts"),
        (("--undo", "never.csv"), "nothing was ever posted"),
        (("--undo", ""), "names no export"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    command: Command, ledger: str, invoice: str, arguments: tuple[str, ...], said: str
) -> None:
    given = [argument.format(invoice=invoice) for argument in arguments]
    answer = command("reconcile", *given, "--dsn", ledger)

    assert answer.status == 2
    assert said.lower() in answer.err.lower()


def test_every_problem_of_a_file_is_told_and_nothing_is_posted(
    command: Command, ledger: str, tmp_path: Path
) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(HEAD + LINES + "acme,soon,1,,,,,\nacme,2026-11-22,much,,,,,\n")
    answer = command("reconcile", str(path), "--post", "--dsn", ledger)

    assert answer.status == 2
    assert "broken.csv:5" in answer.err
    assert "broken.csv:6" in answer.err
    assert command("reconcile", "--undo", "broken.csv", "--dsn", ledger).status == 2


FOCUS = (
    "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ServiceName,SkuMeter,SubAccountId\n"
    "0.02,USD,Usage,2026-11-22T00:00:00Z,2026-11-23T00:00:00Z,OpenAI,sessions,proj\n"
)


def test_a_bill_in_another_format_is_not_posted_beside_the_first_unless_that_is_meant(
    command: Command, ledger: str, tmp_path: Path
) -> None:
    plain, focus = tmp_path / "plain.csv", tmp_path / "focus.csv"
    plain.write_text(HEAD + "openai,2026-11-22,0.02,,,,fee,proj\n")
    focus.write_text(FOCUS)
    posting = ("--post", "--tolerance", "9", "--dsn", ledger)
    assert command("reconcile", str(plain), *posting).status == 0

    refused = command("reconcile", str(focus), *posting)
    assert refused.status == 2
    said = " ".join(refused.err.split())
    assert "is of FOCUS" in said
    assert "both bill openai, account proj, 2026-11" in said
    assert "say --also" in said
    assert command("reconcile", str(focus), *posting, "--also").status == 0
    assert command("reconcile", str(focus), *posting).status == 0
    assert command("reconcile", str(plain), "--dsn", ledger, "--tolerance", "9").status == 0
    for name in ("plain.csv", "focus.csv"):
        assert command("reconcile", "--undo", name, "--dsn", ledger).status == 0
    assert command("reconcile", str(focus), *posting).status == 0
    assert command("reconcile", "--undo", "focus.csv", "--dsn", ledger).status == 0
