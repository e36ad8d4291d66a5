"""Jobs that are killed, stopped, cancelled or asked for twice: all is booked in the end, and nothing twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from otel_costing.cli.collector_jobs import CollectorJobs
from otel_costing.clickhouse.holder import holder_of
from otel_costing.clickhouse.target import Embedded
from otel_costing.jobs.ingest_job import FILES, OVERRIDES
from otel_costing.sources import Source
from otel_costing_collector.jobs import shelf as shelf_module
from otel_costing_collector.jobs.queue import Jobs
from otel_costing_collector.jobs.record import Job, Order, Part, Received, State
from otel_costing_collector.jobs.shelf import Shelf, ShelfFull
from tests.cli.conftest import Command
from tests.collector.bench import calls
from tests.collector.jobs.conftest import Held, Hold
from tests.collector.running import PROTOBUF, ask
from tests.test_ingest import line
from tests.unmeasured import unmeasured

CALLS = 6_000
INGEST = ("--backfill", "--format", "json")
GOES_ON = "goes on with it when it runs again; the same command shows what comes of it."


class Killed(BaseException):
    """What a process that is killed does not survive."""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory of calls."""
    directory = tmp_path / "files"
    directory.mkdir()
    for number in range(60):
        spans = range(number * 100 + 1, number * 100 + 101)
        (directory / f"{number:02}.json").write_bytes(line(*spans, trace=number + 1))
    return directory


def begun(held: Held, *arguments: str, **how: Any) -> subprocess.Popen[str]:
    dsn = f"chdb://{held.directory}"
    return subprocess.Popen(
        [sys.executable, "-m", "otel_costing.cli", *arguments, "--dsn", dsn],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=unmeasured(),
        **how,
    )


def ended(held: Held, *arguments: str) -> int:
    """Run a command and return its exit status."""
    running = begun(held, *arguments)
    running.communicate(timeout=60)
    return running.returncode


def until(true: Callable[[], object]) -> None:
    patience = threading.Event()
    for _ in range(1200):
        if true():
            return
        patience.wait(0.02)
    raise AssertionError("it never came")


def ids_of(held: Held) -> set[str]:
    return {job["id"] for job in held.jobs()}


def share_read(held: Held) -> float:
    """Return how much of the one job is read."""
    progress = [job["progress"] for job in held.jobs() if job["progress"]]
    return progress[0]["done"] / progress[0]["of"] if progress else 0.0


def calls_in(command: Command, directory: Path) -> int:
    """Return how many calls a ledger holds that nobody holds any more."""
    answer = command("report", "--dsn", f"chdb://{directory}", "--format", "json")
    assert answer.status == 0, answer.err
    return sum(row["calls"] for row in answer.document["rows"])


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_after_a_kill_of_the_collector_the_same_command_ends_what_was_begun(
    command: Command, hold: Hold, files: Path, share: float
) -> None:
    first = hold()
    running = begun(first, "ingest", str(files), *INGEST)
    until(lambda: share_read(first) >= share)
    first.process.kill()
    _, said = running.communicate(timeout=60)
    assert (running.returncode, GOES_ON in said) == (2, True)

    second = hold()
    dsn = f"chdb://{second.directory}"
    again = command("ingest", str(files), *INGEST, "--dsn", dsn).document

    assert again["billable_calls"] == again["priced"] == CALLS
    assert [job["state"] for job in second.jobs()] == ["done"]
    second.process.stop()
    assert calls_in(command, second.directory) == CALLS


def test_a_clean_stop_puts_a_job_off_and_the_next_start_goes_on_without_being_asked(
    command: Command, hold: Hold, files: Path
) -> None:
    first = hold()
    running = begun(first, "ingest", str(files), *INGEST)
    until(lambda: share_read(first) > 0)
    assert first.process.stop() == 0
    _, said = running.communicate(timeout=60)
    assert (running.returncode, GOES_ON in said) == (2, True)

    second = hold()
    until(lambda: [job["state"] for job in second.jobs()] == ["done"])

    second.process.stop()
    assert calls_in(command, second.directory) == CALLS


def test_a_job_ends_soon_when_it_is_cancelled_or_its_command_interrupted(
    hold: Hold, files: Path
) -> None:
    held = hold()
    cancelled = begun(held, "ingest", str(files), *INGEST)
    until(lambda: share_read(held) > 0)
    (job,) = held.jobs()
    held.ask("DELETE", f"/{job['id']}")
    _, said = cancelled.communicate(timeout=60)
    assert (cancelled.returncode, "was cancelled" in said) == (2, True)

    interrupted = begun(held, "ingest", str(files), *INGEST)
    until(lambda: [job["state"] for job in held.jobs()] == ["cancelled", "running"])
    interrupted.send_signal(signal.SIGINT)
    interrupted.communicate(timeout=60)

    assert interrupted.returncode == 1
    until(lambda: [job["state"] for job in held.jobs()] == ["cancelled", "cancelled"])
    assert ended(held, "settle") == 0


def test_a_killed_command_is_gone_on_with_where_it_stopped_sending(
    command: Command, held: Held, held_dsn: str, tmp_path: Path
) -> None:
    known = ids_of(held)
    file = tmp_path / "large.jsonl"
    file.write_bytes(line(1) + b" " * 3 * 2**20 + b"\n" + line(2))
    holder = holder_of(held.directory, str(held.process.process.pid))
    assert holder is not None
    arguments = {"backfill": True, "spans": "all", "refused": []}
    content = {OVERRIDES: [], FILES: [Source(str(file), lambda: _killed_while_reading(file), file)]}
    with CollectorJobs(holder) as jobs, pytest.raises(Killed):
        jobs.done("ingest", held_dsn.rpartition("=")[2], arguments, content, lambda _: None)
    (job_id,) = ids_of(held) - known
    waiting = json.loads(held.ask("GET", f"/{job_id}").body)

    again = command("ingest", str(file), *INGEST, "--dsn", held_dsn).document

    assert (waiting["state"], waiting["parts"][0]["bytes"]) == ("receiving", 2**20)
    assert again["billable_calls"] == 2
    assert ids_of(held) - known == {job_id}


@contextmanager
def _killed_while_reading(file: Path) -> Iterator[BinaryIO]:
    with file.open("rb") as stream:
        yield _Mortal(stream)  # type: ignore[misc]  # all that is asked of it


class _Mortal:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        if self._stream.tell() >= 2 * 2**20:
            raise Killed
        return self._stream.read(size)


def test_what_standard_input_had_said_before_a_kill_is_not_booked(held: Held) -> None:
    """Nobody can tell whether it was all."""
    known = ids_of(held)
    running = begun(held, "ingest", "-", stdin=subprocess.PIPE)
    until(lambda: ids_of(held) - known)
    running.kill()
    running.communicate(timeout=60)

    (job_id,) = ids_of(held) - known
    assert ended(held, "settle") == 0
    assert json.loads(held.ask("GET", f"/{job_id}").body)["state"] == "receiving"
    held.ask("DELETE", f"/{job_id}")


def test_a_job_and_the_spool_book_the_same_calls_once(
    command: Command, hold: Hold, tmp_path: Path
) -> None:
    held = hold("--set=booking.linger_seconds=0.05")
    requests = [calls(*range(n * 50 + 1, n * 50 + 51)) for n in range(30)]
    for number, request in enumerate(requests):
        (tmp_path / f"{number:02}.pb").write_bytes(request)
    running = begun(held, "ingest", *map(str, sorted(tmp_path.glob("*.pb"))))
    about = {"content-type": PROTOBUF}
    for request in requests:
        assert ask(held.process.http, "POST", "/v1/traces", request, about, None).status == 200
    running.communicate(timeout=60)
    held.process.until_booked(60)
    held.process.stop()

    assert running.returncode == 0
    assert calls_in(command, held.directory) == 1_500


ORDER = Order("settle", "otel_costing", {}, ())
JOB = Job(id="a" * 16, order=ORDER, asked_ns=1, state=State.RUNNING, attempts=3)


def test_a_job_that_was_begun_three_times_and_never_ended_is_not_begun_again(
    tmp_path: Path,
) -> None:
    shelf = Shelf(tmp_path / "jobs", 2**20)
    shelf.put(JOB)
    jobs = Jobs(shelf, Embedded(tmp_path / "ledger", "otel_costing"))
    jobs.start()
    until(lambda: jobs.job(JOB.id).state.is_final)
    jobs.stop(10)

    kept = jobs.job(JOB.id)
    assert (kept.state, kept.reason) == (State.FAILED, "it was cut short 3 times")


def test_what_a_shelf_has_taken_is_there_after_it_was_opened_again(tmp_path: Path) -> None:
    order = Order("ingest", "otel_costing", {"backfill": True}, (Part("files", "\udcff", "1"),))
    job = Job(id="b" * 16, order=order, asked_ns=2, state=State.RECEIVING)
    first = Shelf(tmp_path, 100)
    first.put(job)
    first.append(job.id, 0, b"abc", Received(3))
    first.append(job.id, 0, b"def", Received(6, is_whole=True, cut_short="why"))
    first.close()

    second = Shelf(tmp_path, 100)

    assert second.jobs() == [job]
    assert second.received(job.id, 0) == Received(6, is_whole=True, cut_short="why")
    assert [second.piece(job.id, 0, start) for start in (0, 3, 6)] == [b"abc", b"def", b""]
    second.close()


def test_content_is_bounded_and_its_room_is_given_back(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 10)
    shelf.append("a", 0, b"x" * 6, Received(6))
    with pytest.raises(ShelfFull):
        shelf.append("b", 0, b"x" * 6, Received(6))
    shelf.clear("a")
    shelf.append("b", 0, b"x" * 6, Received(6))

    assert (shelf.received("a", 0), shelf.received("b", 0)) == (Received(), Received(6))
    shelf.close()


def test_a_damaged_file_is_put_aside_and_the_collector_starts(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(b"no lmdb at all" * 1000)

    shelf = Shelf(tmp_path, 10)

    assert shelf.jobs() == []
    assert len(list(tmp_path.glob("damaged-*.mdb"))) == 1
    shelf.close()


def test_a_job_that_another_version_kept_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path, 10)
    monkeypatch.setattr(shelf_module, "packed", lambda _: b'{"id": "x", "shape": "of tomorrow"}')
    shelf.put(JOB)
    monkeypatch.undo()
    shelf.put(replace(JOB, id="c" * 16))

    assert [job.id for job in shelf.jobs()] == ["c" * 16]
    shelf.close()
