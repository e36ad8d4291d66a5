"""`/api/v1/jobs` on the administration's address: ask for a job, send its content, watch it, cancel it.

For the local token, or one that has `admin`. A GET changes nothing; a page in a browser is refused.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from otel_costing.jobs.work import JobRefused
from otel_costing_collector.admin import JOBS_PATH
from otel_costing_collector.browsers import refusal_of
from otel_costing_collector.identities import Permission
from otel_costing_collector.jobs.orders import order_of
from otel_costing_collector.jobs.queue import Jobs, NoSuchJob, OutOfPlace, TooManyJobs
from otel_costing_collector.jobs.record import Job
from otel_costing_collector.jobs.shelf import ShelfFull
from otel_costing_collector.refusals import Refused
from otel_costing_collector.tokens import CHALLENGE, Tokens

LARGEST_PIECE_BYTES = 8 * 2**20
_LARGEST_ORDER_BYTES = 16 * 2**20
_BEAT_SECONDS = 10
"""A line at least so often, so that who watches knows that it goes on."""

Endpoint = Callable[[Request], Awaitable[Response]]


class _Json(JSONResponse):
    """In ASCII: the name of a file may hold what no UTF-8 does."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode()


class JobsApi:
    """The application."""

    def __init__(self, jobs: Jobs, database: str, tokens: Callable[[], Tokens]) -> None:
        """Prepare it.

        Args:
            jobs: what it is about.
            database: of the collector's own ledger.
            tokens: those of now.
        """
        self._jobs = jobs
        self._database = database
        self._tokens = tokens
        routes = [
            (JOBS_PATH, self._list, "GET"),
            (JOBS_PATH, self._ask, "POST"),
            (JOBS_PATH + "/{id}", self._show, "GET"),
            (JOBS_PATH + "/{id}", self._cancel, "DELETE"),
            (JOBS_PATH + "/{id}/events", self._watch, "GET"),
            (JOBS_PATH + "/{id}/parts/{number:int}", self._receive, "PUT"),
        ]
        self.application = Starlette(
            routes=[
                Route(path, self._admitted(do), methods=[method]) for path, do, method in routes
            ],
            exception_handlers={HTTPException: _refused},
        )

    def _admitted(self, endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        async def admitted(request: Request) -> Response:
            self._admit(request)
            try:
                return await endpoint(request)
            except JobRefused as refused:
                raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(refused)) from None
            except NoSuchJob:
                raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such job") from None
            except TooManyJobs:
                raise HTTPException(
                    HTTPStatus.SERVICE_UNAVAILABLE, "too many jobs wait; ask again later"
                ) from None
            except ShelfFull as full:
                raise HTTPException(HTTPStatus.INSUFFICIENT_STORAGE, str(full)) from None

        return admitted

    def _admit(self, request: Request) -> None:
        foreign = refusal_of(request.headers.raw)
        if foreign:
            raise HTTPException(HTTPStatus.FORBIDDEN, foreign)
        try:
            identity = self._tokens().identity_of(request.headers.get("authorization"))
        except Refused as refused:
            challenge = {"www-authenticate": CHALLENGE}
            raise HTTPException(HTTPStatus.UNAUTHORIZED, refused.message, challenge) from None
        if not identity.may(Permission.ADMIN):
            raise HTTPException(
                HTTPStatus.FORBIDDEN, "jobs need the local token, or one with `admin`"
            )
        if self._jobs.is_leaving:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "the collector is stopping")

    async def _list(self, _request: Request) -> Response:
        return _Json({"jobs": [job.document() for job in self._jobs.all()]})

    async def _ask(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a job is application/json")
        body = await _body(request, _LARGEST_ORDER_BYTES)
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "it is no JSON") from None
        asked = await asyncio.to_thread(self._jobs.ask, order_of(document, self._database))
        status = HTTPStatus.CREATED if asked.is_new else HTTPStatus.OK
        return _Json(await asyncio.to_thread(self._with_parts, asked.job), status)

    async def _show(self, request: Request) -> Response:
        job = self._jobs.job(request.path_params["id"])
        return _Json(await asyncio.to_thread(self._with_parts, job))

    async def _cancel(self, request: Request) -> Response:
        job = await asyncio.to_thread(self._jobs.cancel, request.path_params["id"])
        return _Json(job.document(), HTTPStatus.ACCEPTED)

    async def _receive(self, request: Request) -> Response:
        start = request.query_params.get("start", "")
        if not start.isdecimal() or len(start) > 15:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "start is where the piece begins, in bytes")
        piece = await _body(request, LARGEST_PIECE_BYTES)
        try:
            received = await asyncio.to_thread(
                self._jobs.receive,
                request.path_params["id"],
                request.path_params["number"],
                int(start),
                piece,
                request.query_params.get("end"),
            )
        except OutOfPlace as there:
            return _Json(there.received._asdict(), HTTPStatus.CONFLICT)
        return _Json(received._asdict())

    async def _watch(self, request: Request) -> Response:
        job = self._jobs.job(request.path_params["id"])
        return StreamingResponse(self._told(job), media_type="application/x-ndjson")

    async def _told(self, job: Job) -> AsyncIterator[str]:
        """Yield the job with every change until its end, and now and then without one."""
        with self._jobs.watchers.watching() as changed:
            while True:
                changed.clear()
                job = self._jobs.job(job.id)
                yield json.dumps(job.document()) + "\n"
                if job.state.is_final or self._jobs.is_leaving:
                    return
                try:
                    await asyncio.wait_for(changed.wait(), _BEAT_SECONDS)
                except TimeoutError:
                    continue

    def _with_parts(self, job: Job) -> dict[str, Any]:
        parts = [received._asdict() for received in self._jobs.received(job.id)]
        return {**job.document(), "parts": parts}


async def _body(request: Request, most_bytes: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {most_bytes} bytes")
    return bytes(body)


async def _refused(_request: Request, refused: Exception) -> Response:
    """Say why in the words of RFC 9457."""
    if not isinstance(refused, HTTPException):
        raise refused
    status = HTTPStatus(refused.status_code)
    document = {"title": status.phrase, "status": status.value, "detail": refused.detail}
    return _Json(document, status, refused.headers, media_type="application/problem+json")
