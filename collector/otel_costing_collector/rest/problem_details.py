"""What is wrong with a request, as every answer of the API says it. Source: RFC 9457, "Problem Details for HTTP APIs"."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from pydantic import BaseModel, Field
from starlette.responses import Response

from otel_costing.problems import Problem
from otel_costing_collector.refusals import RETRY_SECONDS, Reason, Refused
from otel_costing_collector.tokens import CHALLENGE

MEDIA_TYPE = "application/problem+json"
_MOST_SHOWN = 100


class FieldProblem(BaseModel):
    """One mistake in one place."""

    place: str = Field(description="JSON pointer into the body, or the name of a parameter.")
    what: str = Field(description="What is wrong and how to mend it.")


class ProblemDetails(BaseModel):
    """Why a request was not answered as it was meant; nothing of it is kept."""

    type: str = Field("about:blank", description="Always `about:blank`: the status says it.")
    title: str
    status: int
    detail: str
    problems: list[FieldProblem] = Field(
        default_factory=list, description="Every mistake that was found, up to a hundred."
    )


class Invalid(Refused):
    """What was sent can be read and cannot be true; every mistake that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = list(problems)
        count = len(found)
        what = f"{count} mistakes were found" if count > 1 else "a mistake was found"
        super().__init__(Reason.INVALID, f"{what}; nothing of this request is kept")
        self.problems = found


def answer_to(refused: Refused, *, close: bool = False) -> Response:
    """Return the answer that says why; `close` where the rest of the body is not read."""
    problems = refused.problems if isinstance(refused, Invalid) else []
    headers = {"retry-after": str(RETRY_SECONDS)} if refused.reason.retry else {}
    if refused.reason is Reason.UNAUTHENTICATED:
        headers["www-authenticate"] = CHALLENGE
    if close:
        headers["connection"] = "close"
    return problem_answer(refused.reason.http_status, refused.message, problems, headers)


def problem_answer(
    status: int,
    detail: str,
    problems: Iterable[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer for a status."""
    title = HTTPStatus(status).phrase
    shown = [FieldProblem(place=one.place, what=one.what) for one in problems][:_MOST_SHOWN]
    details = ProblemDetails(
        type="about:blank", title=title, status=status, detail=detail, problems=shown
    )
    # Names that the sender chose may hold half a character, which UTF-8 has not; escapes have.
    body = json.dumps(details.model_dump())
    return Response(body, status, dict(headers or {}), MEDIA_TYPE)
