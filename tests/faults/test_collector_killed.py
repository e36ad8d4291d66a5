"""A collector that is killed at any moment under load books every acknowledged call once, and no other.

`OTEL_COSTING_KILLS` says how often it dies; `make test-faults` asks for fifty.
"""

from __future__ import annotations

import http.client
import json
import random
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.collector.bench import calls
from tests.collector.processes import Process
from tests.faults.kills import KILLS

QUICK = ("--set=booking.linger_seconds=0.05", "--set=booking.settle_seconds=0.5")
CALLS_A_REQUEST = 20
LEDGER_AS_JSON = """
import json, sys
from otel_costing.clickhouse.store import Store
with Store.open(sys.argv[1], create=False) as store:
    ask = lambda sql: store.connection.query(sql).rows
    print(json.dumps({
        "spans": sorted(row[0] for row in ask("SELECT span_id FROM costs")),
        "net": [str(row[0]) for row in ask("SELECT sum(sign) FROM ledger FINAL")][0],
        "usd": str(ask("SELECT sum(total_usd) FROM costs")[0][0]),
        "kept": ask("SELECT count() - uniqExact(entry_id) FROM ledger FINAL")[0][0],
        "skeletons": ask("SELECT uniqExact(trace_id, span_id) FROM spans")[0][0],
    }))
"""


class Load:
    """Senders that send until their collector is gone, and note what was acknowledged."""

    def __init__(self, port: int, first: int) -> None:
        self.acknowledged: set[int] = set()
        self._port = port
        self._next = first
        self._guard = threading.Lock()
        self._threads = [threading.Thread(target=self._send) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def _number(self) -> int:
        with self._guard:
            self._next += 1
            return self._next

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            while True:
                number = self._number()
                body = calls(*span_ids(number))
                connection.request(
                    "POST", "/v1/traces", body, {"content-type": "application/x-protobuf"}
                )
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    with self._guard:
                        self.acknowledged.add(number)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def wait(self) -> int:
        """Wait for the senders to give up; return the last number that was used."""
        for thread in self._threads:
            thread.join()
        return self._next


def span_ids(number: int) -> range:
    """Return the ids of the calls of a request, which no other request has."""
    return range(number * CALLS_A_REQUEST, (number + 1) * CALLS_A_REQUEST)


def test_a_kill_at_any_moment_loses_nothing_and_counts_nothing_twice(tmp_path: Path) -> None:
    moments = random.Random(20261122)  # noqa: S311 - the same moments each time
    acknowledged: set[int] = set()
    last = 0
    for _ in range(KILLS):
        collector = Process(tmp_path / "spool", *QUICK)
        load = Load(collector.http, last)
        time.sleep(moments.uniform(0.05, 1.5))  # the moment of the kill is the test
        collector.kill()
        last = load.wait()
        acknowledged |= load.acknowledged
    assert len(acknowledged) > KILLS

    collector = Process(tmp_path / "spool", *QUICK, "--set=limits.stop_seconds=60")
    collector.until_booked(120)
    collector.signal(signal.SIGTERM)
    assert collector.says("stopped")["unbooked_requests"] == 0
    collector.process.communicate(timeout=60)

    ledger = _ledger(f"chdb://{tmp_path / 'spool'}-ledger")
    expected = {f"{one:016x}" for number in acknowledged for one in span_ids(number)}
    booked = list(ledger["spans"])
    assert len(booked) == len(set(booked))
    assert expected <= set(booked)
    # What was on disk when the kill took the answer away is booked too, in whole requests.
    unanswered = {int(span_id, 16) // CALLS_A_REQUEST for span_id in set(booked) - expected}
    assert len(unanswered) <= 4 * KILLS
    assert len(booked) == CALLS_A_REQUEST * (len(acknowledged) + len(unanswered))
    assert ledger["net"] == str(len(booked))
    assert ledger["kept"] == 0
    assert ledger["skeletons"] == len(booked)
    assert Decimal(ledger["usd"]) == len(booked) * Decimal("0.0045")


def _ledger(dsn: str) -> dict[str, Any]:
    asked = subprocess.run(
        [sys.executable, "-c", LEDGER_AS_JSON, dsn],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    document: dict[str, Any] = json.loads(asked.stdout)
    return document
