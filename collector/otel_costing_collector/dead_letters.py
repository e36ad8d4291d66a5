"""Requests that no ledger takes, with the reasons: kept as files, listed, shown, put back into the spool."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from otel_costing_collector.durable_file import sync_directory, write_whole
from otel_costing_collector.spool_record import DamagedRecordError, SpooledRequest, pack, unpack

DEAD_LETTERS = "dead-letters"
"""Below the spool's directory."""
_REASONS = ".json"
_RECORD = ".request"
_ASKED = ".replay"
_LOCK = ".lock"


class Refusal(NamedTuple):
    """Why a request lies here, and which of its spans is to blame."""

    reason: str
    trace_id: str = ""
    """Of the span that cannot be booked; empty where it is the whole request."""
    span_id: str = ""


class DeadLetter(NamedTuple):
    """One of them."""

    number: int
    """That of its request in the spool."""
    received_ns: int
    sender: str
    refusals: tuple[Refusal, ...]
    replay_asked: bool
    """It goes back into the spool as soon as a collector takes it in."""


class DeadLetters:
    """A directory of them; two files each: what was received, and why it lies here. Processes may share it."""

    def __init__(self, directory: Path) -> None:
        """Take a directory, which is made when it is needed."""
        self._directory = directory

    def put(
        self, request: SpooledRequest, reason: str, span: tuple[str, str] | None = None
    ) -> None:
        """Keep a request, durably; again for the same request is one, with all that was said of it.

        Raises:
            OSError: the disk failed; it is not kept.
        """
        refusal = Refusal(reason, *(span or ("", "")))
        with self._alone():
            request = request._replace(id=self._free(request))
            known = self._letter(request.id)
            refusals = dict.fromkeys((*(known.refusals if known else ()), refusal))
            if known is None:
                write_whole(self._path(request.id, _RECORD), pack(request))
            said = {
                "received_ns": request.received_ns,
                "sender": request.sender,
                "refusals": [one._asdict() for one in refusals],
            }
            write_whole(self._path(request.id, _REASONS), json.dumps(said).encode())
            sync_directory(self._directory)

    def _free(self, request: SpooledRequest) -> int:
        """Return its number, or another where a letter has that already: a spool that was replaced begins anew."""
        number = request.id
        while (kept := self.request(number)) is not None and kept.body != request.body:
            number += 1
        return number

    def list(self) -> Iterator[DeadLetter]:
        """Yield them in the order of receipt."""
        for number in self._numbers(_REASONS):
            letter = self._letter(number)
            if letter is not None:
                yield letter

    def letter(self, number: int) -> DeadLetter | None:
        """Return one, None where there is none of that number."""
        return self._letter(number)

    def count(self) -> int:
        """Return how many there are."""
        return len(self._numbers(_REASONS))

    def request(self, number: int) -> SpooledRequest | None:
        """Return what was received, None where there is no such letter or it cannot be read."""
        try:
            return unpack(self._path(number, _RECORD).read_bytes())
        except (OSError, DamagedRecordError):
            return None

    def ask_replay(self, number: int) -> None:
        """Ask that it be put back; the collector that holds the spool, now or after its next start, does it."""
        with self._alone():
            if self._letter(number) is not None:
                write_whole(self._path(number, _ASKED), b"")
                sync_directory(self._directory)

    def asked(self) -> tuple[int, ...]:
        """Return the numbers of those that are to be put back."""
        return self._numbers(_ASKED)

    def withdraw(self, number: int) -> None:
        """Forget that one was to be put back."""
        self._path(number, _ASKED).unlink(missing_ok=True)

    def remove(self, number: int) -> None:
        """Let go of one for good."""
        with self._alone():
            for ending in (_REASONS, _RECORD, _ASKED):
                self._path(number, ending).unlink(missing_ok=True)
            sync_directory(self._directory)

    def _letter(self, number: int) -> DeadLetter | None:
        try:
            said = json.loads(self._path(number, _REASONS).read_text())
        except FileNotFoundError:
            return None
        refusals = tuple(Refusal(**one) for one in said["refusals"])
        asked = self._path(number, _ASKED).exists()
        return DeadLetter(number, said["received_ns"], said["sender"], refusals, asked)

    def _numbers(self, ending: str) -> tuple[int, ...]:
        return tuple(sorted(int(path.stem) for path in self._directory.glob(f"[0-9]*{ending}")))

    def _path(self, number: int, ending: str) -> Path:
        return self._directory / f"{number:020d}{ending}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from changing it meanwhile."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
