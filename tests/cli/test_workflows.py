"""`trace`, `paths` and `runs` as a person and a program read them, on one workflow of two teams."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from otel_costing.attribution import Attribution
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry
from otel_costing.skeleton import Skeleton
from tests.calls import NOON, SECOND, batch, entry, hex_id, skeleton
from tests.cli.conftest import Command

PAGE = Path(__file__).parents[2] / "docs/workflows.md"
HOSTILE = "chat \x1b[2J[red]m"
TRACES = [hex_id(number, 32) for number in (1, 2, 3)]


def spans_of(trace: str, run: str) -> list[Skeleton]:
    root = Attribution(team="support", workflow="resolve-ticket", workflow_run_id=run)
    told = [
        skeleton(0, None, trace=trace, attribution=root),
        skeleton(1, 0, trace=trace, attribution=Attribution(team="search")),
        skeleton(2, 1, trace=trace),
        skeleton(5, 44, trace=trace),
    ]
    services = ["web", "find", "find", "find"]
    named = [one._replace(service=service) for one, service in zip(told, services, strict=True)]
    return [*named[:2], named[2]._replace(name=HOSTILE), named[3]]


def call_of(trace: str, number: int, *, unpriced: str = "") -> LedgerEntry:
    one = entry(
        2,
        {"input": number},
        unpriced=unpriced,
        trace=trace,
        parent=1,
        end_ns=NOON + number * SECOND,
        attribution=Attribution(team="search", release=f"{number}.0"),
    )
    return one._replace(service="find")


@pytest.fixture(scope="module")
def ledger(directory: Path) -> str:
    """Three traces of two runs; one of their calls has no price."""
    dsn = f"chdb://{directory}?database=workflows"
    runs = zip(TRACES, ("run-1", "run-1", "run-2"), strict=True)
    spans = [one for trace, run in runs for one in spans_of(trace, run)]
    calls = [
        call_of(TRACES[0], 1),
        call_of(TRACES[1], 2),
        call_of(TRACES[2], 3, unpriced="unknown_model"),
    ]
    with Store.open(dsn) as store:
        store.book(batch(calls, spans))
    return dsn


def fits(shown: str) -> bool:
    return max(map(len, shown.splitlines())) <= 80 and "\x1b" not in shown


def test_a_trace_shows_whose_code_ran_and_what_is_not_known(command: Command, ledger: str) -> None:
    shown = command("trace", TRACES[0], "--dsn", ledger).out

    assert fits(shown)
    assert "support: chat m" in shown
    assert "└ » search: chat m" in shown
    assert "chat \N{REPLACEMENT CHARACTER}[2J[red]m" in shown
    assert "? chat m" in shown
    assert "1 call in 4 spans, 3 deep, at most 1 below one" in shown
    assert hex_id(44) in shown


def test_a_unit_price_is_said_with_all_its_decimals(command: Command, ledger: str) -> None:
    document = command("trace", TRACES[0], "--dsn", ledger, "--format", "json").document

    (line,) = document["roots"][0]["children"][0]["children"][0]["lines"]
    assert (line["unit_price_usd"], line["amount_usd"]) == ("2.5", "0.000002500000")


def test_paths_show_each_step_of_the_way(command: Command, ledger: str) -> None:
    shown = command("paths", "--dsn", ledger).out

    assert fits(shown)
    labels = [line.strip("│├└ ").split("  ")[0] for line in shown.splitlines()[1:]]
    ways = ["resolve-ticket", "support (web)", "search (find)", "chat", "m", "m-2026", "total"]
    assert [one for one in labels if one] == ways


def test_paths_of_a_program_sum_to_the_report(command: Command, ledger: str) -> None:
    paths = command("paths", "--dsn", ledger, "--format", "json").document
    report = command("report", "--dsn", ledger, "--format", "json").document

    own = [Decimal(one["own_usd"]) for one in paths["paths"] if one["own_usd"] is not None]
    assert paths["total_usd"] == report["total_usd"] == f"{sum(own):.12f}"
    assert (paths["calls"], paths["unpriced_calls"]) == (3, 1)
    first = paths["paths"][1]["path"][-1]
    assert first == {"level": "team", "name": "support", "service": "web"}


def test_folded_paths_are_whole_pico_dollars(command: Command, ledger: str) -> None:
    shown = command("paths", "--dsn", ledger, "--format", "folded").out

    assert shown == "resolve-ticket;support (web);search (find);chat;m 7500000\n"


def test_paths_are_a_sheet_too(command: Command, ledger: str) -> None:
    shown = command("paths", "--depth", "2", "--dsn", ledger, "--format", "csv").out

    rows = list(csv.DictReader(io.StringIO(shown)))
    assert [row["path"] for row in rows] == ["resolve-ticket", "resolve-ticket > support (web)"]
    assert [row["calls"] for row in rows] == ["0", "3"]


def test_runs_span_traces_and_those_without_a_price_are_counted(
    command: Command, ledger: str
) -> None:
    document = command("runs", "--dsn", ledger, "--format", "json").document

    (row,) = document["rows"]
    assert (row["runs"], row["incomplete_runs"]) == (2, 1)
    assert row["p50_usd"] == row["mean_usd"] == row["usd"] == "0.000007500000"
    dearest = document["dearest"][0]
    assert (dearest["run_id"], dearest["trace_ids"]) == ("run-1", TRACES[:2])
    assert document["dearest"][1]["usd"] is None


def test_runs_are_readable_by_release(command: Command, ledger: str) -> None:
    shown = command("runs", "--by", "release", "--dsn", ledger).out

    assert fits(shown)
    assert "1.0" in shown
    assert "1 with a call that has no price" in shown
    assert f"↳ {TRACES[1]}" in shown


def test_only_runs_of_the_workflow_that_is_asked_for_are_told_of(
    command: Command, ledger: str
) -> None:
    assert command("runs", "--workflow", "another", "--dsn", ledger).out == "No runs.\n"
    some = command("runs", "--workflow", "resolve-ticket", "--dsn", ledger, "--format", "json")
    assert some.document["runs"] == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["runs", "--by", "meter"], "Runs cannot be broken down by 'meter'; choose from team,"),
        (["runs", "--by", "workflow,model"], "Runs cannot be broken down by 'model'"),
        (["runs", "--by", "provider"], "Runs cannot be broken down by 'provider'"),
        (["runs", "--by", "trace_id"], "Runs cannot be broken down by 'trace_id'"),
        (["runs", "--by", "nothing-known"], "no dimension"),
        (["paths", "--where", "day=2026-11-22"], "cannot be chosen by day"),
        (["paths", "--where", "team"], "no DIM=VALUE"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(
    command: Command, ledger: str, arguments: list[str], why: str
) -> None:
    answer = command(*arguments, "--dsn", ledger)

    assert answer.status == 2
    assert why.lower() in answer.err.lower()


def test_the_queue_of_the_manual_continues_a_run() -> None:
    (block,) = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )

    subprocess.run([sys.executable, "-W", "error", "-c", block], check=True)


def test_every_column_of_the_manual_is_one_that_is_told(command: Command, ledger: str) -> None:
    """And every field that is told has its line there."""
    page = PAGE.read_text("utf-8")
    trace = command("trace", TRACES[0], "--dsn", ledger, "--format", "json").document
    runs = command("runs", "--dsn", ledger, "--format", "json").document

    told = {*trace, *trace["summary"], *trace["roots"][0]}
    told |= {name for name in runs["rows"][0] if name.startswith(("retry", "failed", "lost"))}
    assert {name for name in told if f"`{name}`" not in page} == set()
