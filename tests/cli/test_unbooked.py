"""What a command knows of the requests that a collector has not booked yet."""

from __future__ import annotations

import os
from pathlib import Path

from otel_costing.cli.unbooked import oldest_unbooked_s
from otel_costing.clickhouse.directory_lock import LOCK_FILE
from otel_costing.clickhouse.holder import Holder, announce
from otel_costing.held_directory import hold


def test_a_ledger_that_nobody_holds_waits_for_nothing(tmp_path: Path) -> None:
    assert oldest_unbooked_s(f"chdb://{tmp_path}") == 0


def test_a_collector_that_does_not_answer_leaves_it_unknown(tmp_path: Path) -> None:
    held = hold(tmp_path, LOCK_FILE, directory_mode=0o700, file_mode=0o600)
    try:
        for admin in ("", "http://127.0.0.1:9"):
            announce(tmp_path, Holder(os.getpid(), "http://127.0.0.1:9", admin, "token"))
            assert oldest_unbooked_s(f"chdb://{tmp_path}") is None
    finally:
        os.close(held)
