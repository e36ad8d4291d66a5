"""`reconcile` on a ledger that a collector holds: it reads the exports as the command sends them, and posts."""

from __future__ import annotations

from pathlib import Path

from tests.collector.jobs.conftest import Command, without_first_line

EXAMPLE = Path(__file__).parents[3] / "docs/reconciliation"
INVOICE = str(EXAMPLE / "openai-costs.json")


def test_the_collector_compares_posts_and_takes_back_to_the_same_answers(
    command: Command, held_dsn: str, dsn: str
) -> None:
    told: list[list[tuple[int, str]]] = []
    for ledger in (held_dsn, dsn):
        answers = [
            command(*asked, "--dsn", ledger)
            for asked in (
                ("ingest", "--backfill", str(EXAMPLE / "calls.json")),
                ("reconcile", INVOICE),
                ("reconcile", INVOICE, "--post", "--format", "json"),
                ("reconcile", INVOICE, "--post"),
                ("reconcile", "--undo", "openai-costs.json"),
                ("reconcile", "--undo", "never.json"),
            )
        ]
        if ledger == held_dsn:
            answers = [without_first_line(answer) for answer in answers]
        told.append([(answer.status, answer.out + answer.err) for answer in answers])

    assert told[0] == told[1]
    assert [status for status, _ in told[0]] == [0, 1, 0, 0, 0, 2]
