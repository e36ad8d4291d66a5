"""An event that was answered is booked once, whatever becomes of the process that answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.collector.processes import Process
from tests.collector.rest.api import INGEST, event
from tests.collector.running import JSON, Reply, ask

QUICK = ("--set=booking.linger_seconds=0.05", "--set=booking.settle_seconds=0.5")


def post(collector: Process, *events: dict[str, Any]) -> int:
    body = json.dumps(events).encode()
    return ask(collector.http, "POST", INGEST, body, {"content-type": JSON}, None).status


def cost(collector: Process, request_id: str) -> Reply:
    path = f"/api/v1/requests/{request_id}/cost"
    return ask(collector.http, "GET", path, b"", {}, None)


def test_a_kill_after_the_answer_loses_no_event_and_books_none_twice(tmp_path: Path) -> None:
    events = [event(requestId=f"killed-{number}") for number in range(5)]
    collector = Process(tmp_path / "spool")
    statuses = [post(collector, *events), post(collector, events[0]), post(collector, *events)]
    collector.kill()

    again = Process(tmp_path / "spool")
    still_waits = cost(again, "killed-0")
    assert post(again, events[1]) == 202
    again.kill()
    last = Process(tmp_path / "spool", *QUICK)
    last.until_booked(60)
    told = [json.loads(cost(last, one["requestId"]).body)["net"] for one in events]
    unsent = cost(last, "never-sent")

    assert last.stop() == 0
    assert statuses == [202, 202, 202]
    # This process cannot tell what an earlier one left in the spool.
    assert still_waits.status == 503
    priced = {"calls": 1, "status": "priced", "total_usd": "0.004500000000"}
    assert told == [priced] * 5
    assert unsent.status == 404
