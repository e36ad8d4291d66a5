"""A command on a ledger that a collector holds says and does what it does where the ledger is free."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Answer, Command
from tests.collector.jobs.conftest import Held, Hold, without_first_line
from tests.conformance.truth import SPANS

FILES = [str(path) for path in sorted(SPANS.glob("otel-genai-*.json"))[:6]]
FORMATS = ("table", "json", "csv")


def in_both_ways(
    command: Command, held_dsn: str, dsn: str, *arguments: str, given: bytes | None = None
) -> Answer:
    """Run a command on a ledger that is held and on one that is not, and return what both said."""
    here = command(*arguments, "--dsn", dsn, input=given)
    there = command(*arguments, "--dsn", held_dsn, input=given)
    assert without_first_line(there) == here
    return here


def test_ingest_says_the_same(command: Command, held_dsn: str, dsn: str) -> None:
    for style in FORMATS:  # what is new at first is known the next time
        answer = in_both_ways(command, held_dsn, dsn, "ingest", *FILES, "--format", style)
        assert answer.status == 0


def test_what_cannot_be_read_is_refused_in_the_same_words(
    command: Command, held_dsn: str, dsn: str, tmp_path: Path
) -> None:
    (tmp_path / "broken.json").write_text("{not json")
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(Path(FILES[0]).read_bytes())[:-20])
    (tmp_path / "empty.json").write_bytes(b"")
    unreadable = "/proc/self/mem"  # a file whose first byte cannot be read
    files = (str(tmp_path), unreadable, FILES[0])

    answer = in_both_ways(command, held_dsn, dsn, "ingest", *files, "--format", "json")

    refused = {Path(one["file"]).name: one["reason"] for one in answer.document["refused"]}
    assert answer.status == 2
    assert refused["mem"] == "it cannot be read: [Errno 5] Input/output error"
    assert {"broken.json", "cut.json.gz", "mem"} <= refused.keys()


def test_standard_input_is_sent_too(command: Command, held_dsn: str, dsn: str) -> None:
    body = gzip.compress(Path(FILES[0]).read_bytes())

    in_both_ways(command, held_dsn, dsn, "ingest", "-", "--format", "json", given=body)


def test_prices_of_ones_own_are_sent_with_the_spans(
    command: Command, held_dsn: str, dsn: str, tmp_path: Path
) -> None:
    rates = '[{from: 2020-01-01, prices: {input: "1", output: "2"}}]'
    own = tmp_path / "own.yaml"
    own.write_text(
        f"name: own\nmodels:\n  - {{provider: anthropic, model: in-house, rates: {rates}, source: ours, checked: 2026-01-02}}\n"
    )
    spans = tmp_path / "spans.json"
    spans.write_text(Path(FILES[0]).read_text().replace("claude-sonnet-4-5", "in-house"))
    ingest = ("ingest", str(spans), "--format", "json", "--overrides", str(own))

    answer = in_both_ways(command, held_dsn, dsn, *ingest)

    assert answer.document["unpriced"] == 0
    assert command(*ingest[:-2], "--dsn", held_dsn + "_list").document["unpriced"] == 1


def test_settle_says_the_same(command: Command, held_dsn: str, dsn: str) -> None:
    for file in FILES[:2]:
        in_both_ways(command, held_dsn, dsn, "ingest", file, "--format", "csv")
    for style in FORMATS:
        in_both_ways(command, held_dsn, dsn, "settle", "--everything", "--format", style)


def test_a_ledger_that_is_not_there_is_said_to_be_missing(command: Command, held_dsn: str) -> None:
    answer = command("settle", "--dsn", held_dsn)

    assert answer.status == 2
    assert "there is no database" in answer.err.lower()


def test_the_command_says_who_does_it_and_nothing_of_the_token(
    command: Command, held_dsn: str, held: Held
) -> None:
    answer = command("ingest", FILES[0], "--dsn", held_dsn)

    pid = held.process.process.pid
    assert answer.err == f"done by the collector that holds the ledger, process {pid}\n"
    assert held.token not in answer.out + answer.err


def test_more_than_the_collector_has_room_for_is_refused(
    command: Command, held_dsn: str, held: Held, tmp_path: Path
) -> None:
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (5 * 2**20))

    answer = command("ingest", str(large), "--dsn", held_dsn)

    assert answer.status == 2
    assert "The collector refuses: The content of jobs is more than jobs.max_bytes" in answer.err
    for job in held.jobs():
        if job["state"] == "receiving":
            held.ask("DELETE", f"/{job['id']}")
    assert command("ingest", FILES[0], "--dsn", held_dsn).status == 0


def test_two_equal_commands_at_once_book_once(held_dsn: str, command: Command) -> None:
    running = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "otel_costing.cli",
                "ingest",
                *FILES,
                "--dsn",
                held_dsn,
                "--format",
                "json",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    answers = [one.communicate(timeout=60) for one in running]
    assert [one.returncode for one in running] == [0, 0], answers
    said = [json.loads(out) for out, _ in answers]
    again = command("ingest", *FILES, "--dsn", held_dsn, "--format", "json").document

    assert [one["billable_calls"] for one in said] == [again["billable_calls"]] * 2
    new = [one["billable_calls"] - one["duplicates"] for one in said]
    assert max(new) > 0


def test_what_is_read_through_the_collector_is_what_is_read_after_it_stopped(
    command: Command, hold: Hold
) -> None:
    held = hold()
    dsn = f"chdb://{held.directory}"
    assert command("ingest", *FILES, "--dsn", dsn).status == 0
    trace_id = json.loads(Path(FILES[0]).read_text())["resourceSpans"][0]["scopeSpans"][0]["spans"][
        0
    ]["traceId"]
    asked = [
        (*words, "--format", style, "--dsn", dsn)
        for words in (("report", "--by", "team,model,meter"), ("trace", trace_id), ("coverage",))
        for style in FORMATS
    ]

    through = [command(*words) for words in asked]
    held.process.stop()
    free = [command(*words) for words in asked]

    pid = held.process.process.pid
    for there, here in zip(through, free, strict=True):
        line, _, rest = there.err.partition("\n")
        assert line == f"reading through the collector, process {pid}"
        assert there._replace(err=rest) == here
        assert here.status == 0
