"""A command's side of the collector's jobs: ask, send what is to be read, watch until it has ended.

The collector is asked for equal work once: a command that is run again after it was killed finds the job that has not ended
and goes on sending where that one stopped.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode, urlsplit

from otel_costing.cli.ledger import sentence
from otel_costing.cli.options import BadInput
from otel_costing.clickhouse.holder import Holder
from otel_costing.jobs.work import Content
from otel_costing.progress import Progress
from otel_costing.sources import Source

_PATH = "/api/v1/jobs"
_PIECE_BYTES = 2**20
_PATIENCE_S = 60
"""It says something every ten seconds."""

Show = Callable[[Progress], None]


class _Piece(NamedTuple):
    start: int
    data: bytes
    end: str | None
    """None where more follows; else why it cannot be read on, empty where that was all."""


class CollectorJobs:
    """One connection to one collector."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._connection = HTTPConnection(urlsplit(holder.admin).netloc, timeout=_PATIENCE_S)
        self._headers = {"authorization": f"Bearer {holder.token}"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def done(
        self,
        kind: str,
        database: str,
        arguments: Mapping[str, Any],
        content: Content,
        show: Show,
    ) -> Mapping[str, Any]:
        """Let some work be done and return the document that came of it.

        Raises:
            BadInput: it was refused or failed, or the collector went away.
        """
        sources = [(role, source) for role, named in content.items() for source in named]
        order = {
            "kind": kind,
            "database": database,
            "arguments": arguments,
            "parts": [
                {"role": role, "name": source.name, "version": _version_of(source)}
                for role, source in sources
            ],
        }
        job = self._asked("POST", _PATH, json.dumps(order).encode())
        try:
            for number, (_, source) in enumerate(sources):
                self._send(job, number, source)
                show(Progress(number + 1, len(sources), "files sent"))
            return self._watched(job["id"], show)
        except KeyboardInterrupt:
            # Whoever interrupts a command means the work, wherever it is done.
            self._connection.close()
            self._asked("DELETE", f"{_PATH}/{job['id']}", b"")
            raise

    def _send(self, job: Mapping[str, Any], number: int, source: Source) -> None:
        """Send a part from where the collector has it, wherever that is."""
        received = job["parts"][number]
        path = f"{_PATH}/{job['id']}/parts/{number}"
        while not received["is_whole"]:
            for piece in _pieces(source, received["bytes"]):
                query = {"start": piece.start} | ({} if piece.end is None else {"end": piece.end})
                status, told = self._exchange("PUT", f"{path}?{_encoded(query)}", piece.data)
                received = _expected(status, told, HTTPStatus.CONFLICT)
                if status == HTTPStatus.CONFLICT:
                    break

    def _watched(self, job_id: str, show: Show) -> Mapping[str, Any]:
        with self._lost():
            response = self._request("GET", f"{_PATH}/{job_id}/events", b"")
            if response.status != HTTPStatus.OK:
                _expected(response.status, response.read())
            job = self._last(response, show)
        if job.get("state") == "done":
            result: Mapping[str, Any] = job["result"]
            return result
        if job.get("state") == "failed":
            raise BadInput(sentence(job["reason"]))
        if job.get("state") == "cancelled":
            raise BadInput(f"Job {job_id} was cancelled; what it had booked stays booked.")
        raise BadInput(
            f"The collector ended before job {job_id} was done, and goes on with it when it runs again; the same command "
            "shows what comes of it."
        )

    @staticmethod
    def _last(response: HTTPResponse, show: Show) -> dict[str, Any]:
        job: dict[str, Any] = {}
        for line in response:
            job = json.loads(line)
            if job["progress"] is not None:
                show(Progress(**job["progress"]))
        return job

    def _asked(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        return _expected(*self._exchange(method, path, body))

    def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        with self._lost():
            response = self._request(method, path, body)
            return response.status, response.read()

    def _request(self, method: str, path: str, body: bytes) -> HTTPResponse:
        headers = (
            {**self._headers, "content-type": "application/json"}
            if method == "POST"
            else self._headers
        )
        self._connection.request(method, path, body, headers)
        return self._connection.getresponse()

    @contextmanager
    def _lost(self) -> Iterator[None]:
        try:
            yield
        except (OSError, HTTPException) as error:
            raise BadInput(
                f"The collector of process {self._holder.pid} does not answer at {self._holder.admin} "
                f"({type(error).__name__}); run the same command again, nothing is booked twice."
            ) from None


def _expected(status: int, told: bytes, also: int = HTTPStatus.ACCEPTED) -> dict[str, Any]:
    """Return an answer, or leave with the reason that it gives."""
    try:
        document = json.loads(told)
    except ValueError:
        document = {}
    if status in {HTTPStatus.OK, HTTPStatus.CREATED, also} and isinstance(document, dict):
        return document
    why = document.get("detail") if isinstance(document, dict) else None
    raise BadInput(f"The collector refuses: {sentence(why or f'it answers {status}')}")


def _pieces(source: Source, start: int) -> Iterator[_Piece]:
    """Yield what a source holds from there on; the last piece says how it ends."""
    try:
        with source.open() as stream:
            if start:
                stream.seek(start)
            piece = stream.read(_PIECE_BYTES)
            while following := stream.read(_PIECE_BYTES):
                yield _Piece(start, piece, None)
                start, piece = start + len(piece), following
    except OSError as error:
        yield _Piece(start, b"", str(error) or type(error).__name__)
    else:
        yield _Piece(start, piece, "")


def _version_of(source: Source) -> str:
    """Return what two readings of the same file share, and of another, or of what cannot be read twice, never."""
    try:
        if source.path is not None:
            found = source.path.stat()
            when = f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}"
            return f"{when}:{source.path.absolute()}"
    except OSError:
        pass
    return secrets.token_hex(16)


def _encoded(query: Mapping[str, Any]) -> str:
    return urlencode(query, errors="surrogateescape")
