"""The API as one ASGI application: its paths, what goes wrong, and the document that describes both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

from fastapi import Depends, FastAPI, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from otel_costing.problems import Problem
from otel_costing_collector.reception import Reception
from otel_costing_collector.refusals import Reason, Refused
from otel_costing_collector.rest.answers import (
    Accepted,
    AcceptedOutcomes,
    CallCost,
    CostsAnswer,
    TraceAnswer,
)
from otel_costing_collector.rest.bodies import MOST_AT_ONCE, what_is_wrong
from otel_costing_collector.rest.callers import Callers
from otel_costing_collector.rest.event_body import UsageEventBody
from otel_costing_collector.rest.ingest import Ingest
from otel_costing_collector.rest.operations import Operations
from otel_costing_collector.rest.outcome_body import OutcomeBody
from otel_costing_collector.rest.outcome_intake import outcome_intake
from otel_costing_collector.rest.parameters import refuse_unknown
from otel_costing_collector.rest.pending import PendingCalls
from otel_costing_collector.rest.problem_details import (
    MEDIA_TYPE,
    ProblemDetails,
    answer_to,
    problem_answer,
)
from otel_costing_collector.rest.reading import Reading
from otel_costing_collector.rest.usage_intake import Lacking, usage_intake

PREFIX = "/api/v1"
_SCHEMAS = "#/components/schemas/{model}"
_INGEST_ERRORS = (400, 401, 403, 413, 415, 422, 503)
_READ_ERRORS = (401, 403, 404, 422, 503)
_Answers = dict[int | str, dict[str, Any]]
_BESIDE: Mapping[str, type[BaseModel]] = {
    "UsageEvent": UsageEventBody,
    "Outcome": OutcomeBody,
    "ProblemDetails": ProblemDetails,
}
"""Schemas of what the operations read and refuse by themselves."""
_WHY = {
    400: "The body is no JSON.",
    401: "A token is needed.",
    403: "This token may not, or a foreign page asks.",
    404: "There is none that you may see.",
    413: "The body is too large.",
    415: "Another media type or encoding than is taken.",
    422: "What was sent cannot be true; nothing of it is kept.",
    503: "Send it again after `Retry-After`.",
}


def rest_application(
    reception: Reception, pending: PendingCalls, reading: Reading | None, lacking: Lacking
) -> FastAPI:
    """Return the application.

    Args:
        reception: what the doors share.
        pending: the calls that were accepted and are not booked.
        reading: asks the ledger; None where this process has none.
        lacking: see `usage_intake`.
    """
    callers = Callers(reception)
    app = _Described()
    app.exception_handler(Refused)(_refused)
    app.exception_handler(HTTPException)(_no_such_operation)
    app.exception_handler(RequestValidationError)(_bad_parameters)
    app.exception_handler(Exception)(_failed)
    _add_ingest(app, _USAGE, Ingest(reception, callers, usage_intake(pending, lacking)))
    _add_ingest(app, _OUTCOMES, Ingest(reception, callers, outcome_intake()))
    _add_operations(app, Operations(callers, pending, reading))
    return app


class _Described(FastAPI):
    """Says of itself what the operations read by themselves."""

    def __init__(self) -> None:
        super().__init__(
            title="otel-costing",
            version=version("otel-costing"),
            description="What AI calls cost, exactly, and who caused them. Money is text; absent is null, never 0.",
            openapi_url=f"{PREFIX}/openapi.json",
            # Pages of documentation load their scripts from elsewhere.
            docs_url=None,
            redirect_slashes=False,
            redoc_url=None,
            dependencies=[Security(HTTPBearer(auto_error=False)), Depends(refuse_unknown)],
            # The collector's own spans are of what it books: a span for each request would be another request.
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        )

    def openapi(self) -> dict[str, Any]:
        """Return the document."""
        if self.openapi_schema is None:
            document = super().openapi()
            for name, model in _BESIDE.items():
                schema = model.model_json_schema(ref_template=_SCHEMAS)
                document["components"]["schemas"] |= {**schema.pop("$defs", {}), name: schema}
            self.openapi_schema = document
        return self.openapi_schema


class _Posting(NamedTuple):
    """What the document says of an operation that takes something in."""

    path: str
    operation: str
    summary: str
    description: str
    schema: str
    answer: type[BaseModel]


_USAGE = _Posting(
    "usage/ingest",
    "ingestUsage",
    "Usage in: one event or many, all of them or none",
    "Answered once they are on disk. Sent again, a requestId is the same call.",
    "UsageEvent",
    Accepted,
)
_OUTCOMES = _Posting(
    "outcomes",
    "ingestOutcomes",
    "Outcomes in: one or many, all of them or none",
    "Answered once they are on disk. Sent again, an outcomeKey is the same outcome.",
    "Outcome",
    AcceptedOutcomes,
)


def _add_ingest(app: FastAPI, posting: _Posting, ingest: Ingest[Any]) -> None:
    event = {"$ref": _SCHEMAS.format(model=posting.schema)}
    events = {"type": "array", "items": event, "minItems": 1, "maxItems": MOST_AT_ONCE}
    body = {"content": {"application/json": {"schema": {"anyOf": [event, events]}}}}
    app.add_api_route(
        f"{PREFIX}/{posting.path}",
        ingest.__call__,
        methods=["POST"],
        status_code=202,
        summary=posting.summary,
        description=posting.description,
        operation_id=posting.operation,
        response_model=None,
        responses={202: {"model": posting.answer}, **_problems(_INGEST_ERRORS)},
        openapi_extra={"requestBody": {"required": True, **body}},
    )


def _add_operations(app: FastAPI, operations: Operations) -> None:
    calls: _Answers = {
        200: {"model": CallCost},
        202: {"model": CallCost, "description": "Not booked yet."},
    }
    table: list[tuple[str, Callable[..., Any], str, _Answers]] = [
        ("requests/{requestId}/cost", operations.request_cost, "getRequestCost", calls),
        ("calls/{callId}", operations.call_cost, "getCallCost", calls),
        ("traces/{traceId}", operations.trace, "getTrace", {200: {"model": TraceAnswer}}),
        ("costs", operations.costs, "getCosts", {200: {"model": CostsAnswer}}),
    ]
    for path, operation, name, answers in table:
        app.add_api_route(
            f"{PREFIX}/{path}",
            operation,
            methods=["GET"],
            operation_id=name,
            response_model=None,
            responses={**answers, **_problems(_READ_ERRORS)},
        )


def _problems(statuses: tuple[int, ...]) -> _Answers:
    schema = {"$ref": _SCHEMAS.format(model="ProblemDetails")}
    return {
        status: {
            "description": _WHY[status],
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


async def _refused(_request: Request, refused: Refused) -> Response:
    return answer_to(refused)


async def _no_such_operation(_request: Request, error: HTTPException) -> Response:
    what = f"there is no such operation; {PREFIX}/openapi.json lists them"
    return problem_answer(error.status_code, what, headers=error.headers)


async def _bad_parameters(_request: Request, error: RequestValidationError) -> Response:
    problems = [
        Problem(".".join(map(str, one["loc"][1:])), what_is_wrong(one["type"], one["msg"]))
        for one in error.errors()
    ]
    return problem_answer(422, "a parameter cannot be used", problems)


async def _failed(_request: Request, _error: Exception) -> Response:
    """Answer a mistake of ours, which the server logs, as what may well be answered when it is asked again."""
    return answer_to(Refused(Reason.FAILED, "the collector failed; ask again"))
