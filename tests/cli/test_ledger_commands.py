"""`ingest`, `report` and `trace` over one ledger of captured spans."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Command
from tests.conformance.truth import SPANS

FILES = sorted(map(str, SPANS.glob("otel-genai-*.json")))
AGENT = SPANS / "otel-genai-langchain__langgraph_agent.json"


@pytest.fixture(scope="module")
def ledger(command: Command, directory: Path) -> str:
    """The address of a ledger that holds the OpenTelemetry GenAI captures; nothing here changes it."""
    dsn = f"chdb://{directory}?database=captures"
    assert command("ingest", *FILES, "--dsn", dsn).status == 0
    return dsn


def usd(answer: Answer) -> Decimal:
    return Decimal(answer.document["total_usd"])


def test_ingest_counts_what_it_did(command: Command, dsn: str) -> None:
    document = command("ingest", *FILES, "--dsn", dsn, "--format", "json").document

    assert set(document) == {
        "files",
        "requests",
        "spans",
        "billable_calls",
        "priced",
        "partial",
        "unpriced",
        "duplicates",
        "refused",
    }
    assert document["files"] == len(FILES)
    assert document["refused"] == []
    parts = document["priced"] + document["partial"] + document["unpriced"]
    assert document["billable_calls"] == parts > 0


def test_ingesting_again_changes_no_report(command: Command, ledger: str) -> None:
    before = command("report", "--by", "provider,meter", "--dsn", ledger, "--format", "json")
    again = command("ingest", *FILES, "--dsn", ledger, "--format", "json").document
    after = command("report", "--by", "provider,meter", "--dsn", ledger, "--format", "json")

    assert again["duplicates"] >= again["billable_calls"]
    assert after.out == before.out


def test_a_file_that_is_no_otlp_is_refused_and_the_others_are_booked(
    command: Command, dsn: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{not json")
    answer = command("ingest", str(broken), str(AGENT), "--dsn", dsn, "--format", "json")

    assert answer.status == 2
    assert [each["file"] for each in answer.document["refused"]] == [str(broken)]
    assert answer.document["billable_calls"] == 2


def test_standard_input_is_a_file_too(command: Command, dsn: str) -> None:
    body = gzip.compress(AGENT.read_bytes())
    answer = command("ingest", "-", "--dsn", dsn, "--format", "json", input=body)

    assert answer.document["billable_calls"] == 2


def test_a_missing_file_is_named(command: Command, dsn: str) -> None:
    answer = command("ingest", "nowhere.json", "--dsn", dsn)

    assert answer.status == 2
    assert "nowhere.json" in answer.err


@pytest.mark.parametrize("by", ["team", "provider,model", "meter", "day", "trace_id", "status"])
@pytest.mark.parametrize("pays", ["caller", "owner"])
def test_every_report_sums_to_the_same_total(
    command: Command, ledger: str, by: str, pays: str
) -> None:
    whole = command("report", "--by", "service", "--dsn", ledger, "--format", "json")
    part = command("report", "--by", by, "--pays", pays, "--dsn", ledger, "--format", "json")

    assert usd(part) == usd(whole) > 0
    amounts = [Decimal(row["usd"]) for row in part.document["rows"] if row["usd"] is not None]
    assert sum(amounts) == usd(part)
    assert part.document["pays"] == pays


def test_a_report_has_quantities_only_by_meter(command: Command, ledger: str) -> None:
    by_meter = command("report", "--by", "meter", "--dsn", ledger, "--format", "json").document
    by_model = command("report", "--by", "model", "--dsn", ledger, "--format", "json").document

    assert all("quantity" in row for row in by_meter["rows"])
    assert not any("quantity" in row for row in by_model["rows"])


def test_what_nobody_said_is_null_for_programs_and_unattributed_for_people(
    command: Command, ledger: str
) -> None:
    document = command("report", "--by", "feature", "--dsn", ledger, "--format", "json").document
    shown = command("report", "--by", "feature", "--dsn", ledger).out

    assert [row["feature"] for row in document["rows"]] == [None]
    assert "unattributed" in shown


def test_a_condition_narrows_a_report(command: Command, ledger: str) -> None:
    answer = command(
        "report",
        "--by",
        "model",
        "--where",
        "provider=anthropic",
        "--dsn",
        ledger,
        "--format",
        "json",
    )

    assert {row["model"] for row in answer.document["rows"]} == {"claude-sonnet-4-5"}


def test_csv_carries_exact_amounts(command: Command, ledger: str) -> None:
    answer = command("report", "--by", "provider", "--dsn", ledger, "--format", "csv")
    whole = command("report", "--by", "provider", "--dsn", ledger, "--format", "json")

    rows = list(csv.DictReader(answer.out.splitlines()))
    assert sum(Decimal(row["usd"]) for row in rows if row["usd"]) == usd(whole)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--by", "colour"), "no dimension 'colour'"),
        (("--by", "team,team"), "named twice"),
        (("--where", "team"), "is no DIM=VALUE"),
        (("--since", "soon"), "is no date or instant"),
        (("--period", "October"), "is no month"),
    ],
)
def test_a_report_that_cannot_be_is_refused_in_one_sentence(
    command: Command, ledger: str, arguments: tuple[str, ...], sentence: str
) -> None:
    answer = command("report", *arguments, "--dsn", ledger)

    assert answer.status == 2
    assert sentence in answer.err


def test_a_report_of_no_ledger_says_how_to_make_one(command: Command, tmp_path: Path) -> None:
    answer = command("report", "--dsn", f"chdb://{tmp_path / 'nothing'}")

    assert answer.status == 2
    assert "otel-costing ingest" in answer.err
    assert not (tmp_path / "nothing").exists()


def _nodes(document: dict[str, object]) -> Iterator[dict[str, object]]:
    waiting = list(document["roots"])  # type: ignore[call-overload]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node["children"])


def _trace_id(command: Command, ledger: str) -> str:
    rows = command("report", "--by", "trace_id", "--dsn", ledger, "--format", "json").document[
        "rows"
    ]
    several = max(rows, key=lambda row: int(row["calls"]))
    return str(several["trace_id"])


def test_a_trace_is_a_tree_whose_own_costs_sum_to_its_total(command: Command, ledger: str) -> None:
    trace_id = _trace_id(command, ledger)
    document = command("trace", trace_id, "--dsn", ledger, "--format", "json").document

    nodes = list(_nodes(document))
    own = [Decimal(str(node["own_usd"])) for node in nodes if node["own_usd"] is not None]
    assert document["trace_id"] == trace_id
    assert sum(own) == Decimal(document["total_usd"])
    assert set(nodes[0]) >= {
        "span_id",
        "name",
        "service",
        "team",
        "status",
        "own_usd",
        "subtree_usd",
        "duration_ms",
        "lines",
        "children",
    }
    assert sum(int(str(node["calls"])) for node in nodes) == document["summary"]["calls"]


def test_a_tree_fits_into_80_columns_with_its_total(command: Command, ledger: str) -> None:
    trace_id = _trace_id(command, ledger)
    shown = command("trace", trace_id, "--dsn", ledger).out

    assert "total" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(("trace_id", "status"), [("00" * 16, 1), ("short", 2), ("zz" * 16, 2)])
def test_an_unknown_trace_is_no_and_a_wrong_id_is_bad_input(
    command: Command, ledger: str, trace_id: str, status: int
) -> None:
    assert command("trace", trace_id, "--dsn", ledger).status == status
