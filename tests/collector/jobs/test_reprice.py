"""`reprice` on a ledger that a collector holds: it reads the book as the command sends it, and posts."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_reprice import CONTRACT, written
from tests.collector.jobs.conftest import Command, without_first_line

CALLS = str(Path(__file__).parents[3] / "docs/reconciliation/calls.json")


def test_the_collector_shows_and_posts_corrections_to_the_same_answers(
    command: Command, held_dsn: str, dsn: str, tmp_path: Path
) -> None:
    book = ("--overrides", written(tmp_path, CONTRACT), "--format", "json")
    told: list[list[tuple[int, str]]] = []
    for ledger in (held_dsn, dsn):
        answers = [
            command(*asked, "--dsn", ledger)
            for asked in (
                ("ingest", "--backfill", CALLS),
                ("reprice", "--dry-run", *book),
                ("reprice", *book),
                ("reprice", *book),
                ("reprice", "--model", "gpt-4oo", "--without-overrides"),
                ("reprice",),
            )
        ]
        if ledger == held_dsn:
            posted, again = answers[2].document, answers[3].document
            answers = [without_first_line(answer) for answer in answers]
        told.append([(answer.status, answer.out + answer.err) for answer in answers])

    assert told[0] == told[1]
    assert [status for status, _ in told[0]] == [0, 0, 0, 0, 0, 2]
    assert (posted["entries"], again["entries"]) == (2 * posted["calls"], 0)
    assert posted["rate_correction"] == posted["calls"] > 0
