"""`otel-costing coverage`: how far the figures carry, for people, programs and spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from otel_costing.batch import Examined
from otel_costing.cli.coverage_rows import FINDINGS, SECTIONS
from otel_costing.cli.coverage_tables import MOST_ROWS
from otel_costing.cli.remedies import remedy_of
from otel_costing.clickhouse.store import Store
from otel_costing.finding import once_a_day
from otel_costing.spans import SpanRecord
from otel_costing.usage import REASONS
from tests.calls import NOON, SECOND, batch, entry, record
from tests.cli.conftest import Command
from tests.clickhouse.told import ID, SPLIT, book, call, told

Seen = Callable[..., Any]
OTHER = "b" * 32


def reported(examined: Examined, usd: str, by: str) -> Examined:
    """Return a call with somebody else's figure."""
    assert examined.account is not None
    return examined._replace(
        account=examined.account._replace(reported_usd=Decimal(usd), reported_by=by)
    )


def at(span: int, second: int, *, trace: str = OTHER, failed: bool = False) -> SpanRecord:
    begun = record(span, 20, trace=trace, start_ns=NOON + second * SECOND)
    return begun._replace(failed=failed)


def tagged(examined: Examined, **tags: str) -> Examined:
    """Return a call with tags on it."""
    assert examined.account is not None
    return examined._replace(account=examined.account._replace(tags=tuple(tags.items())))


QUARANTINED = entry(30, unpriced="unknown_model", trace="9" * 32)._replace(
    tags=(("quarantine", "team"), ("tags_owner", "finance"))
)
CLAIM = once_a_day("team_claim", {"sender": "edge", "team": "a"}, OTHER, "1" * 16, NOON)
STORY = [
    tagged(
        reported(call(at(21, 0)), "0.0045", "operation.cost"),
        missing_tags="team",
        tags_owner="platform",
    ),
    reported(call(at(22, 2), {"input": 10**6}), "2.75", "operation.cost"),
    told(at(23, 4, failed=True)),
    reported(call(at(24, 6)), "0.009", "llm.cost.total"),
    call(record(1, trace="c" * 32, scope="framework")),
    call(record(2, 1, trace="c" * 32, scope="native"), SPLIT),
    call(record(3, trace="d" * 32, scope="agents"), cause="aggregate"),
    call(record(4, 3, trace="d" * 32), {"input": 600}),
    call(record(5, trace="e" * 32), {"input": 7}, response_id=ID),
    call(record(6, trace="f" * 32), {"input": 8}, response_id=ID),
]


@pytest.fixture(scope="module")
def ledger(directory: Path) -> str:
    """The address of a ledger in which every section has something; nothing here changes it."""
    dsn = f"chdb://{directory}?database=covered"
    with Store.open(dsn) as store:
        book(store, STORY)
        store.book(batch([QUARANTINED], findings=(CLAIM,)))
    return dsn


@pytest.fixture
def seen(command: Command, ledger: str) -> Seen:
    """Ask for JSON and return the document."""
    return lambda *arguments: (
        command("coverage", *arguments, "--dsn", ledger, "--format", "json").document
    )


def test_the_document_has_every_section_with_its_columns(seen: Seen) -> None:
    document = seen()

    plain = set(SECTIONS) - set(FINDINGS)
    assert set(document) == plain | {"since", "until", "findings"}
    assert set(document["findings"]) == set(FINDINGS)
    for name in ("attribution", "unpriced", "retries"):
        assert tuple(document[name][0]) == SECTIONS[name].columns
    for name in FINDINGS:
        assert tuple(document["findings"][name][0]) == SECTIONS[name].columns


def test_others_figures_stand_beside_ours_by_who_said_them_and_by_model(seen: Seen) -> None:
    llm, operation = seen()["reported"]

    assert llm["reported_by"] == "llm.cost.total"
    assert (llm["ours_usd"], llm["theirs_usd"]) == ("0.004500000000", "0.009000000000")
    assert (llm["difference_usd"], llm["difference_percent"]) == ("-0.004500000000", "-50.00")
    assert (operation["calls"], operation["differing_calls"]) == (2, 1)
    assert [model["difference_usd"] for model in operation["models"]] == ["-0.250000000000"]


def test_what_is_compared_sums_over_models_to_who_said_it(seen: Seen) -> None:
    for reporter in seen()["reported"]:
        for name in ("calls", "compared_calls", "differing_calls", "unpriced_calls"):
            assert reporter[name] == sum(model[name] for model in reporter["models"])
        for name in ("ours_usd", "theirs_usd", "difference_usd"):
            assert Decimal(reporter[name]) == sum(
                Decimal(model[name]) for model in reporter["models"]
            )


def test_what_others_report_is_in_no_total(command: Command, seen: Seen, ledger: str) -> None:
    whole = command("report", "--dsn", ledger, "--format", "json").document["total_usd"]

    assert {row["usd"] for row in seen()["attribution"]} == {whole}
    ours = [one.account for one in STORY if one.account and one.account.trace_id == OTHER]
    by_trace = command(
        "report", "--where", f"trace_id={OTHER}", "--dsn", ledger, "--format", "json"
    )
    assert Decimal(by_trace.document["total_usd"]) == sum(one.total_usd or 0 for one in ours)


def test_what_was_found_is_listed(seen: Seen) -> None:
    found = seen()["findings"]

    assert {row["trace_id"] for row in found["conflicts"]} == {"e" * 32, "f" * 32}
    (agent,) = found["uncovered_usage"]
    assert (agent["said_input"], agent["beneath_input"], agent["missing_input"]) == (1000, 600, 400)
    assert found["absorbed"] == [
        {"kind": "wrapper", "absorbed_scope": "framework", "booked_scope": "native", "spans": 1}
    ]


def test_a_call_after_a_failed_one_of_its_name_is_a_retry(seen: Seen) -> None:
    (row,) = seen()["retries"]

    assert (row["service"], row["calls"], row["usd"]) == ("assistant", 1, "0.004500000000")


def test_a_section_can_be_asked_for_alone(seen: Seen) -> None:
    assert set(seen("--section", "retries")) == {"since", "until", "retries"}
    assert set(seen("--section", "conflicts")["findings"]) == {"conflicts"}


def test_calls_outside_the_interval_are_left_out(seen: Seen) -> None:
    document = seen("--since", "2027-01-01")

    assert document["since"] == "2027-01-01T00:00:00+00:00"
    assert document["reported"] == document["retries"] == document["unpriced"] == []
    assert not any(document["findings"].values())


@pytest.mark.parametrize("section", SECTIONS)
def test_csv_has_the_columns_and_rows_of_one_section(
    command: Command, ledger: str, section: str
) -> None:
    arguments = ("coverage", "--dsn", ledger, "--format", "csv", "--section", section)
    answer, empty = command(*arguments), command(*arguments, "--since", "2027-01-01")

    reader = csv.DictReader(answer.out.splitlines())
    assert list(reader)
    assert tuple(reader.fieldnames or ()) == SECTIONS[section].columns
    assert empty.out.splitlines()[0] == ",".join(SECTIONS[section].columns)


def test_csv_of_several_sections_is_refused_in_a_sentence(command: Command, ledger: str) -> None:
    sections = ("--section", "retries", "--section", "reported")
    answer = command("coverage", *sections, "--dsn", ledger, "--format", "csv")

    assert answer.status == 2
    assert "one --section" in answer.err


def test_people_see_every_section_within_80_columns(command: Command, ledger: str) -> None:
    shown = command("coverage", "--dsn", ledger).out

    assert max(map(len, shown.splitlines())) <= 80
    for said in (
        "unknown_model",
        "operation.cost",
        "2 of 3 calls differ",
        "totals differ",
        "framework",
        "-50.00",
    ):
        assert said in shown


def test_an_empty_section_says_so(command: Command, ledger: str) -> None:
    shown = command("coverage", "--since", "2027-01-01", "--dsn", ledger).out

    assert "Nobody else named a cost." in shown
    assert "Every call has a price." in shown


def test_a_long_list_is_cut_for_people_and_says_how_to_see_the_rest(
    command: Command, dsn: str
) -> None:
    calls = [
        entry(number, unpriced="unknown_model")._replace(model=f"model-{number}")
        for number in range(MOST_ROWS + 3)
    ]
    with Store.open(dsn) as store:
        store.book(batch(calls))
    shown = command("coverage", "--section", "unpriced", "--dsn", dsn)
    whole = command("coverage", "--section", "unpriced", "--dsn", dsn, "--format", "json")

    assert "and 3 more" in shown.out
    assert len(whole.document["unpriced"]) == MOST_ROWS + 3


def test_attribution_is_known_by_team_and_by_environment(seen: Seen) -> None:
    whole = {row["dimension"]: row for row in seen("--section", "attribution")["attribution"]}

    for by in ("team", "environment", "service"):
        rows = seen("--by", by)["attribution"]
        assert tuple(rows[0]) == (by, *SECTIONS["attribution"].columns)
        for name, of_all in whole.items():
            some = [row for row in rows if row["dimension"] == name]
            for count in ("calls", "attributed_calls"):
                assert sum(row[count] for row in some) == of_all[count]
            assert sum(Decimal(row["usd"]) for row in some if row["usd"]) == Decimal(of_all["usd"])
    assert set(seen("--by", "team")) == {"since", "until", "attribution"}


def test_attribution_by_no_dimension_is_refused_in_a_sentence(
    command: Command, ledger: str
) -> None:
    for by, why in (("colour", "no dimension 'colour'"), ("hour", "not known by hour")):
        answer = command("coverage", "--by", by, "--dsn", ledger)
        assert (answer.status, why in answer.err) == (2, True)


def test_every_call_without_a_price_has_a_remedy_and_a_command(seen: Seen) -> None:
    (row,) = [one for one in seen()["unpriced"] if one["reason"] == "unknown_model"]

    assert "otel-costing reprice" in row["remedy"]
    assert row["command"] == "otel-costing rates show acme/m-2026"


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_a_remedy_of_its_own(reason: str) -> None:
    unheard = remedy_of("unheard_of", "openai", "gpt-5")

    assert remedy_of(reason, "openai", "gpt-5").what != unheard.what


def test_a_command_quotes_the_names_that_a_sender_chose() -> None:
    hostile = "m; rm -rf ~\n$(id)"

    assert "'openai/m; rm -rf ~" in remedy_of("unknown_model", "openai", hostile).command
    assert "'model=m; rm -rf ~" in remedy_of("no_usage", "openai", hostile).command
    assert "\n" not in remedy_of("no_usage", "openai", hostile).command


METRICS = (
    'otel_costing_calls_total{service_name="assistant",gen_ai_provider_name="acme",gen_ai_request_model="m"} 30\n'
    'otel_costing_calls_total{service_name="assistant",gen_ai_provider_name="acme",gen_ai_request_model="gone"} 2\n'
)


def test_calls_that_were_counted_stand_beside_those_that_are_booked(
    command: Command, ledger: str, tmp_path: Path
) -> None:
    (tmp_path / "metrics").write_text(METRICS)
    arguments = ("coverage", "--dsn", ledger, "--format", "json", "--emitted")
    by_file = command(*arguments, str(tmp_path / "metrics")).document
    by_input = command(*arguments, "-", input=METRICS.encode()).document
    both = command(*arguments, "-", "--emitted", str(tmp_path / "metrics"), input=METRICS.encode())

    assert by_file == by_input
    rows = {(row["service"], row["model"]): row for row in by_file["emitted"]}
    gone = rows["assistant", "gone"]
    assert (gone["emitted_calls"], gone["booked_calls"], gone["difference_calls"]) == (2, 0, 2)
    known = rows["assistant", "m"]
    assert known["difference_calls"] == 30 - known["booked_calls"]
    assert known["copies"] == 1
    assert sum(row["emitted_calls"] or 0 for row in both.document["emitted"]) == 64
    shown = command("coverage", "--dsn", ledger, "--emitted", str(tmp_path / "metrics")).out
    assert "acme/gone" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("no-such-file", "No such file"),
        ("ftp://example.org/metrics", "No such file"),
        ("http://127.0.0.1:1/metrics", "refused"),
        ("-", "no counter"),
    ],
)
def test_counters_that_cannot_be_read_are_refused_in_a_sentence(
    command: Command, ledger: str, place: str, why: str
) -> None:
    answer = command("coverage", "--dsn", ledger, "--emitted", place, input=b"")

    assert answer.status == 2
    assert why in answer.err
