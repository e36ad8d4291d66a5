"""`dimensions add` on a ledger that a collector holds: the collector promotes, and reports know the name."""

from __future__ import annotations

from pathlib import Path

from tests.collector.jobs.conftest import Command, Held, without_first_line

CALLS = str(Path(__file__).parents[3] / "docs/reconciliation/calls.json")
ADD = ("dimensions", "add", "k8s.namespace.name", "--as", "namespace", "--format", "json")
FREE = ("dimensions", "add", "k8s.pod.name", "--as", "namespace")
ASKED = (
    ("ingest", "--backfill", CALLS),
    ADD,
    ADD,
    FREE,
)


def test_the_collector_promotes_an_attribute_once_and_refuses_as_the_command_does(
    command: Command, held_dsn: str, dsn: str
) -> None:
    here = [command(*asked, "--dsn", dsn) for asked in ASKED]
    there = [command(*asked, "--dsn", held_dsn) for asked in ASKED]

    assert [one.status for one in there] == [0, 0, 0, 2]
    assert list(map(without_first_line, there)) == here
    assert there[1].document == there[2].document


def test_the_dimensions_of_a_held_ledger_are_read_through_the_collector(
    command: Command, held: Held, held_dsn: str
) -> None:
    own = f"chdb://{held.directory}"
    assert command(*ADD, "--dsn", own).status == 0

    listed = command("dimensions", "list", "--format", "json", "--dsn", own)
    assert [one["name"] for one in listed.document["promoted"]] == ["namespace"]
    report = command("report", "--by", "namespace", "--format", "json", "--dsn", own)
    assert report.status == 0
    assert command(*ASKED[0], "--dsn", held_dsn).status == 0
    other = command("dimensions", "list", "--dsn", held_dsn)
    assert other.status == 2
    assert "answers for its own database alone" in " ".join(other.err.split())
