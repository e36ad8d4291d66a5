"""The jobs of a collector: taken in, kept, and run one after the other by a thread of their own.

A job whose content is whole stays until it has ended, whatever becomes of the command or of the collector: the next start
runs it again from its beginning. What was begun three times and never ended is failed, for it may be what ends
the process.
"""

from __future__ import annotations

import logging
import threading
import time
from secrets import token_hex
from typing import NamedTuple
from urllib.parse import quote, urlencode

from otel_costing.clickhouse.target import Embedded
from otel_costing.jobs.kinds import KINDS
from otel_costing.jobs.work import JobRefused
from otel_costing.progress import Progress
from otel_costing_collector.jobs.content import content_of
from otel_costing_collector.jobs.record import Job, Order, Received, State
from otel_costing_collector.jobs.running import GivenUp, ended
from otel_costing_collector.jobs.shelf import Shelf, ShelfFull
from otel_costing_collector.jobs.watchers import Watchers

_log = logging.getLogger(__name__)
_MOST_ENDED = 100
"""Remembered, for those who ask what became of one."""
_MOST_UNENDED = 100
_RECEIVED_WITHIN_NS = 24 * 3600 * 10**9
"""A command that sends nothing for so long has gone."""


class NoSuchJob(Exception):  # noqa: N818 - it names what is the matter
    """There is none of that number, or not any more."""


class TooManyJobs(Exception):  # noqa: N818 - it names what is the matter
    """Others wait, as many as there may be."""


class OutOfPlace(Exception):  # noqa: N818 - it names what is the matter
    """A piece does not follow what is there."""

    def __init__(self, received: Received) -> None:
        super().__init__(f"{received.bytes} bytes are here")
        self.received = received


class Asked(NamedTuple):
    """A job that was asked for."""

    job: Job
    is_new: bool
    """Else an equal one was there that had not ended."""


class Jobs:
    """All of one collector. Threads may share it."""

    def __init__(self, shelf: Shelf, ledger: Embedded) -> None:
        """Take what an earlier process left.

        Args:
            shelf: where they are kept.
            ledger: the directory that this process holds.
        """
        self._shelf = shelf
        self._ledger = ledger
        self._changed = threading.Condition()
        self._jobs = {job.id: job for job in shelf.jobs()}
        self._leaving = False
        self._given_up: dict[str, threading.Event] = {}
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self.watchers = Watchers()

    def start(self) -> None:
        """Go on with what there is to do."""
        with self._changed:
            self._tidy()
            for job in self._jobs.values():
                if job.state.is_final:
                    self._shelf.clear(job.id)
        self._thread.start()

    def ask(self, order: Order) -> Asked:
        """Take in a job, or find the equal one that has not ended.

        Raises:
            JobRefused: it cannot be done as it is asked for.
            TooManyJobs, ShelfFull: not now.
        """
        kind = KINDS.get(order.kind)
        if kind is None:
            raise JobRefused(f"kind is one of {', '.join(KINDS)}, not {order.kind!r}")
        kind.read(order.arguments)
        with self._changed:
            unended = [job for job in self._jobs.values() if not job.state.is_final]
            equal = [job for job in unended if job.order.digest == order.digest]
            if equal:
                return Asked(equal[0], is_new=False)
            if len(unended) >= _MOST_UNENDED:
                raise TooManyJobs
            self._tidy()
            state = State.RECEIVING if order.parts else State.WAITING
            secrets = kind.secrets_of(order.arguments)
            return Asked(self._note(_new(order, state, secrets)), is_new=True)

    def receive(
        self, job_id: str, number: int, start: int, piece: bytes, end: str | None
    ) -> Received:
        """Put a piece of a part after what is there; durable when this returns.

        Args:
            job_id: whose.
            number: of the part.
            start: where the piece begins in it.
            piece: the bytes.
            end: None where more follows; else why the command could not read on, empty where the part is whole.

        Raises:
            NoSuchJob: nor such part.
            OutOfPlace: the piece begins elsewhere, or the part has ended.
            ShelfFull: there is no room; nothing of it is kept.
        """
        with self._changed:
            job = self.job(job_id)
            if number >= len(job.order.parts):
                raise NoSuchJob
            before = self._received(job, number)
            if job.state is not State.RECEIVING or before.is_whole or start != before.bytes:
                raise OutOfPlace(before)
            after = Received(start + len(piece), end is not None, end or "")
            self._shelf.append(job_id, number, piece, after)
            if after.is_whole and all(one.is_whole for one in self.received(job_id)):
                self._note(job.became(State.WAITING))
            return after

    def job(self, job_id: str) -> Job:
        """Return a job as it is now.

        Raises:
            NoSuchJob: there is none.
        """
        with self._changed:
            if job_id not in self._jobs:
                raise NoSuchJob
            return self._jobs[job_id]

    def received(self, job_id: str) -> list[Received]:
        """Return how much of each part of a job is here.

        Raises:
            NoSuchJob: there is none.
        """
        job = self.job(job_id)
        return [self._received(job, number) for number in range(len(job.order.parts))]

    def all(self) -> list[Job]:
        """Return them in the order in which they were asked for."""
        with self._changed:
            return list(self._jobs.values())

    def cancel(self, job_id: str) -> Job:
        """End a job that has not ended; one that runs ends between two statements, and what it booked stays booked.

        Raises:
            NoSuchJob: there is none.
        """
        with self._changed:
            job = self.job(job_id)
            if job_id in self._given_up:
                self._given_up[job_id].set()
                return job
            return job if job.state.is_final else self._end(job.became(State.CANCELLED))

    @property
    def is_leaving(self) -> bool:
        """Whether nothing is begun any more."""
        return self._leaving

    def leave(self) -> None:
        """Begin nothing new, and let those who watch go. Twice is safe."""
        with self._changed:
            self._leaving = True
            for given_up in self._given_up.values():
                given_up.set()
            self._changed.notify_all()
        self.watchers.tell()

    def stop(self, timeout_s: float) -> None:
        """Leave, and wait for the thread; what it was at is begun again with the next start. Twice is safe."""
        self.leave()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if not self._thread.is_alive():
            self._shelf.close()

    def _received(self, job: Job, number: int) -> Received:
        if job.state is State.RECEIVING:
            return self._shelf.received(job.id, number)
        return Received(is_whole=True)  # it came, or is no longer wanted

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._work(job)
            except ShelfFull as failed:
                # It is begun again with the next start: what it booked is booked.
                _log.error("a job's end cannot be kept", extra={"job": job.id, "why": str(failed)})
                with self._changed:
                    self._jobs[job.id] = job.became(State.FAILED, reason=str(failed))
                self.watchers.tell()

    def _next(self) -> Job | None:
        """Wait for a job, and from then on have its cancelling told to it; None where nothing is begun any more."""
        with self._changed:
            while not self._leaving:
                for job in self._jobs.values():
                    if job.state in {State.WAITING, State.RUNNING}:
                        self._given_up[job.id] = threading.Event()
                        return job
                self._changed.wait()
            return None

    def _work(self, waiting: Job) -> None:
        try:
            self._end(self._ended(waiting))
        except GivenUp:
            if self._leaving:
                self._note(waiting.became(State.WAITING))
            else:
                self._end(waiting.became(State.CANCELLED))
        finally:
            with self._changed:
                del self._given_up[waiting.id]

    def _ended(self, waiting: Job) -> Job:
        if waiting.hindrance:
            return waiting.became(State.FAILED, reason=waiting.hindrance)
        _log.info("a job begins", extra={"job": waiting.id, "kind": waiting.order.kind})
        job = self._note(waiting.became(State.RUNNING, attempts=waiting.attempts + 1))
        return ended(
            job,
            content_of(job, self._shelf),
            self._dsn(job.order.database),
            given_up=self._given_up[job.id],
            show=lambda progress: self._show(job, progress),
        )

    def _dsn(self, database: str) -> str:
        return f"chdb://{quote(str(self._ledger.directory))}?{urlencode({'database': database})}"

    def _show(self, job: Job, progress: Progress) -> None:
        if self._jobs[job.id].progress != progress:
            with self._changed:
                self._jobs[job.id] = job.became(State.RUNNING, progress=progress)
            self.watchers.tell()

    def _note(self, job: Job) -> Job:
        with self._changed:
            self._shelf.put(job)
            self._jobs[job.id] = job
            self._changed.notify_all()
        self.watchers.tell()
        return job

    def _end(self, job: Job) -> Job:
        _log.info("a job ended", extra={"job": job.id, "state": job.state.value, "why": job.reason})
        with self._changed:
            self._note(job)
            self._shelf.clear(job.id)
        return job

    def _tidy(self) -> None:
        """Forget what ended long ago, and what nobody sends any more."""
        late_ns = time.time_ns() - _RECEIVED_WITHIN_NS
        over = [job for job in self._jobs.values() if job.state.is_final][:-_MOST_ENDED]
        gone = [
            job
            for job in self._jobs.values()
            if job.state is State.RECEIVING and job.asked_ns < late_ns
        ]
        for job in (*over, *gone):
            self._shelf.remove(job.id)
            del self._jobs[job.id]


def _new(order: Order, state: State, secrets: tuple[str, ...]) -> Job:
    job_id = token_hex(8)
    return Job(id=job_id, order=order, asked_ns=time.time_ns(), state=state, secrets=secrets)
