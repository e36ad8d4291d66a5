"""A copy of spool and ledger, taken as docs/operating.md says, is a collector that never forgot anything up to then."""

from __future__ import annotations

import http.client
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.collector.bench import calls
from tests.collector.processes import Process
from tests.peers.booked import Booked, booked

QUICK = ("--set=booking.linger_seconds=0.05", "--set=booking.settle_seconds=0.5")
CALL_USD = Decimal("0.0045")


def send(collector: Process, numbers: range) -> None:
    """Send one call a request; each is acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", collector.http, timeout=30)
    for number in numbers:
        body = calls(number)
        connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()


def copy(directory: Path, to: Path) -> None:
    """Copy spool and ledger."""
    to.mkdir()
    for place in ("spool", "spool-ledger"):
        subprocess.run(["cp", "-a", directory / place, to], check=True)


def stopped(collector: Process, directory: Path, to: Path) -> Process:
    """Copy them while nobody has them open."""
    collector.stop()
    copy(directory, to)
    return Process(directory / "spool", *QUICK)


def paused(collector: Process, directory: Path, to: Path) -> Process:
    """Copy them while the process stands still, at whatever it was doing."""
    collector.signal(signal.SIGSTOP)
    stand_still = threading.Event()
    while any(state != "T" for state in states(collector.process.pid)):
        stand_still.wait(0.01)
    copy(directory, to)
    collector.signal(signal.SIGCONT)
    return collector


def states(pid: int) -> Iterator[str]:
    """Yield what each thread of a process is doing."""
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        yield stat.read_text().rpartition(") ")[2][0]


def of(numbers: range) -> list[str]:
    return [number.to_bytes(8).hex() for number in numbers]


def told(ledger: Booked) -> list[str]:
    """The span ids of its calls; each was charged once, and to the last digit."""
    assert {usd for _, _, usd in ledger.calls} == {CALL_USD}
    assert ledger.net_calls == len(ledger.calls)
    return sorted(span_id for _, span_id, _ in ledger.calls)


@pytest.mark.parametrize("take", [stopped, paused], ids=["stopped", "paused"])
def test_a_backup_holds_all_that_was_acknowledged_and_what_comes_again_fills_the_gap(
    tmp_path: Path, take: Callable[[Process, Path, Path], Process]
) -> None:
    backup = tmp_path / "backup"
    collector = Process(tmp_path / "spool", *QUICK)
    send(collector, range(1, 200))
    collector = take(collector, tmp_path, backup)
    send(collector, range(200, 300))
    assert collector.stop() == 0

    restored = Process(backup / "spool", *QUICK)
    send(restored, range(190, 300))
    restored.until_booked(30)
    restored.stop()
    original, again = (booked(f"chdb://{at}/spool-ledger") for at in (tmp_path, backup))
    assert told(again) == told(original) == of(range(1, 300))
