"""`backfill` from the table of a stock Collector, as a person runs it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from otel_costing.batch import batch_of
from otel_costing.clickhouse.connection import connect
from otel_costing.otel_traces import Schema
from otel_costing.otlp import decode
from otel_costing.rates import default_rates
from tests import killed_backfill
from tests.calls import NOON, SECOND
from tests.cli.conftest import Command
from tests.otel_traces_tables import fill_table, insert_rows, make_table
from tests.unmeasured import unmeasured

COUNTS = {"spans", "billable_calls", "priced", "partial", "unpriced", "duplicates"}
REQUEST = killed_backfill.request()
BATCH = batch_of(
    decode(json.dumps(REQUEST).encode()).spans,
    default_rates(),
    NOON + 3_600 * SECOND,
    backfill=True,
)
USD = sum((entry.total_usd or Decimal(0) for entry in BATCH.entries), Decimal(0))


@pytest.fixture
def dsn(new_dsn: str) -> str:
    """The address of a ledger that is not there yet."""
    return new_dsn


@pytest.fixture(scope="module")
def traces(directory: Path) -> str:
    """The name of a table that a Collector filled, in a database of its own."""
    with closing(connect(f"chdb://{directory}?database=collected", create=True)) as connection:
        make_table(connection, "otel_traces", Schema.MAP)
        fill_table(connection, "otel_traces", [REQUEST], Schema.MAP)
        make_table(connection, "broken", Schema.MAP)
        make_table(connection, "unknown", Schema.MAP)
        asked = json.loads(json.dumps(REQUEST).replace("gpt-5-mini", "a-model-of-nobody"))
        fill_table(connection, "unknown", [asked], Schema.MAP)
        insert_rows(connection, "broken", [{"Timestamp": 1, "TraceId": "", "SpanId": ""}] * 2)
    return "collected.otel_traces"


@pytest.fixture(scope="module")
def ledger(directory: Path) -> str:
    """The address of the ledger that these tests fill in turn; each says what is new to it."""
    return f"chdb://{directory}?database=backfilled"


def test_a_dry_run_says_what_the_calls_come_to_and_makes_no_ledger(
    command: Command, traces: str, dsn: str
) -> None:
    asked = ("backfill", "--from-otel-traces", traces, "--dsn", dsn, "--dry-run")
    document = command(*asked, "--format", "json").document

    assert document["rows"] == [
        {
            "provider": "openai",
            "model": "gpt-5-mini",
            "calls": killed_backfill.CALLS,
            "unpriced_calls": 0,
            "usd": f"{USD:.12f}",
        }
    ]
    assert document["total_usd"] == f"{USD:.12f}"
    assert "gpt-5-mini" in command(*asked).out
    assert command(*asked, "--format", "csv").out.splitlines()[1].startswith("openai,gpt-5-mini,60")
    assert command("report", "--dsn", dsn).status == 2


def test_a_dry_run_of_calls_without_a_price_has_no_total(
    command: Command, traces: str, dsn: str
) -> None:
    unknown = traces.replace("otel_traces", "unknown")
    asked = ("backfill", "--from-otel-traces", unknown, "--dsn", dsn, "--dry-run")
    document = command(*asked, "--format", "json").document

    assert document["unpriced"] == killed_backfill.CALLS
    assert document["total_usd"] is None
    assert "0.00" not in command(*asked).out


def test_a_backfill_is_booked_once_and_reported(command: Command, traces: str, ledger: str) -> None:
    asked = ("backfill", "--from-otel-traces", traces, "--dsn", ledger)
    first = command(*asked, "--format", "json").document
    again = command(*asked)
    report = command("report", "--by", "model", "--dsn", ledger, "--format", "json").document
    csv = command(*asked, "--format", "csv").out.splitlines()

    assert set(first) == {"source", "since", "until", "goes_on", *COUNTS, "refused"}
    assert (first["billable_calls"], first["duplicates"]) == (killed_backfill.CALLS, 0)
    assert first["since"] == "2026-11-22T12:00:00.000000000Z"
    assert "60 copies" in again.out
    assert report["total_usd"] == f"{USD:.12f}"
    assert csv[1] == "60,60,60,0,0,60"


def test_times_are_instants_in_utc(command: Command, traces: str, dsn: str) -> None:
    times = ("--since", "2026-11-22T12:00:10Z", "--until", "2026-11-22T12:00:30")
    asked = ("backfill", "--from-otel-traces", traces, "--dsn", dsn, "--dry-run", *times)

    assert command(*asked, "--format", "json").document["billable_calls"] == 20


@pytest.mark.parametrize(
    ("option", "instant", "spans"),
    [
        ("--since", "9999-12-31", 0),
        ("--until", "1000-01-01", 0),
        ("--since", "1000-01-01", killed_backfill.CALLS),
        ("--until", "9999-12-31", killed_backfill.CALLS),
    ],
)
def test_instants_beyond_what_clickhouse_can_say_mean_what_they_say(
    command: Command, traces: str, dsn: str, option: str, instant: str, spans: int
) -> None:
    asked = ("backfill", "--from-otel-traces", traces, "--dsn", dsn, "--dry-run")

    assert command(*asked, "--format", "json", option, instant).document["spans"] == spans


def test_rows_that_are_refused_leave_with_status_2(
    command: Command, traces: str, ledger: str
) -> None:
    broken = traces.replace("otel_traces", "broken")
    answer = command("backfill", "--from-otel-traces", broken, "--dsn", ledger)

    assert answer.status == 2
    assert "refused 2 spans: a span has no trace id" in answer.err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--from-otel-traces", "collected.nowhere"), "There is no table collected.nowhere"),
        (("--from-otel-traces", "otel_traces"), "there is collected.otel_traces"),
        (("--from-otel-traces", "t", "--source", "chdb:///elsewhere"), "are two"),
        (("--from-otel-traces", "t", "--source", "mysql://x"), "The source cannot be used"),
        (("--from-otel-traces", "t", "--since", "yesterday"), "no date or instant"),
        ((), "--from-otel-traces"),
    ],
)
@pytest.mark.usefixtures("traces")
def test_what_cannot_be_read_is_said_in_a_sentence(
    command: Command, ledger: str, asked: tuple[str, ...], said: str
) -> None:
    answer = command("backfill", "--dsn", ledger, *asked)

    assert answer.status == 2
    assert said in answer.err


_INSERTS = 17
"""Of a backfill that nobody kills."""


def test_killed_at_any_insert_three_times_over_it_ends_with_every_call_booked_once(
    tmp_path: Path,
) -> None:
    first, second, third = moments = sorted(random.sample(range(1, _INSERTS + 1), 3))
    # What a run was killed at is the first thing that the next one does.
    for insert in (first, second - first + 1, third - second + 1):
        assert _run(tmp_path, insert).returncode == -9, moments
    ended = _run(tmp_path, 0)
    *_, charges = ended.stdout.splitlines()

    assert json.loads(charges) == sorted(
        [entry.call_id, 1, _shortest(entry.total_usd)] for entry in BATCH.entries
    ), moments


def _run(directory: Path, insert: int) -> subprocess.CompletedProcess[str]:
    asked = (f"chdb://{directory}/ledger", str(insert))
    return subprocess.run(
        (sys.executable, "-m", "tests.killed_backfill", *asked),
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
        env=unmeasured(),
    )


def _shortest(usd: Decimal | None) -> str:
    """Spell an amount as the engine does."""
    assert usd is not None
    return f"{usd.normalize():f}"
