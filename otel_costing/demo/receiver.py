"""Keeps the bodies of OTLP/HTTP trace requests as files, each on disk before it is acknowledged.

Run as `python -m otel_costing.demo.receiver`; the directory is named by `OTLP_DIRECTORY` of `environment`.
Encoding of the answers: OTLP specification 1.x, section OTLP/HTTP.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from otel_costing.demo.environment import OTLP_DIRECTORY
from otel_costing.demo.service import HEALTH_ROUTE, serve
from otel_costing.otlp import Undecodable, decompressed

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_BODY_BYTES = 16 * 1024 * 1024
"""Of a request, as sent and again as decompressed."""
PROTOBUF = "application/x-protobuf"


class BodyRefusedError(Exception):
    """A request that cannot be kept, with the status OTLP gives for it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Receiver:
    """Writes each request body to `directory` as `000001.pb`, `000002.pb`, and so on."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._last = max((int(path.stem) for path in directory.glob("*.pb")), default=0)

    async def traces(self, request: Request) -> Response:
        """Answer `POST /v1/traces`: 200 once the bytes are on disk, else 400, 413 or 415."""
        try:
            body = _decoded(await _received(request), request.headers.get("content-encoding", ""))
        except BodyRefusedError as refused:
            return PlainTextResponse(refused.reason, status_code=refused.status)
        self._last += 1
        await run_in_threadpool(_write_durably, self._directory / f"{self._last:06d}.pb", body)
        # An empty ExportTraceServiceResponse is no bytes at all: everything was accepted.
        return Response(b"", media_type=PROTOBUF)


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding not in {"", "identity", "gzip"}:
        raise BodyRefusedError(415, f"content-encoding {encoding!r} is not gzip")
    try:
        return decompressed(body, MAX_BODY_BYTES)
    except Undecodable as error:
        raise BodyRefusedError(400, str(error)) from error


async def _received(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0] != PROTOBUF:
        raise BodyRefusedError(415, f"the content type must be {PROTOBUF}")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BodyRefusedError(413, f"the body is larger than {MAX_BODY_BYTES} bytes")
    return bytes(body)


def _write_durably(path: Path, body: bytes) -> None:
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def application(directory: Path) -> Starlette:
    """Return the receiver as an ASGI application."""
    traces = Route("/v1/traces", Receiver(directory).traces, methods=["POST"])
    return Starlette(routes=[HEALTH_ROUTE, traces])


if __name__ == "__main__":
    serve(application(Path(os.environ[OTLP_DIRECTORY])))
