"""What `demo` removes before it begins."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command


def test_a_ledger_that_no_demo_left_is_not_removed(command: Command, tmp_path: Path) -> None:
    """The directory that other commands use by default has a ledger and a spool too."""
    kept = tmp_path / "spool" / "not-booked-yet"
    kept.parent.mkdir()
    kept.touch()
    answer = command("demo", "--directory", str(tmp_path))

    assert answer.status == 2
    assert "has spool that no demo is known to have left: say another --directory" in answer.err
    assert kept.exists()
