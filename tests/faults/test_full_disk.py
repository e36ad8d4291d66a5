"""A disk that is full refuses for a while, loses nothing that was acknowledged, and recovers by itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.collector.processes import Process
from tests.collector.running import PROTOBUF, Reply, ask
from tests.faults.senders import Told, metrics, request_of, until_booked
from tests.faults.small_disk import small_disk
from tests.faults.test_collector_killed import LEDGER_AS_JSON, QUICK

pytestmark = pytest.mark.skipif(
    not (shutil.which("unshare") and shutil.which("nsenter")),
    reason="a small disk is made with unshare and nsenter",
)
USD = Decimal("0.0045")
CALLS_A_REQUEST = 20


def test_a_full_disk_of_the_spool_refuses_until_there_is_room_and_loses_nothing(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        process = Process(
            disk.directory / "spool",
            *QUICK,
            f"--set=store.dsn=chdb://{tmp_path / 'ledger'}",
            "--set=limits.stop_seconds=60",
            within=disk.within,
        )
        accepted = _send_until_refused(process.http, 0, disk.fill)
        assert metrics(process.admin)[
            'otel_costing_refused_requests_total{protocol="http",reason="spool_full"}'
        ]

        disk.empty()
        accepted.append(_send_until_accepted(process.http, 10_000))
        until_booked(process.admin)
        _until_ready(process.admin)
        assert process.stop() == 0
        _check(_ledger(f"chdb://{tmp_path / 'ledger'}", ()), accepted)


def test_a_full_disk_of_the_ledger_refuses_nobody_and_is_booked_into_once_there_is_room(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", 64) as disk:
        dsn = f"chdb://{disk.directory / 'ledger'}"
        process = Process(
            tmp_path / "spool",
            *QUICK,
            f"--set=store.dsn={dsn}",
            "--set=limits.stop_seconds=60",
            within=disk.within,
        )
        assert _post(process.http, 0).status == 200
        until_booked(process.admin)
        disk.fill()
        accepted = list(range(1, 15))
        assert {_post(process.http, number).status for number in accepted} == {200}
        process.says("the ledger does not take a batch yet")
        assert metrics(process.admin)["otel_costing_ledger_up"] == 0
        assert ask(process.admin, "GET", "/healthz", b"", {}, None).status == 200

        disk.empty()
        until_booked(process.admin)
        assert process.stop() == 0
        _check(_ledger(dsn, disk.within), [0, *accepted])


def _send_until_refused(port: int, first: int, fill: Any) -> list[int]:
    """Send to a disk that is filled after the third request; return what was acknowledged."""
    accepted: list[int] = []
    for number in range(first, first + 5_000):
        if number == first + 3:
            fill()
        reply = _post(port, number)
        if reply.status == 503:
            assert int(reply.headers["retry-after"]) <= 2
            return accepted
        assert reply.status == 200
        accepted.append(number)
    raise AssertionError("it was never full")


def _send_until_accepted(port: int, number: int) -> int:
    """Send one as a sender does that is told to try again, and return it."""
    for _ in range(60):
        reply = _post(port, number)
        if reply.status == 200:
            return number
        time.sleep(int(reply.headers["retry-after"]))  # as it was told
    raise AssertionError("it never recovered")


def _until_ready(port: int) -> None:
    """Wait for readiness: for seconds after a failure it tells balancers to send elsewhere."""
    for _ in range(100):
        if ask(port, "GET", "/readyz", b"", {}, None).status == 200:
            return
        time.sleep(0.1)  # between two looks at a process of its own
    raise AssertionError("it never was ready again")


def _post(port: int, number: int) -> Reply:
    first = number * CALLS_A_REQUEST
    told = [Told(one) for one in range(first, first + CALLS_A_REQUEST)]
    body = request_of(told, time.time_ns())
    return ask(port, "POST", "/v1/traces", body, {"content-type": PROTOBUF}, None)


def _ledger(dsn: str, within: tuple[str, ...]) -> dict[str, Any]:
    asked = subprocess.run(
        [*within, sys.executable, "-c", LEDGER_AS_JSON, dsn],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    document: dict[str, Any] = json.loads(asked.stdout)
    return document


def _check(ledger: dict[str, Any], accepted: list[int]) -> None:
    """All of it stands once, and of what was refused nothing."""
    calls = len(accepted) * CALLS_A_REQUEST
    expected = {
        f"{number * CALLS_A_REQUEST + one + 1:016x}"
        for number in accepted
        for one in range(CALLS_A_REQUEST)
    }
    assert set(ledger["spans"]) == expected
    assert (len(ledger["spans"]), ledger["net"]) == (calls, str(calls))
    assert Decimal(ledger["usd"]) == calls * USD
