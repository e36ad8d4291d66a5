"""Who is to be forgotten in a ledger that a collector holds is told to it by digests: nothing of it keeps the name."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Command
from tests.collector.jobs.conftest import Held, without_first_line

NAME = "somebody-who-is-named-nowhere-else"


def spans_of(user_id: str, path: Path) -> Path:
    """Write a request of one call by somebody."""
    span = {
        "traceId": "0af7651916cd43dd8448eb211c80319c",
        "spanId": "b7ad6b7169203331",
        "name": "chat gpt-4o",
        "kind": 3,
        "startTimeUnixNano": "1795348800000000000",
        "endTimeUnixNano": "1795348801000000000",
        "attributes": [
            {"key": name, "value": {"stringValue": value}}
            for name, value in (
                ("gen_ai.operation.name", "chat"),
                ("gen_ai.system", "openai"),
                ("gen_ai.request.model", "gpt-4o"),
                ("user.id", user_id),
            )
        ]
        + [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1000"}}],
    }
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    return path


def test_erase_says_the_same(command: Command, held_dsn: str, tmp_path: Path) -> None:
    command(
        "ingest", str(spans_of("anna", tmp_path / "spans.json")), "--backfill", "--dsn", held_dsn
    )
    erase = ("erase", "--user-id", "anna", "--dsn", held_dsn, "--format", "json")

    looked = without_first_line(command(*erase, "--dry-run"))
    erased = without_first_line(command(*erase))
    again = without_first_line(command(*erase))

    row = {"table": "ledger", "identifier": "user_id", "rows": 1}
    assert looked.document["rows"] == [{**row, "left_rows": 1}]
    assert erased.document["rows"] == [{**row, "left_rows": 0}]
    assert (again.status, again.document["rows"]) == (0, [])


def test_the_name_of_who_is_erased_is_written_nowhere(
    command: Command, held: Held, held_dsn: str, tmp_path: Path
) -> None:
    """Not by the collector, which keeps its jobs, nor by the engine, which keeps what it was told."""
    command(
        "ingest", str(spans_of("bert", tmp_path / "spans.json")), "--backfill", "--dsn", held_dsn
    )
    both = command("erase", "--user-id", NAME, "--user-id", "bert", "--dsn", held_dsn)

    assert "Erased, on record as " in both.out
    assert files_that_say(NAME, held.directory.parent) == []


def files_that_say(name: str, directory: Path) -> list[Path]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return [path for path in files if name.encode() in path.read_bytes()]
