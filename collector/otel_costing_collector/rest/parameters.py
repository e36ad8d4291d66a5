"""The parameters of the operations that read, with the bounds that the OpenAPI document tells."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BeforeValidator, WithJsonSchema
from starlette.requests import Request

from otel_costing.clickhouse.dimension_slots import MOST_DIMENSIONS
from otel_costing.clickhouse.time_bounds import instant_of
from otel_costing.dimensions import DIMENSIONS
from otel_costing.instants import ns_of_text
from otel_costing.problems import Problem
from otel_costing_collector.rest.event_body import RequestId
from otel_costing_collector.rest.problem_details import Invalid

# Those that every ledger has are in the description; a ledger may have promoted others.
_DIMENSION = "[a-z][a-z0-9_]{0,39}"


def _instant(value: object) -> object:
    if not isinstance(value, str):
        return value
    return instant_of(ns_of_text(value) // 1_000)


_Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]

RequestIdInPath = Annotated[RequestId, Path(alias="requestId")]
CallIdInPath = Annotated[str, Path(alias="callId", pattern="^[0-9a-f]{32}$")]
TraceIdInPath = Annotated[str, Path(alias="traceId", pattern="^[0-9a-f]{32}$")]
Team = Annotated[
    str | None,
    Query(max_length=256, description="Whose request it is, for a token that reads all."),
]
# What is no dimension is told by the report itself, which names those there are.
By = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_DIMENSION}(,{_DIMENSION}){{0,{MOST_DIMENSIONS - 1}}}$"}
    ),
    Query(
        description=f"Dimensions by commas: {', '.join(DIMENSIONS)}, or names of promoted attributes."
    ),
]
Pays = Annotated[
    Literal["owner", "caller"],
    Query(description="owner: whose code ran the call. caller: who stands at the root of it."),
]
Since = Annotated[_Instant | None, Query(description="Calls that ended at or after it.")]
Until = Annotated[_Instant | None, Query(description="Calls that ended before it.")]
Period = Annotated[
    str | None,
    Query(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="A billing month: 2026-10."),
]
_Condition = Annotated[
    str, WithJsonSchema({"type": "string", "pattern": rf"^{_DIMENSION}=[^\x00]{{0,256}}$"})
]
Where = Annotated[
    list[_Condition] | None,
    Query(
        max_length=MOST_DIMENSIONS,
        description="Only these: `team=search`; may be repeated. An empty value means unattributed.",
    ),
]
_MAY_REPEAT = frozenset(("where",))


async def refuse_unknown(request: Request) -> None:
    """Refuse a parameter that the operation does not have: what is misspelled would ask for something else.

    Raises:
        Invalid: with each of them.
    """
    known = {field.alias for field in request.scope["route"].dependant.query_params}
    given = [name for name, _ in request.query_params.multi_items()]
    problems = [
        Problem(name[:80], "is no parameter here" if name not in known else "is given twice")
        for name in dict.fromkeys(given)
        if name not in known or (given.count(name) > 1 and name not in _MAY_REPEAT)
    ]
    if problems:
        raise Invalid(problems)
