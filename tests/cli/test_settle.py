"""`otel-costing settle`: what was booked apart is charged once, and a second time finds nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined
from otel_costing.cli.output import console
from otel_costing.cli.settle import show_settlement
from otel_costing.clickhouse.settling import SettleReport
from otel_costing.clickhouse.store import Store
from otel_costing.jobs.settle_job import document_of
from tests.calls import NOON, SECOND, record
from tests.cli.conftest import Command
from tests.clickhouse.told import ID, NATIVE, SPLIT, WRAPPER, book, call

Booked = Callable[..., str]
TWICE = ([call(WRAPPER)], [call(NATIVE, SPLIT)])


@pytest.fixture
def booked(dsn: str) -> Booked:
    """Book batches, unsettled, and return the ledger's address."""

    def put(*batches: list[Examined]) -> str:
        with Store.open(dsn) as store:
            book(store, *batches)
        return dsn

    return put


def calls_of(command: Command, dsn: str) -> int:
    document = command("report", "--dsn", dsn, "--format", "json").document
    return sum(row["calls"] for row in document["rows"])


def test_a_call_that_two_batches_told_of_is_corrected_and_the_cause_is_said(
    command: Command, booked: Booked
) -> None:
    dsn = booked(*TWICE)
    assert calls_of(command, dsn) == 2

    answer = command("settle", "--dsn", dsn, "--format", "json")

    assert answer.status == 0
    assert answer.document == {
        "traces": 1,
        "corrections": 1,
        "by_cause": {"duplicate": 0, "wrapper": 1, "attribution": 0},
        "entries": 1,
        "refused": [],
    }
    assert calls_of(command, dsn) == 1


def test_settling_again_says_that_there_is_nothing_to_do(command: Command, booked: Booked) -> None:
    dsn = booked(*TWICE)
    first = command("settle", "--dsn", dsn)
    again = command("settle", "--everything", "--dsn", dsn)

    assert "1 calls corrected (1 wrapper) by 1 entries." in first.out
    assert (again.status, "Nothing to do" in again.out) == (0, True)


def test_the_rollup_follows_the_correction(command: Command, booked: Booked) -> None:
    dsn = booked(*TWICE)
    command("settle", "--dsn", dsn)

    with Store.open(dsn, create=False) as store:
        assert store.rebuild_rollups() == []
        assert store.connection.query("SELECT sum(calls) FROM rollup_daily").rows[0][0] == 1


def test_what_was_booked_before_since_is_left_alone(command: Command, booked: Booked) -> None:
    dsn = booked(*TWICE)
    answer = command("settle", "--since", "2099-01-01", "--dsn", dsn, "--format", "json")

    assert (answer.document["traces"], calls_of(command, dsn)) == (0, 2)


def test_only_a_named_authority_stands_for_another_team(command: Command, booked: Booked) -> None:
    gateway = record(9, trace="b" * 32, service="gateway", start_ns=NOON + 10, end_ns=NOON + SECOND)
    platform, support = Attribution(team="platform"), Attribution(team="support")
    dsn = booked(
        [call(WRAPPER, response_id=ID, attribution=support)],
        [call(gateway, SPLIT, response_id=ID, attribution=platform, sender="gateway")],
    )

    command("settle", "--dsn", dsn)
    assert calls_of(command, dsn) == 2

    command("settle", "--everything", "--authority", "gateway", "--dsn", dsn)
    assert calls_of(command, dsn) == 1


def test_csv_has_one_line_with_every_cause(command: Command, booked: Booked) -> None:
    answer = command("settle", "--dsn", booked(*TWICE), "--format", "csv")

    assert answer.out.splitlines() == [
        "traces,corrections,duplicate,wrapper,attribution,entries",
        "1,1,0,1,0,1",
    ]


def test_what_is_left_as_it_is_is_said_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    show_settlement(console(), document_of(SettleReport(1, 0, 0, ("trace aa: too many accounts",))))

    said = capsys.readouterr()
    assert "left as it is: trace aa: too many accounts" in said.err
    assert "Nothing to do" not in said.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--since", "2026-01-01", "--everything"), "exclude each other"),
        (("--since", "soon"), "is no date or instant"),
    ],
)
def test_a_contradictory_request_is_refused_in_a_sentence(
    command: Command, dsn: str, arguments: tuple[str, ...], sentence: str
) -> None:
    answer = command("settle", *arguments, "--dsn", dsn)

    assert answer.status == 2
    assert sentence in answer.err


def test_no_ledger_is_made_by_settling(command: Command, new_dsn: str) -> None:
    answer = command("settle", "--dsn", new_dsn)

    assert answer.status == 2
    assert "otel-costing ingest" in answer.err
