"""The content of a job as its runner reads it: what the command sent, piece after piece, and how it ended there."""

from __future__ import annotations

import io
from functools import partial
from typing import BinaryIO, cast

from otel_costing.jobs.work import Content
from otel_costing.sources import Source
from otel_costing_collector.jobs.record import Job
from otel_costing_collector.jobs.shelf import Shelf

_BUFFER_BYTES = 2**20


def content_of(job: Job, shelf: Shelf) -> Content:
    """Return what a job reads, by role, in the order in which the command named it."""
    content: dict[str, list[Source]] = {}
    for number, part in enumerate(job.order.parts):
        source = Source(part.name, partial(_opened, shelf, job.id, number))
        content.setdefault(part.role, []).append(source)
    return content


def _opened(shelf: Shelf, job_id: str, number: int) -> BinaryIO:
    pieces = _Pieces(shelf, job_id, number)
    return cast("BinaryIO", io.BufferedReader(pieces, _BUFFER_BYTES))


class _Pieces(io.RawIOBase):
    """A part, read from its start."""

    def __init__(self, shelf: Shelf, job_id: str, number: int) -> None:
        super().__init__()
        self._piece = partial(shelf.piece, job_id, number)
        self._cut_short = shelf.received(job_id, number).cut_short
        self._at = 0
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a buffer is all that it is called with
        if not self._left:
            self._left = memoryview(self._piece(self._at))
            self._at += len(self._left)
        if not self._left and self._cut_short:
            raise OSError(self._cut_short)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
