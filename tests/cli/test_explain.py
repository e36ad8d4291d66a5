"""`otel-costing explain`: a person can follow a figure from the span to the ledger by hand."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from otel_costing.adjustments import UNALLOCATED, BilledLine, Share, adjustment
from otel_costing.attribution import Attribution
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import call_id_of_span
from tests.calls import NOON, entry
from tests.cli.conftest import Command
from tests.clickhouse.auditors import recorded
from tests.clickhouse.told import ID, NATIVE, SPLIT, WRAPPER, book, call
from tests.conformance.truth import SPANS

CAPTURE = SPANS / "otel-genai-anthropic__anthropic_messages_create_stream.json"
GOLDEN = Path(__file__).parent / "explained.txt"
MANY = "e" * 32
MEMBER = Attribution(team="support", feature="answers", user_id="anna")
INVOICED = adjustment(
    BilledLine("d" * 32, "line", "f" * 32, 1, "acme", "", "m", "input", NOON, NOON),
    Share(UNALLOCATED, Decimal(0), Decimal(7)),
    Decimal(0),
)


@pytest.fixture(scope="module")
def captured(command: Command, directory: Path) -> str:
    """The address of a ledger of one captured call that two instrumentations told of."""
    dsn = f"chdb://{directory}?database=explained_capture"
    assert command("ingest", str(CAPTURE), "--dsn", dsn).status == 0
    return dsn


@pytest.fixture(scope="module")
def corrected(directory: Path) -> str:
    """The address of a ledger of a call that was booked by a wrapper's span and settled, and of one trace of many calls."""
    dsn = f"chdb://{directory}?database=explained_correction"
    with Store.open(dsn) as store:
        book(
            store,
            [call(WRAPPER, response_id=ID, attribution=MEMBER)],
            [call(NATIVE, SPLIT, response_id=ID, attribution=MEMBER)],
        )
        store.settle(now_ns=NOON)
        many = [entry(number, trace=MANY, unpriced="unknown_model") for number in range(22)]
        store.book(recorded([*many, INVOICED], name="many"))
    return dsn


def masked(text: str) -> str:
    """Leave out what differs from run to run: instants of receipt and booking, and the ids of books and batches."""
    without = re.sub(r"(received|booked) \d{4}-\d\d-\d\dT[\d:.]+Z", r"\1 INSTANT", text)
    without = re.sub(r"(by batch|of book) [0-9a-f]{16}", r"\1 DIGEST", without)
    return "".join(f"{line.rstrip()}\n" for line in without.splitlines())


def told(command: Command, name: str, dsn: str) -> dict[str, Any]:
    """Return the story of the one call that a name means."""
    (story,) = command("explain", name, "--dsn", dsn, "--format", "json").document["calls"]
    return dict(story)


def test_a_captured_call_is_told_from_its_span_to_its_entry(
    command: Command, captured: str
) -> None:
    explained = command("explain", "msg_0014", "--dsn", captured)

    assert explained.status == 0
    assert masked(explained.out) == GOLDEN.read_text(encoding="utf-8")
    assert max(map(len, explained.out.splitlines())) <= 80


@pytest.mark.parametrize("of", ["call_id", "trace_id", "response_id", "span"])
def test_a_call_is_found_by_each_of_its_names(command: Command, captured: str, of: str) -> None:
    story = told(command, "msg_0014", captured)
    span = f"{story['trace_id']}/{story['span_id']}"
    name = span if of == "span" else story[of]

    assert told(command, name, captured)["call_id"] == story["call_id"]


def test_a_span_that_is_not_charged_leads_to_the_call_that_is(
    command: Command, captured: str
) -> None:
    (copy,) = told(command, "msg_0014", captured)["copies"]
    name = f"{copy['trace_id']}/{copy['span_id']}"
    explained = command("explain", name, "--dsn", captured, "--format", "json").document
    stories = {one["call_id"]: one for one in explained["calls"]}

    assert stories[copy["call_id"]]["charged_as"] in stories
    assert sorted(one["charged"] for one in stories.values()) == [False, True]


def test_the_lines_of_a_story_sum_to_what_stands(command: Command, captured: str) -> None:
    story = told(command, "msg_0014", captured)
    amounts = [Decimal(line["amount_usd"]) for line in story["lines"]]

    assert sum(amounts) == Decimal(story["total_usd"]) == Decimal("0.00819")
    assert story["lines"][0]["arithmetic"] == "1,000 x 3 / 1,000,000 = 0.003000000000"


def test_a_correction_is_told_with_its_cause_and_what_it_took_back(
    command: Command, corrected: str
) -> None:
    name = call_id_of_span(WRAPPER.trace_id, WRAPPER.span_id)
    stories = command("explain", name, "--dsn", corrected, "--format", "json").document["calls"]
    (wrapper,) = (one for one in stories if one["call_id"] == name)

    assert not wrapper["charged"]
    assert [(one["kind"], one["cause"]) for one in wrapper["entries"]] == [
        ("charge", "first"),
        ("reversal", "wrapper"),
    ]
    native = told(command, wrapper["charged_as"], corrected)
    assert native["charged"]
    assert [one["why"] for one in native["copies"]] == ["wrapper"]


def test_who_caused_a_call_is_told(command: Command, corrected: str) -> None:
    native = call_id_of_span(NATIVE.trace_id, NATIVE.span_id)
    story = told(command, native, corrected)

    assert (story["attribution"]["team"], story["attribution"]["user_id"]) == ("support", "anna")


def test_a_call_without_a_price_is_told_with_its_reason(command: Command, corrected: str) -> None:
    one = call_id_of_span(MANY, entry(3).span_id)
    story = told(command, one, corrected)

    assert (story["total_usd"], story["status_reason"], story["rate"]) == (
        None,
        "unknown_model",
        None,
    )
    assert ": unpriced, unknown_model" in command("explain", one, "--dsn", corrected).out


def test_a_trace_is_explained_call_by_call_up_to_twenty(command: Command, corrected: str) -> None:
    explained = command("explain", MANY, "--dsn", corrected, "--format", "json").document

    assert (len(explained["calls"]), explained["more_calls"]) == (20, 2)
    assert "... and 2 more calls" in command("explain", MANY, "--dsn", corrected).out


def test_csv_is_the_entries(command: Command, corrected: str) -> None:
    name = call_id_of_span(WRAPPER.trace_id, WRAPPER.span_id)
    out = command("explain", name, "--dsn", corrected, "--format", "csv").out

    posted = [one for one in csv.DictReader(out.splitlines()) if one["call_id"] == name]

    assert [one["total_usd"] for one in posted] == ["0.004500000000", "-0.004500000000"]


@pytest.mark.parametrize("name", ["0" * 32, INVOICED.call_id, "no\udcffname"])
def test_what_is_no_call_that_anybody_knows_is_said(
    command: Command, corrected: str, name: str
) -> None:
    unknown = command("explain", name, "--dsn", corrected)

    assert (unknown.status, unknown.out) == (1, "")
    assert unknown.err == f"The ledger has no call, trace, span or response {name!r}.\n"
