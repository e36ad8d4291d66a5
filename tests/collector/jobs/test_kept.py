"""What the disk keeps of a job: no password ever, and nothing that nobody needs any more."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from otel_costing.clickhouse.target import Embedded
from otel_costing_collector.jobs.queue import Jobs
from otel_costing_collector.jobs.record import Order, State
from otel_costing_collector.jobs.shelf import Shelf
from tests.calls import hex_id

SOURCE = "http://reader:a-secret@db.example:8123"
ARGUMENTS: dict[str, Any] = {"table": "otel.otel_traces", "source": SOURCE}


def opened(directory: Path) -> tuple[Jobs, Shelf]:
    shelf = Shelf(directory / "jobs", 2**20)
    return Jobs(shelf, Embedded(directory / "ledger", "otel_costing")), shelf


def test_the_password_of_a_source_lies_on_no_disk_and_a_job_without_it_says_what_to_do(
    tmp_path: Path,
) -> None:
    before, shelf = opened(tmp_path)
    job = before.ask(Order("backfill", "otel_costing", ARGUMENTS, ())).job
    shelf.close()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "jobs").iterdir())

    after, _ = opened(tmp_path)
    after.start()
    ended = threading.Event()
    while not after.job(job.id).state.is_final:
        ended.wait(0.01)
    after.stop(10)

    assert b"otel.otel_traces" in kept
    assert b"a-secret" not in kept
    assert after.job(job.id).state is State.FAILED
    assert "run the same command again" in after.job(job.id).reason


def test_a_source_that_holds_no_password_outlives_the_collector(tmp_path: Path) -> None:
    before, shelf = opened(tmp_path)
    arguments = {**ARGUMENTS, "source": f"chdb://{tmp_path}/ledger"}
    before.ask(Order("backfill", "otel_costing", arguments, ()))

    (job,) = shelf.jobs()

    assert (job.order.arguments, job.hindrance) == (arguments, "")
    shelf.close()


def test_what_jobs_were_told_goes_with_their_end_and_leaves_room_for_others(tmp_path: Path) -> None:
    jobs, shelf = opened(tmp_path)
    ids = [hex_id(number) for number in range(150_000)]
    for number in range(30):
        arguments = {"authorities": [*ids, str(number)]}
        job = jobs.ask(Order("settle", "otel_costing", arguments, ())).job
        jobs.cancel(job.id)

    assert [job.order.arguments for job in shelf.jobs()] == [{}] * 30
    shelf.close()
